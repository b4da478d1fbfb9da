"""Scans go first: what draws or gathers much stands in a short line, and past it is told to come again."""

from __future__ import annotations

import inspect
import re
import threading

import pytest
from flask import Flask

from labflow.foundation.database import Database
from labflow.web.errors import register_error_handlers
from labflow.web.permissions import open_to_all
from labflow.web.shedding import Busy, Line, first_paths, heavy, is_heavy, shed

DRAWS = re.compile(r"pdf|[./]zip|csv", re.IGNORECASE)
# They tell where a PDF is to be had, and draw none.
DRAW_NOTHING = {"printing.test_label", "labels_api.api_print_again"}


@pytest.fixture
def database(sqlite_url: str) -> Database:
    """Who is sent away is decided before the database is asked, so one kind is enough here."""
    return Database(sqlite_url)


@pytest.fixture
def line() -> Line:
    return Line(waiting=1, wait_seconds=0.01)


@pytest.fixture
def busy(line: Line) -> Flask:
    """An application of which a heavy route is at work all the time."""
    app = Flask(__name__)
    register_error_handlers(app)
    shed(app, line)
    app.add_url_rule("/api/heavy", "heavy", heavy(open_to_all(lambda: "drawn")))
    app.add_url_rule("/api/fails", "fails", heavy(lambda: str(1 / 0)))
    app.add_url_rule("/api/light", "light", open_to_all(lambda: "light"))
    line.enter()
    return app


def test_whoever_draws_a_pdf_or_an_archive_is_declared_heavy(app: Flask) -> None:
    drawing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if DRAWS.search(rule.rule + inspect.getsource(inspect.unwrap(app.view_functions[rule.endpoint])))
    }
    assert len(drawing) > 10
    assert {one for one in drawing if not is_heavy(app, one)} <= DRAW_NOTHING | {"static"}


def test_reports_searches_and_long_lists_are_declared_heavy(app: Flask) -> None:
    named = ["quality.scans", "quality_api.api_scans", "tracker.index", "tracker_api.search"]
    named += [
        "orders.index",
        "orders_api.list_orders",
        "orders_api.search_patients",
        "documentation.document",
    ]
    assert all(is_heavy(app, one) for one in named)


def test_scans_and_badges_go_first(app: Flask) -> None:
    assert first_paths(app) == {"/api/v1/scans", "/api/v1/badge"}


def test_a_heavy_request_is_told_to_come_again_while_light_ones_are_answered(busy: Flask) -> None:
    refused = busy.test_client().get("/api/heavy")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert refused.content_type == "application/problem+json"
    assert refused.get_json()["title"] == "labflow is busy, and scans go first. Nothing was saved."
    assert busy.test_client().get("/api/light").text == "light"


def test_whoever_was_heavy_makes_room_even_when_it_failed(busy: Flask, line: Line) -> None:
    line.leave()
    assert [busy.test_client().get(f"/api/{name}").status_code for name in ("fails", "heavy")] == [500, 200]


def test_past_the_line_nobody_waits() -> None:
    line = Line(waiting=1, wait_seconds=60)
    line.enter()
    waits = threading.Thread(target=line.enter)
    waits.start()
    while not line.is_full:  # the thread stands in the line
        waits.join(0.001)
    with pytest.raises(Busy):
        line.enter()
    line.leave()
    waits.join(10)
    assert not waits.is_alive()
