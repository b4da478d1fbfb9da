"""A program that scans over HTTP, and knows three outcomes: done, refused, and unknown."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any
from uuid import uuid4

from .laboratory import Person


class NoAnswer(Exception):
    """The connection broke, or the server could not work: nobody here can tell whether it was done.

    Send the same request again.
    """


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One scan as it is sent, and sent again: the same event id, the same claimed time."""

    code: str
    action: str | None
    place: str | None = None
    event_id: str = field(default_factory=lambda: str(uuid4()))
    occurred_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    @property
    def body(self) -> dict[str, Any]:
        told = {"event_id": self.event_id, "code": self.code, "occurred_at": self.occurred_at}
        context = {"action": self.action, "place": self.place}
        return {"context": context, "scans": [told | {"read_by": "scanned"}]}


class Client:
    """One person's program at one server, on one kept connection."""

    def __init__(self, url: str, person: Person, *, timeout: float = 30) -> None:
        self._connection = HTTPConnection(url.removeprefix("http://"), timeout=timeout)
        self._headers = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """The status and the JSON of the answer; raises NoAnswer where the connection broke."""
        sent = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, sent, self._headers | (headers or {}))
            response = self._connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            self._connection.close()
            raise NoAnswer from error

    def scan(self, scan: Scan) -> dict[str, Any]:
        """The verdict; raises NoAnswer, also where the server says that it cannot work now."""
        verdict: dict[str, Any] = self._answer("POST", "/api/v1/scans", scan.body)["verdicts"][0]
        return verdict

    def position(self, code: str) -> dict[str, Any]:
        """Where the sample is by its card: kind, actor, holder, place; raises NoAnswer."""
        position: dict[str, Any] = self._answer("GET", f"/api/v1/samples/{code}")["position"]
        return position

    def _answer(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.ask(method, path, body)
        if status >= 500:
            raise NoAnswer(answer)
        assert status == 200, answer
        return answer

    def close(self) -> None:
        self._connection.close()
