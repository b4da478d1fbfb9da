"""A request takes a thread when all of it is there, and an answer is given whole."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from flask import Flask, Response, jsonify, request, send_file

from labflow.web.gateway import Gateway

LIMIT = 1000
Answer = TypeVar("Answer")
LIMITS: dict[str, Any] = {"max_body_bytes": LIMIT, "first": {"/first"}}
LEAVES = b"leaves"
SLOW = threading.Event()


@pytest.fixture
def app() -> Flask:
    made = Flask(__name__)
    made.config["MAX_CONTENT_LENGTH"] = LIMIT

    @made.route("/é/<name>", methods=["GET", "POST", "HEAD"])
    def echo(name: str) -> Response:
        answer = jsonify(
            name=name,
            asked=request.args.getlist("q"),
            cookies=request.cookies,
            sent=request.get_data(as_text=True),
            who=request.remote_addr,
            thread=threading.current_thread().name,
        )
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    @made.get("/slow")
    def slow() -> str:
        SLOW.wait(10)
        return "slow"

    @made.get("/first")
    def first() -> str:
        return threading.current_thread().name

    @made.get("/healthz")
    def alive() -> str:
        return threading.current_thread().name

    @made.get("/busy")
    def busy() -> tuple[str, int]:
        return "busy", 503

    @made.get("/file")
    def file() -> Response:
        return send_file(Path(__file__), conditional=True)

    return made


def ask(app: Flask, path: str, parts: Iterable[bytes | None] = (), **given: Any) -> list[dict[str, Any]]:
    """What the gateway sends; None among the parts of the body is where the client falls silent."""
    asked = {name: given.pop(name) for name in ("method", "query_string", "headers") if name in given}
    scope, sent = _scope(path) | asked, list[dict[str, Any]]()
    _run(_ask(scope, list(parts), sent, gateway=partial(Gateway, app, **LIMITS, **given)))
    return sent


def _scope(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [],
        "scheme": "http",
        "http_version": "1.1",
        "client": ("192.0.2.7", 1234),
        "server": ("127.0.0.1", 8000),
    }


async def _ask(
    scope: dict[str, Any],
    parts: list[bytes | None],
    sent: list[dict[str, Any]],
    *,
    gateway: Callable[[], Gateway],
) -> None:
    messages = _messages(parts)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await gateway()(scope, messages.__anext__, send)


async def _messages(parts: list[bytes | None]) -> AsyncIterator[dict[str, Any]]:
    for part in parts:
        if part is None:
            await asyncio.Event().wait()
        if part is LEAVES:
            yield {"type": "http.disconnect"}
        yield {"type": "http.request", "body": part, "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}


def test_the_application_sees_what_was_asked_and_runs_in_a_thread(app: Flask) -> None:
    headers = [(b"cookie", b"x=1"), (b"cookie", b"y=2"), (b"content-length", b"4")]
    start, body = ask(
        app, "/é/ü", [b"ab", b"cd"], method="POST", query_string=b"q=1&q=%C3%A9", headers=headers
    )
    assert start["status"] == 200
    assert [value for name, value in start["headers"] if name == b"set-cookie"] == [
        b"a=1; Path=/",
        b"b=2; Path=/",
    ]
    found = app.json.loads(body["body"])
    assert found.pop("thread").startswith("others")
    assert found == {
        "name": "ü",
        "asked": ["1", "é"],
        "cookies": {"x": "1", "y": "2"},
        "sent": "abcd",
        "who": "192.0.2.7",
    }


def test_a_file_is_given_whole_and_by_its_name(app: Flask) -> None:
    start, body = ask(app, "/file", headers=[(b"range", b"bytes=0-10")])
    assert (start["status"], body) == (200, {"type": "http.response.pathsend", "path": __file__})
    assert dict(start["headers"])[b"content-length"] == str(Path(__file__).stat().st_size).encode()


def test_a_body_that_does_not_come_in_time_is_refused_without_a_thread(app: Flask) -> None:
    start, body = ask(app, "/é/x", [b"a", None], method="POST", body_seconds=0.05)
    assert (start["status"], dict(start["headers"])[b"connection"]) == (408, b"close")
    assert b"did not arrive in time" in body["body"]


def test_programs_are_refused_in_their_own_words(app: Flask) -> None:
    start, body = ask(app, "/api/v1/scans", [LEAVES], method="POST")
    assert dict(start["headers"])[b"content-type"] == b"application/problem+json"
    assert app.json.loads(body["body"])["detail"] == "Send it again."


def test_a_body_without_end_is_read_up_to_the_limit_and_refused(app: Flask) -> None:
    parts: list[bytes | None] = [bytes(600), bytes(600), None]
    start, _ = ask(app, "/é/x", parts, method="POST", headers=[(b"transfer-encoding", b"chunked")])
    assert start["status"] == 413


def test_a_body_announced_as_too_large_is_not_read(app: Flask) -> None:
    start, _ = ask(app, "/é/x", [None], method="POST", headers=[(b"content-length", b"1001")])
    assert start["status"] == 413


def test_a_body_that_breaks_off_never_reaches_the_application(app: Flask) -> None:
    start, body = ask(app, "/é/x", [b"a", LEAVES], method="POST")
    assert start["status"] == 400
    assert b"broke off" in body["body"]


def test_a_header_with_an_underscore_does_not_pass_for_another(app: Flask) -> None:
    _, body = ask(app, "/é/x", [b"abcd"], method="POST", headers=[(b"content_length", b"1")])
    assert app.json.loads(body["body"])["sent"] == "abcd"


def test_bodies_under_way_have_a_limit_together(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labflow.web.gateway._BODIES_BYTES", 500)
    start, body = ask(app, "/é/x", [bytes(600)], method="POST")
    assert (start["status"], dict(start["headers"])[b"retry-after"]) == (503, b"5")
    assert b"Nothing was saved" in body["body"]


def test_scans_and_the_sign_of_life_do_not_wait_for_the_others(app: Flask) -> None:
    answers = _run(_crowd(app))
    SLOW.clear()
    assert answers["/first"].startswith("scans")
    assert answers["/healthz"].startswith("alive")
    assert answers["/file"] == "503"


def test_a_refusal_comes_slowly(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labflow.web.gateway._PAUSE_SECONDS", 0.1)
    began = time.monotonic()
    assert [message.get("status") for message in ask(app, "/busy")] == [503, None]
    assert time.monotonic() - began >= 0.1


async def _crowd(app: Flask) -> dict[str, str]:
    """What three requests are answered while slow ones hold all the threads of the others."""
    gateway = Gateway(app, **LIMITS, line_seconds=0.05)
    slow = [asyncio.create_task(_get(gateway, "/slow")) for _ in range(6)]
    await asyncio.sleep(0)  # each has its thread
    answers = {path: await _get(gateway, path) for path in ("/first", "/healthz", "/file")}
    SLOW.set()
    assert await asyncio.gather(*slow) == ["slow"] * 6
    return answers


async def _get(gateway: Gateway, path: str) -> str:
    """The body of a success, or the status."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await gateway(_scope(path), _messages([]).__anext__, send)
    return sent[1]["body"].decode() if sent[0]["status"] == 200 else str(sent[0]["status"])


def _run(asked: Coroutine[Any, Any, Answer]) -> Answer:
    """Runs in a thread of its own: a browser test before it may have left a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asked).result()
