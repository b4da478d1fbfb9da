"""Results over HTTP: entry with the catalog's fields, verification by another person, readiness."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from labflow.catalog import Catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.staff import Role, StaffMember

from ..conftest import MakeAct
from ..factories.bench import finish_steps, make_waiting_case
from ..factories.cases import MadeCase
from ..people import PASSWORD, make_person
from .program import Program, program_of
from .visitor import Visitor

FOUND = {"particles": 9, "stores": "normal"}


@pytest.fixture
def tech(database: Database) -> StaffMember:
    return make_person(database, "tech", Role.TECHNOLOGIST, password=None)


@pytest.fixture
def pathologist(database: Database) -> StaffMember:
    return make_person(database, "path", Role.PATHOLOGIST)


@pytest.fixture
def act_of_tech(make_act: MakeAct, tech: StaffMember) -> Act:
    return make_act(by=tech.id, badge=tech.badge)


@pytest.fixture
def made(database: Database, catalog: Catalog, act_of_tech: Act) -> MadeCase:
    """An iron stain whose steps are done."""
    made = make_waiting_case(database, catalog, act_of_tech, tests=["BM-IRON"], containers=["SLIDE"])
    finish_steps(database, made.tests[0].id, act_of_tech)
    return made


@pytest.fixture
def bench(app: Flask, database: Database, tech: StaffMember) -> Program:
    return program_of(app.test_client(), database, tech)


@pytest.fixture
def office(app: Flask, database: Database, pathologist: StaffMember) -> Program:
    return program_of(app.test_client(), database, pathologist)


def decided(program: Program, made: MadeCase, act: str, body: dict[str, Any]) -> TestResponse:
    """What comes back when this person decides on the result as it stands."""
    test = f"/cases/{made.case.number}/tests/1"
    return program.post(f"{test}/result/{act}", body, if_match=program.etag(f"{test}/results"))


def test_from_entry_to_ready_as_json(bench: Program, office: Program, made: MadeCase) -> None:
    case, url = f"/cases/{made.case.number}", f"/cases/{made.case.number}/tests/1/result"
    entered = bench.post(url, {"fields": FOUND, "conclusion": "Iron present."})
    assert (entered.status_code, entered.get_json()["answer"], entered.get_json()["waiting"]) == (
        200,
        None,
        1,
    )
    assert office.get(f"{case}/readiness").get_json()["ready"] is False
    final = decided(office, made, "verify", {"version": 1, "password": PASSWORD})
    assert (final.get_json()["answer"], final.get_json()["state"]) == (1, "verified")
    readiness = office.get(f"{case}/readiness").get_json()
    assert (readiness["ready"], readiness["sentence"]) == (True, "1 of 1 final")
    assert readiness["tests"][0]["sentence"].startswith("Ready, verified")
    assert [stage["stage"] for stage in readiness["stages"] if stage["now"]] == ["verified"]


def test_amend_withdraw_and_versions_as_json(bench: Program, office: Program, made: MadeCase) -> None:
    url = f"/cases/{made.case.number}/tests/1/result"
    bench.post(url, {"fields": FOUND, "conclusion": "Iron present."})
    decided(office, made, "verify", {"version": 1, "password": PASSWORD})
    body = {"fields": FOUND, "conclusion": "Less.", "amends": "corrected", "reason": "TYPING_ERROR"}
    amended = decided(bench, made, "amend", body).get_json()
    assert (amended["answer"], amended["waiting"], amended["being_amended"]) == (1, 2, True)
    assert decided(office, made, "return", {"note": "How much less?"}).get_json()["waiting"] is None
    gone = decided(office, made, "withdraw", {"reason": "WRONG_SAMPLE", "password": PASSWORD}).get_json()
    assert (gone["answer"], gone["state"]) == (None, "in_progress")
    versions = office.get(f"/cases/{made.case.number}/tests/1/results").get_json()["versions"]
    assert [version["state"] for version in versions] == ["returned", "withdrawn"]


def test_nobody_verifies_their_own_result_over_http(office: Program, made: MadeCase) -> None:
    url = f"/cases/{made.case.number}/tests/1/result"
    office.post(url, {"fields": FOUND, "conclusion": "Iron present."})
    refused = decided(office, made, "verify", {"version": 1, "password": PASSWORD})
    assert (refused.status_code, refused.get_json()["type"]) == (403, "own-result")


def test_wrong_fields_are_named_one_by_one(bench: Program, made: MadeCase) -> None:
    fields = {"stores": "plenty", "colour": "blue"}
    refused = bench.post(f"/cases/{made.case.number}/tests/1/result", {"fields": fields, "conclusion": "x"})
    assert (refused.status_code, refused.get_json()["type"]) == (422, "unfit-fields")
    assert refused.get_json()["errors"].keys() == {"particles", "stores", "colour"}


def test_the_entry_form_offers_the_catalogs_fields_and_keeps_what_was_typed(
    visitor: Visitor, tech: StaffMember, made: MadeCase
) -> None:
    url = f"/results/{made.case.number}/1/enter"
    page = visitor.signed_in(tech).open(url)
    assert "Particles assessed" in page.text
    faulty = visitor.send(url, **{"field-particles": "900", "field-stores": "normal", "conclusion": "Plenty"})
    assert faulty.status_code == 422
    assert "Particles assessed must be at most 100" in faulty.text
    assert 'value="900"' in faulty.text
    done = visitor.send(url, **{"field-particles": "9", "field-stores": "normal", "conclusion": "Present"})
    assert done.location == f"/results/{made.case.number}/1"
    assert "PROVISIONAL" in visitor.open(done.location).text


def test_the_verify_page_signs_with_a_password(
    visitor: Visitor, bench: Program, pathologist: StaffMember, made: MadeCase
) -> None:
    bench.post(f"/cases/{made.case.number}/tests/1/result", {"fields": FOUND, "conclusion": "Present."})
    url = f"/results/{made.case.number}/1"
    assert url in visitor.signed_in(pathologist).open("/verify").text
    wrong = visitor.send(url, url, action="verify", version="1", password="wrong")
    assert wrong.status_code == 403
    assert visitor.send(url, url, action="verify", version="1", password=PASSWORD).status_code == 302
    page = visitor.open(url)
    assert "Final" in page.text
    assert "PROVISIONAL" not in page.text
    assert "All done" in visitor.open("/verify").text


def test_who_only_reads_finds_no_forms_and_cannot_send_them(
    visitor: Visitor, database: Database, bench: Program, made: MadeCase
) -> None:
    bench.post(f"/cases/{made.case.number}/tests/1/result", {"fields": FOUND, "conclusion": "Present."})
    clinician = make_person(database, "doc", Role.CLINICIAN, password=None)
    url = f"/results/{made.case.number}/1"
    page = visitor.signed_in(clinician).open(url)
    assert "PROVISIONAL" in page.text
    assert 'name="password"' not in page.text
    assert visitor.send(url, url, action="return", note="No.", seen="any").status_code == 403


def test_an_amended_version_marks_what_changed(
    visitor: Visitor, bench: Program, office: Program, tech: StaffMember, made: MadeCase
) -> None:
    json_url, url = f"/cases/{made.case.number}/tests/1/result", f"/results/{made.case.number}/1"
    bench.post(json_url, {"fields": FOUND, "conclusion": "Present."})
    decided(office, made, "verify", {"version": 1, "password": PASSWORD})
    sent = {"field-particles": "9", "field-stores": "reduced", "conclusion": "Reduced."}
    amended = visitor.signed_in(tech).send(
        f"{url}/amend", f"{url}/amend", **sent, amends="corrected", reason="TYPING_ERROR"
    )
    assert amended.status_code == 302
    page = visitor.open(url)
    assert "<mark>reduced</mark>" in page.text
    assert "Being amended" in page.text
