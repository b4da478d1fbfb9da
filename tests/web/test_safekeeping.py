"""The page about backups, and its JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from labflow.app import build
from labflow.catalog import Catalog
from labflow.foundation.backup_runs import BackupRun
from labflow.foundation.database import Database
from labflow.foundation.settings import BackupPlan, Settings
from labflow.ops.backup import Backups
from labflow.staff import Role

from ..people import make_person
from .visitor import Visitor


@pytest.fixture
def planned(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, backups=BackupPlan(folder=tmp_path / "backups", test_every_days=0))


@pytest.fixture
def app(planned: Settings, catalog: Catalog, database: Database) -> Flask:
    return build(planned, catalog, database)


@pytest.fixture
def office(visitor: Visitor, database: Database) -> Visitor:
    """The administrator's browser."""
    return visitor.signed_in(make_person(database, "boss", Role.ADMINISTRATOR))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_backup_that_is_asked_for_is_made_once(
    office: Visitor, database: Database, planned: Settings, catalog: Catalog
) -> None:
    assert "There is no good backup yet." in office.open("/backups").text
    for _ in range(2):
        assert office.send("/backups").status_code == 302
    assert "A backup is being made or waits for the worker" in office.open("/backups").text
    Backups(database, catalog, planned).run(now=datetime.now(UTC))
    page = office.open("/backups").text
    assert "Back up now" in page
    assert "0min old" in page
    assert page.count(".tar.gz") == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_failed_is_told_in_words(office: Visitor, database: Database) -> None:
    now = datetime.now(UTC)
    good = BackupRun(began_at=now - timedelta(days=3), finished_at=now, path="/backups/one.tar.gz")
    good.tested_at, good.test_fault = now, "The backup is damaged."
    failed = BackupRun(began_at=now, finished_at=now, fault="The disk has 1 MB free.")
    with database.writing() as session:
        session.add_all([good, failed])
    page = office.open("/backups").text
    assert "The last good backup is 3d old. The disk has 1 MB free." in " ".join(page.split())
    assert "cannot be restored. The backup is damaged." in page
    assert "The backups lie in the folder of the data" in page
    told = office.open("/api/v1/backups").json
    assert told
    assert (told["is_late"], told["last"]["fault"]) == (True, "The disk has 1 MB free.")
    assert told["last_good"]["path"] == "/backups/one.tar.gz"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_without_a_folder_the_page_says_how_to_name_one(
    settings: Settings, catalog: Catalog, database: Database
) -> None:
    visitor = Visitor(build(settings, catalog, database).test_client(), database)
    office = visitor.signed_in(make_person(database, "boss", Role.ADMINISTRATOR))
    assert "Add a [backups] table with a folder" in office.open("/backups").text
    refused = office.send("/backups")
    assert (refused.status_code, "No folder is named for backups." in refused.text) == (422, True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_quality_sees_backups_and_makes_none(visitor: Visitor, database: Database) -> None:
    quality = visitor.signed_in(make_person(database, "quality", Role.QUALITY))
    assert "Back up now" not in quality.open("/backups").text
    assert quality.send("/backups").status_code == 403
