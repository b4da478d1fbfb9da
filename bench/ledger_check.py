"""How long `labflow ledger check` takes for a million entries, and how long putting them into the log."""

from __future__ import annotations

import random
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from labflow import ledger
from labflow.foundation.database import Database, sqlite_url
from labflow.migrations import upgrade
from labflow.ops.sequencer import Sequencer

ENTRIES_A_CHAIN = 10
CHAINS_AT_ONCE = 2_000
START = datetime(2026, 1, 1, tzinfo=UTC)
PLACES = [f"P{number:08d}" for number in range(40)]
PEOPLE = [f"H{number:08d}" for number in range(60)]
KINDS = ["S38", "S39", "S40", "S41", "S42", "S43", "S48", "S49", "S50", "S51"]


def main(*, entries: int) -> int:
    """Prints the figures; exit code 1 when the check of a million entries takes longer than a minute."""
    with tempfile.TemporaryDirectory(prefix="labflow-ledger-") as folder:
        data = Path(folder)
        url = sqlite_url(data / "labflow.db")
        upgrade(url)
        db = Database(url)
        wrote = _timed(lambda: write(db, entries))
        print(f"{entries} entries written in {wrote:.1f} s")
        sequenced = _timed(lambda: sequence(db, data))
        print(f"... given their leaves and published in {sequenced:.1f} s")
        took = _timed(lambda: check(db, data))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"... checked in {took:.1f} s ({took / entries * 1e6:.0f} s for a million), peak {peak:.0f} MiB"
        )
        db.close()
    return 0 if took / entries * 1e6 <= 60 else 1


def _timed(act: object) -> float:
    began = time.monotonic()
    act()  # type: ignore[operator]
    return time.monotonic() - began


def write(db: Database, entries: int) -> None:
    """Chains that grow side by side, as those of a laboratory do."""
    rng = random.Random(1)
    for _ in range(0, entries, ENTRIES_A_CHAIN * CHAINS_AT_ONCE):
        with db.writing() as session:
            names = [UUID(int=rng.getrandbits(128), version=4) for _ in range(CHAINS_AT_ONCE)]
            ids = ledger.open_chains(session, names)
            ends = list(ledger.ends(session, ids).values())
            for number in range(ENTRIES_A_CHAIN):
                made = [ledger.extend(end, fact(rng, number), salt=rng.randbytes(16)) for end in ends]
                ends = [end for _, end in made]
                ledger.write(session, [row for row, _ in made], ends)


def fact(rng: random.Random, number: int) -> ledger.Fact:
    moment = START + timedelta(seconds=rng.randrange(20_000_000), microseconds=rng.randrange(1_000_000))
    return ledger.Fact(
        event_id=UUID(int=rng.getrandbits(128), version=4),
        kind=KINDS[number],
        actor=rng.choice(PEOPLE),
        station=rng.choice(PLACES),
        occurred_at=moment,
        recorded_at=moment,
        holder=rng.choice(PEOPLE),
        place=rng.choice(PLACES),
        payload={"read_by": "scanned", "condition": "as expected"},
    )


def sequence(db: Database, data: Path) -> None:
    duty = Sequencer(db, data)
    for _ in range(10_000):
        duty.run(now=datetime.now(UTC))
        if not duty.behind(now=datetime.now(UTC)):
            return


def check(db: Database, data: Path) -> None:
    with db.reading() as session:
        chains = ledger.check(session)
        keys = ledger.LogKeys(data).pinned()
        logs = ledger.check_logs(session, data / "log", keys, now=datetime.now(UTC))
    assert (*chains.faults, *logs.faults) == (), (*chains.faults, *logs.faults)
