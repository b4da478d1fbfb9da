"""D12: damaged backups are refused, a large one is restored and checked in time, and no scan waits for it."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.ledger_check import sequence, write
from labflow.catalog import Catalog
from labflow.foundation.backup_runs import BackupRun, last_backups
from labflow.foundation.database import Database, sqlite_url
from labflow.foundation.errors import LabError
from labflow.foundation.settings import Settings, load_settings
from labflow.ops import backup

from ..served import served
from ..support import ROOT
from .client import Client, Scan
from .conftest import Figure
from .figures import many
from .laboratory import Laboratory, Person
from .waiting import wait_until

DAMAGES = 50
ENTRIES = int(os.environ.get("FAULTS_ENTRIES", many(1_000_000, quick=20_000)))
LONGEST_BLOCK = 0.250  # seconds
RESTORE_MINUTES = 15
CLIENTS = 4
PAUSE = 0.1  # seconds between two scans of a client
IDLE_SECONDS = 10


def elsewhere(folder: Path) -> Settings:
    """A data folder that has no database yet."""
    return Settings(
        data=folder, database_url=sqlite_url(folder / "labflow.db"), secret_key="only for tests " * 3
    )


def test_of_fifty_damaged_backups_fifty_are_refused(
    tmp_path: Path, catalog: Catalog, rng: random.Random, figure: Figure
) -> None:
    laboratory = Laboratory(tmp_path / "data", catalog, samples=40)
    made = backup.make(Database(laboratory.url), tmp_path / "backups", now=datetime.now(UTC))
    whole, refused = made.path.read_bytes(), 0
    damaged, target = tmp_path / "damaged.tar.gz", elsewhere(tmp_path / "elsewhere")
    for number in range(DAMAGES):
        place = rng.randrange(len(whole))
        flipped = bytes([whole[place] ^ 1 << rng.randrange(8)])
        damaged.write_bytes(whole[:place] + (flipped + whole[place + 1 :] if number % 2 else b""))
        with pytest.raises(LabError, match=r"is damaged|is not a backup"):
            backup.restore(damaged, target, now=datetime.now(UTC))
        refused += 1
        assert not (target.data / "labflow.db").exists()
    backup.restore(made.path, target, now=datetime.now(UTC))
    figure("D12", f"{refused} of {DAMAGES} backups refused, cut or with one bit flipped at random places")


class Scanner:
    """One person's scans, one after the other with a pause; how long each took, and when it began."""

    def __init__(self, url: str, person: Person, code: str) -> None:
        self._client, self._code = Client(url, person), code
        self.took: list[tuple[float, float]] = []

    def scan(self, stop: threading.Event) -> None:
        number = 0
        while not stop.wait(PAUSE):
            began = time.monotonic()
            action = ("hand_over", "take")[number % 2]
            verdict = self._client.scan(Scan(code=self._code, action=action))
            self.took.append((began, time.monotonic() - began))
            assert verdict["verdict"] == "OK", verdict
            number += 1
        self._client.close()

    def between(self, start: float, end: float) -> list[float]:
        return [took for began, took in self.took if start <= began + took and began <= end]


@contextmanager
def scanning(url: str, laboratory: Laboratory) -> Iterator[list[Scanner]]:
    """People scan meanwhile."""
    stop = threading.Event()
    scanners = [Scanner(url, laboratory.people[0], code) for code in laboratory.codes]
    with ThreadPoolExecutor(len(scanners)) as hands:
        working = [hands.submit(scanner.scan, stop) for scanner in scanners]
        try:
            yield scanners
        finally:
            stop.set()
        for one in working:
            one.result(timeout=60)


def newest(database: Database) -> BackupRun | None:
    with database.reading() as session:
        return next(iter(last_backups(session, most=1)), None)


def ask_for(database: Database) -> None:
    with database.writing() as session:
        session.add(BackupRun(began_at=datetime.now(UTC)))


def configured(folder: Path, backups: Path) -> Path:
    """The demo laboratory's configuration with backups, each restored on trial."""
    file = folder / "laboratory.toml"
    plan = f'[backups]\nfolder = "{backups}"\ntest_every_days = 1\n\n'
    file.write_text(plan + (ROOT / "config.example.toml").read_text())
    return file


def measured(scanners: list[Scanner], start: float) -> tuple[float, float]:
    """The median and the longest of what took place since then, in seconds."""
    found = sorted(took for one in scanners for took in one.between(start, time.monotonic()))
    return found[len(found) // 2], found[-1]


def test_backup_trial_and_restore_of_a_large_laboratory_while_people_scan(
    tmp_path: Path, catalog: Catalog, figure: Figure
) -> None:
    laboratory = Laboratory(tmp_path / "data", catalog, samples=CLIENTS)
    database = Database(laboratory.url)
    write(database, ENTRIES)
    sequence(database, laboratory.data)
    config = configured(tmp_path, tmp_path / "backups")
    environment = {"LABFLOW_CONFIG": str(config)}
    with served(laboratory.data, environment=environment) as server:
        wait_until(lambda: (run := newest(database)) and run.tested_at, "the first backup", seconds=1800)
        with scanning(server.url, laboratory) as scanners:
            idle_from = time.monotonic()
            threading.Event().wait(IDLE_SECONDS)
            idle = measured(scanners, idle_from)
            began = time.monotonic()
            ask_for(database)
            wait_until(lambda: (run := newest(database)) and run.finished_at, "the backup", seconds=900)
            making = time.monotonic() - began
            while_made = measured(scanners, began)
            run = newest(database)
        assert run
        assert (run.fault, run.test_fault) == ("", "")
    began = time.monotonic()
    settings = replace(load_settings({}, data=tmp_path / "elsewhere"), config=None)
    restored = backup.restore(Path(run.path), settings, now=datetime.now(UTC))
    minutes = (time.monotonic() - began) / 60
    figure(
        "D12, size",
        f"{restored.checked.entries:,} entries ({run.size_bytes / 1e6:,.0f} MB): made in {making:.0f} s, "
        f"restored and checked in {minutes:.1f} min; scans meanwhile p50 {while_made[0] * 1000:.0f} ms, "
        f"longest {while_made[1] * 1000:.0f} ms (before: {idle[0] * 1000:.0f} and {idle[1] * 1000:.0f} ms)",
    )
    assert minutes <= RESTORE_MINUTES
    assert while_made[1] <= idle[1] + LONGEST_BLOCK
