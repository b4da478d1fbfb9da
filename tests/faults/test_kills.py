"""D1: kill -9 of everything at a random moment; what was acknowledged is there once, and work goes on."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from labflow.catalog import Catalog

from ..served import LiveServer, kill, served
from .client import Client, NoAnswer, Scan
from .conftest import Figure
from .figures import many, slowest
from .laboratory import Laboratory, Person

KILLS = many(30, quick=3)
CLIENTS = 32
MOST_BETWEEN_KILLS = 400
READY_SECONDS = 5


@dataclass
class Carrier:
    """Hands one sample over and takes it again for ever; a scan without an answer is sent again."""

    person: Person
    code: str
    answered: threading.Semaphore
    acknowledged: list[str] = field(default_factory=list)
    pending: Scan | None = None

    def __post_init__(self) -> None:
        self._actions = itertools.cycle(["hand_over", "take"])

    def carry(self, url: str) -> None:
        """Until the server is gone."""
        client = Client(url, self.person)
        try:
            while True:
                self.step(client)
        except NoAnswer:
            client.close()

    def settle(self, url: str) -> None:
        """An answer to the scan that has none yet."""
        client = Client(url, self.person)
        if self.pending is not None:
            self.step(client)
        client.close()

    def step(self, client: Client) -> None:
        if self.pending is None:
            self.pending = Scan(code=self.code, action=next(self._actions))
        verdict = client.scan(self.pending)
        assert verdict["verdict"] == "OK", verdict
        self.acknowledged.append(self.pending.event_id)
        self.pending = None
        self.answered.release()


@contextmanager
def timed(laboratory: Laboratory, ready: list[float]) -> Iterator[LiveServer]:
    """The server; the seconds from its start until /readyz said yes are noted."""
    began = time.monotonic()
    with served(laboratory.data, environment=laboratory.environment) as server:
        client = Client(server.url, laboratory.people[0])
        assert client.ask("GET", "/readyz")[0] == 200
        ready.append(time.monotonic() - began)
        client.close()
        yield server


def work_until_killed(server: LiveServer, carriers: list[Carrier], rng: random.Random) -> None:
    """All carry at once; after a random number of answers everything is killed."""
    answered = carriers[0].answered
    with ThreadPoolExecutor(len(carriers)) as hands:
        working = [hands.submit(carrier.carry, server.url) for carrier in carriers]
        for _ in range(rng.randint(1, MOST_BETWEEN_KILLS)):
            assert answered.acquire(timeout=60)
        kill(server)
        for one in working:
            one.result(timeout=60)


def test_no_acknowledged_scan_is_lost_or_doubled_by_kills_of_everything(
    tmp_path: Path, catalog: Catalog, rng: random.Random, figure: Figure
) -> None:
    laboratory = Laboratory(tmp_path / "data", catalog, samples=CLIENTS)
    answered = threading.Semaphore(0)
    carriers = [Carrier(laboratory.people[0], code, answered) for code in laboratory.codes]
    ready: list[float] = []
    for _ in range(KILLS):
        with timed(laboratory, ready) as server:
            work_until_killed(server, carriers, rng)
    with timed(laboratory, ready) as server:
        for carrier in carriers:
            carrier.settle(server.url)
    chains = laboratory.chains()
    lost, doubled = 0, 0
    for carrier in carriers:
        stored = [done.event_id for done in chains[carrier.code][1:]]
        lost += len(set(carrier.acknowledged) - set(stored))
        doubled += len(stored) - len(set(stored) & set(carrier.acknowledged))
    total = sum(len(carrier.acknowledged) for carrier in carriers)
    figure(
        "D1",
        f"{KILLS} kills, {CLIENTS} clients, {total:,} acknowledged, {lost} lost, {doubled} doubled, "
        f"ready again after {median(ready):.1f} s (half), {slowest(ready)} (slowest)",
    )
    assert (lost, doubled, laboratory.faults()) == (0, 0, [])
    for carrier in carriers:
        assert [done.event_id for done in chains[carrier.code][1:]] == carrier.acknowledged
    assert max(ready) <= READY_SECONDS
