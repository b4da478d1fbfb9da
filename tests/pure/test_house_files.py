"""The files: no registry or machine named, nothing inline in templates, vendored files as published."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from tests.support import ROOT, project_files

# Written in pieces, so that this file does not find itself.
HOSTS = [("py", "pi.org"), ("python", "hosted"), ("npm", "js.com"), ("npm", "js.org"), ("deb.", "debian")]
MACHINE_PATHS = [("/wo", "rk/"), ("/fa", "rm/"), ("/ro", "ot/")]
REGISTRIES_AND_MACHINES = re.compile("|".join(re.escape(a + b) for a, b in HOSTS + MACHINE_PATHS))
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style\b|\sstyle\s*=|\son[a-z]+\s*=|\shx-on\b|javascript:|=[\"']js:",
    re.IGNORECASE,
)
OUTSIDE = re.compile(r"<(script|link|img|iframe)\b[^>]*\b(src|href)\s*=\s*[\"']?(https?:)?//", re.IGNORECASE)
LOCKS = ["requirements.lock", "requirements-dev.lock"]
VENDORED = tomllib.loads((ROOT / "vendor.toml").read_text())["package"]


def text_of(path: Path) -> str:
    """A text file's text; nothing of a picture or another binary file."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode()


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in project_files()
        if (match := REGISTRIES_AND_MACHINES.search(text_of(path)))
    }
    assert found == {}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"://|--index|--extra|--find-links|--trusted", text)
    requirements = re.split(r"\n(?=[\w])", text)
    assert [line.splitlines()[0] for line in requirements if "--hash=sha256:" not in line] == []


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    shipped, tested = (pins(lock) for lock in LOCKS)
    assert shipped
    assert {name: tested.get(name) for name in shipped} == shipped


def test_templates_have_no_inline_script_or_style_and_ask_no_other_host() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in project_files("*.html")
        if ROOT / "templates" in path.parents
        for pattern in (INLINE, OUTSIDE)
        for match in pattern.finditer(path.read_text())
    }
    assert found == set()


@pytest.mark.parametrize("package", VENDORED, ids=lambda package: package["name"])
def test_vendored_files_are_as_published(package: dict[str, str | dict[str, str]]) -> None:
    folder, files = ROOT / str(package["folder"]), package["files"]
    assert isinstance(files, dict)
    expected = {Path(name).name: digest for name, digest in files.items()}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert found == expected
    assert found.keys() & {"LICENSE", "LICENCE"}


def test_every_vendored_folder_is_registered() -> None:
    folders = {path.parent for path in project_files() if "vendor" in path.parent.parent.name}
    assert folders == {ROOT / package["folder"] for package in VENDORED}


@pytest.mark.parametrize(
    "line",
    [
        "<script>go()</script>",
        '<p style="x">',
        '<a onclick="go()">',
        "<style>",
        '<button hx-on:click="go()">',
    ],
)
def test_the_search_for_inline_code_finds_it(line: str) -> None:
    assert INLINE.search(line)


@pytest.mark.parametrize("line", ['<script src="/static/scan.js" defer></script>', '<p class="on">'])
def test_the_search_for_inline_code_lets_clean_markup_pass(line: str) -> None:
    assert not INLINE.search(line)
