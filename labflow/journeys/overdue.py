"""Overdue: finding what should have happened by now, telling it once, and the list that people work off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from .. import custody, orders, staff
from ..catalog import Catalog, Place
from ..custody import CustodyEntry, Due, Overdue, OverdueCount, OverdueKind
from ..foundation.database import Database
from ..orders import OrderedTest, TestState
from ..samples import Sample, SampleTest
from .overdue_facts import open_samples
from .reception import keeping_places
from .telling import tell_overdue
from .transport import MOST_SHOWN
from .transport_bags import case_numbers, container_name

# Written in one transaction: a scan waits for it, hardly longer than for another scan.
_MOST_AT_ONCE = 50
# What is escalated is told in these words to other systems; on pages it is told with the sample.
_ESCALATION_WORDS = {
    OverdueKind.HAND_OVER: "Handed over, and nobody took it: find out who has it.",
    OverdueKind.RECEIPT: "Collected, and reception never received it: find out where it is.",
    OverdueKind.VIABILITY: "A test waits for it and it will soon be, or is, too old: start the test.",
}


@dataclass(frozen=True, kw_only=True)
class OverdueSample:
    """A sample on the list of what is overdue. `tests` are those that wait for it.

    `last_person` had it last, at `place`, since `since`; what is not known is none.
    """

    kind: OverdueKind
    code: str
    case_number: str
    container: str
    due_at: datetime
    escalated_at: datetime | None
    tests: tuple[str, ...]
    bag: str | None
    last_person: str | None
    place: Place | None
    since: datetime


def watch(db: Database, catalog: Catalog, *, now: datetime) -> None:
    """Notices what is overdue now, escalates what stays so, and ends what has happened.

    What happens between looking and writing is seen the next time.
    """
    with db.reading() as session:
        changes = custody.overdue_changes(session, _dues(session, catalog, now), now=now)
    for part in changes.parts(_MOST_AT_ONCE):
        with db.writing() as session:
            _tell(session, catalog, custody.write_overdue(session, part, now=now), now)


def overdue_list(db: Database, catalog: Catalog) -> list[OverdueSample]:
    """What is overdue, at most MOST_SHOWN, kind by kind, the latest first."""
    with db.reading() as session:
        standing = custody.standing_overdue(session, limit=MOST_SHOWN)
        return _shown(session, catalog, standing)


def count(db: Database) -> dict[OverdueKind, OverdueCount]:
    """How many samples are overdue, and how many of them were escalated, by kind."""
    with db.reading() as session:
        return custody.count_overdue(session)


def count_all(db: Database) -> OverdueCount:
    """`count` over all kinds."""
    counts = count(db).values()
    return OverdueCount(sum(one.standing for one in counts), sum(one.escalated for one in counts))


def _tell(session: Session, catalog: Catalog, escalated: Sequence[Due], now: datetime) -> None:
    codes = _codes(session, {due.sample_id for due in escalated})
    for due in escalated:
        words = _ESCALATION_WORDS[due.kind]
        sample, what = codes[due.sample_id], due.kind.value
        tell_overdue(session, catalog, sample=sample, what=what, words=words, due_at=due.due_at, now=now)


def _dues(session: Session, catalog: Catalog, now: datetime) -> list[Due]:
    keeps = keeping_places(catalog)
    return [
        due
        for sample in open_samples(session, catalog, now=now)
        for due in custody.what_is_due(sample, catalog.custody, keeps=keeps)
    ]


def _codes(session: Session, sample_ids: Iterable[int]) -> dict[int, str]:
    found = select(Sample.id, Sample.code).where(col(Sample.id).in_(sample_ids))
    return dict(session.exec(found).all())


# The list ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Around:
    """What belongs to the samples of the list, read set by set."""

    samples: Mapping[int, Sample]
    case_numbers: Mapping[int, str]  # by case
    tests: Mapping[int, tuple[str, ...]]  # by sample
    bags: Mapping[int, str]  # by sample
    last: Mapping[int, CustodyEntry]  # by chain
    names: Mapping[str, str]  # by badge


def _shown(session: Session, catalog: Catalog, standing: Sequence[Overdue]) -> list[OverdueSample]:
    around = _around(session, {row.sample_id for row in standing})
    rows = [_row(catalog, around, row) for row in standing]
    kinds = list(OverdueKind)
    return sorted(rows, key=lambda row: kinds.index(row.kind))


def _around(session: Session, sample_ids: Iterable[int]) -> _Around:
    found = session.exec(select(Sample).where(col(Sample.id).in_(sample_ids))).all()
    last = custody.last_entries(session, [sample.chain_id for sample in found])
    return _Around(
        samples={sample.id: sample for sample in found},
        case_numbers=case_numbers(session, found),
        tests=_waiting_tests(session, [sample.id for sample in found]),
        bags=custody.bags_of(session, [sample.id for sample in found]),
        last=last,
        names=staff.names_by_badge(session, [act.holder or act.actor for act in last.values()]),
    )


def _waiting_tests(session: Session, sample_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The short names of the tests that wait for each sample."""
    rows = session.exec(
        select(SampleTest.sample_id, OrderedTest)
        .join(OrderedTest, col(OrderedTest.id) == SampleTest.ordered_test_id)
        .where(
            col(SampleTest.sample_id).in_(sample_ids),
            col(OrderedTest.state).in_([TestState.PLANNED, TestState.WAITING]),
        )
        .order_by(col(SampleTest.sample_id), col(OrderedTest.number))
    )
    names: dict[int, list[str]] = {}
    for sample_id, test in rows:
        names.setdefault(sample_id, []).append(orders.terms(test).short_name)
    return {sample_id: tuple(dict.fromkeys(of)) for sample_id, of in names.items()}


def _row(catalog: Catalog, around: _Around, row: Overdue) -> OverdueSample:
    sample = around.samples[row.sample_id]
    last = around.last[sample.chain_id]  # a sample's chain begins with its first label
    return OverdueSample(
        kind=row.kind,
        code=sample.code,
        case_number=around.case_numbers[sample.case_id],
        container=container_name(catalog, sample),
        due_at=row.due_at,
        escalated_at=row.escalated_at,
        tests=around.tests.get(sample.id, ()),
        bag=around.bags.get(sample.id),
        last_person=around.names.get(last.holder or last.actor),
        place=catalog.places.get(last.place or last.station or ""),
        since=last.occurred_at,
    )
