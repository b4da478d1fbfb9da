"""Ordering: children are registered, orders placed, held and cancelled, open questions decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlmodel import Session

from .. import orders, patients, queues
from ..catalog import Catalog, Urgency
from ..foundation.act import Act
from ..foundation.database import Database
from ..orders import DoubtState, NewOrder, OrderAction, OrderedTest
from ..patients import NewPatient
from ..queues import LeftBecause
from .ordering_cards import OrderCard, PatientCard, card_of, patient_card

# What a person decides about a code that the catalog does not know, beside refusing it.
MAP = "map"


class Decision(StrEnum):
    """What a person decides when a message and the record differ about a child."""

    KEEP = "keep"
    CORRECT = "correct"
    REFUSE = "refuse"


@dataclass(frozen=True, kw_only=True)
class TypedOrder:
    """An order as a person types it in. Without an authority `mrn` is of the laboratory's own hospital."""

    mrn: str
    mrn_authority: str = ""
    indication: str
    tests: Sequence[str]
    urgency: Urgency = Urgency.ROUTINE
    clinical_text: str = ""
    ordered_by: str = ""
    weight_kg: Decimal | None = None
    weighed_on: date | None = None


def register_patient(db: Database, catalog: Catalog, new: NewPatient, *, act: Act) -> PatientCard:
    """The new child, of the laboratory's own hospital unless an authority is named, and who looks alike.

    Raises AlreadyRegistered, ImpossibleName, ImpossibleMrn or ImpossibleBirthDate.
    """
    new = replace(new, mrn_authority=new.mrn_authority or catalog.laboratory.mrn_authority)
    patients.require_site_pattern(catalog.laboratory, mrn=new.mrn, authority=new.mrn_authority)
    with db.writing() as session:
        return patient_card(session, patients.register(session, new, now=act.at))


def place_order(db: Database, catalog: Catalog, typed: TypedOrder, *, act: Act) -> OrderCard:
    """The new order; the same event again is the same order.

    Raises UnknownPatient, ImpossibleWeight, and what orders.place raises.
    """
    with db.writing() as session:
        if placed := orders.by_event(session, act.event_id):
            return card_of(session, placed)
        authority = typed.mrn_authority or catalog.laboratory.mrn_authority
        patient = patients.by_mrn(session, authority, typed.mrn)
        if typed.weight_kg is not None:
            today = act.at.date()
            measured_on = typed.weighed_on or today
            patients.record_weight(session, patient, kg=typed.weight_kg, measured_on=measured_on, today=today)
        order = orders.place(session, _new_order(typed, patient.id, act), catalog, act=act)
        return card_of(session, order)


def cancel_order(db: Database, number: str, reason: str, *, act: Act) -> OrderCard:
    """Cancels what nobody works on yet; raises UnknownOrder, ReasonMissing or NothingToCancel."""
    with db.writing() as session:
        order = orders.by_number(session, number, lock=True)
        done = orders.cancel(session, order, reason=orders.require_reason(reason), act=act)
        leave_queues(session, done.tests, act=act)
        return card_of(session, order)


def hold_order(db: Database, number: str, reason: str, *, act: Act) -> OrderCard:
    """Nothing is collected for the order until it is released; raises UnknownOrder, ReasonMissing."""
    with db.writing() as session:
        order = orders.by_number(session, number, lock=True)
        orders.advance(session, order, OrderAction.HOLD, orders.require_reason(reason))
        return card_of(session, order)


def release_order(db: Database, number: str, *, act: Act) -> OrderCard:
    """Takes the order off hold; raises UnknownOrder or StillToReconcile."""
    with db.writing() as session:
        order = orders.by_number(session, number, lock=True)
        orders.release(session, order)
        return card_of(session, order)


def map_unknown_test(
    db: Database, catalog: Catalog, number: str, unknown: int, test: str, *, act: Act
) -> OrderCard:
    """A code that the catalog does not know means this test of it; the last decision releases the order.

    Raises UnknownOrder, NoSuchUnknownTest, NothingToDecide or UnknownTestCode.
    """
    with db.writing() as session:
        order = orders.by_number(session, number, lock=True)
        found = orders.unknown_test(session, order, unknown)
        orders.map_unknown(session, order, found, test, catalog, act=act)
        return card_of(session, order)


def refuse_unknown_test(db: Database, number: str, unknown: int, reason: str, *, act: Act) -> OrderCard:
    """The laboratory does not do what the code asks for; an order without any other test is cancelled.

    Raises UnknownOrder, NoSuchUnknownTest, NothingToDecide or ReasonMissing.
    """
    with db.writing() as session:
        order = orders.by_number(session, number, lock=True)
        found = orders.unknown_test(session, order, unknown)
        orders.refuse_unknown(session, order, found, reason, act=act)
        return card_of(session, order)


def reconcile(
    db: Database,
    catalog: Catalog,
    number: str,
    *,
    decision: str,
    unknown_test: int | None,
    test: str,
    reason: str,
    act: Act,
) -> OrderCard:
    """One decision: "map" or "refuse" an unknown test, or a Decision about who the child is."""
    if unknown_test is None:
        return decide_identity(db, number, Decision(decision), reason, act=act)
    if decision == MAP:
        return map_unknown_test(db, catalog, number, unknown_test, test, act=act)
    return refuse_unknown_test(db, number, unknown_test, reason, act=act)


def decide_identity(db: Database, number: str, decision: Decision, reason: str, *, act: Act) -> OrderCard:
    """The record stays, is corrected by the message, or the order is refused because it is another child.

    Raises UnknownOrder, NothingToDecide or ReasonMissing.
    """
    with db.writing() as session:
        order = orders.by_number(session, number, lock=True)
        doubt = orders.open_doubt(session, order)
        if decision == Decision.REFUSE:
            orders.decide_doubt(doubt, DoubtState.REFUSED, reason, act=act)
            leave_queues(session, orders.cancel(session, order, reason=reason, act=act).tests, act=act)
        elif decision == Decision.CORRECT:
            orders.decide_doubt(doubt, DoubtState.CORRECTED, reason, act=act)
            said = doubt.model_dump(include={"family_name", "given_name", "birth_date", "sex"})
            patients.correct(session, patients.by_id(session, order.patient_id), **said)
            orders.settle(session, order)
        else:
            orders.decide_doubt(doubt, DoubtState.KEPT, reason, act=act)
            orders.settle(session, order)
        return card_of(session, order)


def leave_queues(session: Session, tests: Iterable[OrderedTest], *, act: Act) -> None:
    """Cancelled tests wait nowhere any more."""
    for test in tests:
        if work := queues.work_of_test(session, test.id):
            queues.take_off(session, work.entry, LeftBecause.CANCELLED, act=act)


def _new_order(typed: TypedOrder, patient_id: int, act: Act) -> NewOrder:
    return NewOrder(
        patient_id=patient_id,
        tests=orders.asked(*typed.tests),
        urgency=typed.urgency,
        ordered_at=act.occurred_at,
        indication=typed.indication,
        clinical_text=typed.clinical_text,
        ordered_by=typed.ordered_by,
    )
