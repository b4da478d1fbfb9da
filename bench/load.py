"""HTTP load: one thread, many keep-alive connections, requests prepared before the clock runs.

Each connection has one request under way at a time. A latency runs from the first byte sent to the last
received.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .outcome import percentile

_ANSWER_SECONDS = 30
_READ = 1 << 16


@dataclass(frozen=True)
class Answer:
    """One answer: status, body, and how long it took in milliseconds."""

    status: int
    body: bytes
    ms: float


@dataclass(frozen=True)
class Load:
    """What came of many requests, by connection, in the order sent."""

    lanes: list[list[Answer]]
    seconds: float

    @property
    def answers(self) -> list[Answer]:
        return [answer for lane in self.lanes for answer in lane]

    def rate(self) -> float:
        """Requests a second."""
        return len(self.answers) / self.seconds

    def ms(self, percent: float) -> float:
        """Milliseconds that this share of the answers did not exceed."""
        return percentile([answer.ms for answer in self.answers], percent)


def request(method: str, path: str, *, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> bytes:
    """The bytes of one request on a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def run(port: int, lanes: Sequence[Sequence[bytes]]) -> Load:
    """Send each lane's requests over its own connection, one after the other; all lanes at the same time."""
    with selectors.DefaultSelector() as selector:
        open_lanes = [_Lane(port, list(requests)) for requests in lanes if requests]
        for lane in open_lanes:
            selector.register(lane.socket, selectors.EVENT_READ, lane)
        began = time.perf_counter()
        for lane in open_lanes:
            lane.send_next()
        waiting = len(open_lanes)
        while waiting:
            ready = selector.select(_ANSWER_SECONDS)
            if not ready:
                raise TimeoutError(f"no answer within {_ANSWER_SECONDS} s")
            for key, _ in ready:
                if key.data.receive() and not key.data.send_next():
                    selector.unregister(key.fileobj)
                    waiting -= 1
        seconds = time.perf_counter() - began
    for lane in open_lanes:
        lane.socket.close()
    return Load([lane.answers for lane in open_lanes], seconds)


@dataclass
class _Lane:
    """One connection with the requests it has still to send."""

    port: int
    requests: list[bytes]
    answers: list[Answer] = field(default_factory=list)
    _received: bytearray = field(default_factory=bytearray)
    _sent_at: float = 0.0

    def __post_init__(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests.reverse()

    def send_next(self) -> bool:
        """False when nothing is left to send."""
        if not self.requests:
            return False
        self._sent_at = time.perf_counter()
        self.socket.sendall(self.requests.pop())
        return True

    def receive(self) -> bool:
        """Read what has come; True when the answer is whole."""
        chunk = self.socket.recv(_READ)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self._received += chunk
        head, blank, body = bytes(self._received).partition(b"\r\n\r\n")
        if not blank or len(body) < _content_length(head):
            return False
        ms = (time.perf_counter() - self._sent_at) * 1000
        self.answers.append(Answer(int(head[9:12]), body, ms))
        self._received.clear()
        return True


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
