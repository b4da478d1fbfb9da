"""A label that was not used is voided, and a sample gets another code: the old one is out of use then."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from .. import custody, labels, orders, samples
from ..catalog import Catalog, ReasonUse, require_reason
from ..custody import CustodyKind
from ..foundation.act import Act
from ..foundation.codes import CodeKind, require_kind
from ..foundation.database import Database
from ..foundation.errors import Conflict
from ..labels import PrintJob, Wanted
from ..orders import OrderedTest, TestAction, TestState
from ..samples import Sample, SampleAction, SampleState


class LabelInUse(Conflict):
    """The label {code} was scanned back, or reception has decided on its sample, so it is not voided.

    Reject the sample with its reason, or relabel it.
    """


class NothingToRelabel(Conflict):
    """{code} is recorded as {state}, so there is no container to stick a label on.

    Choose a sample that exists.
    """


class OldCode(Conflict):
    """{code} is out of use{instead}.

    Look at the container, and go on with the code that it has now.
    """


@dataclass(frozen=True, kw_only=True)
class Voided:
    """A label out of use; the tests that no other sample of the case serves are not possible."""

    code: str
    case_number: str
    tests_not_possible: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Relabelled:
    """A sample with its new code and the print job of the new label."""

    old_code: str
    code: str
    case_number: str
    job: PrintJob


def void(db: Database, catalog: Catalog, code: str, reason: str, *, act: Act) -> Voided:
    """The label was not used: its sample was not obtained, for a coded reason.

    Raises UnknownSample, UnknownReason and LabelInUse.
    """
    why = require_reason(catalog, reason, ReasonUse.NOT_OBTAINED)
    with db.writing() as session:
        sample = current(session, code)
        case = samples.case_by_id(session, sample.case_id)
        if sample.state != SampleState.COLLECTED or sample.labelled_at is not None or sample.parent_id:
            raise LabelInUse(code=code)
        samples.advance(session, sample, SampleAction.MISS, reason=why.code)
        samples.retire_code(session, sample, replaced_by=None, reason=why.code, act=act)
        custody.leave_bags(session, [sample.id], at=act.at)
        details = {"reason": why.code, "voided": code}
        custody.record(
            session,
            [sample.chain_id],
            CustodyKind.COLLECTION_FAILED,
            act=act,
            holder=None,
            place=None,
            details=details,
        )
        lost = _tests_left_without(session, sample, why.code)
        return Voided(code=code, case_number=case.number, tests_not_possible=tuple(lost))


def relabel(
    db: Database, catalog: Catalog, code: str, reason: str, *, printer: str | None = None, act: Act
) -> Relabelled:
    """The sample gets a new code, and its label a print job (without a printer, as a PDF).

    Raises UnknownSample, UnknownReason, OldCode, NothingToRelabel, UnknownPrinter and OtherLabels.
    """
    why = require_reason(catalog, reason, ReasonUse.RELABEL)
    with db.writing() as session:
        if before := labels.asked_before(session, printer, act=act):
            return _done_before(session, code, before)
        sample = current(session, code)
        new = samples.free_code(session, act=act)
        give_code(session, sample, new, reason=why.code, act=act)
        labels.count_copy(session, catalog, sample, reason=why.code, act=act)
        wanted = [Wanted(code=new, design=labels.design_for(catalog, sample).code)]
        job = labels.queue_job(session, catalog, printer, wanted, case_id=sample.case_id, act=act)
        number = samples.case_by_id(session, sample.case_id).number
        return Relabelled(old_code=code, code=new, case_number=number, job=job)


def _done_before(session: Session, code: str, job: PrintJob) -> Relabelled:
    (label,) = labels.labels_of(session, [job.id])[job.id]
    case = samples.case_by_id(session, job.case_id or 0)
    return Relabelled(old_code=code, code=label.code, case_number=case.number, job=job)


def current(session: Session, code: str) -> Sample:
    """The sample that has this code now; raises UnknownSample, and OldCode for a code out of use."""
    require_kind(code, CodeKind.SAMPLE)
    retired = samples.retired_code(session, code)
    if retired is not None:
        now = retired.replaced_by
        raise OldCode(code=code, instead=f": its sample has the code {now} now" if now else "")
    return samples.by_code(session, code, lock=True)


def give_code(session: Session, sample: Sample, code: str, *, reason: str, kit: str = "", act: Act) -> None:
    """The sample has this code from now on; its label is to be scanned back. Raises NothingToRelabel."""
    if sample.state not in samples.MOVABLE:
        raise NothingToRelabel(code=sample.code, state=sample.state.value.replace("_", " "))
    details = {"old": sample.code, "new": code, "reason": reason} | ({"kit": kit} if kit else {})
    samples.retire_code(session, sample, replaced_by=code, reason=reason, act=act)
    custody.record(session, [sample.chain_id], CustodyKind.RELABELLED, act=act, details=details)


def _tests_left_without(session: Session, sample: Sample, reason: str) -> list[str]:
    """Planned tests that no other sample of the case serves any more become not possible."""
    served = samples.tests_served(session, sample.id)
    lost = []
    for test in session.exec(select(OrderedTest).where(col(OrderedTest.id).in_(served))):
        others = [other for other in samples.samples_serving(session, test.id) if other.id != sample.id]
        if test.state == TestState.PLANNED and not any(other.state in samples.MOVABLE for other in others):
            orders.advance_test(session, test, TestAction.REFUSE, reason=reason)
            lost.append(test.test_code)
    return lost
