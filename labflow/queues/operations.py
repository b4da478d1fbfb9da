"""Writes of the queues: tests come on, are worked on step by step, and leave. Never commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import Session, col, select, update

from .. import orders, samples
from ..catalog import Catalog, Step, StepKind, Test, Urgency, due_at
from ..orders import OrderedTest, TestAction
from ..samples import Sample
from .queries import open_entries_of_tests, open_steps, work_of_test
from .tables import QueueCount, QueueEntry, StepRecord
from .work import URGENCY_RANK, LeftBecause, Work, WorkState

if TYPE_CHECKING:
    from datetime import datetime

    from ..foundation.act import Act

# the same statement in both databases; an upsert, because a queue's first entry finds no counter
_ONE_MORE = sa.text(
    "INSERT INTO queue_counts (queue, open) VALUES (:queue, 1) "
    "ON CONFLICT (queue) DO UPDATE SET open = queue_counts.open + 1"
)


def put_on(
    session: Session,
    catalog: Catalog,
    *,
    test: OrderedTest,
    sample: Sample,
    urgency: Urgency,
    received_at: datetime,
    act: Act,
) -> QueueEntry:
    """The test's open entry on the queue that its terms name.

    A test that is open already keeps its entry: a second tube joins it.
    """
    session.refresh(test, with_for_update=True)  # two tubes of one test may be accepted at once
    if already := open_entries_of_tests(session, [test.id]).get(test.id):
        return already
    terms = orders.terms(test)
    orders.advance_test(session, test, TestAction.QUEUE)
    entry = QueueEntry(
        queue=terms.queue,
        ordered_test_id=test.id,
        sample_id=sample.id,
        case_id=sample.case_id,
        urgency_rank=URGENCY_RANK[urgency],
        viable_until=samples.viable_until(terms, sample) or samples.NO_LIMIT,
        due_at=_due_at(catalog, terms, urgency, received_at),
        entered_at=act.at,
    )
    return _opened(session, entry)


def take_off(session: Session, entry: QueueEntry, because: LeftBecause, *, act: Act) -> None:
    """The entry is closed and no longer counted."""
    entry.left_at, entry.left_because = act.at, because
    counter = update(QueueCount).where(col(QueueCount.queue) == entry.queue)
    session.connection().execute(counter.values(open=QueueCount.open - 1))


def put_back(session: Session, ordered_test_id: int, *, act: Act) -> QueueEntry:
    """A new entry like the test's last one, in the hands of whoever had it: its result was withdrawn."""
    of_test = select(QueueEntry).where(QueueEntry.ordered_test_id == ordered_test_id)
    last = session.exec(of_test.order_by(col(QueueEntry.id).desc()).limit(1)).one()
    return _opened(
        session,
        QueueEntry(
            **last.model_dump(exclude={"id", "entered_at", "left_at", "left_because"}), entered_at=act.at
        ),
    )


def take(session: Session, work: Work, *, act: Act) -> None:
    """The person who acts works on the test from now on."""
    orders.advance_test(session, work.test, TestAction.START)
    work.entry.taken_by, work.entry.taken_at = act.by, act.at


def start_step(session: Session, work: Work, step: str | None, *, act: Act) -> Step:
    """The step that began, the next one where none is named; a waiting test is taken by it.

    Raises StepOutOfOrder, which names the steps allowed now.
    """
    begun = work.require_start(step, _started(session, work))
    if work.state != WorkState.IN_PROGRESS:
        take(session, work, act=act)
    session.add(
        StepRecord(
            queue_entry_id=work.entry.id, step=begun.code, started_at=act.occurred_at, started_by=act.by
        )
    )
    session.flush()
    return begun


def finish_step(session: Session, work: Work, step: str | None, *, note: str = "", act: Act) -> Step:
    """The step that ended, the started one where none is named; raises StepOutOfOrder."""
    record = _started(session, work)
    done = work.require_finish(step, record)
    assert record is not None  # noqa: S101  # require_finish
    record.finished_at, record.finished_by, record.note = act.occurred_at, act.by, note
    work.entry.next_step += 1
    return done


def finish_making(session: Session, work: Work, kind: StepKind, *, act: Act) -> Step | None:
    """The making step that children of this kind finish, begun by them if nobody did; None between steps.

    More children may be made whenever the test is in progress; raises StepOutOfOrder when it is not.
    """
    if work.next_step is not None and work.next_step.kind == kind:
        if _started(session, work) is None:
            start_step(session, work, None, act=act)
        return finish_step(session, work, None, act=act)
    if work.state != WorkState.IN_PROGRESS:
        raise work.out_of_order(kind.replace("_", " "), started=False)
    return None


def hold(
    session: Session, work: Work, reason: str, *, act: Act, note: str = "", until: datetime | None = None
) -> None:
    """The test waits for a reason, perhaps until a time; a started step failed by it and comes back."""
    orders.advance_test(session, work.test, TestAction.HOLD, reason=reason)
    entry = work.entry
    entry.held_at, entry.hold_reason, entry.hold_note, entry.held_until = act.at, reason, note, until
    entry.taken_at = entry.taken_by = None
    _fail_started(session, work, reason, act=act)


def release(session: Session, work: Work) -> None:
    """The held test waits for anybody again, at the step it had reached."""
    orders.advance_test(session, work.test, TestAction.RELEASE)
    entry = work.entry
    entry.held_at = entry.hold_reason = entry.held_until = None
    entry.hold_note = ""


def repeat(session: Session, work: Work, reason: str, *, act: Act) -> None:
    """The test waits for anybody again, at its first step; a started step failed."""
    orders.advance_test(session, work.test, TestAction.REPEAT, reason=reason)
    _fail_started(session, work, reason, act=act)
    work.entry.taken_at = work.entry.taken_by = None
    work.entry.next_step = 0


def give_up(session: Session, test: OrderedTest, reason: str, *, act: Act) -> None:
    """The test is not possible and leaves its queue, if it was on one; a started step failed."""
    orders.advance_test(session, test, TestAction.REFUSE, reason=reason)
    if work := work_of_test(session, test.id):
        _fail_started(session, work, reason, act=act)
        take_off(session, work.entry, LeftBecause.NOT_POSSIBLE, act=act)


def _due_at(catalog: Catalog, terms: Test, urgency: Urgency, received_at: datetime) -> datetime:
    if terms.target is None:
        return samples.NO_LIMIT
    return due_at(
        terms.target.hours_for(urgency),
        terms.target.hours,
        received_at,
        calendar=catalog.calendar,
        # urgent work is set up whenever it comes
        cut_off=None if urgency == Urgency.URGENT else catalog.queues[terms.queue].cut_off,
    )


def _opened(session: Session, entry: QueueEntry) -> QueueEntry:
    session.add(entry)
    session.connection().execute(_ONE_MORE, {"queue": entry.queue})
    session.flush()
    return entry


def _started(session: Session, work: Work) -> StepRecord | None:
    return open_steps(session, [work.entry.id]).get(work.entry.id)


def _fail_started(session: Session, work: Work, reason: str, *, act: Act) -> None:
    record = _started(session, work)
    if record is not None:
        record.finished_at, record.finished_by, record.failed_reason = act.occurred_at, act.by, reason
