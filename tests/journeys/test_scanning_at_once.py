"""Scans that race: one scan sent fifty times, and twenty people who all receive one tube."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from labflow import ledger
from labflow.catalog import Catalog
from labflow.custody import CustodyKind
from labflow.foundation.database import Database
from labflow.journeys.scanning import Word

from ..conftest import MakeAct
from .scan_world import ScanWorld


@pytest.fixture
def world(database: Database, catalog: Catalog, make_act: MakeAct) -> ScanWorld:
    return ScanWorld(database, catalog, make_act)


def test_one_scan_sent_fifty_times_at_once_is_one_entry_and_one_answer(world: ScanWorld) -> None:
    world.play("take")
    one = world.next_scan(world.codes["s1"])
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: world.send([one]), range(50)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0].verdict == Word.OK
    assert world.kinds("s1") == [CustodyKind.COLLECTED, CustodyKind.TAKEN]


def test_of_twenty_scans_that_receive_one_tube_one_does(world: ScanWorld) -> None:
    world.play("@rita hatch receive")
    scans = [world.next_scan(world.codes["s1"]) for _ in range(20)]
    scans = [replace(one, occurred_at=world.at) for one in scans]
    with ThreadPoolExecutor(16) as pool:
        verdicts = [answer[0].verdict for answer in pool.map(lambda one: world.send([one]), scans)]
    assert sorted(verdicts) == sorted([Word.OK] + [Word.ALREADY] * 19)
    assert world.kinds("s1") == [CustodyKind.COLLECTED, CustodyKind.ARRIVED]
    with world.database.reading() as session:
        assert ledger.check(session).faults == ()
