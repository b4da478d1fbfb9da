"""What the fixtures share: the root folder, a test database's schema, a loud word when something is absent."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import NoReturn

import pytest
from sqlmodel import SQLModel

from labflow.foundation.database import Database

ROOT = Path(__file__).resolve().parent.parent


def make_schema(database: Database) -> None:
    """Every table of labflow in an empty database."""
    for tables in sorted(ROOT.glob("labflow/*/tables.py")):
        importlib.import_module(f"labflow.{tables.parent.name}.tables")
    SQLModel.metadata.create_all(database.engine)


def absent(reason: str, *, unless: str) -> NoReturn:
    """Skips the test, or fails it where the environment variable `unless` demands what is missing."""
    if os.environ.get(unless):
        pytest.fail(f"{reason} ({unless} is set)", pytrace=False)
    pytest.skip(reason)
