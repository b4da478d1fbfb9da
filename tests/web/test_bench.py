"""The bench over HTTP: queue pages, polling, steps as forms and as JSON."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from labflow.catalog import Catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.staff import Role, StaffMember

from ..conftest import MakeAct
from ..factories.bench import make_waiting_case
from ..factories.cases import SMEAR_BENCH, MadeCase
from ..people import make_person
from .program import Program, program_of
from .visitor import Visitor


@pytest.fixture
def person(database: Database) -> StaffMember:
    return make_person(database, "tech", Role.TECHNOLOGIST, password=None)


@pytest.fixture
def tech(make_act: MakeAct, person: StaffMember) -> Act:
    return make_act(by=person.id, badge=person.badge)


@pytest.fixture
def made(database: Database, catalog: Catalog, tech: Act) -> MadeCase:
    return make_waiting_case(database, catalog, tech)


@pytest.fixture
def bench(visitor: Visitor, person: StaffMember) -> Visitor:
    return visitor.signed_in(person)


@pytest.fixture
def program(app: Flask, database: Database, person: StaffMember) -> Program:
    return program_of(app.test_client(), database, person)


def test_a_queue_shows_what_is_next_with_its_patient(bench: Visitor, made: MadeCase) -> None:
    page = bench.open("/queues/SMEAR")
    assert page.status_code == 200
    assert made.code() in page.text
    assert "1 of 5 Make smears" in page.text
    assert "TEST, Child 1000000001" in page.text
    assert not re.search(r">\s*None\s*<", page.text)


def test_filters_are_said_above_the_list(bench: Visitor, made: MadeCase) -> None:
    page = bench.open("/queues/SMEAR?state=held&urgency=&mine=true")
    assert "Data filtered to show: held, mine · 0 of 1" in page.text
    assert "Remove the filters" in page.text


def test_an_unchanged_queue_answers_a_poll_without_a_body(bench: Visitor, made: MadeCase) -> None:
    asking = {"HX-Request": "true"}
    first = bench.open("/queues/SMEAR", headers=asking)
    assert "<html" not in first.text
    again = bench.open("/queues/SMEAR", headers=asking | {"HX-PTag": first.headers["HX-PTag"]})
    assert (again.status_code, again.data) == (304, b"")
    bench.send(f"/samples/{made.code()}/tests/BM-MORPH", action="take")
    changed = bench.open("/queues/SMEAR", headers=asking | {"HX-PTag": first.headers["HX-PTag"]})
    assert (changed.status_code, "Tech Invented" in changed.text) == (200, True)


def test_every_row_and_link_of_a_polled_queue_has_an_id(bench: Visitor, made: MadeCase) -> None:
    page = bench.open("/queues/SMEAR", headers={"HX-Request": "true"})
    rows = page.text.split("<tbody>")[1]
    assert rows.count("<tr id=") == rows.count("<tr")
    assert rows.count("<a ") == rows.count('-sample"') + rows.count('-test"')


@pytest.mark.parametrize("query", ["state=plumbing", "after=nonsense", "colour=blue"])
def test_an_address_that_means_nothing_is_refused_plainly(bench: Visitor, made: MadeCase, query: str) -> None:
    assert bench.open(f"/queues/SMEAR?{query}").status_code == 400


def test_the_bench_page_walks_the_steps_by_forms_alone(bench: Visitor, made: MadeCase) -> None:
    url = f"/samples/{made.code()}/tests/BM-MORPH"
    assert bench.send(url, action="take").status_code == 302
    assert bench.send(url, action="children", kind="make_slides", count="2").status_code == 302
    page = bench.open(url)
    assert "Start Fix in methanol" in page.text
    assert bench.send(url, action="start").status_code == 302
    assert bench.send(url, action="finish").status_code == 302
    assert "Start Stain Romanowsky" in bench.open(url).text


def test_a_refused_step_keeps_the_page_and_says_what_is_allowed(bench: Visitor, made: MadeCase) -> None:
    page = bench.send(f"/samples/{made.code()}/tests/BM-MORPH", action="finish")
    assert page.status_code == 409
    assert "Allowed now: start Make smears." in page.text


def test_a_hold_without_a_reason_names_the_reasons(bench: Visitor, made: MadeCase) -> None:
    page = bench.send(f"/samples/{made.code()}/tests/BM-MORPH", action="hold")
    assert page.status_code == 422
    assert "INSTRUMENT" in page.text


def test_a_test_given_up_leads_back_to_its_queue(bench: Visitor, made: MadeCase) -> None:
    url = f"/samples/{made.code()}/tests/BM-MORPH"
    answer = bench.send(url, action="not_possible", reason="CLOTTED")
    assert answer.location == "/queues/SMEAR"
    assert bench.open(url).status_code == 404


def test_the_queues_as_json_page_by_an_opaque_key(
    program: Program, database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    (smear,) = [queue for queue in program.get("/queues").get_json() if queue["code"] == "SMEAR"]
    assert smear["open"] == 1
    page = program.get("/queues/SMEAR?state=waiting").get_json()
    assert (page["after"], len(page["rows"])) == (None, 1)
    assert page["rows"][0]["step"] == "1 of 5 Make smears"
    assert "Child" not in str(page)
    assert program.get("/queues/PLUMBING").status_code == 404


def test_steps_as_json_in_order_and_409_with_what_is_allowed(program: Program, made: MadeCase) -> None:
    url = f"/samples/{made.code()}/tests/BM-MORPH"
    refused = program.post(f"{url}/start", {"step": "stain"})
    assert (refused.status_code, refused.get_json()["type"]) == (409, "step-out-of-order")
    assert refused.get_json()["detail"] == "Allowed now: start Make smears."
    made_slides = program.post(f"{url}/children", {"kind": "make_slides", "count": 3, "place": SMEAR_BENCH})
    assert len(made_slides.get_json()["children"]) == 3
    assert program.post(f"{url}/start", {}).get_json()["next"] == "finish Fix in methanol"
    assert (
        program.post(f"{url}/finish", {"note": "fresh methanol"}).get_json()["did"]
        == "Fix in methanol finished"
    )
    assert program.post(f"{url}/repeat", {"reason": "POOR_STAIN"}).get_json()["next"] == "start Make smears"
    assert program.post(f"{url}/hold", {"reason": "INSTRUMENT"}).get_json()["next"] == "release"
    assert program.post(f"{url}/release", {}).status_code == 200
    assert program.post(f"{url}/take", {}).get_json()["did"] == "taken"
    gone = program.post(f"{url}/not-possible", {"reason": "CLOTTED", "needs_sedation": True})
    assert gone.get_json()["recollection"].startswith("O26-")


@pytest.mark.parametrize(
    "body",
    [
        {"colour": "blue"},
        {"kind": "make_slides", "count": 0},
        {"kind": "make_slides", "count": 41},
        {"kind": "work", "count": 1},
        {"kind": "make_slides", "count": "3"},
    ],
)
def test_fields_that_are_not_right_are_named(
    program: Program, made: MadeCase, body: dict[str, object]
) -> None:
    refused = program.post(f"/samples/{made.code()}/tests/BM-MORPH/children", body)
    assert refused.status_code == 422
    assert refused.get_json()["errors"]
