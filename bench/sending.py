"""What the bench sends: scans that are real custody entries, registrations, and the reference's scans."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from uuid import uuid4

from labflow.catalog import load_catalog
from labflow.procedures import before_items
from labflow.web.templating import example_config

from .laboratory import Child, Laboratory
from .load import Answer, Load, request
from .reference import code_of

_ACTIONS = ("take", "hand_over", "receive")
SAMPLES_A_PROCEDURE = 8


class Scans:
    """Scan requests to one laboratory. Each sample is taken, handed over and received, and then the next."""

    def __init__(self, laboratory: Laboratory) -> None:
        self._place = laboratory.reception
        self._headers = signed_in(laboratory)
        self._codes = cycle(laboratory.samples)

    def lane(self, requests: int, *, group: int = 1) -> list[bytes]:
        """At least so many requests for one connection, each with `group` scans of as many samples."""
        lane: list[bytes] = []
        while len(lane) < requests:
            codes = list(islice(self._codes, group))
            lane += [self._request(action, codes) for action in _ACTIONS]
        return lane

    def _request(self, action: str, codes: list[str]) -> bytes:
        moment = datetime.now(UTC).isoformat()
        scans = [
            {"event_id": str(uuid4()), "code": code, "occurred_at": moment, "read_by": "scanned"}
            for code in codes
        ]
        body = json.dumps({"context": {"action": action, "place": self._place}, "scans": scans})
        return request("POST", "/api/v1/scans", headers=self._headers, body=body.encode())


class BareScans:
    """Scan requests to the reference with so many samples."""

    def __init__(self, samples: int) -> None:
        self._numbers = cycle(range(samples))

    def lane(self, requests: int) -> list[bytes]:
        return [self._request(code_of(number)) for number in islice(self._numbers, requests)]

    def _request(self, code: str) -> bytes:
        body = json.dumps({"event_id": str(uuid4()), "code": code, "place": "P"})
        return request("POST", "/scan", body=body.encode())


class Procedures:
    """Registrations of procedures with eight samples: six films and two tubes of the first pull."""

    def __init__(self, laboratory: Laboratory) -> None:
        self._place, self._headers = laboratory.bedside, signed_in(laboratory)
        self._children = iter(laboratory.children)
        self._checked = [item.code for item in before_items(load_catalog(example_config()))]

    def lane(self, requests: int) -> list[bytes]:
        return [self._request(child) for child in islice(self._children, requests)]

    def _request(self, child: Child) -> bytes:
        now = datetime.now(UTC)
        event_id = str(uuid4())
        body = {
            "event_id": event_id,
            "place": self._place,
            "wristband": {"code": child.wristband},
            "checked": self._checked,
            "anaesthesia": "GENERAL",
            "outcome": "obtained",
            "began_at": (now - timedelta(minutes=30)).isoformat(),
            "ended_at": now.isoformat(),
            "pulls": [{"site": "PIC", "side": "left", "volume_ml": 2.5}],
            "films": SAMPLES_A_PROCEDURE - 2,
        }
        path = f"/api/v1/orders/{child.order}/procedures"
        headers = [*self._headers, ("Idempotency-Key", event_id)]
        return request("POST", path, headers=headers, body=json.dumps(body).encode())


def opened(laboratory: Laboratory, path: str) -> bytes:
    """The request for a page or an answer."""
    return request("GET", path, headers=signed_in(laboratory))


def signed_in(laboratory: Laboratory) -> list[tuple[str, str]]:
    """The headers of a program's request."""
    return [("Authorization", f"Bearer {laboratory.token}")]


def require_scanned(load: Load) -> Load:
    """The same load when every scan in it was counted; raises Unanswered."""
    for answer in load.answers:
        verdicts = json.loads(require_ok(answer).body)["verdicts"]
        if any(verdict["verdict"] != "OK" for verdict in verdicts):
            raise Unanswered(answer)
    return load


def require_answered(load: Load) -> Load:
    """The same load when every answer in it is a success; raises Unanswered."""
    for answer in load.answers:
        require_ok(answer)
    return load


def require_ok(answer: Answer) -> Answer:
    if not 200 <= answer.status < 300 or not answer.body:
        raise Unanswered(answer)
    return answer


class Unanswered(Exception):
    """A request that must succeed was refused: the figures would mean nothing."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status}: {answer.body[:500].decode(errors='replace')}")
