"""The samples that something may be due for. Only what is open is read, however many samples there are."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from .. import custody, ledger, orders, queues, samples
from ..catalog import Catalog
from ..custody import CustodyKind, OpenSample, Position
from ..foundation.columns import table_of
from ..orders import OrderedTest, TestState
from ..queues import QueueEntry
from ..samples import Sample, SampleState, SampleTest

_SAMPLES, _QUEUED = table_of(Sample), table_of(QueueEntry)
_CHAINS, _ENTRIES = table_of(ledger.Chain), table_of(ledger.Entry)
# a reversal may restore a hand-over
_HAND_OVERS = (CustodyKind.DISPATCHED, CustodyKind.REVERSED)
_HANDED_OVER = (
    sa.select(
        _SAMPLES.c.id,
        _ENTRIES.c.holder,
        _ENTRIES.c.place,
        _ENTRIES.c.kind,
        _ENTRIES.c.payload,
        _ENTRIES.c.actor,
        _ENTRIES.c.occurred_at,
    )
    .select_from(_QUEUED)
    .join(_SAMPLES, _SAMPLES.c.id == _QUEUED.c.sample_id)
    .join(_CHAINS, _CHAINS.c.id == _SAMPLES.c.chain_id)
    .join(_ENTRIES, (_ENTRIES.c.chain_id == _CHAINS.c.id) & (_ENTRIES.c.number == _CHAINS.c.length))
    .where(
        _QUEUED.c.left_at.is_(None),
        _SAMPLES.c.state != SampleState.COLLECTED,  # told as awaited
        _ENTRIES.c.kind.in_(sa.bindparam("kinds", expanding=True)),
    )
    .distinct()
)


def open_samples(session: Session, catalog: Catalog, *, now: datetime) -> list[OpenSample]:
    """Samples on their way, handed over in the laboratory, or near the limit of a test that waits."""
    until = now + timedelta(minutes=catalog.custody.viability_warning_minutes)
    return [*_awaited(session), *_handed_over(session), *_queued(session, catalog, until)]


def _awaited(session: Session) -> list[OpenSample]:
    """Collected, and reception has not decided."""
    found = session.exec(select(Sample).where(Sample.state == SampleState.COLLECTED)).all()
    last = custody.position(session, [sample.chain_id for sample in found])
    limits = _limits(session)
    return [
        OpenSample(
            id=sample.id,
            collected_at=sample.collected_at,
            last=last.get(sample.chain_id),
            viable_until=tuple(limits.get(sample.id, ())),
        )
        for sample in found
    ]


def _limits(session: Session) -> dict[int, list[datetime]]:
    """By awaited sample, until when each test that waits for it may be started."""
    rows = session.exec(
        select(Sample, OrderedTest)
        .join(SampleTest, col(SampleTest.sample_id) == Sample.id)
        .join(OrderedTest, col(OrderedTest.id) == SampleTest.ordered_test_id)
        .where(Sample.state == SampleState.COLLECTED, OrderedTest.state == TestState.PLANNED)
    )
    limits: dict[int, list[datetime]] = {}
    for sample, test in rows:
        if (until := samples.viable_until(orders.terms(test), sample)) is not None:
            limits.setdefault(sample.id, []).append(until)
    return limits


def _handed_over(session: Session) -> list[OpenSample]:
    """Received, on a queue, and handed over last."""
    rows = session.connection().execute(_HANDED_OVER, {"kinds": [*_HAND_OVERS]})
    return [
        OpenSample(
            id=row.id,
            last=Position(
                holder=row.holder,
                place=row.place,
                since=row.occurred_at,
                kind=custody.standing(row.kind, row.payload),
                actor=row.actor,
            ),
        )
        for row in rows
    ]


def _queued(session: Session, catalog: Catalog, until: datetime) -> list[OpenSample]:
    """Tests that wait on a queue and must be started by then."""
    near = queues.to_start_by(session, list(catalog.queues), until)
    return [OpenSample(id=entry.sample_id, viable_until=(entry.viable_until,)) for entry in near]
