"""T38: while the database gives nobody a turn, people are told so in time, and the process still answers."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite

from labflow.catalog import Catalog

from ..served import served
from .client import Client, Scan
from .conftest import Figure
from .figures import slowest
from .laboratory import Laboratory

CLIENTS = 30
LOCK_WAIT_SECONDS, LINE_SECONDS = 10, 5


def test_a_stuck_database_piles_up_no_threads(tmp_path: Path, catalog: Catalog, figure: Figure) -> None:
    laboratory = Laboratory(tmp_path / "data", catalog, samples=8)
    with served(laboratory.data) as server:
        with closing(sqlite.connect(str(laboratory.data / "labflow.db"), isolation_level=None)) as stuck:
            stuck.execute("BEGIN IMMEDIATE")
            with ThreadPoolExecutor(CLIENTS) as pool:
                asked = [pool.submit(_scan, server.url, laboratory) for _ in range(CLIENTS)]
                alive = [_alive(server.url) for _ in range(20)]
                answers = [one.result() for one in asked]
            stuck.execute("ROLLBACK")
        assert {status for status, _ in answers} == {503}
        figure(
            "T38 a stuck database",
            f"{CLIENTS} scans told so within {slowest([seconds for _, seconds in answers])}, "
            f"/healthz within {slowest(alive)}",
        )
        assert max(seconds for _, seconds in answers) < LOCK_WAIT_SECONDS + LINE_SECONDS + 5
        assert _scan(server.url, laboratory)[0] == 200, "it works again without a restart"


def _scan(url: str, laboratory: Laboratory) -> tuple[int, float]:
    """The status of one scan, and after how many seconds it came."""
    client, began = Client(url, laboratory.people[0]), time.monotonic()
    status, _ = client.ask("POST", "/api/v1/scans", Scan(code=laboratory.codes[0], action="hand_over").body)
    client.close()
    return status, time.monotonic() - began


def _alive(url: str) -> float:
    """The seconds until the process said that it lives."""
    connection, began = HTTPConnection(url.removeprefix("http://"), timeout=30), time.monotonic()
    connection.request("GET", "/healthz")
    assert connection.getresponse().read()
    connection.close()
    time.sleep(0.2)  # spread over the time that the database is stuck
    return time.monotonic() - began - 0.2
