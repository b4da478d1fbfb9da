"""From the bench to the answer: entered, verified by another person, amended, withdrawn."""

from __future__ import annotations

import pytest

from labflow import orders, queues, staff
from labflow.catalog import Catalog, UnknownReason
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.journeys import sign_out
from labflow.journeys.result_versions import NoSuchTest
from labflow.results import Amendment, Findings, ResultState
from labflow.staff import Role

from ..factories.bench import acting, finish_steps, make_waiting_case
from ..factories.cases import MadeCase
from ..people import PASSWORD

FOUND = Findings(fields={"particles": 9, "stores": "normal"}, conclusion="Iron present.")
CORRECTED = Findings(fields={"particles": 9, "stores": "reduced"}, conclusion="Iron reduced.", critical=True)


@pytest.fixture(scope="module")
def password_hash() -> str:
    return staff.hash_password(PASSWORD, login="somebody")


@pytest.fixture
def tech(database: Database, act: Act, password_hash: str) -> Act:
    return acting(database, act, "tech", Role.TECHNOLOGIST, password_hash=password_hash)


@pytest.fixture
def pathologist(database: Database, act: Act, password_hash: str) -> Act:
    return acting(database, act, "path", Role.PATHOLOGIST, password_hash=password_hash)


@pytest.fixture
def made(database: Database, catalog: Catalog, tech: Act) -> MadeCase:
    """An iron stain whose steps are done."""
    made = make_waiting_case(database, catalog, tech, tests=["BM-IRON"], containers=["SLIDE"])
    finish_steps(database, made.tests[0].id, tech)
    return made


def test_the_whole_way_to_a_final_result(
    database: Database, catalog: Catalog, tech: Act, pathologist: Act, made: MadeCase
) -> None:
    entered = sign_out.enter(database, catalog, made.case.number, 1, FOUND, act=tech)
    assert (entered.answer, entered.waiting and entered.waiting.version) == (None, 1)
    done = sign_out.verify(
        database, catalog, made.case.number, 1, version=1, password=PASSWORD, act=pathologist
    )
    assert done.answer
    assert (done.answer.state, done.answer.verified_by) == (ResultState.FINAL, "Path Invented")
    with database.reading() as session:
        assert queues.work_of_test(session, made.tests[0].id) is None
        assert queues.counts(session) == {"SMEAR": 0}
        assert orders.by_id(session, made.order.id).state == orders.OrderState.COMPLETED


def test_no_result_before_the_last_step(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_waiting_case(database, catalog, tech, tests=["BM-IRON"], containers=["SLIDE"])
    with pytest.raises(StepOutOfOrder) as refusal:
        sign_out.enter(database, catalog, made.case.number, 1, FOUND, act=tech)
    assert refusal.value.next_step.startswith("Allowed now: start")


def test_a_wrong_password_verifies_nothing(
    database: Database, catalog: Catalog, tech: Act, pathologist: Act, made: MadeCase
) -> None:
    sign_out.enter(database, catalog, made.case.number, 1, FOUND, act=tech)
    with pytest.raises(staff.WrongPassword):
        sign_out.verify(database, catalog, made.case.number, 1, version=1, password="wrong", act=pathologist)
    assert sign_out.versions(database, catalog, made.case.number, 1).answer is None


def test_a_returned_result_comes_back_to_the_bench_with_its_note(
    database: Database, catalog: Catalog, tech: Act, pathologist: Act, made: MadeCase
) -> None:
    sign_out.enter(database, catalog, made.case.number, 1, FOUND, act=tech)
    back = sign_out.return_(database, catalog, made.case.number, 1, "Which control?", act=pathologist)
    assert back.state == orders.TestState.IN_PROGRESS
    assert (back.versions[0].returned_by, back.versions[0].returned_note) == (
        "Path Invented",
        "Which control?",
    )
    again = sign_out.enter(database, catalog, made.case.number, 1, CORRECTED, act=tech)
    assert again.versions[0].changed == {"stores"}


def test_an_amended_result_shows_the_old_one_until_it_is_verified(
    database: Database, catalog: Catalog, tech: Act, pathologist: Act, made: MadeCase
) -> None:
    name = (database, catalog, made.case.number, 1)
    sign_out.enter(*name, FOUND, act=tech)
    sign_out.verify(*name, version=1, password=PASSWORD, act=pathologist)
    amended = sign_out.amend(*name, CORRECTED, Amendment.CORRECTED, "TYPING_ERROR", act=tech)
    assert (amended.being_amended, amended.answer and amended.answer.version) == (True, 1)
    final = sign_out.verify(*name, version=2, password=PASSWORD, act=pathologist)
    assert [version.state for version in final.versions] == [ResultState.CORRECTED, ResultState.FINAL]
    assert final.answer
    assert final.answer.critical


def test_an_amendment_needs_a_coded_reason(
    database: Database, catalog: Catalog, tech: Act, made: MadeCase
) -> None:
    with pytest.raises(UnknownReason):
        sign_out.amend(
            database, catalog, made.case.number, 1, CORRECTED, Amendment.AMENDED, "BECAUSE", act=tech
        )


def test_a_withdrawn_result_is_owed_again(
    database: Database, catalog: Catalog, tech: Act, pathologist: Act, made: MadeCase
) -> None:
    name = (database, catalog, made.case.number, 1)
    sign_out.enter(*name, FOUND, act=tech)
    sign_out.verify(*name, version=1, password=PASSWORD, act=pathologist)
    withdrawn = sign_out.withdraw(*name, "WRONG_SAMPLE", password=PASSWORD, act=pathologist)
    assert (withdrawn.answer, withdrawn.state) == (None, orders.TestState.IN_PROGRESS)
    with database.reading() as session:
        assert queues.work_of_test(session, made.tests[0].id)
        assert orders.by_id(session, made.order.id).state == orders.OrderState.ACTIVE
    again = sign_out.enter(*name, CORRECTED, act=tech)
    assert again.versions[0].reason == "withdrawn"


def test_amendments_stand_first_among_what_waits_and_own_results_are_marked(
    database: Database, catalog: Catalog, tech: Act, pathologist: Act, made: MadeCase
) -> None:
    name = (database, catalog, made.case.number, 1)
    sign_out.enter(*name, FOUND, act=tech)
    sign_out.verify(*name, version=1, password=PASSWORD, act=pathologist)
    second = make_waiting_case(
        database, catalog, tech.part("second"), mrn="1000000002", tests=["BM-IRON"], containers=["SLIDE"]
    )
    finish_steps(database, second.tests[0].id, tech)
    sign_out.enter(database, catalog, second.case.number, 1, FOUND, act=tech)
    sign_out.amend(*name, CORRECTED, Amendment.AMENDED, "NEW_INFORMATION", act=pathologist)
    amendment, other = sign_out.to_verify(database, catalog, by=tech.by)
    assert (amendment.case_number, amendment.due_at, amendment.own) == (made.case.number, None, False)
    assert (other.case_number, other.own) == (second.case.number, True)
    assert other.due_at


def test_a_test_that_the_case_does_not_have_is_named(
    database: Database, catalog: Catalog, made: MadeCase
) -> None:
    with pytest.raises(NoSuchTest, match="number 7"):
        sign_out.versions(database, catalog, made.case.number, 7)
