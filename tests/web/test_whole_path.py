"""The main job over the API: an order, a procedure, the way to the laboratory, the bench, the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from labflow import ledger, orders, samples
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.interop import hl7
from labflow.staff import Role

from ..conftest import MakeAct
from ..factories.cases import HATCH, SMEAR_BENCH, THEATRE
from ..people import PASSWORD, make_person
from ..support import ROOT
from .program import Program, program_of

Staffed = dict[Role, Program]


@pytest.fixture
def staffed(app: Flask, database: Database) -> Staffed:
    """A program for one person of each role."""
    return {
        role: program_of(app.test_client(), database, make_person(database, role.value, role))
        for role in Role
    }


def ok(answer: TestResponse) -> Any:
    assert answer.status_code in (200, 201), answer.get_json()
    return answer.get_json()


def scan(program: Program, action: str, place: str | None, *codes: str) -> list[str]:
    """The words of the verdicts."""
    at = datetime.now(UTC).isoformat()
    scans = [
        {"event_id": str(uuid4()), "code": code, "occurred_at": at, "read_by": "scanned"} for code in codes
    ]
    sent = {"context": {"action": action, "place": place}, "scans": scans}
    return [verdict["verdict"] for verdict in ok(program.post("/scans", sent))["verdicts"]]


def procedure(catalog: Catalog, mrn: str, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    checked = [item.code for name in ("time_out", "asepsis") for item in catalog.checklists[name]]
    pull = {"site": "PIC", "side": "left", "volume_ml": 3.0, "particles": "seen"}
    return {
        "place": THEATRE,
        "wristband": {"code": f"WB{mrn}-20190714"},
        "outcome": "obtained",
        "anaesthesia": next(iter(catalog.anaesthesia)),
        "checked": checked,
        "began_at": (now - timedelta(minutes=20)).isoformat(),
        "ended_at": (now - timedelta(minutes=5)).isoformat(),
        "pulls": [pull],
    } | changes


def place_order(staffed: Staffed, mrn: str = "4857302915") -> str:
    child = {
        "mrn": mrn,
        "family_name": "Invented",
        "given_name": "Jane",
        "birth_date": "2019-07-14",
        "sex": "female",
    }
    ok(staffed[Role.CLINICIAN].post("/patients", child))
    order = {"mrn": mrn, "indication": "ANAEM", "tests": ["BM-FILM", "BM-MORPH"], "weight_kg": "22.4"}
    number: str = ok(staffed[Role.CLINICIAN].post("/orders", order))["number"]
    return number


def test_an_order_becomes_a_verified_result(staffed: Staffed, catalog: Catalog, database: Database) -> None:
    number = place_order(staffed)
    operator, reception = staffed[Role.OPERATOR], staffed[Role.RECEPTION]
    assert ok(operator.get(f"/orders/{number}/draw-plan"))["pulls"]
    made = ok(operator.post(f"/orders/{number}/procedures", procedure(catalog, "4857302915")))
    codes = [sample["code"] for sample in made["samples"] if sample["state"] == "collected"]
    assert set(scan(operator, "scan_back", THEATRE, *codes)) == {"OK"}
    assert set(scan(operator, "hand_over", THEATRE, *codes)) == {"OK"}
    assert set(scan(staffed[Role.PORTER], "take", None, *codes)) == {"OK"}
    held = ok(staffed[Role.PORTER].get("/hand-over"))["samples"]
    assert {sample["code"] for sample in held} == set(codes)
    assert set(scan(staffed[Role.PORTER], "hand_over", None, *codes)) == {"OK"}
    assert set(scan(reception, "receive", HATCH, *codes)) == {"OK"}
    assert all(sample["arrived"] for sample in ok(reception.get("/reception"))["samples"])
    assert set(scan(reception, "accept", HATCH, *codes)) == {"OK"}
    morphology = _work(staffed, catalog, made["case_number"])
    _answer(staffed, catalog, made["case_number"], morphology)
    ready = ok(staffed[Role.CLINICIAN].get(f"/cases/{made['case_number']}/readiness"))
    assert (ready["final"], ready["ready"]) == (1, False)
    [found] = ok(staffed[Role.CLINICIAN].post("/cases/search", {"text": "Invented, Jane"}))["cases"]
    assert found["readiness"]["sentence"] == ready["sentence"]
    with database.reading() as session:
        assert ledger.check(session).faults == ()


def _work(staffed: Staffed, catalog: Catalog, case_number: str) -> int:
    """Take the morphology through its steps; its number in the order."""
    bench = staffed[Role.TECHNOLOGIST]
    rows = ok(bench.get("/queues/SMEAR"))["rows"]
    row = next(row for row in rows if row["test"] == "BM-MORPH")
    for step in catalog.tests["BM-MORPH"].steps:
        if step.makes:
            made = {"kind": step.kind.value, "count": step.makes, "place": SMEAR_BENCH}
            ok(bench.post(f"/samples/{row['sample']}/tests/BM-MORPH/children", made))
            continue
        for act in ("start", "finish"):
            ok(bench.post(f"/samples/{row['sample']}/tests/BM-MORPH/{act}", {"place": SMEAR_BENCH}))
    case = ok(bench.get(f"/cases/{case_number}"))
    numbers: list[int] = [test["number"] for test in case["tests"] if test["test"] == "BM-MORPH"]
    return numbers[0]


def _answer(staffed: Staffed, catalog: Catalog, case_number: str, number: int) -> None:
    fields = {
        field.code: field.choices[0] if field.choices else "normal"
        for field in catalog.tests["BM-MORPH"].result_fields
        if field.required
    }
    path = f"/cases/{case_number}/tests/{number}/result"
    entered = ok(staffed[Role.TECHNOLOGIST].post(path, {"fields": fields, "conclusion": "Normal marrow."}))
    [waiting] = ok(staffed[Role.PATHOLOGIST].get("/results/to-verify"))["results"]
    assert (waiting["case_number"], waiting["number"], waiting["own"]) == (case_number, number, False)
    sent = {"version": entered["waiting"], "password": PASSWORD}
    seen = staffed[Role.TECHNOLOGIST].etag(f"{path}s")
    assert staffed[Role.TECHNOLOGIST].post(f"{path}/verify", sent, if_match=seen).status_code == 403
    assert ok(staffed[Role.PATHOLOGIST].post(f"{path}/verify", sent, if_match=seen))["state"] == "verified"


def test_a_wrong_wristband_writes_nothing(staffed: Staffed, catalog: Catalog, database: Database) -> None:
    number = place_order(staffed)
    answer = staffed[Role.OPERATOR].post(f"/orders/{number}/procedures", procedure(catalog, "4857302916"))
    assert (answer.status_code, answer.get_json()["type"]) == (409, "wristband-mismatch")
    assert "4857302916" not in answer.text
    with database.reading() as session:
        order = orders.by_number(session, number)
        assert samples.cases_of_order(session, order.id) == []


@pytest.mark.parametrize("volume", [-1, 600, "much", 2.555])
def test_impossible_volumes_are_refused(staffed: Staffed, catalog: Catalog, volume: Any) -> None:
    number = place_order(staffed)
    pull = {"site": "PIC", "side": "left", "volume_ml": volume}
    sent = procedure(catalog, "4857302915", pulls=[pull])
    assert staffed[Role.OPERATOR].post(f"/orders/{number}/procedures", sent).status_code == 422


def test_an_imported_order_is_the_first_step(
    staffed: Staffed, catalog: Catalog, database: Database, make_act: Callable[..., MakeAct]
) -> None:
    files = sorted((ROOT / "docs" / "examples" / "orders").glob("*.hl7"))
    lines = list(hl7.import_files(database, catalog, files, act=make_act(at=datetime.now(UTC))))  # type: ignore[arg-type]
    assert len(lines) >= len(files) > 0
    assert ok(staffed[Role.OPERATOR].get("/orders"))["orders"]
