"""Whether labflow can work, what lags behind, and what a monitoring program reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from labflow.app import build
from labflow.catalog import Catalog
from labflow.foundation.alarms import raise_alarm, settle_alarm
from labflow.foundation.database import Database, DiskFull
from labflow.foundation.settings import Settings
from labflow.ops.watches import DiskWatch, OverdueWatch
from labflow.ops.worker import Worker
from labflow.staff import Role, StaffMember

from ..conftest import MakeAct
from ..factories.cases import make_case, make_operator
from ..people import make_person
from .program import program_of
from .visitor import Visitor


class Disk:
    """A disk of 100 GiB."""

    def __init__(self, free: int) -> None:
        self.total, self.free = 100 * 1024**3, free * 1024**3


@pytest.fixture
def administrator(database: Database) -> StaffMember:
    return make_person(database, "adam", Role.ADMINISTRATOR, password=None)


def scrape(app: Flask, database: Database, person: StaffMember) -> TestResponse:
    program = program_of(app.test_client(), database, person)
    return program.client.get("/metrics", headers={"Authorization": f"Bearer {program.token}"})


def ready(client: FlaskClient) -> TestResponse:
    return client.get("/readyz")


def test_it_is_degraded_and_serves_while_nothing_works_in_the_background(app: Flask) -> None:
    answer = ready(app.test_client())
    assert (answer.status_code, answer.get_json()["status"]) == (200, "degraded")
    assert answer.get_json()["duties"]["overdue"]["late"]


def test_a_duty_is_well_after_its_round_and_late_a_minute_later(
    app: Flask, database: Database, catalog: Catalog
) -> None:
    now = datetime.now(UTC)
    for ago, late in ((timedelta(seconds=61), True), (timedelta(seconds=1), False)):
        worker = Worker(database, [OverdueWatch(database, catalog)], clock=lambda ago=ago: now - ago)  # type: ignore[misc]
        worker.keep_books()
        worker.take_turns()
        worker.keep_books()
        told = ready(app.test_client()).get_json()["duties"]["overdue"]
        assert told["late"] == late


def test_alarms_are_told_by_their_code_and_words_only_to_those_who_may(
    app: Flask, database: Database, visitor: Visitor, administrator: StaffMember
) -> None:
    with database.writing() as session:
        raise_alarm(session, "disk-nearly-full", "Only 3 GiB are free.", now=datetime.now(UTC))
    answer = ready(app.test_client())
    assert answer.get_json()["alarms"] == ["disk-nearly-full"]
    assert "GiB" not in answer.text
    visitor.signed_in(administrator)
    assert "Only 3 GiB are free." in visitor.open("/").text
    page = visitor.open("/alarms").text
    assert "Only 3 GiB are free." in page
    assert "Never: start `labflow worker`" in page
    with database.writing() as session:
        settle_alarm(session, "disk-nearly-full", now=datetime.now(UTC))
    assert "No alarm stands." in visitor.open("/alarms").text


def test_a_database_that_cannot_save_is_told_until_it_can(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> NoReturn:
        raise DiskFull

    with monkeypatch.context() as during:
        during.setattr(database, "writing", full)
        answer = ready(app.test_client())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "disk" in answer.get_json()["database"]
    assert ready(app.test_client()).status_code == 200


def test_the_disk_alarm_comes_below_a_tenth_and_goes_above_an_eighth(
    app: Flask, database: Database, catalog: Catalog, settings: Settings
) -> None:
    now, disk = datetime.now(UTC), Disk(50)
    watch = DiskWatch(database, catalog, settings.data, usage=lambda _: disk)
    told = []
    for free in (50, 10, 9, 11, 13):
        disk.free = free * 1024**3
        watch.run(now=now)
        told.append(ready(app.test_client()).get_json()["alarms"])
    assert [len(codes) for codes in told] == [0, 0, 1, 1, 0]


def test_metrics_are_closed_to_everybody_but_a_token_that_may(
    app: Flask, database: Database, administrator: StaffMember
) -> None:
    assert app.test_client().get("/metrics").status_code == 302  # to sign in
    quality = make_person(database, "quinn", Role.QUALITY, password=None)
    assert scrape(app, database, quality).status_code == 403
    assert scrape(app, database, administrator).status_code == 200


def test_metrics_count_requests_and_tell_no_sample(
    app: Flask,
    database: Database,
    catalog: Catalog,
    make_act: MakeAct,
    administrator: StaffMember,
) -> None:
    olga = make_operator(database, make_act())
    case = make_case(database, catalog, make_act(by=olga.id, badge=olga.badge))
    app.test_client().get(f"/api/v1/samples/{case.code()}")
    OverdueWatch(database, catalog).run(now=datetime.now(UTC) + timedelta(days=1))
    text = scrape(app, database, administrator).text
    assert 'labflow_requests_total{area="samples",status="4xx"} 1.0' in text
    assert 'labflow_overdue{kind="receipt"} 1.0' in text
    assert 'labflow_duty_late{duty="sequencer"} 1.0' in text
    assert "labflow_log_entries" in text
    assert ("labflow_sqlite_wal_bytes" in text) == (database.dialect == "sqlite")
    assert case.code() not in text
    assert case.case.number not in text


def test_each_application_counts_for_itself(
    app: Flask, settings: Settings, catalog: Catalog, database: Database, administrator: StaffMember
) -> None:
    app.test_client().get("/healthz")
    other = build(settings, catalog, database)
    assert 'area="health"' not in scrape(other, database, administrator).text
    assert 'area="health",status="2xx"} 1.0' in scrape(app, database, administrator).text
