"""An answered scan is on disk: the server is killed in mid-write, and nothing that it answered is lost."""

from __future__ import annotations

import itertools
import json
import random
import threading
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from labflow import ledger, staff
from labflow.catalog import Catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database, sqlite_url
from labflow.ledger import Entry
from labflow.migrations import upgrade
from labflow.staff import Role

from ..factories.cases import make_case
from ..served import LiveServer, kill, served

CLIENTS = 4
ANSWERED_BEFORE_THE_KILL = 40


class Ward:
    """A laboratory of its own with one sample for each client, and a token to scan with."""

    def __init__(self, data: Path, catalog: Catalog) -> None:
        data.mkdir()
        self.data, self.url = data, sqlite_url(data / "labflow.db")
        upgrade(self.url)
        database, rng, now = Database(self.url), random.Random(3), datetime.now(UTC)
        with database.writing() as session:
            roles = [Role.RECEPTION]
            porter = staff.register(session, login="pat", name="Pat Invented", roles=roles, rng=rng, now=now)
            lasts = timedelta(days=1)
            _, self.token = staff.make_token(session, porter, name="test", now=now, lasts=lasts, rng=rng)
        act = Act(at=now, by=porter.id, badge=porter.badge, rng=rng, event_id=uuid4(), occurred_at=now)
        made = make_case(database, catalog, act, containers=["EDTA"] * CLIENTS)
        self.codes = [sample.code for sample in made.samples]
        database.close()


@pytest.fixture
def ward(tmp_path: Path, catalog: Catalog) -> Ward:
    return Ward(tmp_path / "data", catalog)


def scan(connection: HTTPConnection, token: str, code: str, action: str) -> tuple[str, str]:
    """The event id and the verdict of one scan."""
    event_id = str(uuid4())
    one = {
        "event_id": event_id,
        "code": code,
        "occurred_at": datetime.now(UTC).isoformat(),
        "read_by": "scanned",
    }
    sent = json.dumps({"context": {"action": action, "place": None}, "scans": [one]})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/scans", sent, headers)
    answer = json.loads(connection.getresponse().read())
    return event_id, answer["verdicts"][0]["verdict"]


def keep_scanning(
    server: LiveServer, ward: Ward, code: str, answered: list[str], enough: threading.Event
) -> None:
    """Scan until the server is gone; every OK is kept with its event id."""
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        for action in itertools.cycle(["hand_over", "take"]):
            event_id, verdict = scan(connection, ward.token, code, action)
            assert verdict == "OK"
            answered.append(event_id)
            if len(answered) >= ANSWERED_BEFORE_THE_KILL:
                enough.set()
    except (OSError, HTTPException, ValueError):
        connection.close()


def answered_until_killed(ward: Ward) -> list[str]:
    """The event ids of the scans that were answered before the kill."""
    answered: list[str] = []
    enough = threading.Event()
    with served(ward.data) as server:
        clients = [
            threading.Thread(target=keep_scanning, args=(server, ward, code, answered, enough))
            for code in ward.codes
        ]
        for client in clients:
            client.start()
        assert enough.wait(timeout=60)
        kill(server)
        for client in clients:
            client.join(timeout=30)
    return answered


def test_a_kill_in_mid_write_loses_no_answered_scan(ward: Ward) -> None:
    answered = answered_until_killed(ward)
    with served(ward.data) as server:
        connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == 200
        connection.close()
    database = Database(ward.url)
    with database.reading() as session:
        stored = [str(event_id) for event_id in session.exec(select(Entry.event_id))]
        assert ledger.check(session).faults == ()
    database.close()
    assert len(answered) >= ANSWERED_BEFORE_THE_KILL
    assert set(answered) <= set(stored)
    assert len(stored) == len(set(stored))
