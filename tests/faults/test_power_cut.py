"""D2: the power fails at any moment of a real run; whatever the disk forgot, no acknowledged scan is lost."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from labflow import ledger
from labflow.catalog import Catalog
from labflow.foundation.database import Database, sqlite_url
from labflow.ledger import Verifier

from ..served import LABFLOW, LiveServer, served
from .client import Client, Scan
from .conftest import Figure
from .disk import Disk
from .figures import many
from .laboratory import Laboratory, Person
from .log_faults import faults_after_going_on, pinned_keys, unproven
from .trace import Event, events, strace, wait_for_the_end

CHECKPOINT = "log/checkpoint"
CLIENTS = 4
SCANS_EACH = many(100, quick=15)
BETWEEN = many(400, quick=30)
# labflow with one thing left out: the replay must find what this loses.
_CARELESS_DATABASE = "from labflow.foundation import engines; engines._PRAGMAS += ('synchronous={}',)"
_CARELESS_LOG = "import os; os.fsync = lambda descriptor: None"
_CARELESS = """
{}
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


@dataclass(frozen=True)
class Cut:
    """What a power cut left in `folder`, the scans answered by then, and the note published last."""

    folder: Path
    acknowledged: set[str]
    note: bytes | None


def cuts(
    recorded: Sequence[Event], disk: Disk, scratch: Path, rng: random.Random, *, between: int
) -> Iterator[Cut]:
    """What the disk may hold after each answer, after each step of the log, and at moments between."""
    acknowledged: set[str] = set()
    chosen = set(rng.sample(range(len(recorded)), min(between, len(recorded))))
    for number, event in enumerate(recorded):
        disk.happen(event)
        new = answered(event)
        acknowledged |= set(new)
        matters = new or "/log" in event.path.removeprefix(str(disk.folder))
        for luck in [None, rng] if matters else [rng] if number in chosen else []:
            target = scratch / "cut"
            target.mkdir()
            disk.cut(target, luck)
            yield Cut(target, acknowledged, disk.visible(CHECKPOINT))
            shutil.rmtree(target)


def losses(cut: Cut) -> tuple[int, list[str]]:
    """How many acknowledged scans are not there, and what is broken in the database."""
    path = cut.folder / "labflow.db"
    connection = sqlite.connect(path)
    [verdict] = connection.execute("PRAGMA integrity_check").fetchone()
    stored = {event_id for (event_id,) in connection.execute("SELECT event_id FROM entries")}
    connection.close()
    database = Database(sqlite_url(path))
    with database.reading() as session:
        broken = [str(fault) for fault in ledger.check(session).faults]
    database.close()
    lost = {event_id.replace("-", "") for event_id in cut.acknowledged} - stored
    return len(lost), broken + ([] if verdict == "ok" else [verdict])


@pytest.fixture
def laboratory(tmp_path: Path, catalog: Catalog) -> Laboratory:
    return Laboratory(tmp_path / "data", catalog, samples=CLIENTS)


def test_no_acknowledged_scan_is_lost_wherever_the_power_fails(
    laboratory: Laboratory, tmp_path: Path, rng: random.Random, figure: Figure
) -> None:
    recorded = record(laboratory, tmp_path / "base", times=SCANS_EACH)
    disk = Disk(laboratory.data, tmp_path / "base")
    keys = pinned_keys(laboratory.data)
    points, notes, lost, broken, unsound = 0, set[bytes](), 0, list[str](), list[str]()
    for cut in cuts(recorded, disk, tmp_path, rng, between=BETWEEN):
        points, notes = points + 1, notes | {cut.note or b""}
        missing, faults = losses(cut)
        lost, broken = lost + missing, broken + faults
        unsound += log_faults(cut, keys)
    words = f"{points:,} power cuts in {CLIENTS * SCANS_EACH} acknowledged scans, {len(recorded):,} calls"
    figure("D2", f"{words}: {lost} lost, {len(broken)} broken")
    figure("D2, log", f"{len(notes) - 1} checkpoints published meanwhile: {len(unsound)} unsound or forked")
    assert (lost, broken, unsound) == (0, [], [])


def log_faults(cut: Cut, keys: list[Verifier]) -> list[str]:
    """What is wrong with the log as the disk has it, and what the sequencer makes of it."""
    seen = ledger.open_checkpoint(cut.note.decode(), keys, origin=keys[0].name) if cut.note else None
    return [*unproven(cut.folder, keys), *faults_after_going_on(cut.folder, keys, seen)]


@pytest.mark.parametrize("setting", ["NORMAL", "OFF"])
def test_the_replay_finds_what_a_careless_setting_loses(
    laboratory: Laboratory, tmp_path: Path, rng: random.Random, figure: Figure, setting: str
) -> None:
    recorded = record(
        laboratory, tmp_path / "base", start=careless(_CARELESS_DATABASE.format(setting)), times=5
    )
    disk, points, losing = Disk(laboratory.data, tmp_path / "base"), 0, 0
    for cut in cuts(recorded, disk, tmp_path, rng, between=0):
        points += 1
        missing, _ = losses(cut)
        losing += missing > 0
    figure(
        f"D2, synchronous={setting}",
        f"the replay finds acknowledged scans lost at {losing} of {points} power cuts",
    )
    assert losing >= points // 2


def test_the_replay_finds_a_log_that_does_not_wait_for_the_disk(
    laboratory: Laboratory, tmp_path: Path, rng: random.Random, figure: Figure
) -> None:
    recorded = record(laboratory, tmp_path / "base", start=careless(_CARELESS_LOG), times=5)
    disk, keys = Disk(laboratory.data, tmp_path / "base"), pinned_keys(laboratory.data)
    faults = [log_faults(cut, keys) for cut in cuts(recorded, disk, tmp_path, rng, between=0)]
    found = sum(map(bool, faults))
    figure(
        "D2, log without fsync",
        f"the replay finds it unsound or forked at {found} of {len(faults)} power cuts",
    )
    assert found


def careless(change: str) -> list[str]:
    """What starts labflow with this change."""
    return [sys.executable, "-c", _CARELESS.format(change)]
