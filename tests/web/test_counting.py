"""Every request that changes something counts once, whoever sends it again and how often."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlmodel import col, func, select

from labflow.app import build
from labflow.catalog import Catalog
from labflow.foundation.answers import Answer, KeptAnswer, forget_old_answers
from labflow.foundation.database import Collided, Database, OutcomeUnknown, Together
from labflow.foundation.settings import Settings
from labflow.journeys import administration
from labflow.staff import ApiToken, Role, StaffMember, permissions_of
from labflow.web.counting import needs_key
from labflow.web.request import now
from labflow.web.templating import template_folder

from ..people import make_person
from .program import Program, program_of
from .routes import routes
from .visitor import Visitor

NEW: dict[str, Any] = {"login": "ada", "name": "Ada Roe", "roles": ["operator"]}


@pytest.fixture
def boss(database: Database) -> StaffMember:
    return make_person(database, "boss", Role.ADMINISTRATOR)


@pytest.fixture
def program(app: Flask, database: Database, boss: StaffMember) -> Program:
    return program_of(app.test_client(), database, boss)


@pytest.fixture
def office(visitor: Visitor, boss: StaffMember) -> Visitor:
    return visitor.signed_in(boss)


def people(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(StaffMember)).one()


def test_every_writing_route_of_the_api_refuses_a_request_without_a_key(app: Flask, program: Program) -> None:
    by_itself = set()
    for route in routes(app):
        if route.method == "GET" or not route.is_api:
            continue
        if not needs_key(app.view_functions[route.endpoint]):
            by_itself.add(route.endpoint)
        elif route.needs in permissions_of([Role.ADMINISTRATOR]):
            path = route.url.removeprefix("/api/v1")
            answer = program.send(route.method, path, {}, idempotency_key="")
            assert (answer.status_code, answer.get_json()["type"]) == (400, "key-missing"), route
    assert by_itself == {
        "bedside_api.allocation",
        "orders_api.propose",
        "orders_api.search_patients",
        "scanning_api.scan",
        "signing_in_api.badge",
        "tracker_api.search",
    }


def test_the_same_request_again_gets_the_same_answer_and_changes_nothing(
    program: Program, database: Database
) -> None:
    first = program.post("/staff", NEW, idempotency_key="once")
    again = program.post("/staff", NEW, idempotency_key='"once"')
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.content_type == first.content_type
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (
        None,
        "true",
    )
    assert people(database) == 2


@pytest.mark.parametrize("key", ["", " ", "ä", "x" * 129, '"open', "two words"])
def test_a_key_that_is_none_is_refused(program: Program, key: str) -> None:
    answer = program.post("/staff", NEW, idempotency_key=key.encode().decode("latin-1"))
    assert (answer.status_code, answer.get_json()["type"]) == (400, "key-missing")


def test_the_same_key_with_other_content_is_refused(program: Program, database: Database) -> None:
    program.post("/staff", NEW, idempotency_key="once")
    other = program.post("/staff", NEW | {"login": "eve"}, idempotency_key="once")
    assert (other.status_code, other.get_json()["type"]) == (422, "sent-before")
    assert program.post("/tokens", NEW, idempotency_key="once").status_code == 422
    assert people(database) == 2


def test_keys_of_two_programs_are_strangers(
    app: Flask, program: Program, database: Database, boss: StaffMember
) -> None:
    other = program_of(app.test_client(), database, boss)
    program.post("/staff", NEW, idempotency_key="1")
    assert other.post("/staff", NEW | {"login": "eve"}, idempotency_key="1").status_code == 201


def test_a_refusal_is_decided_anew_under_the_same_key(program: Program) -> None:
    assert program.post("/staff", NEW | {"roles": []}, idempotency_key="once").status_code == 422
    assert program.post("/staff", NEW, idempotency_key="once").status_code == 201


def test_of_fifty_at_once_one_counts_and_the_others_wait_or_hear_the_same(
    app: Flask, program: Program, database: Database
) -> None:
    def send(_: int) -> tuple[int, bytes, str | None]:
        mine = Program(app.test_client(), program.token)
        answer = mine.post("/staff", NEW, idempotency_key="once")
        return answer.status_code, answer.data, answer.headers.get("Retry-After")

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(send, range(50)))
    made = {body for status, body, _ in answers if status == 201}
    assert len(made) == 1
    assert {(status, wait) for status, _, wait in answers} <= {(201, None), (409, "1")}
    assert people(database) == 2


def test_two_processes_count_the_same_request_once(
    postgresql_url: str, tmp_path: Path, catalog: Catalog
) -> None:
    settings = Settings(data=tmp_path, database_url=postgresql_url, secret_key="only for tests " * 3)
    one, other = Database(postgresql_url), Database(postgresql_url)
    boss = make_person(one, "boss", Role.ADMINISTRATOR)
    program = program_of(build(settings, catalog, one).test_client(), one, boss)
    elsewhere = Program(build(settings, catalog, other).test_client(), program.token)
    with ThreadPoolExecutor(2) as threads:
        sent = [
            threads.submit(each.post, "/staff", NEW, idempotency_key="once") for each in (program, elsewhere)
        ]
    statuses = sorted(answer.result().status_code for answer in sent)
    assert statuses in ([201, 201], [201, 409])
    assert people(one) == 2
    one.close()
    other.close()


def test_what_is_kept_cannot_be_read_without_the_key(program: Program, database: Database) -> None:
    made = program.post("/staff", NEW, idempotency_key="once").get_json()
    with database.reading() as session:
        [kept] = session.exec(select(KeptAnswer)).all()
    secret = made["url"].rpartition("/")[2].encode()
    stored = kept.key + kept.fingerprint + kept.headers.encode() + kept.body
    assert secret not in stored
    assert b"once" not in stored


def test_a_connection_that_breaks_while_saving_is_told_as_unknown_and_counts_once(
    program: Program, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit goes through and its answer does not: as when the leader is lost at that moment."""
    real = Together.commit

    def broken(self: Together) -> None:
        real(self)
        raise OutcomeUnknown

    monkeypatch.setattr(Together, "commit", broken)
    unknown = program.post("/staff", NEW, idempotency_key="once")
    assert (unknown.status_code, unknown.get_json()["type"]) == (503, "outcome-unknown")
    assert unknown.headers["Retry-After"] == "2"
    monkeypatch.undo()
    assert program.post("/staff", NEW, idempotency_key="once").status_code == 201
    assert people(database) == 2


def test_a_collision_in_the_database_is_tried_again_inside_the_same_key(
    program: Program, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = administration.register_person, []

    def colliding(*given: object, **named: object) -> object:
        tries.append(1)
        if len(tries) < 3:
            raise Collided
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(administration, "register_person", colliding)
    assert program.post("/staff", NEW).status_code == 201
    assert (len(tries), people(database)) == (3, 2)


def test_a_form_sent_twice_shows_the_same_one_time_link_again(office: Visitor, database: Database) -> None:
    event_id = str(uuid4())
    first = office.send("/people/new", **NEW, event_id=event_id)
    again = office.send("/people/new", **NEW, event_id=event_id)
    assert "/set-up/" in first.text
    assert again.data == first.data
    assert people(database) == 2


def test_a_double_click_on_a_form_waits_for_the_first_and_counts_once(
    office: Visitor, database: Database, boss: StaffMember
) -> None:
    event_id, url = str(uuid4()), f"/people/{boss.badge}/link"
    office.open(f"/people/{boss.badge}")
    with ThreadPoolExecutor(2) as threads:
        clicks = [threads.submit(_click, office, url, event_id) for _ in range(2)]
    first, second = (click.result() for click in clicks)
    assert first == second
    assert first[0] == 200


def _click(office: Visitor, url: str, event_id: str) -> tuple[int, bytes]:
    cookie = office.client.get_cookie("labflow_sign_in")
    form = office.client.get_cookie("labflow_form")
    assert cookie
    assert form
    browser = office.client.application.test_client()
    browser.set_cookie("labflow_sign_in", cookie.value)
    browser.set_cookie("labflow_form", form.value)
    answer = browser.post(url, data={"csrf_token": office.csrf_token, "event_id": event_id})
    return answer.status_code, answer.data


def test_a_form_without_its_number_is_refused(office: Visitor, database: Database) -> None:
    answer = office.send("/people/new", **NEW, event_id="")
    assert answer.status_code == 400
    assert "Open the page again" in answer.text
    assert people(database) == 1


def test_every_form_that_is_sent_has_its_number() -> None:
    """Forms that are open to all change only who is signed in."""
    without = []
    for template in template_folder().rglob("*.html"):
        forms = re.findall(r'<form[^>]*method="post".*?</form>', template.read_text(), re.DOTALL)
        without += [(template.name, form[:80]) for form in forms if "own_fields(" not in form]
    assert {name for name, _ in without} == {"base.html", "sign_in.html"}, without


def test_two_forms_of_one_page_are_two_acts(office: Visitor, database: Database) -> None:
    ada = make_person(database, "ada", Role.PORTER)
    card, event_id = f"/people/{ada.badge}", str(uuid4())
    assert office.send(f"{card}/link", page=card, event_id=event_id).status_code == 200
    assert office.send(f"{card}/deactivation", page=card, event_id=event_id).location == card


def test_answers_are_forgotten_after_thirty_days(program: Program, database: Database) -> None:
    program.post("/staff", NEW, idempotency_key="once")
    with database.writing() as session:
        assert forget_old_answers(session, now=now() + timedelta(days=29)) == 0
        assert forget_old_answers(session, now=now() + timedelta(days=31)) == 1
        assert not session.exec(select(col(Answer.event_id))).all()


def test_a_token_made_twice_under_one_key_is_one_token(
    program: Program, database: Database, boss: StaffMember
) -> None:
    wanted = {"badge": boss.badge, "name": "Analyser", "days": 30}
    tokens = {program.post("/tokens", wanted, idempotency_key="t").get_json()["token"] for _ in range(2)}
    assert len(tokens) == 1
    with database.reading() as session:
        assert (
            session.exec(select(func.count()).select_from(ApiToken)).one() == 2
        )  # the program's own, and this
