"""The administrator's pages and JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from labflow import staff
from labflow.foundation.database import Database
from labflow.staff import Role, StaffMember

from ..people import RNG, make_person
from .program import Program
from .visitor import Visitor


@pytest.fixture
def boss(database: Database) -> StaffMember:
    return make_person(database, "boss", Role.ADMINISTRATOR)


@pytest.fixture
def office(visitor: Visitor, boss: StaffMember) -> Visitor:
    """The administrator's browser."""
    return visitor.signed_in(boss)


@pytest.fixture
def program(visitor: Visitor, database: Database, boss: StaffMember) -> Program:
    now, lasts = datetime.now(UTC), timedelta(days=1)
    with database.writing() as session:
        _, token = staff.make_token(session, boss, name="Personnel", lasts=lasts, now=now, rng=RNG)
    return Program(visitor.client.application.test_client(), token)


def test_a_new_person_gets_a_link_that_is_shown_once(office: Visitor) -> None:
    roles = ["operator", "reception"]
    answer = office.send("/people/new", name="Ada Roe", login="ada", roles=roles)
    assert answer.status_code == 200
    assert "http://localhost/set-up/" in answer.text
    people = office.open("/people").text
    assert "Ada Roe" in people
    assert "operator, reception" in people
    assert "No password yet" in people
    assert "/set-up/" not in people


def test_a_form_without_roles_keeps_what_was_typed(office: Visitor) -> None:
    answer = office.send("/people/new", name="Ada Roe", login="ada")
    assert answer.status_code == 422
    assert "Choose at least one role" in answer.text
    assert 'value="Ada Roe"' in answer.text


def test_a_login_that_is_taken_is_said_on_the_page(office: Visitor) -> None:
    answer = office.send("/people/new", name="Ada Roe", login="boss", roles=["porter"])
    assert answer.status_code == 409
    assert "belongs to somebody already" in answer.text


def test_a_field_that_nobody_declared_is_refused(office: Visitor, boss: StaffMember) -> None:
    answer = office.send("/people/new", name="Ada", login="ada", roles=["porter"], badge=boss.badge)
    assert answer.status_code == 422
    assert "Unknown field" in answer.text


def test_roles_change_on_the_card(office: Visitor, database: Database) -> None:
    ada = make_person(database, "ada", Role.PORTER)
    card = f"/people/{ada.badge}"
    assert office.send(f"{card}/roles", page=card, roles=["quality", "clinician"]).location == card
    with database.reading() as session:
        assert staff.roles_of(session, [ada.id])[ada.id] == (Role.CLINICIAN, Role.QUALITY)
    assert office.send(f"{card}/roles", page=card).status_code == 422


def test_somebody_deactivated_is_out_at_once_and_comes_back_when_activated(
    office: Visitor, database: Database
) -> None:
    ada = make_person(database, "ada", Role.ADMINISTRATOR)
    theirs = Visitor(office.client.application.test_client(), database).signed_in(ada)
    assert theirs.open("/people").status_code == 200
    card = f"/people/{ada.badge}"
    assert office.send(f"{card}/deactivation", page=card).location == card
    assert theirs.open("/people").status_code == 302
    assert "Deactivated" in office.open(card).text
    assert office.send(f"{card}/link").status_code == 409
    office.send(f"{card}/activation", page=card)
    assert theirs.open("/people").status_code == 302
    assert theirs.signed_in(ada).open("/people").status_code == 200


def test_the_last_administrator_cannot_leave(office: Visitor, boss: StaffMember) -> None:
    answer = office.send(f"/people/{boss.badge}/deactivation", page=f"/people/{boss.badge}")
    assert answer.status_code == 409
    assert "This is the last administrator who can sign in." in answer.text


def test_nobody_has_the_badge_that_nobody_has(office: Visitor) -> None:
    assert office.open("/people/H0000000X").status_code == 404


def test_a_token_is_shown_once_and_revoked_with_one_click(office: Visitor, boss: StaffMember) -> None:
    answer = office.send("/tokens/new", badge=boss.badge, name="Analyser", days="30")
    token = "lf_" + answer.text.split('value="lf_')[1].split('"')[0]
    program = Program(office.client.application.test_client(), token)
    assert program.send("GET", "/staff").status_code == 200
    listed = office.open("/tokens").text
    assert "Analyser" in listed
    assert token not in listed
    number = listed.split("/tokens/")[-1].split("/revocation")[0]
    assert office.send(f"/tokens/{number}/revocation").location == "/tokens"
    assert program.send("GET", "/staff").status_code == 401
    assert "Revoked" in office.open("/tokens").text


def test_a_token_for_longer_than_a_year_is_refused(office: Visitor, boss: StaffMember) -> None:
    answer = office.send("/tokens/new", badge=boss.badge, name="Analyser", days="366")
    assert answer.status_code == 422
    assert "1 to 365 days" in answer.text


def test_people_are_paged_by_login(office: Visitor, database: Database) -> None:
    for number in range(55):
        make_person(database, f"porter{number:02}", Role.PORTER, password=None)
    first = office.open("/people").text
    following = first.split('rel="next"')[0].split('href="')[-1].split('"')[0]
    rest = office.open(following).text
    assert ("porter48" in first, "porter49" in first) == (True, False)
    assert ("porter48" in rest, "porter49" in rest, "porter54" in rest) == (False, True, True)
    assert office.open("/people?after=nonsense").status_code == 400


def test_the_api_registers_changes_and_links(program: Program) -> None:
    sent = {"login": "ada", "name": "Ada Roe", "roles": ["operator"]}
    made = program.send("POST", "/staff", sent)
    assert made.status_code == 201
    assert made.get_json()["url"].startswith("http://localhost/set-up/")
    person = made.get_json()["person"]
    assert person == {**sent, "badge": person["badge"], "active": True, "has_password": False}
    path = f"/staff/{person['badge']}"
    changed = program.send(
        "PATCH", path, {"roles": ["quality"], "active": False}, if_match=program.etag(path)
    ).get_json()
    assert (changed["roles"], changed["active"]) == (["quality"], False)
    assert program.send("GET", path).get_json() == changed
    assert program.send("POST", f"{path}/links").status_code == 409
    assert program.send("PATCH", path, {"active": True}, if_match=program.etag(path)).get_json()["roles"] == [
        "quality"
    ]
    assert program.send("POST", f"{path}/links").status_code == 201


def test_the_api_lists_people_page_by_page(program: Program, database: Database) -> None:
    for number in range(50):
        make_person(database, f"porter{number:02}", Role.PORTER, password=None)
    first = program.send("GET", "/staff").get_json()
    rest = program.send("GET", f"/staff?after={first['next']}").get_json()
    logins = [person["login"] for person in first["people"] + rest["people"]]
    assert logins == ["boss", *(f"porter{number:02}" for number in range(50))]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"login": "ada", "name": "Ada", "roles": ["king"]}, "roles"),
        ({"login": "ada", "name": "Ada", "roles": ["porter"], "password_hash": "x"}, "password_hash"),
        ({"name": "Ada", "roles": ["porter"]}, "login"),
    ],
)
def test_the_api_names_the_field_that_is_wrong(program: Program, sent: object, field: str) -> None:
    answer = program.send("POST", "/staff", sent)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert list(answer.get_json()["errors"]) == [field]


def test_the_api_makes_lists_and_revokes_tokens(program: Program, boss: StaffMember) -> None:
    made = program.send("POST", "/tokens", {"badge": boss.badge, "name": "Analyser", "days": 30})
    assert made.status_code == 201
    token, entry = made.get_json()["token"], made.get_json()["entry"]
    assert entry in program.send("GET", "/tokens").get_json()["tokens"]
    assert token not in program.send("GET", "/tokens").text
    assert program.send("DELETE", f"/tokens/{entry['number']}").status_code == 204
    assert program.send("DELETE", "/tokens/nothing").status_code == 404
    listed = program.send("GET", "/tokens").get_json()["tokens"]
    assert [one["revoked_at"] is not None for one in listed if one["number"] == entry["number"]] == [True]
