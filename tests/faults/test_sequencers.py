"""L7: one log, however many sequencers there are and wherever they die: no gap, no entry twice, no fork."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from labflow.catalog import Catalog
from labflow.ledger import TreeHead

from ..conftest import BOTH_DATABASES
from .conftest import Figure
from .figures import many
from .laboratory import Laboratory
from .log_faults import faults_after_going_on, pinned_keys, published, unproven
from .waiting import wait_until

SEQUENCERS = 4
RACES = many(25, quick=3)
EVERY = many(1, quick=9)  # 1: a kill at each call
FIRST_ENTRIES = 230  # so that the rounds come across a full tile
FILES = ("openat", "write", "fsync", "rename", "unlink", "mkdir", "rmdir", "flock")
OF_DATABASE = {"sqlite": ("pwrite64", "ftruncate"), "postgresql": ("sendto", "recvfrom")}
# Runs rounds for ever, or one for each line that it is sent.
_PROGRAM = """
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from labflow.foundation.database import Database
from labflow.foundation.errors import Unavailable
from labflow.ops import sequencer
url, data, sequencer._LOCK_FILE, for_ever = sys.argv[1:]
one = sequencer.Sequencer(Database(url), Path(data))
print("ready", flush=True)
while for_ever or sys.stdin.readline():
    with suppress(Unavailable):
        one.run(now=datetime.now(UTC))
"""


@contextmanager
def sequencer(
    laboratory: Laboratory, *, lock: str = "log_lock", for_ever: str = ""
) -> Iterator[subprocess.Popen[str]]:
    """A sequencer in a process of its own, ready for its rounds."""
    words = [sys.executable, "-c", _PROGRAM, laboratory.url, str(laboratory.data), lock, for_ever]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.fixture(params=BOTH_DATABASES)
def laboratory(request: pytest.FixtureRequest, tmp_path: Path, catalog: Catalog) -> Laboratory:
    url = "" if request.param == "sqlite" else request.getfixturevalue("empty_postgresql_url")
    return Laboratory(tmp_path / "data", catalog, samples=FIRST_ENTRIES, url=url)


def test_sequencers_that_race_and_are_killed_write_one_log(
    laboratory: Laboratory, catalog: Catalog, rng: random.Random, figure: Figure
) -> None:
    # where the database is PostgreSQL it must keep them apart, as if they were on two machines
    locks = ["log_lock"] * SEQUENCERS if kind(laboratory) == "sqlite" else list("abcd")
    for _ in range(RACES):
        with ExitStack() as racing:
            for lock in locks:
                racing.enter_context(sequencer(laboratory, lock=lock, for_ever="yes"))
            laboratory.collect(catalog, rng.randint(10, 30))
            goal = len(laboratory.codes) - rng.randint(0, 10)
            wait_until(partial(is_published, laboratory, goal), f"{goal} entries in the log")
            seen = head(laboratory)
        assert unproven(laboratory.data, pinned_keys(laboratory.data), seen) == []
    assert faults(laboratory, seen) == []
    figure(
        f"L7, {kind(laboratory)}",
        f"{SEQUENCERS} racing sequencers, {RACES * SEQUENCERS} kills, {len(laboratory.codes)} entries: "
        "no gap, none twice, no fork",
    )


def test_a_sequencer_killed_at_any_call_leaves_one_log(
    laboratory: Laboratory, catalog: Catalog, figure: Figure
) -> None:
    kills = {call: kills_at(call, laboratory, catalog) for call in (*FILES, *OF_DATABASE[kind(laboratory)])}
    assert all(kills[call] for call in ("write", "fsync", "rename")), kills
    words = ", ".join(f"{number} {call}" for call, number in kills.items())
    figure(f"L7, {kind(laboratory)}, kill at each call", f"{sum(kills.values())} kills ({words}): one log")


def kills_at(call: str, laboratory: Laboratory, catalog: Catalog) -> int:
    """A round for the first call of this name, the second and so on, until one comes to its end."""
    number = 1
    while True:
        laboratory.collect(catalog, 3)
        seen = head(laboratory)
        was_killed = killed_at(call, number, laboratory)
        assert unproven(laboratory.data, pinned_keys(laboratory.data), seen) == [], (call, number)
        assert faults(laboratory, head(laboratory)) == [], (call, number)
        if not was_killed:
            return (number - 1) // EVERY
        number += EVERY


def killed_at(call: str, number: int, laboratory: Laboratory) -> bool:
    """One round under strace, which kills at the call with this number; False when there are fewer."""
    with sequencer(laboratory) as process:
        inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"]
        strace = ["strace", "-f", "-p", str(process.pid), "-o", "/dev/null", *inject]
        with subprocess.Popen(strace, stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr
            assert "attached" in tracer.stderr.readline()
            process.communicate("one round\n", timeout=60)
            tracer.communicate(timeout=60)
        assert process.returncode in (0, -9)
        return process.returncode != 0


def kind(laboratory: Laboratory) -> str:
    return laboratory.url.partition("+")[0].partition(":")[0]


def head(laboratory: Laboratory) -> TreeHead | None:
    """What everybody can see now."""
    return published(laboratory.data, pinned_keys(laboratory.data))


def is_published(laboratory: Laboratory, size: int) -> bool:
    found = head(laboratory)
    return found is not None and found.size >= size


def faults(laboratory: Laboratory, seen: TreeHead | None) -> list[str]:
    keys = pinned_keys(laboratory.data)
    return faults_after_going_on(laboratory.data, keys, seen, url=laboratory.url)
