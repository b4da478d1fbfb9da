"""Orders: what an indication proposes, placing, sides, lifecycles, cancelling, reconciling, recollecting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from labflow import orders, patients
from labflow.catalog import Catalog, Side, Urgency
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.orders import (
    ORDER,
    TEST,
    AskedTest,
    DoubtState,
    NewOrder,
    Order,
    OrderAction,
    OrderFilter,
    OrderSource,
    OrderState,
    TestAction,
    TestState,
    UnknownTestState,
)
from labflow.patients import NewPatient, Patient
from labflow.staff import Role

from ..conftest import MakeAct
from ..people import make_person


@pytest.fixture
def act(database: Database, make_act: MakeAct) -> Act:
    person = make_person(database, "ada", Role.RECEPTION, password=None)
    return make_act(by=person.id, badge=person.badge)


@pytest.fixture
def session(database: Database, act: Act) -> Iterator[Session]:
    with database.writing() as session:
        yield session


@pytest.fixture
def child(session: Session, act: Act) -> Patient:
    new = NewPatient(mrn="1", mrn_authority="A", family_name="Okonkwo", birth_date=date(2019, 7, 14))
    return patients.register(session, new, now=act.at)


def new_order(child: Patient, act: Act, *tests: AskedTest, **told: object) -> NewOrder:
    usual = {"patient_id": child.id, "tests": tests, "urgency": Urgency.ROUTINE, "ordered_at": act.at}
    return NewOrder(**usual | told)  # type: ignore[arg-type]  # the tests name what they change


def imported(child: Patient, act: Act, *tests: AskedTest, **told: object) -> NewOrder:
    return new_order(child, act, *tests, source=OrderSource.HL7, placer_authority="EHR", **told)


@pytest.fixture
def order(session: Session, catalog: Catalog, child: Patient, act: Act) -> Order:
    asked = orders.asked("BM-IRON", "BM-FILM", "BM-MORPH")
    return orders.place(session, new_order(child, act, *asked, indication="ANAEM"), catalog, act=act)


def states(session: Session, order: Order) -> list[TestState]:
    return [test.state for test in orders.tests_of(session, order.id)]


def test_an_order_has_a_number_that_people_can_say(order: Order) -> None:
    assert order.number == f"O26-{order.id:06}"


def test_tests_stand_in_the_priority_of_the_panel(session: Session, order: Order) -> None:
    found = orders.tests_of(session, order.id)
    assert [(test.number, test.test_code) for test in found] == [
        (1, "BM-FILM"),
        (2, "BM-MORPH"),
        (3, "BM-IRON"),
    ]
    assert [test.priority for test in found] == [0, 1, 3]


def test_an_ordered_test_keeps_the_values_it_was_ordered_under(
    session: Session, catalog: Catalog, order: Order
) -> None:
    session.expire_all()
    kept = [orders.terms(test) for test in orders.tests_of(session, order.id)]
    assert kept == [catalog.tests[code] for code in ("BM-FILM", "BM-MORPH", "BM-IRON")]


def test_what_a_panel_wants_from_both_sides_comes_once_for_each(
    session: Session, catalog: Catalog, child: Patient, act: Act
) -> None:
    asked = orders.asked("BM-TREPH", "BM-FLOW")
    placed = orders.place(session, new_order(child, act, *asked, indication="NB-STAGE"), catalog, act=act)
    found = [(test.test_code, test.side) for test in orders.tests_of(session, placed.id)]
    assert found == [("BM-TREPH", Side.LEFT), ("BM-TREPH", Side.RIGHT), ("BM-FLOW", None)]


def test_what_was_asked_once_for_each_side_is_not_doubled(
    session: Session, catalog: Catalog, child: Patient, act: Act
) -> None:
    lines = [AskedTest(code="BM-TREPH", placer_number=number) for number in ("1", "2")]
    placed = orders.place(session, imported(child, act, *lines, indication="NB-STAGE"), catalog, act=act)
    found = [(test.side, test.placer_number) for test in orders.tests_of(session, placed.id)]
    assert found == [(Side.LEFT, "1"), (Side.RIGHT, "2")]


@pytest.mark.parametrize(("years", "proposed"), [(2, True), (7, False), (None, True)])
def test_a_test_for_younger_children_is_proposed_to_them_only(
    catalog: Catalog, years: int | None, proposed: bool
) -> None:
    today = date(2026, 11, 20)
    born = None if years is None else today - timedelta(days=years * 366)
    found = orders.propose(catalog, "OSTEO", birth_date=born, today=today)
    assert [test.code for test in found.required] == ["BONE-CX"]
    assert ("BONE-KK" in [test.code for test in found.offered]) == proposed


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"tests": ()}, orders.NothingOrdered),
        ({"tests": orders.asked("NO-SUCH")}, orders.UnknownTestCode),
        ({"indication": "NO-SUCH"}, orders.UnknownIndication),
        ({"indication": "OTHER"}, orders.IndicationNeedsText),
    ],
)
def test_a_typed_order_that_cannot_be_done_is_refused(
    session: Session,
    catalog: Catalog,
    child: Patient,
    act: Act,
    told: dict[str, object],
    refusal: type[Exception],
) -> None:
    asked = new_order(child, act, **{"tests": orders.asked("BM-FILM")} | told)
    with pytest.raises(refusal):
        orders.place(session, asked, catalog, act=act)


def test_codes_that_mean_different_tests_mean_none(
    session: Session, catalog: Catalog, child: Patient, act: Act
) -> None:
    both = AskedTest(code="BM-FILM", other_codes=("BM-FLOW",))
    same = AskedTest(code="LOCAL", other_codes=("FLOW", "33719-6"))
    placed = orders.place(session, imported(child, act, both, same), catalog, act=act)
    assert [test.test_code for test in orders.tests_of(session, placed.id)] == ["BM-FLOW"]
    assert [unknown.code for unknown in orders.unknown_tests_of(session, placed.id)] == ["BM-FILM"]
    assert placed.state == OrderState.ON_HOLD


def test_a_placer_number_is_given_once(session: Session, catalog: Catalog, child: Patient, act: Act) -> None:
    asked = imported(child, act, AskedTest(code="BM-FILM", placer_number="77"))
    first = orders.place(session, asked, catalog, act=act)
    with pytest.raises(orders.PlacedAlready, match=first.number):
        orders.place(session, asked, catalog, act=act.part("again"))


@pytest.mark.parametrize("action", list(TestAction))
def test_a_test_takes_only_the_steps_of_its_lifecycle(
    session: Session, order: Order, action: TestAction
) -> None:
    test = orders.tests_of(session, order.id)[0]
    if TEST.allows(test.state, action):
        orders.advance_test(session, test, action, reason="why")
        assert (test.state, test.state_reason) == (TEST.next_state(TestState.PLANNED, action), "why")
        return
    with pytest.raises(StepOutOfOrder):
        orders.advance_test(session, test, action)


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("action", list(OrderAction))
def test_no_order_leaves_its_lifecycle(state: OrderState, action: OrderAction) -> None:
    if not ORDER.allows(state, action):
        with pytest.raises(StepOutOfOrder):
            ORDER.next_state(state, action)
    assert not ORDER.allowed(OrderState.CANCELLED)


def test_somebody_who_saw_an_older_state_changes_nothing(session: Session, order: Order) -> None:
    test = orders.tests_of(session, order.id)[0]
    session.connection().execute(sa.text("UPDATE ordered_tests SET state = 'waiting'"))
    with pytest.raises(orders.ChangedMeanwhile):
        orders.advance_test(session, test, TestAction.CANCEL)
    session.connection().execute(sa.text("UPDATE orders SET state = 'on_hold'"))
    with pytest.raises(orders.ChangedMeanwhile):
        orders.advance(session, order, OrderAction.CANCEL)


def test_an_order_is_completed_by_its_last_answer_and_reopened_by_a_withdrawal(
    session: Session, order: Order
) -> None:
    found = orders.tests_of(session, order.id)
    for test in found:
        assert order.state.value == "active"
        for action in (TestAction.QUEUE, TestAction.START, TestAction.ENTER, TestAction.VERIFY):
            orders.advance_test(session, test, action)
        orders.complete_if_all_answered(session, order.id)
    assert order.state.value == "completed"
    orders.advance_test(session, found[0], TestAction.WITHDRAW)
    orders.complete_if_all_answered(session, order.id)
    assert order.state.value == "active"


def test_a_cancel_leaves_what_somebody_works_on(session: Session, order: Order, act: Act) -> None:
    begun = orders.tests_of(session, order.id)[1]
    for action in (TestAction.QUEUE, TestAction.START):
        orders.advance_test(session, begun, action)
    done = orders.cancel(session, order, reason="ordered twice", act=act)
    assert done.kept == [begun]
    assert states(session, order) == [TestState.CANCELLED, TestState.IN_PROGRESS, TestState.CANCELLED]
    assert order.state == OrderState.ACTIVE
    with pytest.raises(orders.NothingToCancel, match="BM-MORPH is in progress"):
        orders.cancel(session, order, reason="again", act=act)


def test_an_order_is_cancelled_with_its_last_test(session: Session, order: Order, act: Act) -> None:
    orders.cancel(session, order, reason="ordered twice", act=act)
    assert (order.state, order.state_reason) == (OrderState.CANCELLED, "ordered twice")


@pytest.fixture
def unclear(session: Session, catalog: Catalog, child: Patient, act: Act) -> Order:
    """An imported order of one test of the catalog and one that it does not know."""
    lines = AskedTest(code="BM-FILM", placer_number="1"), AskedTest(code="MARROWX", placer_number="2")
    return orders.place(session, imported(child, act, *lines, indication="ANAEM"), catalog, act=act)


def test_a_mapped_code_becomes_a_test_and_releases_the_order(
    session: Session, catalog: Catalog, unclear: Order, act: Act
) -> None:
    unknown = orders.unknown_test(session, unclear, 1)
    with pytest.raises(orders.StillToReconcile):
        orders.release(session, unclear)
    with pytest.raises(orders.UnknownTestCode):
        orders.map_unknown(session, unclear, unknown, "NO-SUCH", catalog, act=act)
    orders.map_unknown(session, unclear, unknown, "FLOW", catalog, act=act)
    assert unclear.state == OrderState.ACTIVE
    added = orders.tests_of(session, unclear.id)[-1]
    assert (added.test_code, added.number, added.placer_number) == ("BM-FLOW", 2, "2")
    with pytest.raises(orders.NothingToDecide):
        orders.unknown_test(session, unclear, 1)


def test_a_refused_code_needs_a_reason_and_leaves_the_other_tests(
    session: Session, unclear: Order, act: Act
) -> None:
    unknown = orders.unknown_test(session, unclear, 1)
    with pytest.raises(orders.ReasonMissing):
        orders.refuse_unknown(session, unclear, unknown, "  ", act=act)
    orders.refuse_unknown(session, unclear, unknown, "not done here", act=act)
    assert unclear.state == OrderState.ACTIVE
    assert (unknown.state, unknown.decided_by) == (UnknownTestState.REFUSED, act.by)


def test_an_order_whose_only_code_is_refused_is_cancelled(
    session: Session, catalog: Catalog, child: Patient, act: Act
) -> None:
    placed = orders.place(session, imported(child, act, AskedTest(code="MARROWX")), catalog, act=act)
    orders.refuse_unknown(session, placed, orders.unknown_test(session, placed, 1), "not done here", act=act)
    assert placed.state == OrderState.CANCELLED


def test_a_part_is_cancelled_by_its_placer_number(session: Session, unclear: Order, act: Act) -> None:
    orders.cancel(session, unclear, reason="by the sender", act=act, placer_numbers=["2"])
    assert (unclear.state, states(session, unclear)) == (OrderState.ACTIVE, [TestState.PLANNED])
    orders.cancel(session, unclear, reason="by the sender", act=act, placer_numbers=["1"])
    assert unclear.state == OrderState.CANCELLED


def test_a_doubt_about_the_child_holds_the_order_until_it_is_decided(
    session: Session, order: Order, act: Act
) -> None:
    seen = NewPatient(mrn="1", mrn_authority="A", family_name="Smith")
    orders.doubt_identity(session, order, seen)
    assert orders.to_reconcile(session, None, 5) == [order]
    doubt = orders.open_doubt(session, order)
    with pytest.raises(orders.ReasonMissing):
        orders.decide_doubt(doubt, DoubtState.KEPT, "", act=act)
    orders.decide_doubt(doubt, DoubtState.KEPT, "asked the ward", act=act)
    orders.settle(session, order)
    assert (order.state, orders.to_reconcile(session, None, 5)) == (OrderState.ACTIVE, [])


def test_a_recollection_asks_again_under_the_same_terms_and_says_its_burden(
    session: Session, order: Order, act: Act
) -> None:
    again = orders.recollect(
        session, order, orders.tests_of(session, order.id)[1:], needs_sedation=True, act=act
    )
    assert (again.source, again.needs_sedation, again.urgency) == (
        OrderSource.RECOLLECTION,
        True,
        order.urgency,
    )
    first, second = orders.tests_of(session, order.id)[1], orders.tests_of(session, again.id)[0]
    assert (second.number, second.terms, second.priority) == (1, first.terms, first.priority)
    assert orders.recollections_of(session, order.id) == [again]


def test_the_list_pages_by_key_and_shows_what_is_open(
    session: Session, catalog: Catalog, child: Patient, act: Act
) -> None:
    asked = new_order(child, act, *orders.asked("BM-FILM"), indication="ANAEM")
    placed = [orders.place(session, asked, catalog, act=act.part(str(at))) for at in range(5)]
    orders.cancel(session, placed[3], reason="twice", act=act)
    first = orders.page(session, None, 2, OrderFilter())
    assert first == [placed[4], placed[2]]
    assert orders.page(session, first[-1].id, 5, OrderFilter()) == [placed[1], placed[0]]
    assert orders.page(session, None, 5, OrderFilter(state=OrderState.CANCELLED)) == [placed[3]]
    assert orders.page(session, None, 5, OrderFilter(urgency=Urgency.URGENT)) == []
    assert orders.count(session, OrderFilter(indication="ANAEM")) == 4


@pytest.mark.parametrize("table", ["orders", "unknown_tests", "identity_doubts"])
def test_lists_of_what_is_open_read_their_partial_index(sqlite_url: str, table: str) -> None:
    database = Database(sqlite_url)
    reads: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *told: reads.append(told[2]))
    with database.reading() as session:
        orders.page(session, None, 50, OrderFilter())
        orders.to_reconcile(session, None, 50)
        plans = [
            str(row)
            for read in list(reads)
            for row in session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {read}", (50,) * read.count("?")
            )
        ]
    assert [plan for plan in plans if f"ix_{table}_open" in plan], plans
    database.close()
