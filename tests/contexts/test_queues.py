"""Queues: routing by the catalog, the order of work, steps in order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from labflow import orders, queues, samples
from labflow.catalog import Catalog, Urgency
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.orders import OrderedTest
from labflow.queues import LeftBecause, PageFilter, QueueEntry, Work, WorkState
from labflow.staff import Role

from ..conftest import MakeAct
from ..factories.bench import acting, make_waiting_case
from ..factories.cases import MadeCase

ALL = PageFilter()


@pytest.fixture
def tech(database: Database, act: Act) -> Act:
    return acting(database, act, "tech", Role.TECHNOLOGIST)


def waiting(session: Session, queue: str, filters: PageFilter = ALL) -> list[int]:
    return [entry.ordered_test_id for entry in queues.page(session, queue, None, 50, filters)]


def work(session: Session, made: MadeCase, number: int = 1) -> Work:
    found = queues.work_of_test(session, made.tests[number - 1].id)
    assert found
    return found


def test_an_accepted_sample_puts_each_test_on_the_queue_of_its_terms(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    make_waiting_case(database, catalog, tech, tests=["BM-MORPH", "BM-FLOW"])
    with database.reading() as session:
        assert queues.counts(session) == {"SMEAR": 1, "FLOW": 1}
        assert len(waiting(session, "FLOW")) == 1
        assert {test.state for test in session.exec(select(OrderedTest))} == {orders.TestState.WAITING}


def test_a_second_tube_joins_the_entry_of_its_test(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_waiting_case(database, catalog, tech, containers=["EDTA", "EDTA"])
    with database.reading() as session:
        assert queues.counts(session) == {"SMEAR": 1}
        assert [entry.ordered_test_id for entry in session.exec(select(QueueEntry))] == [made.tests[0].id]
        second = samples.by_id(session, made.samples[1].id)
        assert queues.work_on(session, second, test_code="BM-MORPH").entry.sample_id == made.samples[0].id


def test_viability_and_due_time_come_from_the_terms(database: Database, catalog: Catalog, tech: Act) -> None:
    make_waiting_case(database, catalog, tech, tests=["BM-MORPH"], urgency=Urgency.URGENT)
    with database.reading() as session:
        (entry,) = queues.page(session, "SMEAR", None, 5, ALL)
        terms = catalog.tests["BM-MORPH"]
        assert terms.target
        assert entry.viable_until == tech.at + timedelta(hours=terms.stability[0].hours)
        assert entry.due_at == tech.at + timedelta(hours=terms.target.urgent_hours)


def test_a_test_without_limit_or_target_waits_behind_all_others(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    make_waiting_case(database, catalog, tech, tests=["BM-HOLD"])
    with database.reading() as session:
        (entry,) = queues.page(session, "MOLEC", None, 5, ALL)
        assert entry.due_at == samples.NO_LIMIT


def test_the_order_of_work_is_urgency_then_viability_then_due_time(
    database: Database, catalog: Catalog, tech: Act, make_act: MakeAct
) -> None:
    def case(mrn: str, urgency: Urgency, hours_ago: float) -> int:
        at = tech.at - timedelta(hours=hours_ago)
        past = make_act(by=tech.by, badge=tech.badge, at=at)
        return make_waiting_case(database, catalog, past, mrn=mrn, urgency=urgency).tests[0].id

    fresh, old = case("1000000001", Urgency.ROUTINE, 1), case("1000000002", Urgency.ROUTINE, 9)
    urgent = case("1000000003", Urgency.URGENT, 0)
    with database.reading() as session:
        assert waiting(session, "SMEAR") == [urgent, old, fresh]


def test_pages_by_key_show_every_entry_once(
    database: Database, catalog: Catalog, tech: Act, make_act: MakeAct
) -> None:
    for number in range(7):
        own = make_act(by=tech.by, badge=tech.badge)
        make_waiting_case(database, catalog, own, mrn=f"100000000{number}")
    with database.reading() as session:
        seen, after = [], None
        while found := queues.page(session, "SMEAR", after, 3, ALL):
            seen += [entry.id for entry in found]
            after = queues.key_of(found[-1])
        assert len(seen) == len(set(seen)) == 7
        assert seen == [entry.id for entry in queues.page(session, "SMEAR", None, 50, ALL)]


def test_filters_show_waiting_taken_held_and_mine(
    database: Database, catalog: Catalog, tech: Act, make_act: MakeAct
) -> None:
    made = [
        make_waiting_case(database, catalog, make_act(by=tech.by, badge=tech.badge), mrn=f"100000000{number}")
        for number in range(3)
    ]
    with database.writing() as session:
        queues.take(session, work(session, made[1]), act=tech)
        queues.hold(session, work(session, made[2]), "INSTRUMENT", act=tech)
    ids = [case.tests[0].id for case in made]
    with database.reading() as session:
        assert waiting(session, "SMEAR", PageFilter(state=WorkState.WAITING)) == [ids[0]]
        assert waiting(session, "SMEAR", PageFilter(state=WorkState.IN_PROGRESS)) == [ids[1]]
        assert waiting(session, "SMEAR", PageFilter(state=WorkState.HELD)) == [ids[2]]
        assert waiting(session, "SMEAR", PageFilter(taken_by=tech.by)) == [ids[1]]
        assert waiting(session, "SMEAR", PageFilter(urgency=Urgency.URGENT)) == []
        assert waiting(session, "SMEAR", PageFilter(urgency=Urgency.ROUTINE)) == ids


def test_steps_go_in_order_and_name_what_is_allowed(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_waiting_case(database, catalog, tech, tests=["BM-FILM"], containers=["SLIDE"])
    with database.writing() as session:
        first, second, *_ = work(session, made).terms.steps
        with pytest.raises(StepOutOfOrder, match=f"start {second.name}") as refusal:
            queues.start_step(session, work(session, made), second.code, act=tech)
        assert refusal.value.next_step == f"Allowed now: start {first.name}."
        queues.start_step(session, work(session, made), first.code, act=tech)
        with pytest.raises(StepOutOfOrder) as refusal:
            queues.start_step(session, work(session, made), None, act=tech)
        assert refusal.value.next_step == f"Allowed now: finish {first.name}."
        queues.finish_step(session, work(session, made), None, act=tech)
        with pytest.raises(StepOutOfOrder) as refusal:
            queues.finish_step(session, work(session, made), None, act=tech)
        assert refusal.value.next_step == f"Allowed now: start {second.name}."


def test_starting_a_step_takes_the_waiting_test(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_waiting_case(database, catalog, tech)
    with database.writing() as session:
        queues.start_step(session, work(session, made), None, act=tech)
    with database.reading() as session:
        started = work(session, made)
        assert started.state == WorkState.IN_PROGRESS
        assert started.entry.taken_by == tech.by
        assert started.test.state == orders.TestState.IN_PROGRESS


def test_after_the_last_step_only_the_result_is_left(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_waiting_case(database, catalog, tech)
    with database.writing() as session:
        while work(session, made).next_step:
            with pytest.raises(StepOutOfOrder):
                work(session, made).require_done()
            queues.start_step(session, work(session, made), None, act=tech)
            queues.finish_step(session, work(session, made), None, act=tech)
        work(session, made).require_done()
        with pytest.raises(StepOutOfOrder, match="all 5 steps done") as refusal:
            queues.start_step(session, work(session, made), None, act=tech)
        assert refusal.value.next_step == "Allowed now: enter the result."


def test_a_hold_fails_the_started_step_and_a_release_brings_it_back(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    made = make_waiting_case(database, catalog, tech)
    with database.writing() as session:
        first = queues.start_step(session, work(session, made), None, act=tech)
        queues.hold(session, work(session, made), "INSTRUMENT", note="no methanol", act=tech)
        held = work(session, made)
        assert (held.state, held.test.state, held.test.state_reason) == (
            WorkState.HELD,
            orders.TestState.ON_HOLD,
            "INSTRUMENT",
        )
        with pytest.raises(StepOutOfOrder):
            queues.start_step(session, held, None, act=tech)
        queues.release(session, work(session, made))
        assert work(session, made).state == WorkState.WAITING
        assert queues.start_step(session, work(session, made), None, act=tech) == first


def test_a_repeat_goes_back_to_the_first_step(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_waiting_case(database, catalog, tech)
    with database.writing() as session:
        first = queues.start_step(session, work(session, made), None, act=tech)
        queues.finish_step(session, work(session, made), None, act=tech)
        queues.repeat(session, work(session, made), "POOR_STAIN", act=tech)
        again = work(session, made)
        assert (again.state, again.next_step) == (WorkState.WAITING, first)


def test_a_test_that_is_given_up_leaves_its_queue_and_the_count(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    made = make_waiting_case(database, catalog, tech)
    with database.writing() as session:
        queues.give_up(session, work(session, made).test, "CLOTTED", act=tech)
    with database.reading() as session:
        assert queues.work_of_test(session, made.tests[0].id) is None
        assert queues.counts(session) == {"SMEAR": 0}
        (entry,) = session.exec(select(QueueEntry))
        assert entry.left_because == LeftBecause.NOT_POSSIBLE


def test_a_withdrawn_result_puts_its_test_back_where_it_was(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    made = make_waiting_case(database, catalog, tech)
    with database.writing() as session:
        queues.start_step(session, work(session, made), None, act=tech)
        queues.finish_step(session, work(session, made), None, act=tech)
        queues.take_off(session, work(session, made).entry, LeftBecause.VERIFIED, act=tech)
        queues.put_back(session, made.tests[0].id, act=tech)
    with database.reading() as session:
        back = work(session, made)
        assert (back.entry.next_step, back.entry.taken_by) == (1, tech.by)
        assert queues.counts(session) == {"SMEAR": 1}


def test_a_scan_of_films_that_serve_several_tests_asks_which(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    made = make_waiting_case(database, catalog, tech, tests=["BM-FILM", "BM-DIFF"], containers=["SLIDE"])
    with database.writing() as session:
        film = samples.by_id(session, made.samples[0].id)
        with pytest.raises(queues.ChooseTest) as choice:
            queues.work_on_sample(session, film, queues=["SMEAR"], by=tech.by)
        assert len(choice.value.tests) == 2
        queues.take(session, queues.work_on(session, film, test_code="BM-DIFF"), act=tech)
        in_hand = queues.work_on_sample(session, film, queues=["SMEAR"], by=tech.by)
        assert in_hand.test.test_code == "BM-DIFF"


def test_a_bench_without_work_for_a_sample_says_so(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_waiting_case(database, catalog, tech)
    with database.reading() as session:
        sample = samples.by_id(session, made.samples[0].id)
        with pytest.raises(queues.NothingWaiting, match="FLOW"):
            queues.work_on_sample(session, sample, queues=["FLOW"], by=tech.by)


def test_a_rejected_sample_is_not_worked_on(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_waiting_case(database, catalog, tech)
    with database.writing() as session:
        sample = samples.by_id(session, made.samples[0].id)
        samples.advance(session, sample, samples.SampleAction.LOSE)
        with pytest.raises(queues.UnusableSample, match="lost"):
            queues.work_on(session, sample, test_code="BM-MORPH")


def test_a_queue_page_reads_open_rows_by_their_index_only(
    database: Database, catalog: Catalog, tech: Act, make_act: MakeAct
) -> None:
    made = make_waiting_case(database, catalog, tech)
    _many_closed(database, made)
    with database.reading() as session:
        (entry,) = queues.page(session, "SMEAR", None, 50, ALL)
        plans = [_explained_page(session, after) for after in (None, queues.key_of(entry))]
    for plan in plans:
        assert "ix_queue_entries_order_of_work" in plan
        assert "TEMP B-TREE" not in plan  # SQLite's word for sorting
        assert "Sort" not in plan  # PostgreSQL's


def _many_closed(database: Database, made: MadeCase) -> None:
    """So many closed entries that reading them all would be the worse plan."""
    with database.writing() as session:
        (entry,) = session.exec(select(QueueEntry)).all()
        closed = entry.model_dump(exclude={"id"}) | {"left_at": entry.entered_at, "left_because": "verified"}
        session.connection().execute(sa.insert(QueueEntry), [closed] * 5000)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _explained_page(session: Session, after: queues.Key | None) -> str:
    """The plan of the one statement that reads a page."""
    sent: list[tuple[str, Any]] = []
    connection = session.connection()
    note = lambda _c, _cursor, statement, parameters, *_: sent.append((statement, parameters))  # noqa: E731
    sa.event.listen(connection.engine, "before_cursor_execute", note)
    try:
        queues.page(session, "SMEAR", after, 50, ALL)
    finally:
        sa.event.remove(connection.engine, "before_cursor_execute", note)
    ((statement, parameters),) = sent
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row) for row in connection.exec_driver_sql(explain + statement, parameters))
