"""The server's edge for the scan listener: real pages and files, and scans that are kept and answered."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from threading import Lock, Thread
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader

from labflow.app import CONTENT_SECURITY_POLICY
from labflow.foundation.codes import CodeKind, new_code
from labflow.labels import code_128
from labflow.web import formatting, scan_check
from tests.support import ROOT

RNG = random.Random(20261120)
CODE, OTHER = (new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(2))
UNDO = new_code(CodeKind.DO_CARD, rng=RNG)
STATIC = ROOT / "labflow" / "web" / "static"
WRISTBAND = r"W(?P<mrn>\d{10})"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SCANS = "/api/v1/scans"
Scan = dict[str, Any]
Verdict = dict[str, Any]

PAGE = """
{% extends "base.html" %}
{% from "macros/patient_banner.html" import patient_banner, patient_line %}
{% from "macros/state_word.html" import state %}
{% from "macros/due.html" import due %}
{% from "macros/table.html" import filtered, next_page %}
{% from "macros/form_fields.html" import error_summary, input, number, radios, select, textarea %}
{% block title %}Bench{% endblock %}
{% block body_class %}{{ body_class }}{% endblock %}
{% block banner %}{{ patient_banner(patient, now, similar=true) }}{% endblock %}
{% block main %}
<h1>Bench</h1>
{{ error_summary(form) }}
<a id="link" href="/elsewhere">A link</a>
<form action="/elsewhere">
  {{ input(form, "comment", "Comment") }}
  {{ number(form, "drawn", "Drawn", hint="From this pull alone.", unit="mL") }}
  {{ textarea(form, "notes", "Notes") }}
  {{ select(form, "side", "Side", [("left", "Left"), ("right", "Right"), ("spine", "Spine")]) }}
  {{ radios(form, "condition", "Condition", [("ok", "OK"), ("clotted", "Clotted")]) }}
  {{ input(form, "secret", "Password", type="password", autocomplete="off") }}
  <button class="btn btn-primary" id="button">Save</button>
</form>
<form action="/elsewhere">{{ input(form, "wristband", "Wristband", **{"data-scan": "here"}) }}</form>
<p id="live" data-refresh-on-verdict="/part">Nothing came yet.</p>
<section id="part" data-refresh-on-verdict>Made for {{ count }} scans.</section>
<button type="button" id="virtual" data-virtual-scan="{{ virtual }}">{{ virtual }}</button>
{{ filtered("waiting or doing", 12, 31, "/") }}
<table class="table list-table cards-when-narrow">
  <thead><tr><th>Due</th><th>Sample</th><th>Patient</th><th>Step</th></tr></thead>
  <tbody>
    {% for name in states %}
    <tr>
      <td data-label="Due">{{ due(now, now - age, now - age / 2 * loop.index) }}</td>
      <td data-label="Sample"><a href="/elsewhere" class="code" data-row>{{ virtual }}</a></td>
      <td data-label="Patient">{{ patient_line(patient, loop.first) }}</td>
      <td data-label="Step">{{ state(name) }}</td>
    </tr>
    {% endfor %}
  </tbody>
</table>
{{ next_page("/?after=x") }}
{% endblock %}
"""


_TEMPLATES = {
    "/scan/check": "scan/check.html",
    "/scan/help": "scan/help.html",
    "/sign-in": "signing_in/sign_in.html",
}
STOP_INSIDE = """
<h2>This label belongs to another child</h2>
<p>SMITH, <mark>Jane</mark> and SMITH, <mark>John</mark>. Scan the label of the child on the table.</p>
<form>
  <label for="initials">Your initials</label><input class="form-control" id="initials" name="initials">
  <label for="birth-year">Birth year</label><input class="form-control" id="birth-year" name="birth_year">
  <label for="reason">Reason</label><input class="form-control" id="reason" name="reason">
  <button class="btn btn-lg">Resolve this STOP</button>
</form>
"""


class Edge:
    """Answers scans by `answer`, after `seconds`; keeps every scan and request that it answered."""

    def __init__(self, **page: Any) -> None:
        self.answer: Callable[[Scan], Verdict] = ok
        self.seconds = 0.0
        self.refusal: tuple[int, dict[str, str]] | None = None
        self.refuses: Callable[[list[Scan]], bool] = lambda scans: True
        self.requests: list[dict[str, Any]] = []
        self.attempts: list[list[str]] = []
        self.flying = self.most_flying = 0
        self.badge = "H0000000F"
        self.answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.open_stop = ""
        self._page = page
        self.give_patient(family_name="Smith", given_name="Jane")
        self._lock = Lock()

    @property
    def scans(self) -> list[Scan]:
        return [scan for request in self.requests for scan in request["scans"]]

    @property
    def codes(self) -> list[str]:
        return [scan["code"] for scan in self.scans]

    def take(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """One POST of scans: its status and its body."""
        scans = request["scans"]
        with self._lock:
            self.attempts.append([scan["event_id"] for scan in scans])
            self.flying += 1
            self.most_flying = max(self.flying, self.most_flying)
        time.sleep(self.seconds)
        with self._lock:
            self.flying -= 1
            if self.refusal and self.refuses(scans):
                return self.refusal
            self.requests.append(request)
        return 200, {"verdicts": [{**scan_of(scan), **self.answer(scan)} for scan in scans]}

    def ask(self, path: str, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """One POST to any other address, answered as `answers` says for the end of its path."""
        with self._lock:
            self.asked.append((path, content))
            known = [answer for end, answer in self.answers.items() if path.endswith(end)]
        return (200, known[0](content)) if known else (404, {"title": "Not found", "detail": ""})

    def give_patient(self, *, family_name: str, given_name: str) -> None:
        """Whom the page's banner is about."""
        self._patient = SimpleNamespace(
            family_name=family_name,
            given_name=given_name,
            birth_date=date(2019, 7, 14),
            born_at=None,
            sex=SimpleNamespace(value="female"),
            mrn="1234567890",
        )

    def page(self, path: str = "/") -> str:
        """The HTML at this path: the inside of STOP or HELP, the page that checks scanners, or the bench."""
        if path.startswith("/scan/stops/"):
            return STOP_INSIDE
        environment = Environment(loader=FileSystemLoader(ROOT / "templates"), autoescape=True)
        environment.globals["csrf_token"] = lambda: "token"
        environment.globals["url_for"] = lambda endpoint, filename="", **_: f"/{endpoint}/{filename}"
        formatting.register(environment, time_zone="Europe/London")
        if path in _TEMPLATES:
            return environment.get_template(_TEMPLATES[path]).render(self._surroundings())
        return environment.from_string(PAGE).render(self._surroundings())

    def _surroundings(self) -> dict[str, Any]:
        form = SimpleNamespace(
            values={"comment": "Before"}, errors={}, problem=None, faulty=False, event_id="x"
        )
        return {
            "who": SimpleNamespace(name="K. Osei", badge=self.badge),
            "nav": [SimpleNamespace(url="/elsewhere", label="Queues", current=True, hotkey="g q")],
            "demo": True,
            "scan_patterns": json.dumps([WRISTBAND]),
            "patient": self._patient,
            "form": form,
            "now": NOW,
            "age": NOW - datetime(2026, 11, 20, 7, 0, tzinfo=UTC),
            "states": list(formatting.STATE_WORDS),
            "count": len(self.scans),
            "virtual": "",
            "undo_card": UNDO,
            "standing_stop": lambda: self.open_stop,
            "body_class": "",
            "actions": {"receive", "hold", "end"},
            "current": "receive",
            "wanted": "/",
            "card": scan_check.TEST_CARD,
            "bars": scan_check.bars(code_128(scan_check.TEST_CARD)),
            "width": 200,
            **self._page,
        }


def scan_of(scan: Scan) -> Verdict:
    return {"event_id": scan["event_id"], "code": scan["code"], "url": None}


def ok(scan: Scan) -> Verdict:
    return {"verdict": "OK", "title": "Received", "detail": "3 of 6 from this case."}


def answering(**verdicts: str) -> Callable[[Scan], Verdict]:
    """Answers these codes with these verdicts, and all others with OK."""

    def answer(scan: Scan) -> Verdict:
        word = verdicts.get(scan["code"], "OK")
        return {"verdict": word, "title": f"{word} title", "detail": f"{word} detail."}

    return answer


@contextmanager
def serving(edge: Edge) -> Iterator[str]:
    """The address at which the edge answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(edge))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(edge: Edge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path.startswith("/static/"):
                file = STATIC / path.removeprefix("/static/")
                self._send(200, guess_type(file.name)[0] or "", file.read_bytes())
            elif path == "/service-worker.js":
                self._send(404, "text/plain", b"")
            elif path == "/part":
                self._send(200, "text/html; charset=utf-8", f"{len(edge.scans)} came.".encode())
            else:
                self._send(200, "text/html; charset=utf-8", edge.page(path).encode())

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["X-CSRFToken"] == "token"
            status, body = edge.take(request) if self.path == SCANS else edge.ask(self.path, request)
            self._send(status, "application/json", json.dumps(body).encode())

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """The tests read the edge, not its log."""

    return Handler
