"""D10: the disk fills up in mid-run: labflow refuses in plain words, still reads, and recovers by itself."""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from labflow.catalog import Catalog
from labflow.foundation.alarms import standing_alarms
from labflow.foundation.database import Database

from ..served import served
from ..support import absent
from .client import Client, Scan
from .conftest import Figure
from .figures import many
from .laboratory import Laboratory, Person
from .waiting import wait_until

MEGABYTE = 1_048_576
DISK = 40 * MEGABYTE
CLIENTS = 4
ROUNDS = many(3, quick=1)
ACKNOWLEDGED = 50
PATIENCE = 0.02  # seconds between two tries of a refused program
ALARM_SECONDS = 60


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own for the data folder."""
    if os.geteuid() != 0:
        absent("only root may mount a small disk", unless="LABFLOW_REQUIRE_ROOT")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "labflow-test", disk], check=True)
    yield disk
    subprocess.run(["umount", disk], check=True)


class Ballast:
    """A file that takes up the room."""

    def __init__(self, disk: Path) -> None:
        self._disk, self._path = disk, disk / "ballast"

    def leave_free(self, share: float) -> None:
        usage = os.statvfs(self._disk)
        spare = int(usage.f_bavail - share * usage.f_blocks) * usage.f_frsize
        with suppress(OSError), self._path.open("ab") as file:  # others take some of the room, too
            file.write(bytes(max(0, spare)))

    def throw_out(self) -> None:
        self._path.unlink()


@dataclass
class Carrier:
    """Scans for ever; what is refused is sent again until it is done."""

    person: Person
    code: str
    stop: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    refused: list[tuple[int, Any]] = field(default_factory=list)

    def carry(self, url: str) -> None:
        client = Client(url, self.person)
        for action in itertools.cycle(["hand_over", "take"]):
            scan = Scan(code=self.code, action=action)
            while not self.stop.is_set():
                status, answer = client.ask("POST", "/api/v1/scans", scan.body)
                if status == 200:
                    assert answer["verdicts"][0]["verdict"] == "OK", answer
                    self.acknowledged.append(scan.event_id)
                    break
                self.refused.append((status, answer))
                self.stop.wait(PATIENCE)
            if self.stop.is_set():
                break
        client.close()

    def goes_on(self) -> None:
        """Waits for more scans to be done."""
        goal = len(self.acknowledged) + ACKNOWLEDGED
        wait_until(lambda: len(self.acknowledged) >= goal, "the next scans")

    def is_refused(self) -> None:
        goal = len(self.refused) + 3
        wait_until(lambda: len(self.refused) >= goal, "a refusal")


def alarms(laboratory: Laboratory) -> list[str]:
    database = Database(laboratory.url)
    with database.reading() as session:
        found = [alarm.code for alarm in standing_alarms(session)]
    database.close()
    return found


def fill_and_free(ballast: Ballast, carriers: list[Carrier], reader: Client) -> float:
    """Full in mid-run, and free again; the seconds until all go on."""
    for carrier in carriers:
        carrier.goes_on()
    ballast.leave_free(0)
    for carrier in carriers:
        carrier.is_refused()
        assert reader.position(carrier.code)["since"]
    wait_until(lambda: reader.ask("GET", "/readyz")[0] == 503, "/readyz saying no")
    ballast.throw_out()
    began = time.monotonic()
    for carrier in carriers:
        carrier.goes_on()
    took = time.monotonic() - began
    wait_until(lambda: reader.ask("GET", "/readyz")[0] == 200, "/readyz saying yes")
    return took


def test_a_full_disk_is_told_plainly_and_loses_nothing(
    small_disk: Path, catalog: Catalog, figure: Figure
) -> None:
    laboratory = Laboratory(small_disk / "data", catalog, samples=CLIENTS)
    ballast, stop = Ballast(small_disk), threading.Event()
    carriers = [Carrier(laboratory.people[0], code, stop) for code in laboratory.codes]
    with served(laboratory.data) as server, ThreadPoolExecutor(CLIENTS) as hands:
        reader = Client(server.url, laboratory.people[0])
        working = [hands.submit(carrier.carry, server.url) for carrier in carriers]
        try:
            took = [fill_and_free(ballast, carriers, reader) for _ in range(ROUNDS)]
        finally:
            stop.set()
        for one in working:
            one.result(timeout=60)
        reader.close()
    chains = laboratory.chains()
    for carrier in carriers:
        assert [done.event_id for done in chains[carrier.code][1:]] == carrier.acknowledged
    assert laboratory.faults() == []
    refused = [answer for carrier in carriers for answer in carrier.refused]
    assert {status for status, _ in refused} <= {503, 507}
    assert {status for status, _ in refused} >= {507}
    assert all("disk" in answer["title"] for status, answer in refused if status == 507)
    acknowledged = sum(len(carrier.acknowledged) for carrier in carriers)
    figure(
        "D10",
        f"disk full {ROUNDS} times in {acknowledged:,} acknowledged scans: {len(refused):,} refused, "
        f"reads go on, 0 lost, all go on {max(took):.1f} s after there was room (slowest)",
    )


def test_an_alarm_stands_while_less_than_a_tenth_of_the_disk_is_free(
    small_disk: Path, catalog: Catalog, figure: Figure
) -> None:
    laboratory = Laboratory(small_disk / "data", catalog)
    ballast = Ballast(small_disk)
    with served(laboratory.data):
        assert alarms(laboratory) == []
        ballast.leave_free(0.08)
        raised = wait_until(lambda: alarms(laboratory), "the alarm", seconds=ALARM_SECONDS)
        assert alarms(laboratory) == ["disk-nearly-full"]
        ballast.throw_out()
        settled = wait_until(lambda: not alarms(laboratory), "its end", seconds=ALARM_SECONDS)
    figure(
        "D10, alarm", f"raised {raised:.0f} s after 92 % were used, settled {settled:.0f} s after it was over"
    )
