"""What people read about orders and the children they are for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session

from .. import orders, patients, samples, staff
from ..catalog import Catalog, Side, Urgency
from ..foundation.database import Database
from ..orders import (
    DoubtState,
    Order,
    OrderedTest,
    OrderFilter,
    OrderSource,
    OrderState,
    Proposal,
    TestState,
    UnknownTestState,
)
from ..patients import Banner, Patient, Sex

MOST_FOUND = 20
# What a card takes from the order's row as it is.
_SHOWN = {
    *("number", "state", "state_reason", "source", "indication", "urgency", "clinical_text"),
    *("ordered_by", "ordered_at", "received_at", "placer_group", "needs_sedation"),
}
_LISTED = {"number", "state", "state_reason", "source", "indication", "urgency", "ordered_at"}


@dataclass(frozen=True, kw_only=True)
class PatientCard:
    """A child with the last weight (kg, day) and the children who may be taken for it."""

    patient: Banner
    weight_kg: Decimal | None
    weighed_on: date | None
    look_alikes: tuple[Banner, ...]


@dataclass(frozen=True, kw_only=True)
class TestLine:
    number: int
    code: str
    name: str
    side: Side | None
    state: TestState
    state_reason: str
    placer_number: str


@dataclass(frozen=True, kw_only=True)
class UnknownTestLine:
    """A code that the catalog did not know, and what a person decided about it."""

    number: int
    code: str
    text: str
    coding_system: str
    placer_number: str
    state: UnknownTestState
    mapped_to: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """The child as the order's message named it, where the record differs."""

    family_name: str
    given_name: str
    birth_date: date | None
    sex: Sex
    state: DoubtState
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderCard:
    """Everything about one order. `to_reconcile`: it waits for a person's decision.

    `entered_by` is None for an order that came as a message.
    """

    number: str
    state: OrderState
    state_reason: str
    source: OrderSource
    indication: str | None
    urgency: Urgency
    clinical_text: str
    ordered_by: str
    ordered_at: datetime
    received_at: datetime
    entered_by: str | None
    placer_group: str
    patient: Banner
    weight_kg: Decimal | None
    weighed_on: date | None
    tests: tuple[TestLine, ...]
    unknown_tests: tuple[UnknownTestLine, ...]
    doubt: Doubt | None
    recollects: str | None
    needs_sedation: bool | None
    recollected_by: tuple[str, ...]
    cases: tuple[str, ...]
    to_reconcile: bool


@dataclass(frozen=True, kw_only=True)
class OrderLine:
    """An order in a list; `tests` are codes in order."""

    number: str
    state: OrderState
    state_reason: str
    source: OrderSource
    indication: str | None
    urgency: Urgency
    ordered_at: datetime
    patient: Banner
    tests: tuple[str, ...]


def order_card(db: Database, number: str) -> OrderCard:
    """The order; raises UnknownOrder."""
    with db.reading() as session:
        return card_of(session, orders.by_number(session, number))


def find_patients(db: Database, text: str) -> list[Banner]:
    """Children by number or name, at most 20; those who look alike are marked."""
    with db.reading() as session:
        found = patients.search(session, text, MOST_FOUND)
        alike = patients.with_look_alikes(found)
        return [patients.banner(child, similar_name=at in alike) for at, child in enumerate(found)]


def find_patient(db: Database, catalog: Catalog, *, mrn: str, authority: str) -> PatientCard:
    """The child with this number, of our own hospital where no authority is named; raises UnknownPatient."""
    with db.reading() as session:
        named = authority or catalog.laboratory.mrn_authority
        return patient_card(session, patients.by_mrn(session, named, mrn))


def proposal(catalog: Catalog, indication: str, *, birth_date: date | None, today: date) -> Proposal:
    """The tests that the indication asks for in a child of this age; raises UnknownIndication."""
    return orders.propose(catalog, indication, birth_date=birth_date, today=today)


def list_orders(db: Database, filters: OrderFilter, *, after: str | None, limit: int) -> list[OrderLine]:
    """The next orders that fit the filter, the newest first, behind the order of this number.

    Open ones where the filter names no state.
    """
    with db.reading() as session:
        behind = orders.by_number(session, after).id if after else None
        return _lines(session, orders.page(session, behind, limit, filters))


def count_orders(db: Database, filters: OrderFilter) -> int:
    """How many orders fit the filter."""
    with db.reading() as session:
        return orders.count(session, filters)


def list_to_reconcile(db: Database, *, after: str | None, limit: int) -> list[OrderCard]:
    """The next orders that wait for a decision, the oldest first, behind the order of this number."""
    with db.reading() as session:
        behind = orders.by_number(session, after).id if after else None
        return [card_of(session, order) for order in orders.to_reconcile(session, behind, limit)]


def patient_card(session: Session, patient: Patient) -> PatientCard:
    """The child's card."""
    weight = patients.latest_weight(session, patient.id)
    others = patients.look_alikes(session, patient)
    return PatientCard(
        patient=patients.banner(patient, similar_name=bool(others)),
        weight_kg=weight.kg if weight else None,
        weighed_on=weight.measured_on if weight else None,
        look_alikes=tuple(patients.banner(other, similar_name=True) for other in others),
    )


def card_of(session: Session, order: Order) -> OrderCard:
    """The order's card."""
    child = patient_card(session, patients.by_id(session, order.patient_id))
    first = orders.by_id(session, order.recollects_order_id) if order.recollects_order_id else None
    again = orders.recollections_of(session, order.id)
    return OrderCard(
        **order.model_dump(include=_SHOWN),
        entered_by=_entered_by(session, order),
        patient=child.patient,
        weight_kg=child.weight_kg,
        weighed_on=child.weighed_on,
        tests=tuple(_test_line(test) for test in orders.tests_of(session, order.id)),
        unknown_tests=_unknown_lines(session, order),
        doubt=_doubt(session, order),
        recollects=first.number if first else None,
        recollected_by=tuple(recollection.number for recollection in again),
        cases=tuple(case.number for case in samples.cases_of_order(session, order.id)),
        to_reconcile=orders.is_to_reconcile(session, order.id),
    )


def _entered_by(session: Session, order: Order) -> str | None:
    if order.entered_by is None:
        return None
    return staff.names(session, [order.entered_by])[order.entered_by]


def _test_line(test: OrderedTest) -> TestLine:
    return TestLine(
        number=test.number,
        code=test.test_code,
        name=orders.terms(test).name,
        side=test.side,
        state=test.state,
        state_reason=test.state_reason,
        placer_number=test.placer_number,
    )


def _unknown_lines(session: Session, order: Order) -> tuple[UnknownTestLine, ...]:
    shown = set(UnknownTestLine.__dataclass_fields__)
    found = orders.unknown_tests_of(session, order.id)
    return tuple(UnknownTestLine(**unknown.model_dump(include=shown)) for unknown in found)


def _doubt(session: Session, order: Order) -> Doubt | None:
    doubt = orders.doubt_of(session, order.id)
    return Doubt(**doubt.model_dump(include=set(Doubt.__dataclass_fields__))) if doubt else None


def _lines(session: Session, found: Sequence[Order]) -> list[OrderLine]:
    children = patients.by_ids(session, (order.patient_id for order in found))
    tests = orders.tests_of_orders(session, (order.id for order in found))
    alike = _look_alikes_in_list(list(children.values()))
    return [
        OrderLine(
            **order.model_dump(include=_LISTED),
            patient=patients.banner(children[order.patient_id], similar_name=order.patient_id in alike),
            tests=tuple(test.test_code for test in tests[order.id]),
        )
        for order in found
    ]


def _look_alikes_in_list(children: Sequence[Patient]) -> set[int]:
    """The rows of children who may be taken for another one of the list."""
    return {children[at].id for at in patients.with_look_alikes(children)}
