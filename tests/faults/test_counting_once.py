"""D4: what is sent fifty times at once, and again after a kill, counts once and gets the same answer."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from labflow.catalog import Catalog
from labflow.foundation.database import Database

from ..conftest import BOTH_DATABASES
from ..served import kill, served
from .client import Client, NoAnswer, Scan
from .conftest import Figure
from .figures import many
from .laboratory import Laboratory

AT_ONCE = 50
ROUNDS = many(10, quick=2)


class Crowd:
    """Sends the same request fifty times at once; what is under way is sent again until it is answered."""

    def __init__(self, url: str, laboratory: Laboratory, path: str, body: Any, key: str) -> None:
        self._url, self._laboratory, self._path = url, laboratory, path
        self._body, self._headers = body, {"Idempotency-Key": key}
        self._start = threading.Barrier(AT_ONCE, timeout=60)
        self.answered = threading.Semaphore(0)

    def send(self, _: int = 0) -> tuple[int, str] | None:
        """The status and the answer; None when the server went away."""
        client = Client(self._url, self._laboratory.people[0])
        self._start.wait()
        try:
            status = 409
            while status in (409, 503):
                status, answer = client.ask("POST", self._path, self._body, self._headers)
            self.answered.release()
            return status, repr(answer)
        except NoAnswer:
            return None
        finally:
            client.close()


@pytest.mark.parametrize("kind", BOTH_DATABASES)
def test_the_same_request_fifty_times_at_once_and_after_a_kill_counts_once(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    catalog: Catalog,
    rng: random.Random,
    figure: Figure,
) -> None:
    url = "" if kind == "sqlite" else request.getfixturevalue("empty_postgresql_url")
    laboratory = Laboratory(tmp_path / "data", catalog, samples=ROUNDS, url=url)
    for number, code in enumerate(laboratory.codes):
        scan = Scan(code=code, action="hand_over")
        person = {"login": f"new{number}", "name": "New Invented", "roles": ["porter"]}
        for path, body, other in (
            ("/api/v1/scans", scan.body, Scan(code=code, action="take", event_id=scan.event_id).body),
            ("/api/v1/staff", person, person | {"name": "Other Invented"}),
        ):
            count_once(laboratory, path, body, other, rng)
        assert [done.kind for done in laboratory.chains()[code]] == ["collected", "dispatched"]
    assert new_people(laboratory) == ROUNDS
    assert laboratory.faults() == []
    figure(
        f"D4, {kind}",
        f"{2 * ROUNDS} requests sent {AT_ONCE} times at once, killed, sent {AT_ONCE} times again: "
        "one effect and one answer each, other content refused",
    )


def count_once(laboratory: Laboratory, path: str, body: Any, other: Any, rng: random.Random) -> None:
    key = str(uuid4())
    with (
        served(laboratory.data, environment=laboratory.environment) as server,
        ThreadPoolExecutor(AT_ONCE) as hands,
    ):
        crowd = Crowd(server.url, laboratory, path, body, key)
        sending = [hands.submit(crowd.send) for _ in range(AT_ONCE)]
        for _ in range(rng.randint(0, 5)):
            assert crowd.answered.acquire(timeout=60)
        kill(server)
        before = {one.result() for one in sending} - {None}
    with (
        served(laboratory.data, environment=laboratory.environment) as server,
        ThreadPoolExecutor(AT_ONCE) as hands,
    ):
        again = set(hands.map(Crowd(server.url, laboratory, path, body, key).send, range(AT_ONCE)))
        client = Client(server.url, laboratory.people[0])
        refused, _ = client.ask("POST", path, other, {"Idempotency-Key": key})
        client.close()
    assert len(again) == 1
    assert before <= again
    assert {status for status, _ in filter(None, again)} <= {200, 201}
    assert refused == 422


def new_people(laboratory: Laboratory) -> int:
    database = Database(laboratory.url)
    with database.reading() as session:
        counted = sa.text("SELECT count(*) FROM staff WHERE login LIKE 'new%'")
        count: int = session.connection().execute(counted).scalar_one()
    database.close()
    return count
