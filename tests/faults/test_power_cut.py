"""D2: the power fails at any moment of a real run; whatever the disk forgot, no acknowledged scan is lost."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from labflow import ledger
from labflow.catalog import Catalog
from labflow.foundation.database import Database, sqlite_url

from ..served import LABFLOW, LiveServer, served
from .client import Client, Scan
from .conftest import Figure
from .disk import Disk
from .figures import many
from .laboratory import Laboratory, Person
from .trace import Event, events, strace, wait_for_the_end

CLIENTS = 4
SCANS_EACH = many(100, quick=15)
BETWEEN = many(400, quick=30)
# labflow with another setting of SQLite: the replay must find what this loses.
_CARELESS = """
import sys
from labflow.foundation import database
database._PRAGMAS = (*database._PRAGMAS, sys.argv.pop(1))
from labflow.cli import main
main(prog_name="labflow")
"""


def scan_on_end(server: LiveServer, person: Person, code: str, times: int) -> list[str]:
    """The event ids of this many scans, each acknowledged."""
    client, done = Client(server.url, person), []
    for action in itertools.islice(itertools.cycle(["hand_over", "take"]), times):
        scan = Scan(code=code, action=action)
        assert client.scan(scan)["verdict"] == "OK"
        done.append(scan.event_id)
    client.close()
    return done


def record(
    laboratory: Laboratory, base: Path, *, start: Sequence[str] = (LABFLOW,), times: int
) -> list[Event]:
    """What labflow did to its data folder and answered, while four programs scanned."""
    shutil.copytree(laboratory.data, base)
    log = laboratory.data.with_suffix(".strace")
    with (
        served(laboratory.data, start=[*strace(log), *start]) as server,
        ThreadPoolExecutor(CLIENTS) as hands,
    ):
        person, codes = laboratory.people[0], laboratory.codes
        work = [hands.submit(scan_on_end, server, person, code, times) for code in codes]
        acknowledged = {event_id for one in work for event_id in one.result()}
    wait_for_the_end(log, server.process.pid)
    found = events(log, laboratory.data)
    assert {event_id for event in found for event_id in answered(event)} == acknowledged
    log.unlink()
    return found


def answered(event: Event) -> list[str]:
    """The event ids of the scans that this answer says are done."""
    start = event.data.find(b'{"verdicts":') if event.kind == "send" else -1
    told = json.loads(event.data[start:])["verdicts"] if start >= 0 else []
    return [one["event_id"] for one in told if one["verdict"] == "OK"]


def cuts(
    recorded: Sequence[Event], disk: Disk, scratch: Path, rng: random.Random, *, between: int
) -> Iterator[tuple[Path, set[str]]]:
    """What the disk may hold after each answer and at moments between, with all that was answered by then."""
    acknowledged: set[str] = set()
    chosen = set(rng.sample(range(len(recorded)), min(between, len(recorded))))
    for number, event in enumerate(recorded):
        disk.happen(event)
        new = answered(event)
        acknowledged |= set(new)
        for luck in [None, rng] if new else [rng] if number in chosen else []:
            target = scratch / "cut"
            target.mkdir()
            disk.cut(target, luck)
            yield target, acknowledged
            shutil.rmtree(target)


def losses(folder: Path, acknowledged: set[str]) -> tuple[int, list[str]]:
    """How many acknowledged scans are not there, and what is broken."""
    path = folder / "labflow.db"
    connection = sqlite.connect(path)
    [verdict] = connection.execute("PRAGMA integrity_check").fetchone()
    stored = {event_id for (event_id,) in connection.execute("SELECT event_id FROM entries")}
    connection.close()
    database = Database(sqlite_url(path))
    with database.reading() as session:
        broken = [str(fault) for fault in ledger.check(session).faults]
    database.close()
    lost = {event_id.replace("-", "") for event_id in acknowledged} - stored
    return len(lost), broken + ([] if verdict == "ok" else [verdict])


@pytest.fixture
def laboratory(tmp_path: Path, catalog: Catalog) -> Laboratory:
    return Laboratory(tmp_path / "data", catalog, samples=CLIENTS)


def test_no_acknowledged_scan_is_lost_wherever_the_power_fails(
    laboratory: Laboratory, tmp_path: Path, rng: random.Random, figure: Figure
) -> None:
    recorded = record(laboratory, tmp_path / "base", times=SCANS_EACH)
    disk = Disk(laboratory.data, tmp_path / "base")
    points, lost, broken = 0, 0, list[str]()
    for folder, acknowledged in cuts(recorded, disk, tmp_path, rng, between=BETWEEN):
        points += 1
        missing, faults = losses(folder, acknowledged)
        lost, broken = lost + missing, broken + faults
    words = f"{points:,} power cuts in {CLIENTS * SCANS_EACH} acknowledged scans, {len(recorded):,} calls"
    figure("D2", f"{words}: {lost} lost, {len(broken)} broken")
    assert (lost, broken) == (0, [])


@pytest.mark.parametrize("setting", ["synchronous=NORMAL", "synchronous=OFF"])
def test_the_replay_finds_what_a_careless_setting_loses(
    laboratory: Laboratory, tmp_path: Path, rng: random.Random, figure: Figure, setting: str
) -> None:
    start = [sys.executable, "-c", _CARELESS, setting]
    recorded = record(laboratory, tmp_path / "base", start=start, times=5)
    disk, points, losing = Disk(laboratory.data, tmp_path / "base"), 0, 0
    for folder, acknowledged in cuts(recorded, disk, tmp_path, rng, between=0):
        points += 1
        missing, _ = losses(folder, acknowledged)
        losing += missing > 0
    figure(f"D2, {setting}", f"the replay finds acknowledged scans lost at {losing} of {points} power cuts")
    assert losing >= points // 2
