"""Giving entries their place in the log: indexes count 0, 1, 2 … without a hole, each given once, for good.

An entry's row id is not its index: ids have holes, and PostgreSQL commits them out of order. Entries get
their indexes when they are seen, those of a chain in the order of their numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from ..foundation.columns import table_of
from ..foundation.database import Database
from .chain import EMPTY_HEAD
from .tables import Chain, Checkpoint, Entry, Leaf, Log
from .tree import leaf_hash

_ENTRIES, _LEAVES, _CHAINS = table_of(Entry), table_of(Leaf), table_of(Chain)
_BEFORE, _LEAF_BEFORE = _ENTRIES.alias("before"), _LEAVES.alias("leaf_before")
_HAS_NO_LEAF = ~sa.exists().where(_LEAVES.c.entry_id == _ENTRIES.c.id)
_SEQUENCER_LOCK = 7_236_021_962  # any number, the same in every labflow


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An entry without a leaf, with the hash and the leaf index of the entry before it, if it has one."""

    id: int
    chain_id: int
    name: UUID
    number: int
    recorded_at: datetime
    body: bytes
    leaf_hash: bytes
    hash_before: bytes | None
    index_before: int | None

    @property
    def fits(self) -> bool:
        """Whether its bytes are those that were hashed, and go on from the entry before it."""
        if leaf_hash(self.body) != self.leaf_hash or (self.hash_before is None) != (self.number == 1):
            return False
        try:
            told = json.loads(self.body)
            found = (told["container"], told["cseq"], told["prev"])
        except (ValueError, KeyError, TypeError):
            return False
        return bool(found == (str(self.name), self.number, (self.hash_before or EMPTY_HEAD).hex()))


@contextmanager
def only_sequencer(db: Database) -> Iterator[bool]:
    """Whether no other machine sequences now, and none will meanwhile: PostgreSQL keeps the lock.

    SQLite has one process, see `foundation.one_process`.
    """
    if db.dialect == "sqlite":
        yield True
        return
    lock = {"lock": _SEQUENCER_LOCK}
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = connection.execute(sa.text("SELECT pg_try_advisory_lock(:lock)"), lock).scalar_one()
        try:
            yield bool(mine)
        finally:
            if mine:
                connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), lock)


def last_log(session: Session) -> Log | None:
    """The log that goes on; None before the first."""
    return session.exec(select(Log).order_by(col(Log.id).desc()).limit(1)).first()


def all_logs(session: Session) -> Sequence[Log]:
    """Every log of this laboratory, the oldest first."""
    return session.exec(select(Log).order_by(col(Log.id))).all()


def add_log(session: Session, *, origin: str, verifier_key: str, now: datetime) -> Log:
    """A new log, which goes on from now."""
    last = last_log(session)
    log = Log(id=last.id + 1 if last else 1, origin=origin, verifier_key=verifier_key, opened_at=now)
    session.add(log)
    session.flush()
    return log


def name_key(session: Session, log_id: int, verifier_key: str) -> None:
    """This key signs the log from now on."""
    session.get_one(Log, log_id).verifier_key = verifier_key


def count(session: Session) -> int:
    """How many entries and leaves there are."""
    tables = (sa.select(sa.func.count()).select_from(table) for table in (_ENTRIES, _LEAVES))
    return sum(session.connection().execute(table).scalar_one() for table in tables)


def leaves_of(session: Session, log_id: int) -> int:
    """How many leaves a log has, which is also the next index."""
    last = sa.select(sa.func.max(_LEAVES.c.leaf_index)).where(_LEAVES.c.log_id == log_id)
    index = session.connection().execute(last).scalar()
    return 0 if index is None else index + 1


def waiting(session: Session, *, after_id: int, limit: int) -> list[Waiting]:
    """The first entries with a row id above `after_id` that have no leaf, by row id."""
    rows = session.connection().execute(_WAITING, {"after_id": after_id, "limit": limit})
    return [Waiting(**row._mapping) for row in rows]


_WAITING = (
    sa.select(
        *_ENTRIES.c["id", "chain_id", "number", "recorded_at", "body", "leaf_hash"],
        _CHAINS.c.name,
        _BEFORE.c.leaf_hash.label("hash_before"),
        _LEAF_BEFORE.c.leaf_index.label("index_before"),
    )
    .select_from(_ENTRIES)
    .join(_CHAINS, _CHAINS.c.id == _ENTRIES.c.chain_id)
    .outerjoin(
        _BEFORE, (_BEFORE.c.chain_id == _ENTRIES.c.chain_id) & (_BEFORE.c.number == _ENTRIES.c.number - 1)
    )
    .outerjoin(_LEAF_BEFORE, _LEAF_BEFORE.c.entry_id == _BEFORE.c.id)
    .where(_ENTRIES.c.id > sa.bindparam("after_id"), _HAS_NO_LEAF)
    .order_by(_ENTRIES.c.id)
    .limit(sa.bindparam("limit"))
)


def oldest_waiting(session: Session, *, after_id: int) -> datetime | None:
    """When the oldest entry above `after_id` without a leaf was recorded; None when none waits."""
    oldest = sa.select(sa.func.min(_ENTRIES.c.recorded_at)).where(_ENTRIES.c.id > after_id, _HAS_NO_LEAF)
    found: datetime | None = session.connection().execute(oldest).scalar()
    return found


def last_id(session: Session, *, before: datetime, after_id: int) -> int:
    """The largest row id above `after_id` of an entry recorded `before` then; else `after_id`."""
    largest = sa.select(sa.func.max(_ENTRIES.c.id)).where(
        _ENTRIES.c.id > after_id, _ENTRIES.c.recorded_at < before
    )
    return session.connection().execute(largest).scalar() or after_id


def fitting(entries: Sequence[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
    """Those that get a leaf, by number and row id, and the first one of each chain that does not fit it."""
    taken: list[Waiting] = []
    refused: dict[int, Waiting] = {}
    last_taken: dict[int, int] = {}
    for entry in sorted(entries, key=lambda entry: (entry.number, entry.id)):
        follows = (
            entry.number == 1
            or entry.index_before is not None
            or last_taken.get(entry.chain_id) == entry.number - 1
        )
        if entry.chain_id in refused or not follows or not entry.fits:
            refused.setdefault(entry.chain_id, entry)
            continue
        last_taken[entry.chain_id] = entry.number
        taken.append(entry)
    return taken, list(refused.values())


def give_leaves(session: Session, log_id: int, entries: Sequence[Waiting], *, first: int) -> None:
    """Gives these entries the indexes from `first` on; UNIQUE refuses to give an index, or a leaf, twice."""
    rows = [
        {"log_id": log_id, "leaf_index": index, "entry_id": entry.id}
        for index, entry in enumerate(entries, start=first)
    ]
    session.connection().execute(sa.insert(_LEAVES), rows)


def bodies(session: Session, log_id: int, start: int, end: int) -> list[bytes]:
    """The bytes of a log's entries from leaf `start` up to, without, leaf `end`."""
    wanted = (
        sa.select(_ENTRIES.c.body)
        .join(_LEAVES, _LEAVES.c.entry_id == _ENTRIES.c.id)
        .where(_LEAVES.c.log_id == log_id, _LEAVES.c.leaf_index >= start, _LEAVES.c.leaf_index < end)
        .order_by(_LEAVES.c.leaf_index)
    )
    return list(session.connection().execute(wanted).scalars())


def last_checkpoint(session: Session, log_id: int) -> Checkpoint | None:
    """The newest checkpoint that this log signed; None before the first."""
    newest = select(Checkpoint).where(Checkpoint.log_id == log_id).order_by(col(Checkpoint.size).desc())
    return session.exec(newest.limit(1)).first()


def checkpoint_of_size(session: Session, log_id: int, size: int) -> Checkpoint | None:
    """What this log signed when it had `size` leaves."""
    return session.get(Checkpoint, (log_id, size))
