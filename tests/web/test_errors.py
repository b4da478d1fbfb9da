from __future__ import annotations

import pytest
from flask import Flask
from openapi_spec_validator import validate

from labflow.foundation.database import Database
from labflow.staff import Role

from ..people import make_person
from .program import Program, program_of
from .visitor import Visitor


@pytest.fixture
def program(app: Flask, database: Database) -> Program:
    return program_of(app.test_client(), database, make_person(database, "rita", Role.RECEPTION))


def test_the_api_document_is_valid(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    validate(document)
    assert document["openapi"].startswith("3.")
    assert "/api/v1/scans" in document["paths"]
    assert "/api/v1/cases/{case_number}/readiness" in document["paths"]


def test_every_json_route_is_in_the_document(app: Flask) -> None:
    documented = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    served = {
        rule.rule.replace("<", "{").replace(">", "}").replace("int:", "").replace("uuid:", "")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and not rule.endpoint.startswith("documentation")
    }
    assert served == set(documented)


def test_an_unknown_sample_is_a_problem_with_a_next_step(program: Program) -> None:
    answer = program.get("/samples/S00000000")
    assert answer.status_code in (404, 422)
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["detail"]


def test_a_body_over_the_limit_is_refused(program: Program, app: Flask) -> None:
    answer = program.post("/scans", {"context": "x" * (app.config["MAX_CONTENT_LENGTH"] + 1)})
    assert answer.status_code == 413
    assert answer.content_type == "application/problem+json"


def test_a_wrong_method_names_the_right_ones(program: Program) -> None:
    answer = program.get("/scans")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_broken_json_is_refused(program: Program) -> None:
    headers = {"Authorization": f"Bearer {program.token}"}
    answer = program.client.post("/api/v1/scans", data=b"{", content_type="application/json", headers=headers)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


def test_a_page_that_does_not_exist_says_so(visitor: Visitor) -> None:
    answer = visitor.open("/nowhere")
    assert answer.status_code == 404
    assert "Go to the start page" in answer.text


def test_pages_carry_the_strict_headers(visitor: Visitor) -> None:
    headers = visitor.open("/sign-in").headers
    policy = headers["Content-Security-Policy"].replace("'wasm-unsafe-eval'", "")  # the camera's reader
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_a_database_that_is_gone_is_told_with_a_time_to_wait(app: Flask, program: Program) -> None:
    database = app.extensions["labflow.database"]
    app.extensions["labflow.database"] = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    answer = program.get("/samples/S00000000")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert app.test_client().get("/readyz").status_code == 503
    app.extensions["labflow.database"].close()
    app.extensions["labflow.database"] = database
