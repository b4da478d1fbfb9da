"""At the hatch: bags and samples arrive, their condition is stated, and they are accepted or refused.

The functions that take a `session` are steps of a larger act (a scan); the others are acts of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from .. import custody, orders, queues, samples, staff
from ..catalog import Catalog, Reason, ReasonUse, require_reason
from ..custody import CustodyKind
from ..foundation.act import Act
from ..foundation.database import Database
from ..foundation.errors import Refused
from ..orders import OrderedTest, TestAction
from ..samples import Sample, SampleAction, SampleState
from .signing_in import confirm_password
from .transport import MOST_SHOWN
from .transport_bags import BagCard, card_of, case_numbers, container_name


class DeviationNeedsApproval(Refused):
    """A deviation is approved by somebody who may: {badge} may not.

    Ask a haematopathologist to approve it with badge and password.
    """


class NotConfirmed(Refused):
    """The label of {code} was never scanned back at the bedside: it may be on the wrong tube.

    Have the bedside confirm it in person (do-card "scan back"), or accept it with a deviation, or reject it.
    """


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What reception says of a sample. `reasons` are coded; a deviation names who approved it."""

    reasons: tuple[str, ...] = ()
    comment: str = ""
    approver_login: str = ""
    approver_password: str = ""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """An accepted sample and the queues its tests went to (queue code by test code)."""

    code: str
    state: SampleState
    queued: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A rejected sample; `recollection` is the number of the order that asks for a new one."""

    code: str
    tests_not_possible: tuple[str, ...]
    recollection: str | None


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """A collected sample that reception has not decided on; `overdue` is on the list of what is overdue."""

    code: str
    case_number: str
    container: str
    collected_at: datetime
    arrived: bool
    labelled: bool
    holder: str | None
    place: str | None
    overdue: bool


def awaited(db: Database, catalog: Catalog) -> list[Awaited]:
    """Samples collected and not yet decided on, oldest first."""
    with db.reading() as session:
        waiting = session.exec(
            select(Sample)
            .where(Sample.state == SampleState.COLLECTED)
            .order_by(col(Sample.collected_at), col(Sample.id))
            .limit(MOST_SHOWN)
        ).all()
        positions = custody.position(session, [sample.chain_id for sample in waiting])
        numbers = case_numbers(session, waiting)
        late = custody.overdue_samples(session, [sample.id for sample in waiting])
        return [
            _awaited(catalog, sample, positions.get(sample.chain_id), numbers, sample.id in late)
            for sample in waiting
        ]


def _awaited(
    catalog: Catalog,
    sample: Sample,
    position: custody.Position | None,
    numbers: Mapping[int, str],
    overdue: bool,
) -> Awaited:
    assert sample.collected_at is not None  # noqa: S101  # the table's CHECK
    return Awaited(
        code=sample.code,
        case_number=numbers[sample.case_id],
        container=container_name(catalog, sample),
        collected_at=sample.collected_at,
        arrived=position is not None and position.kind == CustodyKind.ARRIVED,
        labelled=sample.labelled_at is not None,
        holder=position.holder if position else None,
        place=position.place if position else None,
        overdue=overdue,
    )


def accept(db: Database, catalog: Catalog, code: str, *, act: Act) -> Accepted:
    """The sample is in good condition: its tests go to their queues."""
    with db.writing() as session:
        return accept_in(session, catalog, samples.by_code(session, code), act=act)


def accept_with_deviation(
    db: Database, catalog: Catalog, code: str, decision: Decision, *, act: Act
) -> Accepted:
    """The sample is accepted although something is wrong; the reasons and the approver stay on record."""
    approver = _approver(db, decision, act)
    with db.writing() as session:
        reasons = _reasons(catalog, decision, ReasonUse.DEVIATION)
        sample = samples.by_code(session, code)
        details = _details(reasons, decision) | {"approved_by": approver}
        return _take_in(
            session, catalog, sample, SampleAction.ACCEPT_WITH_DEVIATION, reasons, details, act=act
        )


def reject(
    db: Database, catalog: Catalog, code: str, decision: Decision, *, needs_sedation: bool | None, act: Act
) -> Rejected:
    """The sample is refused; tests that no other sample serves become not possible.

    With `needs_sedation` given, an order for a new sample is made that says what it costs the child.
    """
    with db.writing() as session:
        sample = samples.by_code(session, code)
        return reject_in(session, catalog, sample, decision, needs_sedation=needs_sedation, act=act)


def reject_in(
    session: Session,
    catalog: Catalog,
    sample: Sample,
    decision: Decision,
    *,
    needs_sedation: bool | None = None,
    act: Act,
) -> Rejected:
    """`reject` within a larger act."""
    reasons = _reasons(catalog, decision, ReasonUse.REJECT)
    arrive_in(session, sample, act=act)
    samples.advance(session, sample, SampleAction.REJECT, reason=reasons[0].code)
    sample.comment = decision.comment
    details = _details(reasons, decision)
    custody.record(session, [sample.chain_id], CustodyKind.REJECTED, act=act, details=details)
    lost = _tests_left_without(session, sample, reasons[0].code, act=act)
    order = None
    if needs_sedation is not None and lost:
        case = samples.case_by_id(session, sample.case_id)
        first = orders.by_id(session, case.order_id)
        order = orders.recollect(session, first, lost, needs_sedation=needs_sedation, act=act)
    return Rejected(
        code=sample.code,
        tests_not_possible=tuple(test.test_code for test in lost),
        recollection=order.number if order else None,
    )


def quarantine(db: Database, catalog: Catalog, code: str, decision: Decision, *, act: Act) -> None:
    """The sample is set aside until two people have settled whose it is."""
    with db.writing() as session:
        reasons = _reasons(catalog, decision, ReasonUse.REJECT)
        sample = samples.by_code(session, code)
        arrive_in(session, sample, act=act)
        samples.advance(session, sample, SampleAction.QUARANTINE, reason=reasons[0].code)
        custody.record(
            session, [sample.chain_id], CustodyKind.QUARANTINED, act=act, details=_details(reasons, decision)
        )


def reconcile_bag(
    db: Database, catalog: Catalog, code: str, *, counted: int | None, reason: str | None, act: Act
) -> BagCard:
    """Close a received bag or the check of a rack; what was not found is named and needs a reason."""
    with db.writing() as session:
        bag = custody.bag_by_code(session, code)
        custody.close_bag(session, catalog, bag, reason=reason, counted=counted, act=act)
        return card_of(session, catalog, bag)


def accept_in(session: Session, catalog: Catalog, sample: Sample, *, act: Act) -> Accepted:
    """`accept` within a larger act; raises NotConfirmed."""
    if sample.state == SampleState.COLLECTED and sample.labelled_at is None:
        raise NotConfirmed(code=sample.code)
    return _take_in(session, catalog, sample, SampleAction.ACCEPT, (), {"condition": "good"}, act=act)


def arrive_in(session: Session, sample: Sample, *, act: Act) -> None:
    """Record that a sample is here, unless its last act says so already. Stragglers can always join."""
    last = custody.position(session, [sample.chain_id]).get(sample.chain_id)
    if last is None or last.place != act.place or last.kind in (CustodyKind.DISPATCHED, CustodyKind.TAKEN):
        custody.record(
            session, [sample.chain_id], CustodyKind.ARRIVED, act=act, holder=act.badge, place=act.place
        )
    custody.leave_bags(session, [sample.id], at=act.at)


def _take_in(
    session: Session,
    catalog: Catalog,
    sample: Sample,
    action: SampleAction,
    reasons: Sequence[Reason],
    details: Mapping[str, Any],
    *,
    act: Act,
) -> Accepted:
    arrive_in(session, sample, act=act)
    samples.advance(session, sample, action, reason=reasons[0].code if reasons else "")
    kind = CustodyKind.ACCEPTED if action == SampleAction.ACCEPT else CustodyKind.ACCEPTED_WITH_DEVIATION
    # who lays an accepted sample down at a place that keeps samples has handed it over to that place
    holder = None if act.place in keeping_places(catalog) else act.badge
    custody.record(session, [sample.chain_id], kind, act=act, holder=holder, details=details)
    queued = _queue_tests(session, catalog, sample, act=act)
    session.flush()
    return Accepted(code=sample.code, state=sample.state, queued=queued)


def _queue_tests(session: Session, catalog: Catalog, sample: Sample, *, act: Act) -> dict[str, str]:
    """Put the sample's tests on their queues; those that run or are answered stay as they are."""
    order = orders.by_id(session, samples.case_by_id(session, sample.case_id).order_id)
    queued = {}
    for test in _served(session, sample):
        if orders.TEST.allows(test.state, TestAction.QUEUE):
            entry = queues.put_on(
                session,
                catalog,
                test=test,
                sample=sample,
                urgency=order.urgency,
                received_at=act.occurred_at,
                act=act,
            )
            queued[test.test_code] = entry.queue
    return queued


def _tests_left_without(session: Session, sample: Sample, reason: str, *, act: Act) -> list[OrderedTest]:
    """Tests that no other usable sample serves; they become not possible for this reason."""
    lost = []
    for test in _served(session, sample):
        others = [other for other in samples.samples_serving(session, test.id) if other.id != sample.id]
        if any(other.state in samples.MOVABLE and other.state != SampleState.REJECTED for other in others):
            continue
        if orders.TEST.allows(test.state, TestAction.REFUSE):
            queues.give_up(session, test, reason, act=act)
            lost.append(test)
    return lost


def _served(session: Session, sample: Sample) -> list[OrderedTest]:
    served = samples.tests_served(session, sample.id)
    found = session.exec(select(OrderedTest).where(col(OrderedTest.id).in_(served)))
    # in the order of their queues, so that two receptions never wait for each other's counters
    return sorted(found, key=lambda test: (test.terms["queue"], test.number))


def _approver(db: Database, decision: Decision, act: Act) -> str:
    """The badge of who approves; their own password proves that it is them."""
    with db.reading() as session:
        approver = staff.by_login(session, decision.approver_login)
        may = staff.permissions_of(staff.roles_of(session, [approver.id])[approver.id])
    if staff.Permission.APPROVE_DEVIATION not in may:
        raise DeviationNeedsApproval(badge=approver.badge)
    confirm_password(db, approver.id, decision.approver_password, now=act.at)
    return approver.badge


def _reasons(catalog: Catalog, decision: Decision, use: ReasonUse) -> tuple[Reason, ...]:
    """The coded reasons of a decision, at least one."""
    return tuple(require_reason(catalog, reason, use) for reason in decision.reasons or ("",))


def _details(reasons: Sequence[Reason], decision: Decision) -> dict[str, Any]:
    return {"reasons": [reason.code for reason in reasons], "comment": decision.comment}


def keeping_places(catalog: Catalog) -> frozenset[str]:
    """Places that hold samples without a person."""
    return frozenset(place.code for place in catalog.places.values() if place.keeps)
