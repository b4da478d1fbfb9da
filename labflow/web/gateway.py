"""The way into Flask from an asynchronous server: a request takes a thread when all of it is there.

Whoever sends slowly waits in the event loop, which costs no thread, and not for ever. Answers are handed over
whole, and files by name, so that whoever reads slowly holds no thread either. Scans have threads of their
own, and so has the question whether the process is alive: nothing else that takes long stands before them.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Awaitable, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

ALIVE = "/healthz"
_BODY_SECONDS = 20
_LINE_SECONDS = 5  # that a whole request waits for a thread
_PAUSE_SECONDS = 0.5  # before a refusal, so that whoever asks again at once asks less often
_BODIES_BYTES = 67_108_864  # of all bodies under way together
# Not for the application: bodies have come whole by then, and answers are given whole.
_LEFT_OUT = frozenset({b"transfer-encoding", b"range"})
_REFUSALS = {
    400: ("The request broke off or cannot be read. Nothing was saved.", "Send it again."),
    408: (
        "The request did not arrive in time. Nothing was saved.",
        "Send it again.",
    ),
    503: ("labflow has too much to do at the moment. Nothing was saved.", "Send it again in a few seconds."),
}

_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]


class _TooMuch(Exception):
    """More is asked of this process than it has room or time for."""


class _BrokenOff(Exception):
    """The body ended before it was whole: the client has gone, or its chunks cannot be read."""


@dataclass
class _File:
    """A file as an answer (`wsgi.file_wrapper`): the server reads it itself, by its name."""

    file: IO[bytes]
    block_size: int = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.file)

    def close(self) -> None:
        self.file.close()


@dataclass(frozen=True)
class _Answer:
    """Status, headers, and the bytes or the name of the file that holds them."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | str


class Lane:
    """Some threads, and requests that wait for them in turn, but not for long."""

    def __init__(self, name: str, *, threads: int, line_seconds: float = _LINE_SECONDS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = asyncio.Semaphore(threads)
        self._line_seconds = line_seconds

    async def answer(self, app: WSGIApplication, environ: WSGIEnvironment) -> _Answer:
        """What the application answers; raises _TooMuch when no thread became free."""
        try:
            async with asyncio.timeout(self._line_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise _TooMuch from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, _call, app, environ)
        finally:
            self._free.release()


class Gateway:
    """An ASGI application around a WSGI one, for HTTP only; requests to the paths in `first` go first."""

    def __init__(
        self,
        app: WSGIApplication,
        *,
        first: Collection[str],
        max_body_bytes: int,
        body_seconds: float = _BODY_SECONDS,
        line_seconds: float = _LINE_SECONDS,
    ) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._body_seconds = body_seconds
        scans = Lane("scans", threads=4, line_seconds=line_seconds)
        self._lanes = dict.fromkeys(first, scans) | {ALIVE: Lane("alive", threads=1)}
        self._others = Lane("others", threads=6, line_seconds=line_seconds)
        self._held_bytes = 0

    async def __call__(self, scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
        environ, body = _environ(scope), bytearray()
        try:
            async with asyncio.timeout(self._body_seconds):
                await self._receive(receive, environ, body)
            environ["wsgi.input"] = io.BytesIO(body)
            lane = self._lanes.get(scope["path"], self._others)
            answer = await lane.answer(self._app, environ)
            if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and lane is self._others:
                await asyncio.sleep(_PAUSE_SECONDS)
        except TimeoutError:
            answer = _refusal(408, scope["path"])
        except _TooMuch:
            answer = _refusal(503, scope["path"])
        except _BrokenOff:
            answer = _refusal(400, scope["path"])
        finally:
            self._held_bytes -= len(body)
        await _give(answer, send)

    async def _receive(self, receive: _Receive, environ: WSGIEnvironment, body: bytearray) -> None:
        """Fills `body`, but never with more than a little over the limit: the application refuses that."""
        announced = int(environ.get("CONTENT_LENGTH") or 0)
        more = announced <= self._max_body_bytes
        while more and len(body) <= self._max_body_bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _BrokenOff
            part, more = message.get("body", b""), message.get("more_body", False)
            self._held_bytes += len(part)
            body += part
            if self._held_bytes > _BODIES_BYTES:
                raise _TooMuch
        environ["CONTENT_LENGTH"] = str(max(announced, len(body)))


def _call(app: WSGIApplication, environ: WSGIEnvironment) -> _Answer:
    started: list[Any] = []
    # the type of start_response asks for a `write`, which PEP 3333 has for old applications; Flask calls none
    parts: Any = app(environ, lambda *given: started.append(given))  # type: ignore[arg-type]
    try:
        body = parts.file.name if isinstance(parts, _File) else b"".join(parts)
    finally:
        getattr(parts, "close", lambda: None)()
    status, headers = started[-1][:2]
    return _Answer(int(status[:3]), headers, body)


async def _give(answer: _Answer, send: _Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if isinstance(answer.body, str):
        await send({"type": "http.response.pathsend", "path": answer.body})
    else:
        await send({"type": "http.response.body", "body": answer.body})


def _refusal(status: int, path: str) -> _Answer:
    """What the application never saw: a sentence for people, problem+json for programs."""
    title, next_step = _REFUSALS[status]
    headers = [("Connection", "close"), ("Cache-Control", "no-store"), ("Retry-After", "5")]
    if not path.startswith("/api/"):
        plain = ("Content-Type", "text/plain; charset=utf-8")
        return _Answer(status, [plain, *headers], f"{title} {next_step}\n".encode())
    code = HTTPStatus(status).phrase.lower().replace(" ", "-")
    body = {"type": code, "title": title, "status": status, "detail": next_step}
    return _Answer(
        status, [("Content-Type", "application/problem+json"), *headers], json.dumps(body).encode()
    )


def _environ(scope: dict[str, Any]) -> WSGIEnvironment:
    """PEP 3333, of what ASGI says of a request."""
    host, port = scope.get("server") or ("127.0.0.1", None)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": _File,
    }
    for name, value in scope["headers"]:
        if name not in _LEFT_OUT and b"_" not in name:  # `content_length` would pass for the real one
            _add_header(environ, name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1"))
    return environ


def _add_header(environ: WSGIEnvironment, name: str, value: str) -> None:
    key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
    between = "; " if name == "COOKIE" else ","
    environ[key] = f"{environ[key]}{between}{value}" if key in environ else value
