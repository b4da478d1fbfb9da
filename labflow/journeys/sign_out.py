"""From the bench to the clinician: enter a result, verify it by another person, return, amend, withdraw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from .. import orders, patients, queues, results, samples, staff
from ..catalog import Catalog, ReasonUse, Side, Test, require_reason
from ..foundation.act import Act
from ..foundation.database import Database
from ..foundation.errors import NotFound
from ..orders import OrderedTest, TestState
from ..patients import Banner, Patient
from ..queues import LeftBecause, QueueEntry
from ..results import Amendment, Findings, Result, ResultState
from ..samples import Case
from .signing_in import confirm_password

_MOST_SHOWN = 200
_NOT_READ = {"id", "ordered_test_id", "entered_by", "verified_by", "returned_by", "withdrawn_by"}


class NoSuchTest(NotFound):
    """Case {case_number} has no test number {number}.

    Look at the case: it lists its tests with their numbers.
    """


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a result as people read it; `changed` names the fields that differ from before."""

    version: int
    state: ResultState
    amends: Amendment | None
    fields: dict[str, Any]
    conclusion: str
    critical: bool
    reason: str
    entered_by: str
    entered_at: datetime
    verified_by: str | None
    verified_at: datetime | None
    returned_by: str | None
    returned_note: str
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class TestResults:
    """A test of a case with every version of its result, newest first.

    `answer` is the version that counts, `waiting` the one that waits to be verified.
    """

    case_number: str
    order_number: str
    collected_at: datetime | None
    number: int
    side: Side | None
    terms: Test
    state: TestState
    banner: Banner
    sample_codes: tuple[str, ...]
    versions: tuple[Version, ...]
    answer: Version | None
    waiting: Version | None

    @property
    def being_amended(self) -> bool:
        return self.answer is not None and self.waiting is not None


@dataclass(frozen=True, kw_only=True)
class ToVerify:
    """A result that waits to be verified; `due_at` is none for an amendment, which has no queue."""

    case_number: str
    number: int
    test_code: str
    test_name: str
    side: Side | None
    banner: Banner
    amends: Amendment | None
    critical: bool
    entered_by: str
    entered_at: datetime
    own: bool
    due_at: datetime | None
    queued_at: datetime | None


def enter(
    db: Database, catalog: Catalog, case_number: str, number: int, findings: Findings, *, act: Act
) -> TestResults:
    """The preliminary result of a test whose steps are done; raises UnfitFields or StepOutOfOrder."""
    with db.writing() as session:
        case, test = _locked(session, case_number, number)
        if work := queues.work_of_test(session, test.id):
            work.require_done()
        results.enter(session, test, findings, act=act)
        return _read(session, case, test)


def verify(
    db: Database, catalog: Catalog, case_number: str, number: int, *, version: int, password: str, act: Act
) -> TestResults:
    """The version that was read becomes the answer. Raises WrongPassword, OwnResult or VersionReplaced."""
    confirm_password(db, act.by, password, now=act.at)
    with db.writing() as session:
        case, test = _locked(session, case_number, number)
        results.verify(session, test, version=version, act=act)
        if entry := queues.open_entries_of_tests(session, [test.id]).get(test.id):
            queues.take_off(session, entry, LeftBecause.VERIFIED, act=act)
        orders.complete_if_all_answered(session, test.order_id)
        return _read(session, case, test)


def return_(
    db: Database, catalog: Catalog, case_number: str, number: int, note: str, *, act: Act
) -> TestResults:
    """The waiting version goes back to the bench with a note."""
    with db.writing() as session:
        case, test = _locked(session, case_number, number)
        results.return_(session, test, note, act=act)
        return _read(session, case, test)


def amend(
    db: Database,
    catalog: Catalog,
    case_number: str,
    number: int,
    findings: Findings,
    amends: Amendment,
    reason: str,
    *,
    act: Act,
) -> TestResults:
    """A new version of a verified result; the old one stays the answer until another person verifies this."""
    why = require_reason(catalog, reason, ReasonUse.AMEND)
    with db.writing() as session:
        case, test = _locked(session, case_number, number)
        results.amend(session, test, findings, amends, why.code, act=act)
        return _read(session, case, test)


def withdraw(
    db: Database, catalog: Catalog, case_number: str, number: int, reason: str, *, password: str, act: Act
) -> TestResults:
    """The answer is taken back, and the test is on its queue again."""
    why = require_reason(catalog, reason, ReasonUse.WITHDRAW)
    confirm_password(db, act.by, password, now=act.at)
    with db.writing() as session:
        case, test = _locked(session, case_number, number)
        results.withdraw(session, test, why.code, act=act)
        queues.put_back(session, test.id, act=act)
        orders.complete_if_all_answered(session, test.order_id)
        return _read(session, case, test)


def versions(db: Database, catalog: Catalog, case_number: str, number: int) -> TestResults:
    """A test with every version of its result; raises UnknownCase or NoSuchTest."""
    with db.reading() as session:
        case = samples.case_by_number(session, case_number)
        return _read(session, case, _test(session, case, number))


def to_verify(db: Database, catalog: Catalog, *, by: int) -> list[ToVerify]:
    """What waits to be verified: amendments first, for the old version is being read, then by due time."""
    with db.reading() as session:
        waiting = results.to_verify(session, limit=_MOST_SHOWN)
        tests = [version.ordered_test_id for version in waiting]
        entries = queues.open_entries_of_tests(session, tests)
        places = _places(session, tests)
        names = staff.names(session, [version.entered_by for version in waiting])
    banners = patients.banners(patient for _, _, patient in places.values())
    rows = []
    for version in waiting:
        test, case, patient = places[version.ordered_test_id]
        rows.append(_to_verify(version, test, case, banners[patient.id], names, entries.get(test.id), by))
    return sorted(rows, key=lambda row: (row.due_at is not None, row.due_at or row.entered_at))


def _to_verify(
    version: Result,
    test: OrderedTest,
    case: Case,
    banner: Banner,
    names: Mapping[int, str],
    entry: QueueEntry | None,
    by: int,
) -> ToVerify:
    return ToVerify(
        case_number=case.number,
        number=test.number,
        test_code=test.test_code,
        test_name=orders.terms(test).name,
        side=test.side,
        banner=banner,
        amends=version.amends,
        critical=version.critical,
        entered_by=names[version.entered_by],
        entered_at=version.entered_at,
        own=version.entered_by == by,
        due_at=entry.due_at if entry else None,
        queued_at=entry.entered_at if entry else None,
    )


def _places(session: Session, test_ids: Sequence[int]) -> dict[int, tuple[OrderedTest, Case, Patient]]:
    """Each test with its case, the newest where the child was punctured again, and its child."""
    found = (
        select(OrderedTest, Case, Patient)
        .join(Case, col(Case.order_id) == OrderedTest.order_id)
        .join(Patient, col(Patient.id) == Case.patient_id)
        .where(col(OrderedTest.id).in_(test_ids))
        .order_by(col(Case.id))
    )
    return {test.id: (test, case, patient) for test, case, patient in session.exec(found)}


def _locked(session: Session, case_number: str, number: int) -> tuple[Case, OrderedTest]:
    """The case and its test; nobody else changes the test until the transaction ends."""
    case = samples.case_by_number(session, case_number)
    test = _test(session, case, number)
    session.refresh(test, with_for_update=True)
    return case, test


def _test(session: Session, case: Case, number: int) -> OrderedTest:
    of_case = orders.tests_of(session, case.order_id)
    test = next((test for test in of_case if test.number == number), None)
    if test is None:
        raise NoSuchTest(case_number=case.number, number=number)
    return test


def _read(session: Session, case: Case, test: OrderedTest) -> TestResults:
    standing = results.current(session, [test.id]).get(test.id)
    rows = standing.versions if standing else ()
    listed = _versions(session, rows)
    by_version = {version.version: version for version in listed}
    serving = [sample for sample in samples.samples_serving(session, test.id) if sample.case_id == case.id]
    return TestResults(
        case_number=case.number,
        order_number=orders.by_id(session, case.order_id).number,
        collected_at=min((sample.collected_at for sample in serving if sample.collected_at), default=None),
        number=test.number,
        side=test.side,
        terms=orders.terms(test),
        state=test.state,
        banner=patients.banner(patients.by_id(session, case.patient_id)),
        sample_codes=tuple(sample.code for sample in serving),
        versions=listed,
        answer=by_version[standing.answer.version] if standing and standing.answer else None,
        waiting=by_version[standing.waiting.version] if standing and standing.waiting else None,
    )


def _versions(session: Session, rows: Sequence[Result]) -> tuple[Version, ...]:
    people = {
        person
        for row in rows
        for person in (row.entered_by, row.verified_by, row.returned_by, row.withdrawn_by)
        if person is not None
    }
    names: dict[int | None, str] = dict(staff.names(session, people).items())
    older = (*rows[1:], None)
    return tuple(_version(row, before, names) for row, before in zip(rows, older, strict=False))


def _version(row: Result, before: Result | None, names: Mapping[int | None, str]) -> Version:
    return Version(
        **row.model_dump(exclude=_NOT_READ),
        entered_by=names[row.entered_by],
        verified_by=names.get(row.verified_by),
        returned_by=names.get(row.returned_by),
        withdrawn_by=names.get(row.withdrawn_by),
        changed=_changed(row, before),
    )


def _changed(row: Result, before: Result | None) -> frozenset[str]:
    """The fields that differ from the version before; none in a first version."""
    if before is None:
        return frozenset()
    codes = row.fields.keys() | before.fields.keys()
    return frozenset(code for code in codes if row.fields.get(code) != before.fields.get(code))
