"""From the bench to the clinician: enter a result, verify it by another person, return, amend, withdraw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from .. import orders, patients, queues, results, samples, staff
from ..catalog import Catalog, ReasonUse, Side, require_reason
from ..foundation.act import Act
from ..foundation.database import Database
from ..orders import OrderedTest
from ..patients import Banner, Patient
from ..queues import LeftBecause, QueueEntry
from ..results import Amendment, Findings, Result
from ..samples import Case
from .result_versions import TestResults, as_seen, find_test, locked, read
from .signing_in import confirm_password

_MOST_SHOWN = 200


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
        case, test = locked(session, case_number, number)
        if work := queues.work_of_test(session, test.id):
            work.require_done()
        results.enter(session, test, findings, act=act)
        return read(session, case, test)


def verify(
    db: Database,
    catalog: Catalog,
    case_number: str,
    number: int,
    *,
    version: int,
    password: str,
    seen: str | None = None,
    act: Act,
) -> TestResults:
    """The version that was read becomes the answer. Raises WrongPassword, OwnResult or VersionReplaced."""
    confirm_password(db, act.by, password, now=act.at)
    with db.writing() as session:
        case, test = as_seen(session, case_number, number, seen)
        results.verify(session, test, version=version, act=act)
        if entry := queues.open_entries_of_tests(session, [test.id]).get(test.id):
            queues.take_off(session, entry, LeftBecause.VERIFIED, act=act)
        orders.complete_if_all_answered(session, test.order_id)
        return read(session, case, test)


def return_(
    db: Database,
    catalog: Catalog,
    case_number: str,
    number: int,
    note: str,
    *,
    seen: str | None = None,
    act: Act,
) -> TestResults:
    """The waiting version goes back to the bench with a note."""
    with db.writing() as session:
        case, test = as_seen(session, case_number, number, seen)
        results.return_(session, test, note, act=act)
        return read(session, case, test)


def amend(
    db: Database,
    catalog: Catalog,
    case_number: str,
    number: int,
    findings: Findings,
    amends: Amendment,
    reason: str,
    *,
    seen: str | None = None,
    act: Act,
) -> TestResults:
    """A new version of a verified result; the old one stays the answer until another person verifies this."""
    why = require_reason(catalog, reason, ReasonUse.AMEND)
    with db.writing() as session:
        case, test = as_seen(session, case_number, number, seen)
        results.amend(session, test, findings, amends, why.code, act=act)
        return read(session, case, test)


def withdraw(
    db: Database,
    catalog: Catalog,
    case_number: str,
    number: int,
    reason: str,
    *,
    password: str,
    seen: str | None = None,
    act: Act,
) -> TestResults:
    """The answer is taken back, and the test is on its queue again."""
    why = require_reason(catalog, reason, ReasonUse.WITHDRAW)
    confirm_password(db, act.by, password, now=act.at)
    with db.writing() as session:
        case, test = as_seen(session, case_number, number, seen)
        results.withdraw(session, test, why.code, act=act)
        queues.put_back(session, test.id, act=act)
        orders.complete_if_all_answered(session, test.order_id)
        return read(session, case, test)


def versions(db: Database, catalog: Catalog, case_number: str, number: int) -> TestResults:
    """A test with every version of its result; raises UnknownCase or NoSuchTest."""
    with db.reading() as session:
        case = samples.case_by_number(session, case_number)
        return read(session, case, find_test(session, case, number))


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
