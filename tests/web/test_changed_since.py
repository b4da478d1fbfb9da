"""Nobody's change is lost: who changes something names what they read, and it must still be so."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from labflow import staff
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.staff import Role, StaffMember

from ..conftest import MakeAct
from ..factories.bench import finish_steps, make_waiting_case
from ..people import PASSWORD, make_person
from .program import Program, program_of
from .visitor import Visitor


@pytest.fixture
def boss(database: Database) -> StaffMember:
    return make_person(database, "boss", Role.ADMINISTRATOR)


@pytest.fixture
def program(app: Flask, database: Database, boss: StaffMember) -> Program:
    return program_of(app.test_client(), database, boss)


@pytest.fixture
def person(database: Database) -> str:
    """The address of somebody whom the administrator may change."""
    return f"/staff/{make_person(database, 'ada', Role.PORTER).badge}"


def test_a_change_that_names_nothing_is_refused(program: Program, person: str) -> None:
    for header in ({}, {"if_match": "*"}, {"if_match": '"one", "two"'}, {"if_match": 'W/"weak"'}):
        answer = program.send("PATCH", person, {"active": False}, **header)
        assert (answer.status_code, answer.get_json()["type"]) == (428, "nothing-named"), header


def test_a_change_of_what_is_no_more_says_who_changed_it_and_when(program: Program, person: str) -> None:
    read = program.etag(person)
    changed = program.send("PATCH", person, {"roles": ["quality"]}, if_match=read)
    assert changed.headers["ETag"] == program.etag(person) != read
    late = program.send("PATCH", person, {"active": False}, if_match=read)
    assert (late.status_code, late.get_json()["type"]) == (412, "changed-since")
    assert "by Boss Invented, 20" in late.get_json()["title"]
    assert program.get(person).get_json()["active"] is True


def test_of_twenty_who_change_what_they_all_read_one_succeeds(
    app: Flask, program: Program, person: str
) -> None:
    read = program.etag(person)

    def change(number: int) -> int:
        mine = Program(app.test_client(), program.token)
        roles = ["quality", "clinician"] if number % 2 else ["technologist"]
        return mine.send("PATCH", person, {"roles": roles}, if_match=read).status_code

    with ThreadPoolExecutor(10) as threads:
        answers = Counter(threads.map(change, range(20)))
    assert answers == {200: 1, 412: 19}


def test_a_card_that_was_changed_elsewhere_is_not_saved_over(
    visitor: Visitor, boss: StaffMember, database: Database
) -> None:
    ada = make_person(database, "ada", Role.PORTER)
    card = f"/people/{ada.badge}"
    office = visitor.signed_in(boss)
    office.open(card)
    shown = dict(office.marks)
    office.send(f"{card}/roles", page=card, roles=["quality"])
    stale = office.send(f"{card}/roles", roles=["porter"], seen=shown[f"{card}/roles"])
    assert stale.status_code == 412
    assert "This was changed since it was read: by Boss Invented" in stale.text
    with database.reading() as session:
        assert staff.roles_of(session, [ada.id])[ada.id] == (Role.QUALITY,)


def test_a_result_is_decided_on_as_it_was_read(
    app: Flask, database: Database, catalog: Catalog, make_act: MakeAct
) -> None:
    tech = make_person(database, "tech", Role.TECHNOLOGIST, password=None)
    pathologist = make_person(database, "path", Role.PATHOLOGIST)
    act = make_act(by=tech.id, badge=tech.badge)
    made = make_waiting_case(database, catalog, act, tests=["BM-IRON"], containers=["SLIDE"])
    finish_steps(database, made.tests[0].id, act)
    bench = program_of(app.test_client(), database, tech)
    office = program_of(app.test_client(), database, pathologist)
    test = f"/cases/{made.case.number}/tests/1"
    found = {"fields": {"particles": 9, "stores": "normal"}, "conclusion": "Iron present."}
    read = bench.post(f"{test}/result", found).headers["ETag"]
    assert office.post(f"{test}/result/return", {"note": "Sure?"}).status_code == 428
    assert office.post(f"{test}/result/return", {"note": "Sure?"}, if_match=read).status_code == 200
    bench.post(f"{test}/result", found)
    signed = {"version": 2, "password": PASSWORD}
    stale = office.post(f"{test}/result/verify", signed, if_match=read)
    assert stale.status_code == 412
    assert "version 2 was entered by Tech Invented" in stale.get_json()["title"]
    assert (
        office.post(f"{test}/result/verify", signed, if_match=office.etag(f"{test}/results")).status_code
        == 200
    )
