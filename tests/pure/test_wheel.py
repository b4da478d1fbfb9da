"""What is shipped: the wheel carries everything the server needs, and works where nothing else is."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT, project_files

BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
WHERE = "from labflow.web.templating import template_folder; print(template_folder())"


def run(*arguments: str, cwd: Path, path: Path | None = None) -> str:
    """What this Python prints; `path` is the only folder that it imports labflow from."""
    command = [sys.executable, "-W", "error", "-c", *arguments]
    environment = {"PYTHONPATH": str(path)} if path else {}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the working tree, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    return folder / run(BUILD, str(folder), cwd=ROOT).splitlines()[-1]


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked as an installer does, in a folder that knows nothing of the working tree."""
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def test_the_wheel_contains_every_file_of_the_package_and_the_templates(wheel: Path) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    package = {str(path.relative_to(ROOT)) for path in project_files() if ROOT / "labflow" in path.parents}
    templates = {
        f"labflow/{path.relative_to(ROOT)}" for path in project_files() if ROOT / "templates" in path.parents
    }
    assert templates
    assert any("/static/vendor/" in name for name in package)
    assert any("/migrations/versions/" in name for name in package)
    assert package | templates | {"labflow/config.example.toml"} <= shipped


def test_the_wheel_carries_no_tests_and_no_data(wheel: Path) -> None:
    folders = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"labflow"}


def test_an_installed_labflow_finds_its_own_templates(elsewhere: Path) -> None:
    assert run(WHERE, cwd=elsewhere, path=elsewhere) == str(elsewhere / "labflow" / "templates")


def test_an_installed_labflow_can_make_its_database(elsewhere: Path, tmp_path: Path) -> None:
    upgrade = "import sys; from labflow.migrations import upgrade; upgrade(sys.argv[1])"
    run(upgrade, f"sqlite:///{tmp_path}/new.sqlite", cwd=elsewhere, path=elsewhere)
    assert (tmp_path / "new.sqlite").stat().st_size > 0
