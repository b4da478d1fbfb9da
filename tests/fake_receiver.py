"""Receivers on loopback that answer as they are told: an HL7 listener, and a webhook's server."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_START, _END = b"\x0b", b"\x1c\r"


@dataclass
class FakeReceiver:
    """What came in, and what is answered next: a status, or over MLLP a code, "garbage" or "nothing"."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    got: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def next_answer(self, usual: str) -> str:
        return self.answers.pop(0) if self.answers else usual

    @property
    def control_ids(self) -> list[str]:
        return [message.split("\r")[0].split("|")[9] for message in self.got]

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.got]


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


@contextmanager
def hl7_listener(known: FakeReceiver | None = None) -> Iterator[FakeReceiver]:
    """Takes HL7 messages over MLLP and answers AA unless told otherwise; one that was here before goes on."""
    fake = known or FakeReceiver()

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            content = b""
            while not content.endswith(_END):
                part = self.request.recv(65_536)
                if not part:
                    return
                content += part
            message = content.strip(_START + _END).decode()
            fake.got.append(message)
            answer = _acknowledgement(fake.next_answer("AA"), fake.control_ids[-1])
            if answer:
                self.request.sendall(_START + answer.encode() + _END)

    with _serving(_Listener, Connection, fake):
        yield fake


def _acknowledgement(answer: str, control_id: str) -> str:
    if answer == "nothing":
        return ""
    if answer == "garbage":
        return "what?"
    return f"MSH|^~\\&|EPR|H|LABFLOW|LF|20261125||ACK|1|P|2.5.1\rMSA|{answer}|{control_id}\r"


@contextmanager
def webhook() -> Iterator[FakeReceiver]:
    """Takes JSON by POST and answers 204 unless told otherwise."""
    fake = FakeReceiver()

    class Request(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fake.got.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            fake.headers.append({"path": self.path, **dict(self.headers)})
            self.send_response(int(fake.next_answer("204")))
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    with _serving(ThreadingHTTPServer, Request, fake):
        yield fake


@contextmanager
def _serving(
    server: Callable[..., socketserver.TCPServer], handler: type, fake: FakeReceiver
) -> Iterator[None]:
    with server(("127.0.0.1", fake.port), handler) as listening:
        fake.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            listening.shutdown()
            thread.join()
