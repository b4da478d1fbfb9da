"""D7: the answers of racing programs under kills are those of one sample that does one thing at a time."""

from __future__ import annotations

import itertools
import random
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from labflow.catalog import Catalog

from ..factories.cases import HATCH, SMEAR_BENCH, THEATRE
from ..served import kill, served
from .client import Client, NoAnswer, Scan
from .conftest import Figure
from .figures import many
from .laboratory import Laboratory, Person
from .linearizability import Answer, Moment, Operation, Register, contradiction
from .waiting import wait_until

OPERATIONS = many(5_000, quick=800)
BETWEEN_KILLS = many(500, quick=200)
CLIENTS, SAMPLES = 16, 8
SEEDED = 200
_BY = re.compile(r"(Received|Taken|Handed over) \d\d:\d\d by (?P<name>.*)")
_HELD = re.compile(r"\S+ is held by (?P<badge>\S+), not by you\.")


class History:
    """What happened to each sample, in the order in which it was seen."""

    def __init__(self) -> None:
        self._lock, self._numbers = threading.Lock(), itertools.count()
        self._moments: dict[str, list[tuple[bool, int]]] = defaultdict(list)
        self._asked: dict[int, Operation] = {}

    def start(self, code: str, action: str, person: str, place: str | None) -> int:
        with self._lock:
            number = next(self._numbers)
            self._asked[number] = Operation(number=number, action=action, person=person, place=place)
            self._moments[code].append((True, number))
        return number

    def answer(self, code: str, number: int, answer: Answer) -> None:
        with self._lock:
            self._asked[number] = replace(self._asked[number], answer=answer)
            self._moments[code].append((False, number))

    @property
    def unknown(self) -> int:
        return sum(one.answer is None for one in self._asked.values())

    def __len__(self) -> int:
        return len(self._asked)

    def reached(self, number: int) -> bool:
        return len(self) >= number

    def of(self, code: str) -> list[Moment]:
        return [Moment(starts, self._asked[number]) for starts, number in self._moments[code]]


class Worker:
    """Moves and looks up samples at random; half of what was not answered it never sends again."""

    def __init__(self, laboratory: Laboratory, person: Person, history: History, seed: int) -> None:
        self._laboratory, self._person, self._history = laboratory, person, history
        self._badges = {one.name: one.badge for one in laboratory.people}
        self._rng = random.Random(seed)
        self._pending: tuple[int, Scan] | None = None

    def work(self, url: str) -> None:
        """Until the server is gone."""
        client = Client(url, self._person)
        try:
            while True:
                self._next(client)
        except NoAnswer:
            client.close()
            if self._rng.random() < 0.5:
                self._pending = None

    def _next(self, client: Client) -> None:
        if self._pending is None and self._rng.random() < 0.25:
            self._read(client)
            return
        if self._pending is None:
            self._pending = self._scan()
        number, scan = self._pending
        self._history.answer(scan.code, number, self._told(client.scan(scan)))
        self._pending = None

    def _read(self, client: Client) -> None:
        code = self._rng.choice(self._laboratory.codes)
        number = self._history.start(code, "read", self._person.badge, None)
        at = client.position(code)
        self._history.answer(code, number, ("at", at["holder"] or "", at["place"] or ""))

    def _scan(self) -> tuple[int, Scan]:
        action = self._rng.choice(["take", "hand_over", "hand_over", "receive"])
        place = self._rng.choice([HATCH, SMEAR_BENCH]) if action == "receive" else None
        scan = Scan(code=self._rng.choice(self._laboratory.codes), action=action, place=place)
        return self._history.start(scan.code, action, self._person.badge, place), scan

    def _told(self, verdict: dict[str, Any]) -> Answer:
        if verdict["verdict"] == "OK":
            return ("ok",)
        if by := _BY.fullmatch(verdict["title"]):
            return ("already", self._badges[by["name"]])
        held = _HELD.fullmatch(verdict["title"])
        assert held, verdict
        return ("held", held["badge"])


@contextmanager
def _racing(laboratory: Laboratory, workers: list[Worker]) -> Iterator[None]:
    """All work at one server, which is killed at the end."""
    with served(laboratory.data) as server, ThreadPoolExecutor(len(workers)) as hands:
        racing = [hands.submit(worker.work, server.url) for worker in workers]
        yield
        kill(server)
        for one in racing:
            one.result(timeout=60)


def seeded(moments: list[Moment], fault: list[Moment], rng: random.Random) -> list[Moment]:
    """The history with something at a random place that never happened."""
    place = rng.randrange(len(moments) // 2)
    return [*moments[:place], *fault, *moments[place:]]


def test_racing_programs_under_kills_see_one_sample_that_does_one_thing_at_a_time(
    tmp_path: Path, catalog: Catalog, rng: random.Random, figure: Figure
) -> None:
    laboratory = Laboratory(tmp_path / "data", catalog, people=CLIENTS, samples=SAMPLES)
    history, kills = History(), 0
    workers = [Worker(laboratory, person, history, rng.getrandbits(32)) for person in laboratory.people]
    while len(history) < OPERATIONS:
        goal = len(history) + rng.randint(1, 2 * BETWEEN_KILLS)
        with _racing(laboratory, workers):
            wait_until(partial(history.reached, goal), "so many operations")
        kills += 1
    owner = laboratory.people[0].badge
    first = Register("collected", owner, owner, THEATRE)
    found = [contradiction(history.of(code), first) for code in laboratory.codes]
    figure(
        "D7",
        f"{len(history):,} operations of {CLIENTS} programs on {SAMPLES} samples, {kills} kills, "
        f"{history.unknown} without an answer: {sum(one is not None for one in found)} contradictions",
    )
    assert found == [None] * SAMPLES
    assert laboratory.faults() == []
    _require_that_seeded_faults_are_found(history.of(laboratory.codes[0]), first, rng, figure)


def _require_that_seeded_faults_are_found(
    moments: list[Moment], first: Register, rng: random.Random, figure: Figure
) -> None:
    taken = Operation(number=-1, action="receive", person="nobody", place=THEATRE, answer=("ok",))
    read = Operation(number=-1, action="read", person="nobody", answer=("at", first.holder or "", THEATRE))
    for name, fault in (("lost update", taken), ("stale read", read)):
        made = [Moment(True, fault), Moment(False, fault)]
        found = sum(contradiction(seeded(moments, made, rng), first) is not None for _ in range(SEEDED))
        figure(f"D7, a {name} put in", f"found in {found} of {SEEDED} histories")
        assert found > SEEDED // 10  # the others were overwritten before anybody could see them
