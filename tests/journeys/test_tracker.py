"""Is it ready? From the facts of a real case."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from labflow import custody, queues, results, samples
from labflow.catalog import Catalog
from labflow.custody import CustodyKind
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.journeys import bench, tracker
from labflow.orders import OrderedTest
from labflow.results import Amendment, Findings, Outlook, Stage
from labflow.samples import SampleAction
from labflow.staff import Role

from ..conftest import MakeAct
from ..factories.bench import acting, finish_steps, make_waiting_case
from ..factories.cases import make_case

FOUND = Findings(fields={"particles": 9, "stores": "normal"}, conclusion="Iron present.")


@pytest.fixture
def tech(database: Database, act: Act) -> Act:
    return acting(database, act, "tech", Role.TECHNOLOGIST)


@pytest.fixture
def pathologist(database: Database, act: Act) -> Act:
    return acting(database, act, "path", Role.PATHOLOGIST)


def stage_now(readiness: results.CaseReadiness) -> Stage:
    return next(one.stage for one in readiness.stages if one.now)


def make_final(database: Database, test_id: int, tech: Act, pathologist: Act) -> None:
    finish_steps(database, test_id, tech)
    with database.writing() as session:
        test = session.get_one(OrderedTest, test_id)
        results.enter(session, test, FOUND, act=tech)
        results.verify(session, test, version=1, act=pathologist)


def test_a_collected_case_says_how_long_it_usually_takes(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    made = make_case(database, catalog, tech, tests=["BM-FLOW"], containers=["HEPARIN"])
    readiness = tracker.readiness(database, catalog, made.case.number, now=tech.at)
    assert readiness.sentence == "0 of 1 final"
    assert readiness.tests[0].sentence == "Usual: within 24 hours of receipt"
    assert stage_now(readiness) == Stage.COLLECTED


def test_a_sample_on_its_way_shows_in_transit(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_case(database, catalog, tech, containers=["EDTA"])
    with database.writing() as session:
        later = tech.part("later")
        custody.record(
            session, [made.samples[0].chain_id], CustodyKind.DISPATCHED, act=later, holder=None, place=None
        )
    readiness = tracker.readiness(database, catalog, made.case.number, now=tech.at)
    assert stage_now(readiness) == Stage.IN_TRANSIT


def test_an_accepted_sample_is_expected_by_the_target_of_its_test(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    made = make_waiting_case(database, catalog, tech, tests=["BM-FLOW"], containers=["HEPARIN"])
    readiness = tracker.readiness(database, catalog, made.case.number, now=tech.at)
    assert readiness.tests[0].expected_by == tech.at + timedelta(hours=24)
    assert stage_now(readiness) == Stage.IN_LAB
    late = tracker.readiness(database, catalog, made.case.number, now=tech.at + timedelta(hours=25))
    assert late.tests[0].outlook == Outlook.DELAYED


def test_partial_results_never_read_as_the_whole(
    database: Database, catalog: Catalog, tech: Act, pathologist: Act
) -> None:
    made = make_waiting_case(database, catalog, tech, tests=["BM-IRON", "BM-FILM"], containers=["SLIDE"])
    make_final(database, made.tests[0].id, tech, pathologist)
    readiness = tracker.readiness(database, catalog, made.case.number, now=tech.at)
    assert (readiness.final, readiness.total, readiness.ready) == (1, 2, False)
    assert readiness.sentence.startswith("1 of 2 final; Films expected by about")
    assert stage_now(readiness) == Stage.TESTING


def test_a_case_is_ready_when_its_last_result_is_verified(
    database: Database, catalog: Catalog, tech: Act, pathologist: Act
) -> None:
    made = make_waiting_case(database, catalog, tech, tests=["BM-IRON"], containers=["SLIDE"])
    make_final(database, made.tests[0].id, tech, pathologist)
    readiness = tracker.readiness(database, catalog, made.case.number, now=tech.at)
    assert (readiness.ready, readiness.sentence) == (True, "1 of 1 final")
    assert stage_now(readiness) == Stage.VERIFIED
    assert readiness.tests[0].facts.version == 1


def test_an_answer_that_is_being_amended_says_so(
    database: Database, catalog: Catalog, tech: Act, pathologist: Act
) -> None:
    made = make_waiting_case(database, catalog, tech, tests=["BM-IRON"], containers=["SLIDE"])
    make_final(database, made.tests[0].id, tech, pathologist)
    with database.writing() as session:
        test = session.get_one(OrderedTest, made.tests[0].id)
        results.amend(session, test, FOUND, Amendment.AMENDED, "NEW_INFORMATION", act=tech)
    readiness = tracker.readiness(database, catalog, made.case.number, now=tech.at)
    assert readiness.tests[0].sentence.endswith("; being amended")


def test_a_hold_is_said_in_the_words_of_its_reason(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_waiting_case(database, catalog, tech)
    bench.hold(database, catalog, made.code(), "BM-MORPH", "INSTRUMENT", act=tech)
    (test,) = tracker.readiness(database, catalog, made.case.number, now=tech.at).tests
    assert test.sentence == f"On hold: {catalog.reasons['INSTRUMENT'].name}"


def test_a_failed_test_needs_the_clinician_and_names_the_new_order(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    made = make_waiting_case(database, catalog, tech)
    done = bench.mark_not_possible(
        database, catalog, made.code(), "BM-MORPH", "CLOTTED", needs_sedation=False, act=tech
    )
    (test,) = tracker.readiness(database, catalog, made.case.number, now=tech.at).tests
    assert test.outlook == Outlook.NEEDS_YOU
    assert test.sentence == (
        f"Needs you: {catalog.reasons['CLOTTED'].name}, new sample ordered ({done.recollection})"
    )


def test_a_test_whose_only_sample_was_lost_needs_the_clinician(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    made = make_case(database, catalog, tech, containers=["EDTA"])
    with database.writing() as session:
        sample = samples.by_id(session, made.samples[0].id)
        samples.advance(session, sample, SampleAction.LOSE, reason="LOST_ON_WAY")
    (test,) = tracker.readiness(database, catalog, made.case.number, now=tech.at).tests
    assert test.sentence == f"Needs you: {catalog.reasons['LOST_ON_WAY'].name}, new sample needed"


def test_search_finds_a_case_by_number_sample_mrn_and_name(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    made = make_waiting_case(database, catalog, tech)
    for text in (made.case.number, made.case.number.lower(), made.code(), "1000000001", "test"):
        (found,) = tracker.search(database, catalog, text, now=tech.at)
        assert found.case_number == made.case.number
    assert tracker.search(database, catalog, "nobody at all", now=tech.at) == []


def test_my_cases_are_those_that_i_ordered_or_took(
    database: Database, catalog: Catalog, tech: Act, pathologist: Act
) -> None:
    made = make_waiting_case(database, catalog, tech)
    assert [case.case_number for case in tracker.my_cases(database, catalog, by=tech.by, now=tech.at)] == [
        made.case.number
    ]
    assert tracker.my_cases(database, catalog, by=pathologist.by, now=tech.at) == []


def test_readiness_asks_the_database_as_often_for_ten_tests_as_for_one(
    database: Database, catalog: Catalog, tech: Act, make_act: MakeAct
) -> None:
    one = make_waiting_case(database, catalog, tech)
    many = make_waiting_case(
        database,
        catalog,
        make_act(by=tech.by, badge=tech.badge),
        mrn="1000000002",
        tests=["BM-MORPH", "BM-FLOW", "BM-KARYO", "BM-FISH", "BM-MOL", "BM-CHIM", "BM-MRD"],
    )
    counted = [_statements(database, catalog, made.case.number, tech) for made in (one, many)]
    assert counted[0] == counted[1] <= 12


def _statements(database: Database, catalog: Catalog, case_number: str, tech: Act) -> int:
    sent: list[str] = []

    def note(*about: object) -> None:
        sent.append(str(about[2]))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        tracker.readiness(database, catalog, case_number, now=tech.at)
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)
    return len(sent)


def test_a_given_up_test_that_a_straggler_serves_is_expected_again(
    database: Database, catalog: Catalog, tech: Act
) -> None:
    made = make_waiting_case(database, catalog, tech, containers=["EDTA", "EDTA"])
    bench.mark_not_possible(database, catalog, made.code(), "BM-MORPH", "CLOTTED", act=tech)
    with database.writing() as session:
        queues.put_on(
            session,
            catalog,
            test=session.get_one(OrderedTest, made.tests[0].id),
            sample=samples.by_id(session, made.samples[1].id),
            urgency=made.order.urgency,
            received_at=tech.at,
            act=tech,
        )
    (test,) = tracker.readiness(database, catalog, made.case.number, now=tech.at).tests
    assert test.outlook == Outlook.EXPECTED
