"""Results: fields of the catalog, another person verifies, every version stays."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from labflow import orders, queues, results
from labflow.catalog import Catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.foundation.lifecycle import StepOutOfOrder
from labflow.orders import OrderedTest
from labflow.results import Amendment, Findings, ResultState
from labflow.staff import Role

from ..factories.bench import acting, make_waiting_case

IRON = Findings(fields={"particles": 9, "stores": "normal"}, conclusion="Iron present.")
CORRECTED = Findings(fields={"particles": 9, "stores": "reduced"}, conclusion="Iron reduced.")
CLASSES = [
    "blasts",
    "promyelocytes",
    "myelocytes",
    "metamyelocytes",
    "bands",
    "neutrophils",
    "eosinophils",
    "basophils",
    "mast_cells",
    "monocytes",
    "lymphocytes",
    "plasma_cells",
    "proerythroblasts",
    "erythroblasts",
]


@pytest.fixture
def tech(database: Database, act: Act) -> Act:
    return acting(database, act, "tech", Role.TECHNOLOGIST)


@pytest.fixture
def pathologist(database: Database, act: Act) -> Act:
    return acting(database, act, "path", Role.PATHOLOGIST)


@pytest.fixture
def test_id(database: Database, catalog: Catalog, tech: Act) -> int:
    """An iron stain in progress."""
    return _in_progress(database, catalog, tech, "BM-IRON")


def _in_progress(database: Database, catalog: Catalog, tech: Act, code: str) -> int:
    made = make_waiting_case(database, catalog, tech, tests=[code], containers=["SLIDE"])
    with database.writing() as session:
        work = queues.work_of_test(session, made.tests[0].id)
        assert work
        queues.take(session, work, act=tech)
    return made.tests[0].id


def row(session: Session, test_id: int) -> OrderedTest:
    return session.get_one(OrderedTest, test_id)


def _final(database: Database, test_id: int, tech: Act, pathologist: Act) -> None:
    with database.writing() as session:
        results.enter(session, row(session, test_id), IRON, act=tech)
        results.verify(session, row(session, test_id), version=1, act=pathologist)


def test_an_entered_result_is_preliminary_and_no_answer(database: Database, test_id: int, tech: Act) -> None:
    with database.writing() as session:
        results.enter(session, row(session, test_id), IRON, act=tech)
    with database.reading() as session:
        standing = results.current(session, [test_id])[test_id]
        assert standing.newest.state == ResultState.PRELIMINARY
        assert standing.answer is None
        assert row(session, test_id).state == orders.TestState.ENTERED


def test_a_waiting_test_takes_no_result(database: Database, catalog: Catalog, tech: Act) -> None:
    made = make_waiting_case(database, catalog, tech, tests=["BM-IRON"], containers=["SLIDE"])
    with pytest.raises(StepOutOfOrder), database.writing() as session:
        results.enter(session, row(session, made.tests[0].id), IRON, act=tech)


def test_another_person_makes_it_final(database: Database, test_id: int, tech: Act, pathologist: Act) -> None:
    _final(database, test_id, tech, pathologist)
    with database.reading() as session:
        answer = results.current(session, [test_id])[test_id].answer
        assert answer
        assert (answer.state, answer.verified_by) == (ResultState.FINAL, pathologist.by)
        assert row(session, test_id).state == orders.TestState.VERIFIED


def test_nobody_verifies_their_own_result(database: Database, test_id: int, tech: Act) -> None:
    with database.writing() as session:
        results.enter(session, row(session, test_id), IRON, act=tech)
        with pytest.raises(results.OwnResult):
            results.verify(session, row(session, test_id), version=1, act=tech)


def test_the_database_refuses_a_result_that_its_author_verified(
    database: Database, test_id: int, tech: Act, pathologist: Act
) -> None:
    _final(database, test_id, tech, pathologist)
    with (
        pytest.raises(sa.exc.IntegrityError, match="verified_by_another_person"),
        database.writing() as session,
    ):
        session.connection().execute(sa.update(results.Result).values(verified_by=tech.by))


def test_a_version_that_was_replaced_meanwhile_is_not_verified(
    database: Database, test_id: int, tech: Act, pathologist: Act
) -> None:
    with database.writing() as session:
        results.enter(session, row(session, test_id), IRON, act=tech)
        results.return_(session, row(session, test_id), "Look at the crush film.", act=pathologist)
        results.enter(session, row(session, test_id), CORRECTED, act=tech)
        with pytest.raises(results.VersionReplaced, match="version 2"):
            results.verify(session, row(session, test_id), version=1, act=pathologist)


def test_a_returned_result_is_entered_anew_and_stays_readable(
    database: Database, test_id: int, tech: Act, pathologist: Act
) -> None:
    with database.writing() as session:
        results.enter(session, row(session, test_id), IRON, act=tech)
        results.return_(session, row(session, test_id), "Look at the crush film.", act=pathologist)
        assert row(session, test_id).state == orders.TestState.IN_PROGRESS
        results.enter(session, row(session, test_id), CORRECTED, act=tech)
    with database.reading() as session:
        second, first = results.current(session, [test_id])[test_id].versions
        assert (first.state, first.returned_note) == (ResultState.RETURNED, "Look at the crush film.")
        assert (second.version, second.reason) == (2, "returned")


def test_an_amendment_leaves_the_old_answer_until_it_is_verified(
    database: Database, test_id: int, tech: Act, pathologist: Act
) -> None:
    _final(database, test_id, tech, pathologist)
    with database.writing() as session:
        test = row(session, test_id)
        results.amend(session, test, CORRECTED, Amendment.CORRECTED, "TYPING_ERROR", act=tech)
        before = results.current(session, [test_id])[test_id]
        assert (before.being_amended, before.answer and before.answer.version) == (True, 1)
        results.verify(session, test, version=2, act=pathologist)
        after = results.current(session, [test_id])[test_id]
        assert after.answer
        assert (after.answer.version, after.answer.state) == (2, ResultState.CORRECTED)
        assert after.versions[1].state == ResultState.FINAL


def test_only_one_amendment_waits_at_a_time(
    database: Database, test_id: int, tech: Act, pathologist: Act
) -> None:
    _final(database, test_id, tech, pathologist)
    with database.writing() as session:
        results.amend(
            session, row(session, test_id), CORRECTED, Amendment.AMENDED, "NEW_INFORMATION", act=tech
        )
        with pytest.raises(results.AmendmentWaits):
            results.amend(
                session, row(session, test_id), IRON, Amendment.AMENDED, "NEW_INFORMATION", act=tech
            )


def test_what_was_never_verified_is_not_amended(database: Database, test_id: int, tech: Act) -> None:
    with database.writing() as session:
        results.enter(session, row(session, test_id), IRON, act=tech)
        with pytest.raises(results.NoAnswer):
            results.amend(
                session, row(session, test_id), IRON, Amendment.AMENDED, "NEW_INFORMATION", act=tech
            )


def test_a_withdrawn_answer_never_brings_the_one_before_back(
    database: Database, test_id: int, tech: Act, pathologist: Act
) -> None:
    _final(database, test_id, tech, pathologist)
    with database.writing() as session:
        test = row(session, test_id)
        results.amend(session, test, CORRECTED, Amendment.CORRECTED, "TYPING_ERROR", act=tech)
        results.verify(session, test, version=2, act=pathologist)
        results.withdraw(session, test, "WRONG_SAMPLE", act=pathologist)
    with database.reading() as session:
        standing = results.current(session, [test_id])[test_id]
        assert standing.answer is None
        assert [version.state for version in standing.versions] == [ResultState.WITHDRAWN, ResultState.FINAL]
        assert row(session, test_id).state == orders.TestState.IN_PROGRESS


def test_a_withdrawal_returns_the_amendment_that_waits(
    database: Database, test_id: int, tech: Act, pathologist: Act
) -> None:
    _final(database, test_id, tech, pathologist)
    with database.writing() as session:
        test = row(session, test_id)
        results.amend(session, test, CORRECTED, Amendment.CORRECTED, "TYPING_ERROR", act=tech)
        results.withdraw(session, test, "WRONG_SAMPLE", act=pathologist)
        assert results.current(session, [test_id])[test_id].newest.state == ResultState.RETURNED
        assert results.to_verify(session, limit=5) == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"stores": "normal"}, "Particles assessed is required"),
        ({"particles": 9, "stores": "plenty"}, "Iron stores must be one of"),
        ({"particles": 101, "stores": "normal"}, "Particles assessed must be at most 100"),
        ({"particles": -1, "stores": "normal"}, "Particles assessed must be at least 0"),
        ({"particles": 1.5, "stores": "normal"}, "Particles assessed must be a whole number"),
        ({"particles": "many", "stores": "normal"}, "Particles assessed must be a number"),
        ({"particles": float("nan"), "stores": "normal"}, "Particles assessed must be a number"),
        ({"particles": True, "stores": "normal"}, "Particles assessed must be a number"),
        ({"particles": 9, "stores": 3}, "Iron stores must be text"),
        ({"particles": 9, "stores": "normal", "colour": "blue"}, "colour is no field of this test"),
    ],
)
def test_fields_that_do_not_fit_the_test_are_refused_by_name(
    database: Database, test_id: int, tech: Act, fields: dict[str, Any], fault: str
) -> None:
    with pytest.raises(results.UnfitFields, match=fault), database.writing() as session:
        results.enter(session, row(session, test_id), Findings(fields=fields, conclusion=""), act=tech)


def test_every_wrong_field_is_named_at_once(database: Database, test_id: int, tech: Act) -> None:
    findings = Findings(fields={"stores": "plenty", "colour": "blue"}, conclusion="")
    with pytest.raises(results.UnfitFields) as refusal, database.writing() as session:
        results.enter(session, row(session, test_id), findings, act=tech)
    assert refusal.value.details["errors"].keys() == {"particles", "stores", "colour"}


def test_numbers_may_come_as_text_as_forms_send_them(database: Database, test_id: int, tech: Act) -> None:
    typed = Findings(fields={"particles": "9", "stores": "normal", "sideroblasts": ""}, conclusion="")
    with database.writing() as session:
        result = results.enter(session, row(session, test_id), typed, act=tech)
        assert result.fields == {"particles": 9, "stores": "normal"}


@pytest.mark.parametrize(("blasts", "fits"), [(87, True), (86.6, True), (80, False), (95, False)])
def test_the_shares_of_a_differential_add_up_to_a_hundred(
    database: Database, catalog: Catalog, tech: Act, blasts: float, fits: bool
) -> None:
    test_id = _in_progress(database, catalog, tech, "BM-DIFF")
    fields = {"cells": 500} | dict.fromkeys(CLASSES, 1) | {"blasts": blasts}
    with database.writing() as session:
        test = row(session, test_id)
        if fits:
            assert results.enter(session, test, Findings(fields=fields, conclusion=""), act=tech).version == 1
            return
        with pytest.raises(results.UnfitFields, match="not to 100"):
            results.enter(session, test, Findings(fields=fields, conclusion=""), act=tech)
