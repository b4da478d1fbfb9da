"""At the bench: steps, children, holds and repeats, by name and by scan."""

from __future__ import annotations

import pytest

from labflow import custody, orders, queues, samples
from labflow.catalog import Catalog, StepKind, UnknownReason
from labflow.custody import CustodyKind
from labflow.foundation.act import Act
from labflow.foundation.codes import CodeKind, check_code
from labflow.foundation.database import Database
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.journeys import bench, bench_queue
from labflow.journeys.bench import Making
from labflow.queues import PageFilter, WorkState
from labflow.staff import Role

from ..conftest import MakeAct
from ..factories.bench import acting, make_waiting_case
from ..factories.cases import SMEAR_BENCH, MadeCase


@pytest.fixture
def tech(database: Database, make_act: MakeAct) -> Act:
    return acting(database, make_act(place=SMEAR_BENCH), "tech", Role.TECHNOLOGIST)


@pytest.fixture
def made(database: Database, catalog: Catalog, tech: Act) -> MadeCase:
    """A tube whose morphology waits: its first step makes smears."""
    return make_waiting_case(database, catalog, tech)


def kinds(database: Database, code: str) -> list[CustodyKind]:
    with database.reading() as session:
        return [entry.kind for entry in custody.timeline(session, samples.by_code(session, code).chain_id)]


def test_taking_a_test_puts_its_sample_into_the_technologists_hands(
    database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    done = bench.take(database, catalog, made.code(), "BM-MORPH", act=tech)
    assert (done.did, done.next) == ("taken", "start Make smears")
    with database.reading() as session:
        chain = samples.by_code(session, made.code()).chain_id
        position = custody.position(session, [chain])[chain]
    assert (position.holder, position.place) == (tech.badge, SMEAR_BENCH)


def test_steps_are_walked_in_order_and_leave_custody_entries(
    database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    name = (database, catalog, made.code(), "BM-MORPH")
    bench.make_children(*name, Making(kind=StepKind.MAKE_SLIDES, count=2), act=tech)
    started = bench.start(*name, "fix", act=tech.part("2"))
    assert (started.title, started.detail) == (
        "Aspirate morphology report: Fix in methanol started",
        "Next: finish Fix in methanol.",
    )
    finished = bench.finish(*name, None, act=tech.part("3"))
    assert finished.next == "start Stain Romanowsky"
    with pytest.raises(StepOutOfOrder):
        bench.start(*name, "examine", act=tech.part("4"))
    assert kinds(database, made.code())[-3:] == ["children_made", "step_started", "step_finished"]


def test_slides_are_children_with_codes_that_serve_the_same_test(
    database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    making = Making(kind=StepKind.MAKE_SLIDES, count=3, stain="Wright-Giemsa")
    done = bench.make_children(database, catalog, made.code(), "BM-MORPH", making, act=tech)
    assert len(done.children) == 3
    assert {check_code(code) for code in done.children} == {CodeKind.SAMPLE}
    assert done.next == "start Fix in methanol"
    assert kinds(database, done.children[0]) == [CustodyKind.MADE]
    with database.reading() as session:
        child = samples.by_code(session, done.children[0])
        assert (child.parent_id, child.stain) == (made.samples[0].id, "Wright-Giemsa")
        assert queues.work_on(session, child, test_code="BM-MORPH").test.id == made.tests[0].id


def test_a_scan_at_the_bench_means_the_queue_of_that_place(
    database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    with database.writing() as session:
        sample = samples.by_code(session, made.code())
        made_slides = bench.make_slides_of_sample(session, catalog, sample, act=tech)
        assert len(made_slides.children) == 4
        assert (
            bench.start_on_sample(session, catalog, sample, act=tech.part("2")).did
            == "Fix in methanol started"
        )
        assert (
            bench.finish_on_sample(session, catalog, sample, act=tech.part("3")).did
            == "Fix in methanol finished"
        )
        with pytest.raises(StepOutOfOrder, match="make slides"):
            bench.make_slides_of_sample(session, catalog, sample, act=tech.part("4"))


def test_a_scan_at_another_bench_finds_nothing_to_do(
    database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    elsewhere = tech.at_place(catalog.queues["FLOW"].place)
    with database.reading() as session, pytest.raises(queues.NothingWaiting):
        bench.start_on_sample(session, catalog, samples.by_code(session, made.code()), act=elsewhere)


def test_a_hold_needs_a_coded_reason(database: Database, catalog: Catalog, tech: Act, made: MadeCase) -> None:
    with pytest.raises(UnknownReason, match="POOR_STAIN"):
        bench.hold(database, catalog, made.code(), "BM-MORPH", "POOR_STAIN", act=tech)
    done = bench.hold(database, catalog, made.code(), "BM-MORPH", "INSTRUMENT", act=tech)
    assert done.next == "release"
    assert bench.release(database, catalog, made.code(), "BM-MORPH", act=tech).next == "start Make smears"


def test_a_repeat_begins_at_the_first_step_and_says_why(
    database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    name = (database, catalog, made.code(), "BM-MORPH")
    bench.make_children(*name, Making(kind=StepKind.MAKE_SLIDES, count=1), act=tech)
    bench.start(*name, None, act=tech.part("2"))
    done = bench.repeat(*name, "POOR_STAIN", act=tech.part("3"))
    assert done.next == "start Make smears"
    with database.reading() as session:
        last = custody.timeline(session, samples.by_code(session, made.code()).chain_id)[-1]
    assert last.kind == CustodyKind.STEP_FAILED
    assert (last.details["step"], last.details["reason"]) == ("fix", "POOR_STAIN")


def test_a_test_that_is_not_possible_can_ask_for_a_new_sample(
    database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    done = bench.mark_not_possible(
        database, catalog, made.code(), "BM-MORPH", "CLOTTED", needs_sedation=True, act=tech
    )
    with database.reading() as session:
        again = orders.by_number(session, done.recollection or "")
        assert (again.recollects_order_id, again.needs_sedation) == (made.order.id, True)
        assert [test.test_code for test in orders.tests_of(session, again.id)] == ["BM-MORPH"]
        assert orders.by_id(session, made.order.id).state == orders.OrderState.COMPLETED


def test_the_queue_page_says_what_to_do_next_and_who_has_it(
    database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    bench.take(database, catalog, made.code(), "BM-MORPH", act=tech)
    page = bench_queue.queue_page(database, catalog, "SMEAR", filters=PageFilter(), after=None)
    (row,) = page.rows
    assert (page.open, page.next_key) == (1, None)
    assert (row.sample_code, row.progress, row.held_by) == (
        made.code(),
        "1 of 5 Make smears",
        "Tech Invented",
    )
    assert row.state == WorkState.IN_PROGRESS
    assert row.position
    assert (row.position.place, row.position.holder) == (SMEAR_BENCH, tech.badge)


def test_the_queue_page_continues_behind_its_last_row(
    database: Database, catalog: Catalog, tech: Act, make_act: MakeAct
) -> None:
    for number in range(3):
        own = make_act(by=tech.by, badge=tech.badge)
        make_waiting_case(database, catalog, own, mrn=f"100000001{number}")
    first = bench_queue.queue_page(database, catalog, "SMEAR", filters=PageFilter(), after=None, limit=2)
    rest = bench_queue.queue_page(
        database, catalog, "SMEAR", filters=PageFilter(), after=first.next_key, limit=2
    )
    assert (len(first.rows), len(rest.rows), rest.next_key) == (2, 1, None)
    assert len({row.case_number for row in (*first.rows, *rest.rows)}) == 3


def test_children_with_similar_names_are_marked_in_the_queue(
    database: Database, catalog: Catalog, tech: Act, make_act: MakeAct
) -> None:
    for number in range(2):
        own = make_act(by=tech.by, badge=tech.badge)
        make_waiting_case(database, catalog, own, mrn=f"100000001{number}")
    page = bench_queue.queue_page(database, catalog, "SMEAR", filters=PageFilter(), after=None)
    assert [row.banner.similar_name for row in page.rows] == [True, True]


def test_the_bench_card_tells_steps_children_and_what_was_done(
    database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    name = (database, catalog, made.code(), "BM-MORPH")
    bench.make_children(*name, Making(kind=StepKind.MAKE_SLIDES, count=2), act=tech)
    bench.start(*name, None, act=tech.part("2"))
    card = bench_queue.bench_card(*name)
    assert (card.next_step, card.started, card.next) == (1, True, "finish Fix in methanol")
    assert len(card.children) == 2
    assert [(step.name, step.finished_by) for step in card.taken] == [
        ("Make smears", "Tech Invented"),
        ("Fix in methanol", None),
    ]


def test_an_unknown_queue_names_the_known_ones(database: Database, catalog: Catalog) -> None:
    with pytest.raises(bench_queue.UnknownQueue) as refusal:
        bench_queue.queue_page(database, catalog, "PLUMBING", filters=PageFilter(), after=None)
    assert "SMEAR" in refusal.value.next_step
