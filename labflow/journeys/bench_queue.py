"""What a bench looks at: the page of a queue, and one test with its steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from .. import custody, orders, patients, queues, samples, staff
from ..catalog import Catalog, Queue, Side, Step, Test, reason_words
from ..custody import Position
from ..foundation.database import Database
from ..foundation.errors import NotFound
from ..orders import OrderedTest, TestState
from ..patients import Banner, Patient
from ..queues import Key, PageFilter, QueueEntry, StepRecord, Work, WorkState
from ..samples import Case, Sample


class UnknownQueue(NotFound):
    """There is no queue {code}.

    Choose one of: {known}.
    """


@dataclass(frozen=True, kw_only=True)
class QueueCard:
    """A queue and how many tests it holds open."""

    code: str
    name: str
    short_name: str
    open: int


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One test on a queue. `due_at` and `viable_until` are none where there is no target or limit.

    `held_by` is who has the test, `position` who carries the sample and where it lies. An `overdue` sample is
    on the list of what is overdue.
    """

    sample_code: str
    container: str
    case_number: str
    test_number: int
    test_code: str
    test_name: str
    side: Side | None
    banner: Banner
    urgent: bool
    state: WorkState
    test_state: TestState
    progress: str
    due_at: datetime | None
    viable_until: datetime | None
    collected_at: datetime | None
    entered_at: datetime
    held_by: str | None
    hold_reason: str | None
    held_until: datetime | None
    position: Position | None
    overdue: bool


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    """The next rows of a queue in the order of work; `next_key` continues behind the last."""

    queue: Queue
    open: int
    rows: tuple[QueueRow, ...]
    next_key: Key | None


@dataclass(frozen=True, kw_only=True)
class StepTaken:
    """One step that was begun, and how it ended."""

    name: str
    started_at: datetime
    started_by: str
    finished_at: datetime | None
    finished_by: str | None
    failed_reason: str | None
    note: str


@dataclass(frozen=True, kw_only=True)
class BenchCard:
    """One test in work on one sample: its steps, what was done, and what may be done next."""

    row: QueueRow
    terms: Test
    steps: tuple[Step, ...]
    next_step: int
    started: bool
    taken: tuple[StepTaken, ...]
    next: str
    children: tuple[Sample, ...]


def queue_cards(db: Database, catalog: Catalog) -> list[QueueCard]:
    """Every queue of the catalog with its kept count."""
    with db.reading() as session:
        counts = queues.counts(session)
    return [
        QueueCard(
            code=queue.code, name=queue.name, short_name=queue.short_name, open=counts.get(queue.code, 0)
        )
        for queue in catalog.queues.values()
    ]


def queue_page(
    db: Database,
    catalog: Catalog,
    code: str,
    *,
    filters: PageFilter,
    after: Key | None = None,
    limit: int = 50,
) -> QueuePage:
    """A page of a queue; raises UnknownQueue."""
    queue = catalog.queues.get(code)
    if queue is None:
        raise UnknownQueue(code=code[:20], known=", ".join(catalog.queues))
    with db.reading() as session:
        found = queues.page(session, code, after, limit + 1, filters)
        rows = _rows(session, catalog, found[:limit])
        is_last = len(found) <= limit
        return QueuePage(
            queue=queue,
            open=queues.counts(session).get(code, 0),
            rows=tuple(rows),
            next_key=None if is_last else queues.key_of(found[limit - 1]),
        )


def bench_card(db: Database, catalog: Catalog, code: str, test_code: str) -> BenchCard:
    """One test in work; raises UnknownSample or NothingWaiting."""
    with db.reading() as session:
        sample = samples.by_code(session, code)
        work = queues.work_on(session, sample, test_code=test_code, lock=False)
        (row,) = _rows(session, catalog, [work.entry])
        taken = queues.steps_taken(session, work.entry.id)
        started = any(record.finished_at is None for record in taken)
        serving = samples.samples_serving(session, work.test.id)
        return BenchCard(
            row=row,
            terms=work.terms,
            steps=work.terms.steps,
            next_step=work.entry.next_step,
            started=started,
            taken=tuple(_steps_taken(session, work, taken)),
            next=work.allowed(started=started),
            children=tuple(child for child in serving if child.parent_id is not None),
        )


def _steps_taken(session: Session, work: Work, records: Sequence[StepRecord]) -> list[StepTaken]:
    names = {step.code: step.name for step in work.terms.steps}
    people = staff.names(session, _people(records))
    return [
        StepTaken(
            name=names.get(record.step, record.step),
            started_at=record.started_at,
            started_by=people[record.started_by],
            finished_at=record.finished_at,
            finished_by=people[record.finished_by] if record.finished_by else None,
            failed_reason=record.failed_reason,
            note=record.note,
        )
        for record in records
    ]


def _people(records: Iterable[StepRecord]) -> set[int]:
    return {person for one in records for person in (one.started_by, one.finished_by) if person is not None}


@dataclass(frozen=True)
class _Around:
    """What belongs to the entries of a page, read set by set."""

    works: Mapping[int, Work]  # by entry
    samples: Mapping[int, tuple[Sample, Case]]  # by sample
    banners: Mapping[int, Banner]  # by patient
    names: Mapping[int, str]  # by staff
    positions: Mapping[int, Position]  # by chain
    overdue: set[int]  # samples


def _rows(session: Session, catalog: Catalog, entries: Sequence[QueueEntry]) -> list[QueueRow]:
    around = _around(session, entries)
    return [_row(catalog, around, entry) for entry in entries]


def _around(session: Session, entries: Sequence[QueueEntry]) -> _Around:
    tests = select(OrderedTest).where(col(OrderedTest.id).in_([entry.ordered_test_id for entry in entries]))
    by_id = {test.id: test for test in session.exec(tests)}
    placed = (
        select(Sample, Case, Patient)
        .join(Case, col(Case.id) == Sample.case_id)
        .join(Patient, col(Patient.id) == Case.patient_id)
        .where(col(Sample.id).in_([entry.sample_id for entry in entries]))
    )
    found = session.exec(placed).all()
    return _Around(
        works={entry.id: _work(entry, by_id[entry.ordered_test_id]) for entry in entries},
        samples={sample.id: (sample, case) for sample, case, _ in found},
        banners=patients.banners(patient for _, _, patient in found),
        names=staff.names(session, [entry.taken_by for entry in entries if entry.taken_by]),
        positions=custody.position(session, [sample.chain_id for sample, _, _ in found]),
        overdue=custody.overdue_samples(session, [sample.id for sample, _, _ in found]),
    )


def _work(entry: QueueEntry, test: OrderedTest) -> Work:
    return Work(entry, test, orders.terms(test))


def _row(catalog: Catalog, around: _Around, entry: QueueEntry) -> QueueRow:
    work = around.works[entry.id]
    sample, case = around.samples[entry.sample_id]
    return QueueRow(
        sample_code=sample.code,
        container=catalog.containers[sample.container].name,
        case_number=case.number,
        test_number=work.test.number,
        test_code=work.test.test_code,
        test_name=work.terms.name,
        side=work.test.side,
        banner=around.banners[case.patient_id],
        urgent=work.is_urgent,
        state=work.state,
        test_state=work.test.state,
        progress=work.progress,
        due_at=work.due_at,
        viable_until=work.viable_until,
        collected_at=sample.collected_at,
        entered_at=entry.entered_at,
        held_by=around.names.get(entry.taken_by) if entry.taken_by else None,
        hold_reason=reason_words(catalog, entry.hold_reason) if entry.hold_reason else None,
        held_until=entry.held_until,
        position=around.positions.get(sample.chain_id),
        overdue=sample.id in around.overdue,
    )
