"""deploy/litestream: what was acknowledged a little before a kill of everything is in the continuous copy."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite

from labflow.catalog import Catalog
from labflow.foundation.database import sqlite_url

from ..served import kill, served
from ..support import ROOT
from .client import Client, NoAnswer, Scan
from .conftest import Figure
from .figures import many
from .laboratory import Laboratory, Person
from .waiting import wait_until

LITESTREAM = str(Path(sys.executable).with_name("litestream"))
CONFIG = ROOT / "deploy" / "litestream" / "litestream.yml"
INTERVALS = 2.0  # seconds: that of looking and that of writing away, as the configuration says
BUSY = 1.0  # seconds that a busy computer may take to do it
ROUNDS = many(5, quick=2)
CLIENTS = 4
ACKNOWLEDGED = many(500, quick=150)


@dataclass
class Carrier:
    """Scans until the server is gone; notes when each scan was acknowledged."""

    person: Person
    code: str
    actions: Iterator[str] = field(default_factory=lambda: itertools.cycle(["hand_over", "take"]))
    acknowledged: list[tuple[str, float]] = field(default_factory=list)

    def carry(self, url: str) -> None:
        client = Client(url, self.person)
        try:
            while True:
                scan = Scan(code=self.code, action=next(self.actions))
                verdict = client.scan(scan)["verdict"]
                assert verdict in ("OK", "ALREADY")  # the scan that the last kill cut off may be done
                if verdict == "OK":
                    self.acknowledged.append((scan.event_id, time.monotonic()))
        except NoAnswer:
            client.close()


@contextmanager
def copied(laboratory: Laboratory, copy: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Litestream as the recipe starts it, killed at the end."""
    with (
        copy.with_suffix(".log").open("ab") as log,
        subprocess.Popen(
            [LITESTREAM, "replicate", "-config", CONFIG],
            env=environment(laboratory, copy),
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def environment(laboratory: Laboratory, copy: Path) -> dict[str, str]:
    return {**os.environ, "LABFLOW_DATA": str(laboratory.data), "LABFLOW_COPY": str(copy)}


def scan_until_killed(laboratory: Laboratory, copy: Path) -> tuple[list[Carrier], float]:
    """The carriers, and when everything was killed at once."""
    carriers = [Carrier(laboratory.people[0], code) for code in laboratory.codes]
    with (
        served(laboratory.data) as server,
        copied(laboratory, copy) as litestream,
        ThreadPoolExecutor(CLIENTS) as hands,
    ):
        working = [hands.submit(carrier.carry, server.url) for carrier in carriers]
        began = time.monotonic()
        wait_until(
            lambda: (
                sum(len(one.acknowledged) for one in carriers) >= ACKNOWLEDGED
                and time.monotonic() - began > 2 * (INTERVALS + BUSY)
            ),
            "enough scans",
        )
        litestream.kill()
        killed = time.monotonic()
        kill(server)
        for one in working:
            one.result(timeout=60)
    return carriers, killed


def restored(laboratory: Laboratory, copy: Path, target: Path) -> Path:
    """The database out of the copy, as docs/operations.md says."""
    target.mkdir(mode=0o700)
    file = target / "labflow.db"
    database = str(laboratory.data / "labflow.db")
    command = [LITESTREAM, "restore", "-config", str(CONFIG), "-o", str(file), database]
    subprocess.run(command, env=environment(laboratory, copy), check=True, capture_output=True)
    return file


def test_what_was_acknowledged_before_the_last_interval_is_in_the_copy(
    tmp_path: Path, catalog: Catalog, figure: Figure
) -> None:
    laboratory, copy = Laboratory(tmp_path / "data", catalog, samples=CLIENTS), tmp_path / "copy"
    total, ages = 0, [0.0]
    for number in range(ROUNDS):
        carriers, killed = scan_until_killed(laboratory, copy)
        file = restored(laboratory, copy, tmp_path / f"restored-{number}")
        with closing(sqlite.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        laboratory.url = sqlite_url(file)
        assert laboratory.faults() == []
        there = {done.event_id for chain in laboratory.chains().values() for done in chain}
        total += sum(len(carrier.acknowledged) for carrier in carriers)
        ages += [
            killed - at for carrier in carriers for event, at in carrier.acknowledged if event not in there
        ]
    figure(
        "Continuous copy",
        f"{ROUNDS} kills of server and Litestream, {total:,} acknowledged scans: the oldest that the copy "
        f"lacked was {max(ages):.1f} s old; integrity and ledger sound each time",
    )
    assert max(ages) <= INTERVALS + BUSY
