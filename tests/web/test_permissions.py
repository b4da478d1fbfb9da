"""Who may reach which route: every route, every role, against a table that a person reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from labflow import staff
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.foundation.settings import Settings
from labflow.staff import Permission, Role, permissions_of
from labflow.web.permissions import open_to_all

from ..people import RNG, make_person
from .routes import EXPECTED, Route, routes, table

OPEN_ENDPOINTS = {
    "static",
    "health.alive",
    "health.ready",
    "documentation.document",
    "documentation.viewer",
    "signing_in.sign_in",
    "signing_in_api.badge",
    "offline.offline",
    "offline.service_worker",
    "signing_in.demo_sign_in",
    "signing_in.sign_out",
    "signing_in.set_up",
}


@pytest.fixture
def database(sqlite_url: str) -> Database:
    """Who may is decided before the database is asked for anything, so one kind is enough here."""
    return Database(sqlite_url)


def make_token(database: Database, role: Role) -> tuple[str, str]:
    """A token of a person with this role alone, and the badge."""
    person = make_person(database, f"one-{role}", role, password=None)
    with database.writing() as session:
        lasts, now = timedelta(days=1), datetime.now(UTC)
        return staff.make_token(session, person, name="Test", lasts=lasts, now=now, rng=RNG)[1], person.badge


def call(client: FlaskClient, route: Route, token: str | None = None) -> TestResponse:
    headers: Mapping[str, str] = {"Authorization": f"Bearer {token}"} if token else {}
    return client.open(route.url, method=route.method, headers=headers)


def test_every_route_needs_what_the_reviewed_table_says(app: Flask) -> None:
    assert table(app) == EXPECTED.read_text(), "review `python -m tests.web.routes`"


def test_what_is_open_to_all_is_a_short_list(app: Flask) -> None:
    assert {route.endpoint for route in routes(app) if route.needs is None} == OPEN_ENDPOINTS


def test_nobody_signed_in_reaches_nothing_but_what_is_open(app: Flask) -> None:
    client = app.test_client()
    for route in routes(app):
        answer = call(client, route)
        if route.needs is None:
            assert answer.status_code != 401, route
        elif route.is_api:
            assert answer.status_code == 401, route
            assert answer.content_type == "application/problem+json", route
        else:
            assert (answer.status_code, answer.location.split("?")[0]) == (302, "/sign-in"), route


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_exactly_what_it_may(app: Flask, database: Database, role: Role) -> None:
    token, _ = make_token(database, role)
    client, may = app.test_client(), permissions_of([role])
    for route in routes(app):
        if route.needs is not None:
            status = call(client, route, token).status_code
            assert (status == 403) == (route.needs not in may), route
            assert status < 500, route


def test_a_refusal_names_the_permission_and_no_more(app: Flask, database: Database) -> None:
    token, _ = make_token(database, Role.PORTER)
    answer = app.test_client().get("/api/v1/staff", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    assert Permission.MANAGE_STAFF in answer.get_json()["title"]


@pytest.mark.parametrize("end", ["revoked", "deactivated"])
def test_a_token_that_ended_reaches_nothing(app: Flask, database: Database, end: str) -> None:
    token, badge = make_token(database, Role.ADMINISTRATOR)
    client, people = app.test_client(), Route("", "GET", "/api/v1/staff", None)
    make_person(database, "second", Role.ADMINISTRATOR)
    assert call(client, people, token).status_code == 200
    with database.writing() as session:
        if end == "revoked":
            staff.revoke_token(session, staff.tokens(session)[0].number, now=datetime.now(UTC))
        else:
            staff.deactivate(session, staff.by_badge(session, badge), now=datetime.now(UTC))
    assert call(client, people, token).status_code == 401


def test_a_token_in_the_address_opens_nothing(app: Flask, database: Database) -> None:
    token, _ = make_token(database, Role.ADMINISTRATOR)
    for name in ("token", "access_token", "api_key"):
        assert app.test_client().get("/api/v1/staff", query_string={name: token}).status_code == 401


def test_a_route_that_declares_nothing_is_refused(
    settings: Settings, catalog: Catalog, database: Database, app: Flask
) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "seen")
    app.add_url_rule("/declared", "declared", open_to_all(lambda: "seen"))
    token, _ = make_token(database, Role.ADMINISTRATOR)
    assert call(app.test_client(), Route("", "GET", "/forgotten", None), token).status_code == 404
    assert call(app.test_client(), Route("", "GET", "/forgotten", None)).status_code == 302
    assert call(app.test_client(), Route("", "GET", "/declared", None)).text == "seen"
    with pytest.raises(AssertionError, match="forgotten declares neither"):
        list(routes(app))
