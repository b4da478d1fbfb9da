from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.staff import Role, StaffMember

from ..conftest import MakeAct
from ..factories.cases import HATCH, MadeCase, make_case
from ..people import make_person
from .program import Program, program_of


@pytest.fixture
def person(database: Database) -> StaffMember:
    return make_person(database, "rita", Role.RECEPTION)


@pytest.fixture
def program(app: Flask, database: Database, person: StaffMember) -> Program:
    return program_of(app.test_client(), database, person)


@pytest.fixture
def made(database: Database, catalog: Catalog, make_act: MakeAct, person: StaffMember) -> MadeCase:
    return make_case(
        database, catalog, make_act(by=person.id, badge=person.badge), containers=("EDTA", "HEPARIN")
    )


def scan(code: str, /, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": str(uuid4()),
        "code": code,
        "occurred_at": datetime.now(UTC).isoformat(),
        "read_by": "scanned",
    } | changes


def batch(
    *scans: dict[str, Any], action: str | None = "receive", place: str | None = HATCH
) -> dict[str, Any]:
    return {"context": {"action": action, "place": place}, "scans": list(scans)}


def test_scans_are_answered_one_by_one_in_order(program: Program, made: MadeCase) -> None:
    answer = program.post("/scans", batch(scan(made.code(1)), scan("rubbish"), scan(made.code(2))))
    assert answer.status_code == 200
    verdicts = answer.get_json()["verdicts"]
    assert [verdict["verdict"] for verdict in verdicts] == ["OK", "CHOOSE", "OK"]
    assert verdicts[0]["code"] == made.code(1)
    assert verdicts[1]["rule"] == "unreadable-code"
    entries = program.get(f"/samples/{made.code(1)}/custody").get_json()["entries"]
    assert [entry["kind"] for entry in entries] == ["collected", "arrived"]
    assert entries[1]["event_id"] == verdicts[0]["event_id"]


def test_the_same_event_is_answered_the_same_and_counted_once(program: Program, made: MadeCase) -> None:
    sent = batch(scan(made.code()))
    assert program.post("/scans", sent).get_json() == program.post("/scans", sent).get_json()
    assert len(program.get(f"/samples/{made.code()}/custody").get_json()["entries"]) == 2


def test_the_same_event_with_other_content_is_refused(program: Program, made: MadeCase) -> None:
    first = scan(made.code(1))
    program.post("/scans", batch(first))
    answer = program.post("/scans", batch(first | {"code": made.code(2)}))
    assert (answer.status_code, answer.get_json()["type"]) == (422, "event-reused")
    assert answer.content_type == "application/problem+json"


def test_without_an_action_the_card_is_named(program: Program, made: MadeCase) -> None:
    [verdict] = program.post("/scans", batch(scan(made.code()), action=None)).get_json()["verdicts"]
    assert verdict["url"] == f"/samples/{made.code()}"


@pytest.mark.parametrize(
    "broken",
    [
        {"unknown": 1},
        {"event_id": "no uuid"},
        {"code": ""},
        {"occurred_at": "2026-11-20T09:00:00"},
        {"read_by": "guessed"},
    ],
)
def test_a_malformed_scan_is_refused_and_named(
    program: Program, made: MadeCase, broken: dict[str, Any]
) -> None:
    answer = program.post("/scans", batch(scan(made.code(), **broken)))
    assert answer.status_code == 422
    [name] = broken
    assert name in answer.get_json()["errors"]["scans"]["0"]


def test_at_most_a_hundred_scans_come_at_once(program: Program, made: MadeCase) -> None:
    answer = program.post("/scans", batch(*[scan(made.code())] * 101))
    assert answer.status_code == 422


def test_an_unknown_place_is_refused(program: Program, made: MadeCase) -> None:
    answer = program.post("/scans", batch(scan(made.code()), place=made.code()))
    assert (answer.status_code, answer.get_json()["type"]) == (422, "wrong-kind-of-code")


def test_an_unknown_action_is_refused(program: Program, made: MadeCase) -> None:
    answer = program.post("/scans", batch(scan(made.code()), action="teleport"))
    assert (answer.status_code, answer.get_json()["type"]) == (422, "unknown-action")


def test_a_do_card_sets_the_context_and_opens_nothing(program: Program, catalog: Catalog) -> None:
    card = next(card for card in catalog.do_cards.values() if card.action == "take")
    [verdict] = program.post("/scans", batch(scan(card.code), action=None, place=None)).get_json()["verdicts"]
    assert verdict["verdict"] == "OK"
    assert verdict["context"]["action"]["code"] == "take"
    assert verdict["url"] is None
