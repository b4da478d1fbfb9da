"""A laboratory whose evidence was published, and what its check finds."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from labflow import ledger
from labflow.foundation.database import Database, sqlite_url
from labflow.migrations import upgrade
from labflow.ops.sequencer import Sequencer

ORIGIN = "lab.example/marrow"
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LATER = START + timedelta(days=5)
CHAINS, ROUNDS = 61, 9


def build(data: Path) -> Database:
    """A laboratory of 61 chains with nine entries each, which were published one after the other."""
    data.mkdir()
    url, rng = sqlite_url(data / "labflow.db"), random.Random(4)
    upgrade(url)
    db = Database(url)
    duty = Sequencer(db, data, origin=ORIGIN, new_seed=lambda: rng.randbytes(32))
    with db.writing() as session:
        ids = ledger.open_chains(session, [UUID(int=rng.getrandbits(128), version=4) for _ in range(CHAINS)])
    for number in range(ROUNDS):
        now = START + timedelta(hours=number)
        with db.writing() as session:
            found = ledger.ends(session, ids)
            made = [ledger.extend(found[one], _fact(rng, now), salt=rng.randbytes(16)) for one in ids]
            ledger.write(session, [row for row, _ in made], [end for _, end in made])
        duty.run(now=now)
    return db


def _fact(rng: random.Random, now: datetime) -> ledger.Fact:
    return ledger.Fact(
        event_id=UUID(int=rng.getrandbits(128), version=4),
        kind=rng.choice(["S38", "S40", "S43"]),
        actor=f"H{rng.randrange(9)}",
        station=rng.choice(["P1", "P2", None]),
        occurred_at=now,
        recorded_at=now,
        holder=f"H{rng.randrange(9)}",
        place=f"P{rng.randrange(9)}",
        payload={"read_by": "scanned", "note": f"n{rng.randrange(99)}"},
    )


def faults_of(data: Path) -> list[ledger.Fault]:
    """What `labflow ledger check` finds there."""
    db = Database(sqlite_url(data / "labflow.db"))
    with db.reading() as session:
        chains = ledger.check(session)
        logs = ledger.check_logs(session, data / "log", ledger.LogKeys(data).pinned(), now=LATER)
    db.close()
    return [*chains.faults, *logs.faults]
