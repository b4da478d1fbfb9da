"""D5: twenty people receive one tube at the same moment: one does, the others are told who did and when."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labflow.catalog import Catalog

from ..conftest import BOTH_DATABASES
from ..factories.cases import HATCH
from ..served import LiveServer, served
from .client import Client, Scan
from .conftest import Figure
from .figures import many
from .laboratory import Laboratory, Person

SAMPLES = many(100, quick=5)
RECEIVERS = 20


class Race:
    """Everybody waits until all are there, then receives the next sample."""

    def __init__(self, server: LiveServer, codes: list[str]) -> None:
        self._server, self._codes = server, codes
        self._start = threading.Barrier(RECEIVERS, timeout=60)

    def run(self, person: Person) -> list[dict[str, str]]:
        """The verdicts for each sample in turn."""
        client, verdicts = Client(self._server.url, person), []
        for code in self._codes:
            self._start.wait()
            verdicts.append(client.scan(Scan(code=code, action="receive", place=HATCH)))
        client.close()
        return verdicts


@pytest.mark.parametrize("kind", BOTH_DATABASES)
def test_of_twenty_who_receive_one_tube_one_does_and_the_others_learn_who(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, catalog: Catalog, figure: Figure
) -> None:
    url = "" if kind == "sqlite" else request.getfixturevalue("empty_postgresql_url")
    laboratory = Laboratory(tmp_path / "data", catalog, people=RECEIVERS, samples=SAMPLES, url=url)
    with (
        served(laboratory.data, environment=laboratory.environment) as server,
        ThreadPoolExecutor(RECEIVERS) as hands,
    ):
        races = list(hands.map(Race(server, laboratory.codes).run, laboratory.people))
    chains = laboratory.chains()
    for number, code in enumerate(laboratory.codes):
        verdicts = [race[number] for race in races]
        [winner] = [who for who, one in enumerate(verdicts) if one["verdict"] == "OK"]
        told = re.compile(rf"Received \d\d:\d\d by {laboratory.people[winner].name}")
        assert [one["verdict"] for one in verdicts].count("ALREADY") == RECEIVERS - 1
        assert all(told.fullmatch(one["title"]) for one in verdicts if one["verdict"] == "ALREADY"), verdicts
        assert [done.kind for done in chains[code]] == ["collected", "arrived"]
        assert chains[code][-1].holder == laboratory.people[winner].badge
    assert laboratory.faults() == []
    figure(f"D5, {kind}", f"{SAMPLES} samples, {RECEIVERS} receivers each: one success each, no other answer")
