"""Scans as a ward sends them: some clients, each with a scan every so often, over connections they renew."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from .outcome import percentile
from .sending import Scans

_ANSWER_SECONDS = 10
_RENEW_EVERY = 10  # scans: whoever comes with a new connection must get in as well


@dataclass(frozen=True)
class Paced:
    """Milliseconds of every scan that was counted, and how many were not answered as they should be."""

    ms: list[float]
    failed: int

    def at(self, percent: float) -> float:
        return percentile(self.ms, percent) if self.ms else float("inf")

    def __str__(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        return f"p50 {self.at(50):.0f} p99 {self.at(99):.0f} max {self.at(100):.0f} ms{failed}"


def scan_for(scans: Scans, port: int, *, clients: int, every_s: float, seconds: float) -> Paced:
    """What these clients wait for; a scan that is late makes the next one of its client late too."""
    rounds = round(seconds / every_s)
    lanes = [scans.lane(rounds)[:rounds] for _ in range(clients)]
    ends_at = time.monotonic() + seconds
    with ThreadPoolExecutor(clients) as pool:
        found = list(pool.map(lambda lane: _lane(lane, port, every_s, ends_at), lanes))
    return Paced([ms for lane in found for ms in lane.ms], sum(lane.failed for lane in found))


def _lane(requests: Sequence[bytes], port: int, every_s: float, ends_at: float) -> Paced:
    waits, failed, due = list[float](), 0, time.monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)  # opens again when it was closed
    for number, sent in enumerate(requests):
        time.sleep(max(0, due - time.monotonic()))
        due += every_s
        if time.monotonic() > ends_at:
            break
        if number % _RENEW_EVERY == 0:
            connection.close()
        began = time.perf_counter()
        failed += not _scan(connection, sent)
        waits.append((time.perf_counter() - began) * 1000)
    connection.close()
    return Paced(waits, failed)


def _scan(connection: HTTPConnection, sent: bytes) -> bool:
    """Sends one prepared scan; True when it counted."""
    head, _, body = sent.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    method, path, _ = line.split(" ")
    headers = dict(one.split(": ", 1) for one in lines)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        found = answer.read()
        return answer.status == 200 and all(one["verdict"] == "OK" for one in json.loads(found)["verdicts"])
    except (OSError, HTTPException):
        connection.close()
        return False
