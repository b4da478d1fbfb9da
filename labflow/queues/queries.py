"""Reads of the queues. Every read of open entries is covered by a partial index on what is open."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from .. import orders, samples
from ..catalog import Urgency
from ..foundation.lifecycle import words
from ..orders import OrderedTest
from ..samples import Sample
from .tables import QueueCount, QueueEntry, StepRecord
from .work import URGENCY_RANK, ChooseTest, NothingWaiting, UnusableSample, Work, WorkState

# The place of an entry in the order of work: urgency rank, viable until, due at, row.
Key = tuple[int, datetime, datetime, int]
_TABLE: sa.Table = QueueEntry.__table__  # type: ignore[attr-defined]  # SQLModel adds it
_OPEN = col(QueueEntry.left_at).is_(None)
_KEY: tuple[sa.ColumnElement[Any], ...] = (
    _TABLE.c.urgency_rank,
    _TABLE.c.viable_until,
    _TABLE.c.due_at,
    _TABLE.c.id,
)


@dataclass(frozen=True, kw_only=True)
class PageFilter:
    """Which entries of a queue a person wants to see; nothing set shows all."""

    state: WorkState | None = None
    urgency: Urgency | None = None
    taken_by: int | None = None


def page(
    session: Session, queue: str, after: Key | None, limit: int, filters: PageFilter
) -> list[QueueEntry]:
    """The next entries of a queue in the order of work, after the given place."""
    found = select(QueueEntry).where(QueueEntry.queue == queue, _OPEN, *_conditions(filters))
    if after is not None:
        # typed parameters: the columns store times their own way
        place = [sa.literal(value, column.type) for value, column in zip(after, _KEY, strict=True)]
        found = found.where(sa.tuple_(*_KEY) > sa.tuple_(*place))
    return list(session.exec(found.order_by(*_KEY).limit(limit)))


def key_of(entry: QueueEntry) -> Key:
    """Where the entry stands in the order of work."""
    return entry.urgency_rank, entry.viable_until, entry.due_at, entry.id


def to_start_by(session: Session, queue_codes: Collection[str], until: datetime) -> list[QueueEntry]:
    """The open entries of these queues whose sample is viable until then or less, and that nobody began."""
    near = select(QueueEntry).where(
        col(QueueEntry.queue).in_(queue_codes),
        col(QueueEntry.urgency_rank).in_(URGENCY_RANK.values()),
        QueueEntry.viable_until <= until,
        _OPEN,
        col(QueueEntry.taken_at).is_(None),
        QueueEntry.next_step == 0,
    )
    return list(session.exec(near))


def counts(session: Session) -> dict[str, int]:
    """How many entries each queue holds open, from the kept counters."""
    return {row.queue: row.open for row in session.exec(select(QueueCount))}


def open_entries_of_sample(session: Session, sample_id: int) -> list[QueueEntry]:
    """The open entries that wait with this sample."""
    return list(session.exec(select(QueueEntry).where(QueueEntry.sample_id == sample_id, _OPEN)))


def open_entries_of_tests(session: Session, ordered_test_ids: Sequence[int]) -> dict[int, QueueEntry]:
    """The open entries of these tests, by test."""
    found = select(QueueEntry).where(col(QueueEntry.ordered_test_id).in_(ordered_test_ids), _OPEN)
    return {entry.ordered_test_id: entry for entry in session.exec(found)}


def entries_of_tests(session: Session, ordered_test_ids: Sequence[int]) -> dict[int, list[QueueEntry]]:
    """All entries of these tests, closed ones too, by test, the oldest first."""
    found = select(QueueEntry).where(col(QueueEntry.ordered_test_id).in_(ordered_test_ids))
    by_test: dict[int, list[QueueEntry]] = {}
    for entry in session.exec(found.order_by(col(QueueEntry.id))):
        by_test.setdefault(entry.ordered_test_id, []).append(entry)
    return by_test


def work_of_test(session: Session, ordered_test_id: int) -> Work | None:
    """The open work on one test, locked until the transaction ends."""
    found = _works(session, QueueEntry.ordered_test_id == ordered_test_id)
    return found[0] if found else None


def work_on(session: Session, sample: Sample, *, test_code: str, lock: bool = True) -> Work:
    """The open work on this sample for the test of this code; locked where it is to be changed.

    Raises NothingWaiting, ChooseTest (both sides of one test) or UnusableSample.
    """
    found = _works(session, _of(session, sample), OrderedTest.test_code == test_code, lock=lock)
    return _only(sample, found, where=f"for {test_code}")


def work_on_sample(session: Session, sample: Sample, *, queues: Sequence[str], by: int) -> Work:
    """The open work on this sample at one of these queues, locked; raises what `work_on` raises.

    Where films serve several tests the scan means the one in this person's hands, while it has steps.
    """
    found = _works(session, _of(session, sample), col(QueueEntry.queue).in_(queues))
    unfinished = [work for work in found if work.next_step] or found
    in_hand = [work for work in unfinished if work.entry.taken_by == by] or unfinished
    return _only(sample, in_hand, where=f"on the queue {' or '.join(queues)}" if queues else "at this place")


def steps_taken(session: Session, entry_id: int) -> list[StepRecord]:
    """Every step taken on one entry, failed and repeated ones too, in order."""
    taken = select(StepRecord).where(StepRecord.queue_entry_id == entry_id)
    return list(session.exec(taken.order_by(col(StepRecord.id))))


def open_steps(session: Session, entry_ids: Sequence[int]) -> dict[int, StepRecord]:
    """The step that is started and not finished, by entry."""
    found = select(StepRecord).where(
        col(StepRecord.queue_entry_id).in_(entry_ids), col(StepRecord.finished_at).is_(None)
    )
    return {record.queue_entry_id: record for record in session.exec(found)}


def _conditions(filters: PageFilter) -> list[Any]:
    conditions: list[Any] = []
    if filters.state is not None:
        held = col(QueueEntry.held_at)
        conditions.append(held.is_not(None) if filters.state == WorkState.HELD else held.is_(None))
    if filters.state == WorkState.WAITING:
        conditions.append(col(QueueEntry.taken_at).is_(None))
    if filters.state == WorkState.IN_PROGRESS:
        conditions.append(col(QueueEntry.taken_at).is_not(None))
    if filters.urgency is not None:
        conditions.append(QueueEntry.urgency_rank == URGENCY_RANK[filters.urgency])
    if filters.taken_by is not None:
        conditions.append(QueueEntry.taken_by == filters.taken_by)
    return conditions


def _of(session: Session, sample: Sample) -> sa.ColumnElement[bool]:
    return col(QueueEntry.ordered_test_id).in_(samples.tests_served(session, sample.id))


def _works(session: Session, *conditions: Any, lock: bool = True) -> list[Work]:
    found = (
        select(QueueEntry, OrderedTest)
        .join(OrderedTest, col(OrderedTest.id) == QueueEntry.ordered_test_id)
        .where(_OPEN, *conditions)
        .order_by(*_KEY)
        .execution_options(populate_existing=True)
    )
    found = found.with_for_update() if lock else found
    return [Work(entry, test, orders.terms(test)) for entry, test in session.exec(found)]


def _only(sample: Sample, found: Sequence[Work], *, where: str) -> Work:
    if sample.state not in samples.USABLE:
        raise UnusableSample(code=sample.code, state=words(sample.state))
    if not found:
        raise NothingWaiting(code=sample.code, where=where)
    if len(found) > 1:
        tests = [f"{work.test.test_code} {work.terms.short_name}" for work in found]
        raise ChooseTest(code=sample.code, tests=tests)
    return found[0]
