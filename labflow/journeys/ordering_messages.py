"""Order messages of other systems, in labflow's own words, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlmodel import Session

from .. import orders, patients
from ..catalog import Catalog, Urgency, find_panel
from ..foundation.act import Act
from ..foundation.database import Database
from ..foundation.errors import Conflict, NotFound
from ..foundation.lifecycle import words
from ..orders import AskedTest, NewOrder, Order, OrderSource, OrderState
from ..patients import NewPatient, Patient
from .ordering import leave_queues

_CANCELLED_BY_SENDER = "cancelled by the sender"


class Control(StrEnum):
    """What a part of a message wants."""

    NEW = "new"
    CANCEL = "cancel"


class UnknownPlacerNumber(NotFound):
    """The message cancels {placer_number}, and no order has this number of its sender.

    Send the order first, or cancel it where it was placed.
    """


class CancelOfAnotherChild(Conflict):
    """The message cancels {placer_number}, which is an order for another child than it names.

    Compare the patient number at the sender.
    """


@dataclass(frozen=True, kw_only=True)
class MeasuredWeight:
    """Kilograms, and the day they were measured on."""

    kg: Decimal
    measured_on: date


@dataclass(frozen=True, kw_only=True)
class OrderPart:
    """What a message asks for under one placer group: one order, or what to cancel.

    `indications` are codes in any coding system. Times are UTC.
    """

    control: Control
    placer_authority: str
    placer_group: str
    tests: tuple[AskedTest, ...]
    urgency: Urgency
    ordered_at: datetime
    ordered_by: str
    clinical_text: str
    indications: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OrderMessage:
    """One message about one child. `content_hash` is the SHA-256 of all of it, line ends made alike."""

    sender: str
    control_id: str
    content_hash: bytes
    patient: NewPatient
    weight: MeasuredWeight | None
    parts: tuple[OrderPart, ...]


def take_message(db: Database, catalog: Catalog, message: OrderMessage, *, act: Act) -> str:
    """What became of the message, in words; all of it is saved or nothing.

    The same message again changes nothing. Raises ControlIdReused for the same control id with other content,
    and what an order or a cancel is refused for.
    """
    with db.writing() as session:
        earlier = orders.handled(session, message.sender, message.control_id, message.content_hash)
        if earlier:
            return f"handled before, nothing changed: {earlier.outcome}"
        act = act.part(f"{message.sender}|{message.control_id}")
        done = [
            _take_part(session, catalog, message, part, act.part(str(number)))
            for number, part in enumerate(message.parts, 1)
        ]
        outcome = "; ".join(done)
        orders.remember(
            session,
            message.sender,
            message.control_id,
            message.content_hash,
            outcome=outcome,
            now=act.at,
        )
        return outcome


def _take_part(session: Session, catalog: Catalog, message: OrderMessage, part: OrderPart, act: Act) -> str:
    if part.control == Control.CANCEL:
        return _cancel(session, message.patient, part, act)
    return _place(session, catalog, message, part, act)


def _place(session: Session, catalog: Catalog, message: OrderMessage, part: OrderPart, act: Act) -> str:
    seen = message.patient.cleaned(now=act.at)
    patients.require_site_pattern(catalog.laboratory, mrn=seen.mrn, authority=seen.mrn_authority)
    patient = patients.find_mrn(session, seen.mrn_authority, seen.mrn)
    doubted = patient is not None and patients.contradicts(patient, seen)
    if patient is None:
        patient = patients.register(session, seen, now=act.at)
    order = orders.place(session, _new_order(catalog, patient, part), catalog, act=act)
    if doubted:
        orders.doubt_identity(session, order, seen)
    else:
        patients.complete(session, patient, seen)
        _weigh(session, patient, message.weight, act)
    return _placed_words(session, order)


def _new_order(catalog: Catalog, patient: Patient, part: OrderPart) -> NewOrder:
    panels = {panel.indication for code in part.indications if (panel := find_panel(catalog, code))}
    return NewOrder(
        patient_id=patient.id,
        tests=part.tests,
        urgency=part.urgency,
        ordered_at=part.ordered_at,
        # two indications are for a person to weigh; both stand in the clinical text
        indication=panels.pop() if len(panels) == 1 else None,
        clinical_text=part.clinical_text,
        ordered_by=part.ordered_by,
        source=OrderSource.HL7,
        placer_authority=part.placer_authority,
        placer_group=part.placer_group,
    )


def _weigh(session: Session, patient: Patient, weight: MeasuredWeight | None, act: Act) -> None:
    if weight:
        today = act.at.date()
        patients.record_weight(session, patient, kg=weight.kg, measured_on=weight.measured_on, today=today)


def _placed_words(session: Session, order: Order) -> str:
    if order.state == OrderState.ON_HOLD:
        return f"order {order.number} waits to be reconciled: {order.state_reason}"
    tests = len(orders.tests_of(session, order.id))
    return f"order {order.number} with {tests} test{'s' if tests != 1 else ''}"


def _cancel(session: Session, seen: NewPatient, part: OrderPart, act: Act) -> str:
    found: dict[str, list[str]] = {}
    for one in part.tests:
        order = _order_of(session, seen, part.placer_authority, one.placer_number)
        found.setdefault(order.number, []).append(one.placer_number)
    return "; ".join(_cancel_parts(session, number, parts, act) for number, parts in found.items())


def _order_of(session: Session, seen: NewPatient, authority: str, placer_number: str) -> Order:
    """The order that the sender means; raises UnknownPlacerNumber or CancelOfAnotherChild."""
    order = orders.by_placer_number(session, authority, placer_number)
    if order is None:
        raise UnknownPlacerNumber(placer_number=placer_number)
    patient = patients.by_id(session, order.patient_id)
    if (patient.mrn_authority, patient.mrn) != (seen.mrn_authority, "".join(seen.mrn.split())):
        raise CancelOfAnotherChild(placer_number=placer_number)
    return order


def _cancel_parts(session: Session, number: str, placer_numbers: list[str], act: Act) -> str:
    order = orders.by_number(session, number, lock=True)
    done = orders.cancel(session, order, reason=_CANCELLED_BY_SENDER, act=act, placer_numbers=placer_numbers)
    leave_queues(session, done.tests, act=act)
    kept = [f"{test.test_code} is {words(test.state)} and stays" for test in done.kept]
    cancelled = [f"{len(done.tests)} test{'s' if len(done.tests) != 1 else ''} cancelled"]
    return f"order {order.number} is {words(order.state)}: " + ", ".join(cancelled + kept)
