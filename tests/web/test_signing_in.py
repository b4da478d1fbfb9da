"""Signing in and out in the browser, one-time links, and the demo's tiles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from http.cookies import SimpleCookie

import pytest
from flask import Flask
from sqlmodel import select
from werkzeug.test import TestResponse

from labflow.app import build
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.foundation.settings import Settings
from labflow.journeys import administration
from labflow.staff import Role, StaffMember
from labflow.staff.tables import SignIn

from ..people import PASSWORD, RNG, make_person
from .visitor import COOKIE, Visitor

SECRET = "another harbour, another tin"


@pytest.fixture
def boss(database: Database) -> StaffMember:
    return make_person(database, "boss", Role.ADMINISTRATOR)


def cookie(answer: TestResponse, name: str = COOKIE) -> SimpleCookie:
    return SimpleCookie(next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(name)))


def test_a_page_sends_signed_out_people_to_sign_in_and_back(visitor: Visitor, boss: StaffMember) -> None:
    away = visitor.open("/people?after=")
    assert away.status_code == 302
    assert away.location == "/sign-in?next=%2Fpeople%3Fafter%3D"
    back = visitor.send(away.location, login="boss", password=PASSWORD)
    assert back.location == "/people?after="
    assert "Boss Invented" in visitor.open(back.location).text


def test_the_cookie_is_for_this_server_and_no_script(visitor: Visitor, boss: StaffMember) -> None:
    morsel = cookie(visitor.send("/sign-in", login="boss", password=PASSWORD))[COOKIE]
    assert morsel["httponly"]
    assert (morsel["samesite"], morsel["path"], morsel["domain"], morsel["secure"]) == ("Lax", "/", "", "")


def test_over_https_the_cookie_travels_by_https_only(visitor: Visitor, boss: StaffMember) -> None:
    visitor.base_url = "https://localhost"
    name = f"__Host-{COOKIE}"
    morsel = cookie(visitor.send("/sign-in", login="boss", password=PASSWORD), name)[name]
    assert (morsel["secure"], morsel["path"], morsel["domain"]) == (True, "/", "")
    assert visitor.open("/people").status_code == 200


def test_a_secret_from_before_the_sign_in_opens_nothing(visitor: Visitor, boss: StaffMember) -> None:
    visitor.client.set_cookie(COOKIE, "chosen-by-somebody-else")
    morsel = cookie(visitor.send("/sign-in", login="boss", password=PASSWORD))[COOKIE]
    assert morsel.value != "chosen-by-somebody-else"
    visitor.client.set_cookie(COOKIE, "chosen-by-somebody-else")
    assert visitor.open("/people").status_code == 302


def test_the_next_person_at_a_browser_ends_the_sign_in_of_the_one_before(
    visitor: Visitor, database: Database, boss: StaffMember
) -> None:
    make_person(database, "ada")
    visitor.send("/sign-in", login="boss", password=PASSWORD)
    visitor.send("/sign-in", login="ada", password=PASSWORD)
    with database.reading() as session:
        ended = dict(session.exec(select(SignIn.staff_id, SignIn.ended_at)).all())
    assert [ended.pop(boss.id) is not None, *ended.values()] == [True, None]


def test_a_wrong_password_keeps_the_login_and_forgets_the_password(
    visitor: Visitor, boss: StaffMember
) -> None:
    answer = visitor.send("/sign-in", login="boss", password="not the password")
    assert answer.status_code == 401
    assert 'value="boss"' in answer.text
    assert "The login or the password is not right" in answer.text
    assert "not the password" not in answer.text
    assert COOKIE not in str(answer.headers)


def test_an_empty_form_says_what_is_missing(visitor: Visitor) -> None:
    answer = visitor.send("/sign-in", login="", password="")
    assert answer.status_code == 422
    assert "Type the login." in answer.text
    assert "Type the password." in answer.text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "/\t/elsewhere.example",
        "people",
    ],
)
def test_next_never_leads_to_another_server(visitor: Visitor, boss: StaffMember, elsewhere: str) -> None:
    visitor.open("/sign-in")
    sent = {"login": "boss", "password": PASSWORD, "csrf_token": visitor.csrf_token}
    answer = visitor.client.post("/sign-in", query_string={"next": elsewhere}, data=sent)
    assert answer.location == "/"


def test_a_form_from_elsewhere_signs_nobody_in(visitor: Visitor, boss: StaffMember) -> None:
    answer = visitor.client.post("/sign-in", data={"login": "boss", "password": PASSWORD})
    assert answer.status_code == 400
    assert COOKIE not in str(answer.headers)


def test_signing_out_ends_the_sign_in_for_good(visitor: Visitor, boss: StaffMember) -> None:
    secret = cookie(visitor.send("/sign-in", login="boss", password=PASSWORD))[COOKIE].value
    assert visitor.send("/sign-out", page="/people").location == "/sign-in"
    assert visitor.open("/people").status_code == 302
    visitor.client.set_cookie(COOKIE, secret)
    assert visitor.open("/people").status_code == 302


def test_looking_at_a_page_signs_nobody_out(visitor: Visitor, boss: StaffMember) -> None:
    visitor.signed_in(boss)
    assert visitor.open("/sign-out").status_code == 405
    assert visitor.open("/people").status_code == 200


def test_whoever_is_signed_in_needs_no_sign_in_page(visitor: Visitor, boss: StaffMember) -> None:
    assert visitor.signed_in(boss).open("/sign-in?next=/people").location == "/people"


def test_the_first_administrator_sets_up_by_link_and_is_in(visitor: Visitor, database: Database) -> None:
    link = administration.first_administrator_link(database, now=datetime.now(UTC), rng=RNG)
    url = f"/set-up/{link}"
    assert visitor.open(url).status_code == visitor.open(url).status_code == 200
    typed = {"name": "First", "login": "first", "password": SECRET}
    assert visitor.send(url, **typed, again="something else").status_code == 422
    answer = visitor.send(url, **typed, again=SECRET)
    assert answer.location == "/"
    assert "First" in visitor.open("/people").text
    assert visitor.open(url).status_code == 404


def test_a_weak_password_is_said_on_the_page_and_the_link_stays(visitor: Visitor, boss: StaffMember) -> None:
    page = visitor.signed_in(boss).send(f"/people/{boss.badge}/link", page="/people").text
    url = "/set-up/" + page.split("/set-up/")[1].split('"')[0]
    answer = visitor.send(url, password="short", again="short")
    assert answer.status_code == 422
    assert "has 5 characters, and 15 are needed" in answer.text
    assert visitor.send(url, password=SECRET, again=SECRET).status_code == 302


def test_a_link_that_nobody_made_opens_nothing(visitor: Visitor) -> None:
    assert visitor.open("/set-up/guess").status_code == 404
    assert visitor.client.post("/set-up/guess").status_code in (400, 404)


@pytest.fixture
def demo(settings: Settings, catalog: Catalog, database: Database) -> Flask:
    return build(replace(settings, demo=True), catalog, database)


def test_the_demo_signs_in_with_one_click_on_a_role(demo: Flask, database: Database) -> None:
    porter = make_person(database, "porter", Role.PORTER, password=None)
    make_person(database, "boss", Role.ADMINISTRATOR, password=None)
    visitor = Visitor(demo.test_client(), database)
    page = visitor.open("/sign-in").text
    assert page.index("Porter Invented") < page.index("Boss Invented")
    assert visitor.send("/sign-in/demo", badge=porter.badge).location == "/"
    assert visitor.open("/people").status_code == 403


def test_the_demo_knows_nobody_behind_a_wrong_badge(demo: Flask, database: Database) -> None:
    visitor = Visitor(demo.test_client(), database)
    visitor.open("/sign-in")
    assert COOKIE not in str(visitor.send("/sign-in/demo", badge="H0000000X").headers)


def test_outside_the_demo_there_are_no_tiles(visitor: Visitor, boss: StaffMember) -> None:
    assert "Boss Invented" not in visitor.open("/sign-in").text
    answer = visitor.send("/sign-in/demo", badge=boss.badge)
    assert answer.status_code == 404
    assert COOKIE not in str(answer.headers)
