"""Badges and stops at a browser that is a station."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.staff import Role, StaffMember

from ..conftest import MakeAct
from ..factories.cases import MadeCase, make_case
from ..people import PASSWORD, make_person
from .visitor import Visitor


@pytest.fixture
def ada(database: Database) -> StaffMember:
    return make_person(database, "ada", Role.OPERATOR)


@pytest.fixture
def ben(database: Database) -> StaffMember:
    return make_person(database, "ben", Role.PORTER)


def post(visitor: Visitor, path: str, body: dict[str, Any]) -> TestResponse:
    headers = {"X-CSRFToken": visitor.csrf_token, "Idempotency-Key": str(uuid4())}
    return visitor.client.post(f"/api/v1{path}", json=body, headers=headers, base_url=visitor.base_url)


def scan_badge(visitor: Visitor, person: StaffMember) -> dict[str, Any]:
    visitor.open("/sign-in")
    visitor.open("/")
    body = {"event_id": str(uuid4()), "badge": person.badge, "occurred_at": datetime.now(UTC).isoformat()}
    answer = post(visitor, "/badge", body)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def who(visitor: Visitor) -> str:
    page = visitor.open("/")
    return page.text.split("What waits for you, <bdi>")[1].split("<")[0] if page.status_code == 200 else ""


def sign_in(visitor: Visitor, login: str) -> None:
    visitor.send("/sign-in", "/sign-in", login=login, password=PASSWORD)


def test_two_people_switch_by_badge_alone(visitor: Visitor, ada: StaffMember, ben: StaffMember) -> None:
    sign_in(visitor, "ada")
    refused = scan_badge(visitor, ben)
    assert (refused["verdict"], refused["rule"]) == ("CHOOSE", "shift-needed")
    assert refused["url"] == f"/sign-in?badge={ben.badge}"
    assert who(visitor) == ""
    sign_in(visitor, "ben")
    assert who(visitor) == "Ben Invented"
    switched = scan_badge(visitor, ada)
    assert (switched["verdict"], switched["person"]) == ("OK", "Ada Invented")
    assert switched["context"] == {"action": None, "place": None, "bag": None}
    assert who(visitor) == "Ada Invented"


def test_signing_out_closes_the_shift(visitor: Visitor, ada: StaffMember) -> None:
    sign_in(visitor, "ada")
    visitor.send("/sign-out", "/")
    assert scan_badge(visitor, ada)["rule"] == "shift-needed"


def test_a_badge_opens_nothing_in_another_browser(
    visitor: Visitor, app: Flask, database: Database, ada: StaffMember
) -> None:
    sign_in(visitor, "ada")
    elsewhere = Visitor(app.test_client(), database)
    assert scan_badge(elsewhere, ada)["rule"] == "shift-needed"
    assert who(visitor) == "Ada Invented"


def test_a_badge_from_another_site_is_refused_without_its_token(visitor: Visitor, ada: StaffMember) -> None:
    sign_in(visitor, "ada")
    body = {"event_id": str(uuid4()), "badge": ada.badge, "occurred_at": datetime.now(UTC).isoformat()}
    assert visitor.client.post("/api/v1/badge", json=body).status_code == 400


@pytest.fixture
def made(database: Database, catalog: Catalog, make_act: MakeAct, ada: StaffMember) -> MadeCase:
    return make_case(database, catalog, make_act(by=ada.id, badge=ada.badge))


def scanned(visitor: Visitor, code: str, **context: Any) -> TestResponse:
    visitor.open("/")
    one = {"event_id": str(uuid4()), "code": code, "read_by": "scanned"}
    scan = one | {"occurred_at": datetime.now(UTC).isoformat()}
    return post(visitor, "/scans", {"context": context, "scans": [scan]})


def test_scans_are_never_credited_to_whoever_came_after(
    visitor: Visitor, made: MadeCase, ada: StaffMember, ben: StaffMember
) -> None:
    visitor.signed_in(ben)
    answer = scanned(visitor, made.code(), action="take", badge=ada.badge)
    assert (answer.status_code, answer.get_json()["type"]) == (409, "other-person")
    answer = scanned(visitor, made.code(), action="take", badge=ben.badge)
    assert answer.get_json()["verdicts"][0]["person"] == "Ben Invented"


def test_a_stop_comes_back_with_every_page_until_it_is_settled(
    visitor: Visitor,
    database: Database,
    catalog: Catalog,
    make_act: MakeAct,
    made: MadeCase,
    ada: StaffMember,
) -> None:
    act = make_act(by=ada.id, badge=ada.badge)
    other = make_case(database, catalog, act, mrn="1000000002", tests=("BM-FILM",))
    visitor.signed_in(ada)
    [verdict] = scanned(visitor, other.code(), action="take", case=made.case.number).get_json()["verdicts"]
    assert verdict["verdict"] == "STOP"
    event = verdict["event_id"]
    assert f'name="scan-stop" content="{event}"' in visitor.open("/").text
    inside = visitor.open(f"/scan/stops/{event}").text
    assert "100 000 000<mark>1</mark>" in inside
    assert "100 000 000<mark>2</mark>" in inside
    wrong = post(visitor, f"/stops/{event}/resolution", {"code": other.code()})
    assert wrong.get_json()["resolved"] is False
    refused = post(
        visitor, f"/stops/{event}/resolution", {"initials": "XY", "birth_year": "2019", "reason": "x"}
    )
    assert (refused.status_code, refused.get_json()["type"]) == (422, "not-this-child")
    right = post(visitor, f"/stops/{event}/resolution", {"code": made.code()})
    assert right.get_json()["resolved"] is True
    assert 'name="scan-stop"' not in visitor.open("/").text


def test_a_porter_settles_a_stop_without_seeing_names(
    visitor: Visitor,
    database: Database,
    catalog: Catalog,
    make_act: MakeAct,
    made: MadeCase,
    ben: StaffMember,
) -> None:
    act = make_act(by=ben.id, badge=ben.badge)
    other = make_case(database, catalog, act, mrn="1000000002", tests=("BM-FILM",))
    visitor.signed_in(ben)
    [verdict] = scanned(visitor, other.code(), action="take", case=made.case.number).get_json()["verdicts"]
    inside = visitor.open(f"/scan/stops/{verdict['event_id']}").text
    assert made.case.number in inside
    assert "100 000" not in inside


def test_quality_sees_what_was_typed_and_what_stopped(
    visitor: Visitor, database: Database, made: MadeCase, ada: StaffMember
) -> None:
    visitor.signed_in(ada)
    scanned(visitor, made.code(), action="take", place="P3R28GS03")
    quality = make_person(database, "quinn", Role.QUALITY)
    visitor.signed_in(quality)
    page = visitor.open("/quality/scans").text
    assert "Theatre 1" in page
    assert "No scan had to stop." in page
