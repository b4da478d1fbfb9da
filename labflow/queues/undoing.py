"""How the tests of a sample stand, and bringing them back there: what UNDO needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select, update

from .. import orders
from ..orders import OrderedTest, TestState
from .queries import open_entries_of_tests, open_steps
from .tables import QueueCount, QueueEntry, StepRecord

# What the acts of a bench change of an entry.
_CHANGES = (
    *("left_at", "left_because", "next_step", "taken_by", "taken_at"),
    *("held_at", "hold_reason", "hold_note", "held_until"),
)
_TIMES = ("left_at", "taken_at", "held_at", "held_until")

Standing = Mapping[str, Any]


def standing(session: Session, ordered_test_ids: Sequence[int]) -> dict[str, Standing]:
    """How these tests stand, by test row as text: state, open entry and steps. Equal again after an undo."""
    entries = open_entries_of_tests(session, ordered_test_ids)
    steps = open_steps(session, [entry.id for entry in entries.values()])
    rows = session.exec(select(OrderedTest).where(col(OrderedTest.id).in_(ordered_test_ids)))
    return {str(test.id): _standing(session, test, entries.get(test.id), steps) for test in rows}


def _standing(
    session: Session, test: OrderedTest, entry: QueueEntry | None, steps: Mapping[int, StepRecord]
) -> Standing:
    found: dict[str, Any] = {"state": test.state.value, "state_reason": test.state_reason}
    if entry is None:
        return found
    last = select(func.max(StepRecord.id)).where(StepRecord.queue_entry_id == entry.id)
    started = steps.get(entry.id)
    return found | {
        "entry": entry.id,
        **{name: _text(getattr(entry, name)) for name in _CHANGES},
        "last_step": session.exec(last).one() or 0,
        "started_step": started.id if started else None,
    }


def restore(session: Session, before: Mapping[str, Standing]) -> None:
    """The tests stand as they did before one act: entries it opened are gone, those it closed are open."""
    now_open = open_entries_of_tests(session, [int(test_id) for test_id in before])
    for test_id, was in before.items():
        entry = now_open.get(int(test_id))
        if entry is not None and entry.id != was.get("entry"):
            _remove(session, entry)
        if "entry" in was:
            _restore_entry(session, session.get_one(QueueEntry, was["entry"]), was)
        test = session.get_one(OrderedTest, int(test_id))
        if test.state != was["state"]:
            orders.take_back_test(session, test, TestState(was["state"]), reason=was["state_reason"])


def _remove(session: Session, entry: QueueEntry) -> None:
    session.delete(entry)
    _count(session, entry.queue, -1)
    session.flush()


def _restore_entry(session: Session, entry: QueueEntry, was: Standing) -> None:
    if entry.left_at is not None and was["left_at"] is None:
        _count(session, entry.queue, 1)
    for name in _CHANGES:
        value = was[name]
        setattr(entry, name, datetime.fromisoformat(value) if value and name in _TIMES else value)
    later = col(StepRecord.queue_entry_id) == entry.id, col(StepRecord.id) > was["last_step"]
    session.exec(sa.delete(StepRecord).where(*later))
    if was["started_step"] is not None:
        step = session.get_one(StepRecord, was["started_step"])
        step.finished_at = step.finished_by = step.failed_reason = None
        step.note = ""
    session.flush()


def _count(session: Session, queue: str, change: int) -> None:
    counter = update(QueueCount).where(col(QueueCount.queue) == queue)
    session.connection().execute(counter.values(open=QueueCount.open + change))


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
