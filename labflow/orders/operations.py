"""Writes of orders: place, advance, cancel, recollect. Never commit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, update

from ..catalog import Catalog, Panel, Side, Test, freeze_test
from ..foundation.act import Act
from ..foundation.errors import Conflict, Refused
from .asking import AskedTest, NewOrder, known_test, panel_of, sided
from .lifecycle import OPEN_TESTS, ORDER, TEST, OrderAction, OrderState, TestAction, TestState
from .queries import by_placer_number, tests_of
from .tables import Order, OrderedTest, OrderSource, PlacerNumber, UnknownTest

UNKNOWN_TEST = "a test is not in the catalog"


class NothingOrdered(Refused):
    """The order asks for no test.

    Choose at least one.
    """


class UnknownTestCode(Refused):
    """The catalog knows no test "{code}".

    Choose the test from the list.
    """


class IndicationNeedsText(Refused):
    """The indication "{indication}" needs words: it says nothing about the question by itself.

    Write what the laboratory should look for.
    """


class PlacedAlready(Conflict):
    """The hospital's number {placer_number} is order {number} already.

    Cancel that order first, or send the order under a new number.
    """


class ChangedMeanwhile(Conflict):
    """Somebody else changed this {thing} a moment ago. Nothing was saved.

    Look at it again and decide.
    """


def place(session: Session, new: NewOrder, catalog: Catalog, *, act: Act) -> Order:
    """A new order, active, or on hold when it names a test that the catalog does not know.

    Raises UnknownIndication, NothingOrdered, UnknownTestCode and IndicationNeedsText for typed orders, and
    PlacedAlready.
    """
    panel = panel_of(catalog, new.indication) if new.indication else None
    tests = [(one, known_test(catalog, one)) for one in new.tests]
    _check(new, panel, tests)
    order = _add_order(session, new, act)
    _add_placer_numbers(session, order, new)
    _add_tests(session, order, panel, [(one, test) for one, test in tests if test])
    unknown = [one for one, test in tests if test is None]
    session.add_all(_unknown(order, number, one) for number, one in enumerate(unknown, 1))
    session.flush()
    if unknown:
        advance(session, order, OrderAction.HOLD, UNKNOWN_TEST)
    return order


def add_test(
    session: Session, order: Order, test: Test, panel: Panel | None, *, placer_number: str = ""
) -> None:
    """One more test on an order, on both sides where the panel wants it, after those it has."""
    one = AskedTest(code=test.code, placer_number=placer_number)
    _add_tests(session, order, panel, [(one, test)], after=len(tests_of(session, order.id)))


def advance_test(session: Session, test: OrderedTest, action: TestAction, *, reason: str = "") -> None:
    """The test takes one step of its life; raises StepOutOfOrder or ChangedMeanwhile."""
    _assign(session, test, TEST.next_state(test.state, action), reason)


def _assign(session: Session, test: OrderedTest, state: TestState, reason: str) -> None:
    """The only place that assigns a test's state; raises ChangedMeanwhile."""
    row = update(OrderedTest).where(col(OrderedTest.id) == test.id, col(OrderedTest.state) == test.state)
    moved = session.connection().execute(row.values(state=state, state_reason=reason))
    if moved.rowcount != 1:
        raise ChangedMeanwhile(thing="test")
    set_committed_value(test, "state", state)
    set_committed_value(test, "state_reason", reason)


def take_back_test(session: Session, test: OrderedTest, state: TestState, *, reason: str = "") -> None:
    """Undo the test's last step: it is in the state before it again; raises StepOutOfOrder."""
    _assign(session, test, TEST.step_back(test.state, state), reason)


def advance(session: Session, order: Order, action: OrderAction, reason: str = "") -> None:
    """The only place that assigns an order's state; raises StepOutOfOrder or ChangedMeanwhile."""
    state = ORDER.next_state(order.state, action)
    row = update(Order).where(col(Order.id) == order.id, col(Order.state) == order.state)
    moved = session.connection().execute(row.values(state=state, state_reason=reason))
    if moved.rowcount != 1:
        raise ChangedMeanwhile(thing="order")
    set_committed_value(order, "state", state)
    set_committed_value(order, "state_reason", reason)


def complete_if_all_answered(session: Session, order_id: int) -> None:
    """An active order that owes no answer is completed; a completed one that owes one again is reopened."""
    order = session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
    owes = any(test.state in OPEN_TESTS for test in tests_of(session, order_id))
    if order.state == OrderState.ACTIVE and not owes:
        advance(session, order, OrderAction.COMPLETE)
    elif order.state == OrderState.COMPLETED and owes:
        advance(session, order, OrderAction.REOPEN)


def recollect(
    session: Session, order: Order, tests: Sequence[OrderedTest], *, needs_sedation: bool, act: Act
) -> Order:
    """A new order for the same tests of the same child, under the same terms, linked to the first."""
    values = order.model_dump(include={"patient_id", "indication", "urgency", "clinical_text", "ordered_by"})
    again = Order(
        **values,
        number=_interim_number(act),
        source=OrderSource.RECOLLECTION,
        ordered_at=act.occurred_at,
        received_at=act.at,
        event_id=act.part("recollection").event_id,
        entered_by=act.by,
        recollects_order_id=order.id,
        needs_sedation=needs_sedation,
    )
    _number(session, again)
    kept = {"test_code", "side", "priority", "terms"}
    session.add_all(
        OrderedTest(**test.model_dump(include=kept), order_id=again.id, number=number)
        for number, test in enumerate(tests, 1)
    )
    session.flush()
    return again


def _check(new: NewOrder, panel: Panel | None, tests: Sequence[tuple[AskedTest, Test | None]]) -> None:
    if not tests:
        raise NothingOrdered
    if new.source == OrderSource.HL7:
        return  # what is wrong with an imported order is for people to reconcile
    for one, test in tests:
        if test is None:
            raise UnknownTestCode(code=one.code[:40])
    if panel and panel.needs_text and not new.clinical_text.strip():
        raise IndicationNeedsText(indication=panel.name)


def _add_order(session: Session, new: NewOrder, act: Act) -> Order:
    order = Order(
        number=_interim_number(act),
        patient_id=new.patient_id,
        source=new.source,
        indication=new.indication,
        urgency=new.urgency,
        clinical_text=new.clinical_text,
        ordered_by=new.ordered_by,
        ordered_at=new.ordered_at,
        received_at=act.at,
        event_id=act.event_id,
        entered_by=act.by or None,
        placer_group=new.placer_group,
    )
    _number(session, order)
    return order


def _interim_number(act: Act) -> str:
    """Unique until the row has its own number."""
    return act.event_id.hex[:20]


def _number(session: Session, order: Order) -> None:
    """The year and the running number of the row: `O26-000123`."""
    session.add(order)
    session.flush()
    order.number = f"O{order.received_at:%y}-{order.id:06d}"


def _add_placer_numbers(session: Session, order: Order, new: NewOrder) -> None:
    for number in dict.fromkeys(one.placer_number for one in new.tests if one.placer_number):
        if earlier := by_placer_number(session, new.placer_authority, number):
            raise PlacedAlready(placer_number=number, number=earlier.number)
        session.add(PlacerNumber(authority=new.placer_authority, number=number, order_id=order.id))


def _add_tests(
    session: Session,
    order: Order,
    panel: Panel | None,
    tests: Sequence[tuple[AskedTest, Test]],
    after: int = 0,
) -> None:
    """Rows in order of the panel's priority; without a panel in the order they were asked for."""
    asked_for = list(sided(panel, tests))
    if panel:
        asked_for.sort(key=lambda found: panel.priority(found[1].code))
    for number, (one, test, side) in enumerate(asked_for, after + 1):
        priority = panel.priority(test.code) if panel else number - 1
        session.add(_ordered_test(order, number, one, test, side, priority))
    session.flush()


def _ordered_test(
    order: Order, number: int, one: AskedTest, test: Test, side: Side | None, priority: int
) -> OrderedTest:
    return OrderedTest(
        order_id=order.id,
        number=number,
        test_code=test.code,
        side=side,
        priority=priority,
        terms=freeze_test(test),
        placer_number=one.placer_number,
    )


def _unknown(order: Order, number: int, one: AskedTest) -> UnknownTest:
    return UnknownTest(
        order_id=order.id,
        number=number,
        code=one.code,
        text=one.text,
        coding_system=one.coding_system,
        placer_number=one.placer_number,
    )
