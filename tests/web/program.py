"""A program with a token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from labflow import staff
from labflow.foundation.database import Database
from labflow.staff import StaffMember

from ..people import RNG

A_MONTH = timedelta(days=30)


@dataclass
class Program:
    """Sends and reads JSON in the name of one person; each request that writes has a key of its own."""

    client: FlaskClient
    token: str

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self._headers)

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.send("POST", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """`headers` are named as in Python: `if_match`."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        sent = {"Idempotency-Key": str(uuid4()), **self._headers, **named}
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=sent)

    def etag(self, path: str) -> str:
        """The mark of what stands there now."""
        return self.get(path).headers["ETag"]

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def program_of(client: FlaskClient, database: Database, person: StaffMember) -> Program:
    """A program that acts as this person."""
    with database.writing() as session:
        _, token = staff.make_token(
            session, person, name="test", now=datetime.now(UTC), lasts=A_MONTH, rng=RNG
        )
    return Program(client, token)
