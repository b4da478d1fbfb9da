"""Reads of orders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from ..catalog import Test, Urgency, thaw_test
from ..foundation.errors import NotFound
from .lifecycle import OrderState
from .tables import IdentityDoubt, Order, OrderedTest, PlacerNumber, UnknownTest

_NUMBER = re.compile(r"O[0-9]{2}-[0-9]{6,12}")
# The literal words of the partial indexes (see tables).
_OPEN = sa.text("orders.state IN ('active', 'on_hold')")
_OPEN_UNKNOWN = sa.text("unknown_tests.state = 'open'")
_OPEN_DOUBT = sa.text("identity_doubts.state = 'open'")


class UnknownOrder(NotFound):
    """There is no order {number}.

    Check the number, or look for the child.
    """


@dataclass(frozen=True, kw_only=True)
class OrderFilter:
    """Which orders a person wants to see; no state shows what is open."""

    state: OrderState | None = None
    urgency: Urgency | None = None
    indication: str | None = None


def by_number(session: Session, number: str, *, lock: bool = False) -> Order:
    """The order; raises UnknownOrder. `lock`: nobody else changes it until the transaction ends."""
    wanted = number.strip().upper()
    if not _NUMBER.fullmatch(wanted):
        raise UnknownOrder(number=number[:40])
    found = select(Order).where(Order.number == wanted)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    order = session.exec(found).one_or_none()
    if order is None:
        raise UnknownOrder(number=wanted)
    return order


def by_id(session: Session, order_id: int) -> Order:
    """The order of another row's foreign key."""
    return session.get_one(Order, order_id)


def by_event(session: Session, event_id: UUID) -> Order | None:
    """The order that this event placed, or None."""
    return session.exec(select(Order).where(Order.event_id == event_id)).one_or_none()


def by_placer_number(session: Session, authority: str, number: str) -> Order | None:
    """The order that the hospital knows by this number, or None."""
    given = session.get(PlacerNumber, (authority, number))
    return session.get_one(Order, given.order_id) if given else None


def of_patient(session: Session, patient_id: int) -> list[Order]:
    """All orders of a child, the newest first."""
    return list(
        session.exec(select(Order).where(Order.patient_id == patient_id).order_by(col(Order.id).desc()))
    )


def recollections_of(session: Session, order_id: int) -> list[Order]:
    """The orders that ask again for what this one could not answer."""
    return list(session.exec(select(Order).where(Order.recollects_order_id == order_id)))


def tests_of(session: Session, order_id: int) -> list[OrderedTest]:
    """The order's tests by number."""
    return list(
        session.exec(
            select(OrderedTest).where(OrderedTest.order_id == order_id).order_by(col(OrderedTest.number))
        )
    )


def tests_of_orders(session: Session, order_ids: Iterable[int]) -> dict[int, list[OrderedTest]]:
    """The tests of several orders by order, for lists."""
    wanted = list(order_ids)
    found = session.exec(
        select(OrderedTest)
        .where(col(OrderedTest.order_id).in_(wanted))
        .order_by(col(OrderedTest.order_id), col(OrderedTest.number))
    ).all()
    return {order_id: [test for test in found if test.order_id == order_id] for order_id in wanted}


def terms(test: OrderedTest) -> Test:
    """The catalog's values that the test was ordered under."""
    return thaw_test(test.terms)


def page(session: Session, after: int | None, limit: int, filters: OrderFilter) -> list[Order]:
    """Orders that fit the filter, the newest first, before the row `after`."""
    found = select(Order).where(*_conditions(filters)).order_by(col(Order.id).desc()).limit(limit)
    if after is not None:
        found = found.where(col(Order.id) < after)
    return list(session.exec(found))


def count(session: Session, filters: OrderFilter) -> int:
    """How many orders fit the filter."""
    return session.exec(select(sa.func.count(col(Order.id))).where(*_conditions(filters))).one()


def to_reconcile(session: Session, after: int | None, limit: int) -> list[Order]:
    """Orders that wait for a person's decision, the oldest first, behind the row `after`."""
    unknown = select(UnknownTest.order_id).where(_OPEN_UNKNOWN)
    doubted = select(IdentityDoubt.order_id).where(_OPEN_DOUBT)
    found = select(Order).where(sa.or_(col(Order.id).in_(unknown), col(Order.id).in_(doubted)))
    if after is not None:
        found = found.where(col(Order.id) > after)
    return list(session.exec(found.order_by(col(Order.id)).limit(limit)))


def unknown_tests_of(session: Session, order_id: int) -> list[UnknownTest]:
    """The tests of the order that the catalog did not know, decided or not, by number."""
    return list(
        session.exec(
            select(UnknownTest).where(UnknownTest.order_id == order_id).order_by(col(UnknownTest.number))
        )
    )


def doubt_of(session: Session, order_id: int) -> IdentityDoubt | None:
    """The doubt about the order's child, decided or not; None where there was none."""
    return session.get(IdentityDoubt, order_id)


def is_to_reconcile(session: Session, order_id: int) -> bool:
    """Whether the order waits for a person's decision."""
    unknown = select(UnknownTest.id).where(UnknownTest.order_id == order_id, _OPEN_UNKNOWN)
    doubted = select(IdentityDoubt.order_id).where(IdentityDoubt.order_id == order_id, _OPEN_DOUBT)
    return session.exec(unknown.limit(1)).first() is not None or session.exec(doubted).first() is not None


def _conditions(filters: OrderFilter) -> list[Any]:
    conditions: list[Any] = [col(Order.state) == filters.state if filters.state else _OPEN]
    if filters.urgency:
        conditions.append(col(Order.urgency) == filters.urgency)
    if filters.indication:
        conditions.append(col(Order.indication) == filters.indication)
    return conditions
