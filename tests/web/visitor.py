"""Somebody with a browser: opens pages, sends their forms, signs in."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from labflow import staff
from labflow.foundation.database import Database
from labflow.staff import StaffMember

from ..people import HALF_A_DAY, RNG

COOKIE = "labflow_sign_in"


@dataclass
class Visitor:
    client: FlaskClient
    database: Database
    csrf_token: str = ""
    marks: dict[str, str] = field(default_factory=dict)
    base_url: str = "http://localhost"

    def open(self, url: str, **options: Any) -> TestResponse:
        """The page, whose token for forms is kept, and the marks of what they are about."""
        answer = self.client.get(url, base_url=self.base_url, **options)
        if token := re.search(r'name="csrf-token" content="([^"]+)"', answer.text):
            self.csrf_token = html.unescape(token[1])
        self.marks = _marks(answer.text, page=url)
        return answer

    def send(self, url: str, page: str | None = None, **fields: Any) -> TestResponse:
        """What comes back when the form of this page is sent."""
        if page or not self.csrf_token:
            self.open(page or url)
        seen = {"seen": self.marks[url]} if url in self.marks else {}
        sent = {"csrf_token": self.csrf_token, "event_id": str(uuid4()), **seen, **fields}
        return self.client.post(url, base_url=self.base_url, data=sent)

    def signed_in(self, person: StaffMember) -> Visitor:
        """The same browser after this person signed in."""
        with self.database.writing() as session:
            secret = staff.begin_sign_in(session, person.id, now=datetime.now(UTC), lasts=HALF_A_DAY, rng=RNG)
        self.client.set_cookie(COOKIE, secret)
        return self


def _marks(text: str, *, page: str) -> dict[str, str]:
    """Address of each form that names what it is about → the mark of that."""
    marks = {}
    for attributes, inside in re.findall(r"<form([^>]*)>(.*?)</form>", text, re.DOTALL):
        action = re.search(r'action="([^"]+)"', attributes)
        if mark := re.search(r'name="seen" value="([^"]+)"', inside):
            marks[action[1] if action else page] = mark[1]
    return marks
