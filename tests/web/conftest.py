"""The application on a database of the test alone, and people who visit it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from labflow.app import build
from labflow.foundation.database import Database
from labflow.foundation.settings import Settings

from .visitor import Visitor

if TYPE_CHECKING:
    from labflow.catalog import Catalog


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, database_url=database.url, secret_key="only for tests " * 3)


@pytest.fixture
def app(settings: Settings, catalog: Catalog, database: Database) -> Flask:
    return build(settings, catalog, database)


@pytest.fixture
def visitor(app: Flask, database: Database) -> Visitor:
    """A browser that nobody signed in with."""
    return Visitor(app.test_client(), database)
