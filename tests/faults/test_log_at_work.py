"""L1, L2: what was acknowledged is soon in the log, each entry with its proof; the log only grows."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import col, select

from labflow import ledger
from labflow.catalog import Catalog
from labflow.foundation.columns import table_of
from labflow.foundation.database import Database
from labflow.ledger import Checkpoint, Entry, LogFolder
from labflow.ledger.tables import Leaf
from labflow.ledger.tiles import ENTRIES, tiles_of
from labflow.ledger.tree import (
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
)

from ..served import LiveServer, served
from .client import Client
from .conftest import Figure
from .figures import many
from .laboratory import Laboratory
from .log_faults import pinned_keys, published
from .test_kills import Carrier
from .waiting import wait_until

SCANS = many(10_000, quick=600)
CLIENTS = 32
RANDOM_PAIRS = 200
LATEST_SECONDS = 10.0


class Watch:
    """When each size of the log was first seen in its folder."""

    def __init__(self, folder: LogFolder) -> None:
        self._folder, self._stop = folder, threading.Event()
        self.seen: list[tuple[int, datetime]] = []

    def look(self) -> None:
        while not self._stop.wait(0.05):
            size = self.size()
            if size > (self.seen[-1][0] if self.seen else 0):
                self.seen.append((size, datetime.now(UTC)))

    def size(self) -> int:
        note = self._folder.checkpoint()
        return ledger.parse_checkpoint(ledger.parse_note(note).text).size if note else 0

    @contextmanager
    def looking(self) -> Iterator[None]:
        with ThreadPoolExecutor(1) as eyes:
            eyes.submit(self.look)
            try:
                yield
            finally:
                self._stop.set()

    def published_at(self, leaf: int) -> datetime:
        return next(at for size, at in self.seen if size > leaf)


def carry(server: LiveServer, laboratory: Laboratory) -> int:
    """All carry at once until so many scans were acknowledged; how many those were."""
    answered = threading.Semaphore(0)
    carriers = [Carrier(laboratory.people[0], code, answered) for code in laboratory.codes]

    def until_enough(carrier: Carrier) -> None:
        client = Client(server.url, carrier.person)
        while len(carrier.acknowledged) < SCANS // CLIENTS + 1:
            carrier.step(client)
        client.close()

    with ThreadPoolExecutor(CLIENTS) as hands:
        list(hands.map(until_enough, carriers))
    return sum(len(carrier.acknowledged) for carrier in carriers)


def recorded_at(database: Database) -> dict[int, datetime]:
    """When each leaf's entry was recorded."""
    entries, leaves = table_of(Entry), table_of(Leaf)
    found = sa.select(leaves.c.leaf_index, entries.c.recorded_at).join(
        entries, entries.c.id == leaves.c.entry_id
    )
    with database.reading() as session:
        return {row.leaf_index: row.recorded_at for row in session.connection().execute(found)}


def unproved(folder: LogFolder, head: ledger.TreeHead) -> list[int]:
    """The leaves whose proof does not verify."""
    bundles = (tile for tile in tiles_of(head.size) if tile.level == ENTRIES)
    bodies = [body for tile in bundles for body in folder.entries(tile)]
    hash_at = folder.hash_at(head.size)
    return [
        leaf
        for leaf, body in enumerate(bodies)
        if not check_inclusion(
            leaf_hash(body), leaf, head.size, inclusion_proof(leaf, head.size, hash_at), head.root
        )
    ]


def inconsistent(database: Database, folder: LogFolder, size: int) -> tuple[int, list[tuple[int, int]]]:
    """How many pairs of checkpoints there were, all neighbours and some at random, and the wrong ones."""
    with database.reading() as session:
        found = session.exec(select(Checkpoint).order_by(col(Checkpoint.size)))
        kept = [(one.size, one.root) for one in found]
    rng, hash_at = random.Random(7), folder.hash_at(size)
    pairs = [*pairwise(kept), *(tuple(sorted(rng.sample(kept, 2))) for _ in range(RANDOM_PAIRS))]
    wrong = [
        (old, new)
        for (old, old_root), (new, root) in pairs
        if not check_consistency(old, new, consistency_proof(old, new, hash_at), old_root, root)
    ]
    return len(pairs), wrong


def test_every_acknowledged_scan_is_proved_within_seconds_and_the_log_only_grows(
    tmp_path: Path, catalog: Catalog, figure: Figure
) -> None:
    laboratory = Laboratory(tmp_path / "data", catalog, samples=CLIENTS)
    watch = Watch(folder := LogFolder(ledger.folder_of(laboratory.data, 1)))
    with served(laboratory.data, environment=laboratory.environment) as server, watch.looking():
        scans = carry(server, laboratory)
        wait_until(lambda: watch.seen and watch.seen[-1][0] >= scans + CLIENTS, "the last entry in the log")
    database = Database(laboratory.url)
    head = published(laboratory.data, pinned_keys(laboratory.data))
    assert head is not None
    late = [watch.published_at(leaf) - at for leaf, at in recorded_at(database).items() if leaf >= CLIENTS]
    seconds = sorted(delay.total_seconds() for delay in late)
    slow = seconds[len(seconds) * 99 // 100]
    pairs, wrong = inconsistent(database, folder, head.size)
    database.close()
    proved = head.size - len(unproved(folder, head))
    after = f"in the log after {slow:.1f} s (p99), {seconds[-1]:.1f} s at most"
    figure("L1", f"{proved:,}/{head.size:,} entries proved; {after}")
    figure("L2", f"{pairs:,} pairs of checkpoints, {len(wrong)} inconsistent")
    assert (head.size, proved, wrong) == (scans + CLIENTS, head.size, [])
    assert slow <= LATEST_SECONDS
