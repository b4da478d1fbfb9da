"""Is it ready? The facts of cases, gathered set by set and never test by test, and the clinician's search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from .. import custody, orders, patients, queues, results, samples
from ..catalog import Catalog, Hours, reason_words
from ..custody import CustodyKind, Position
from ..foundation.codes import CodeKind
from ..foundation.database import Database
from ..foundation.errors import LabError
from ..orders import Order, OrderedTest, TestState
from ..patients import Banner
from ..procedures import Procedure
from ..queues import QueueEntry
from ..results import CaseReadiness, Stage, Standing, TestFacts
from ..samples import Case, Sample, SampleState, SampleTest

_MOST_CASES = 20
# "My cases" looks among the laboratory's newest, so that it costs the same in the tenth year.
_NEWEST_CASES = 500
_ON_THE_WAY = (CustodyKind.PACKED, CustodyKind.DISPATCHED, CustodyKind.TAKEN)
_LOST_CAUSES = (SampleState.NOT_OBTAINED, SampleState.REJECTED, SampleState.LOST, SampleState.DISPOSED)


@dataclass(frozen=True, kw_only=True)
class CaseAnswer:
    """A case with its child and the answer."""

    case_number: str
    order_number: str
    opened_at: datetime
    banner: Banner
    readiness: CaseReadiness


def readiness(db: Database, catalog: Catalog, case_number: str, *, now: datetime) -> CaseReadiness:
    """The answer for one case; raises UnknownCase."""
    return case_answer(db, catalog, case_number, now=now).readiness


def case_answer(db: Database, catalog: Catalog, case_number: str, *, now: datetime) -> CaseAnswer:
    """One case with its child and the answer; raises UnknownCase."""
    with db.reading() as session:
        case = samples.case_by_number(session, case_number)
        return _answers(session, catalog, [case], now)[0]


def my_cases(db: Database, catalog: Catalog, *, by: int, now: datetime) -> list[CaseAnswer]:
    """The newest cases that this person ordered or took, the newest first."""
    newest = select(Case.id).order_by(col(Case.id).desc()).limit(_NEWEST_CASES).subquery()
    mine = (
        select(Case)
        .join(newest, newest.c.id == Case.id)
        .join(Order, col(Order.id) == Case.order_id)
        .join(Procedure, col(Procedure.id) == Case.procedure_id)
        .where(sa.or_(col(Order.entered_by) == by, col(Procedure.operator_id) == by))
        .order_by(col(Case.id).desc())
        .limit(_MOST_CASES)
    )
    with db.reading() as session:
        return _answers(session, catalog, session.exec(mine).all(), now)


def search(db: Database, catalog: Catalog, text: str, *, now: datetime) -> list[CaseAnswer]:
    """The cases that a case number, a sample code, an MRN or a name means, the newest first."""
    with db.reading() as session:
        case = _case_named(session, text.strip().upper())
        cases = [case] if case else _cases_of_children(session, text)
        return _answers(session, catalog, cases, now)


def _case_named(session: Session, text: str) -> Case | None:
    """The case of a number or a sample code; None when the text is neither."""
    try:
        if text.startswith(CodeKind.SAMPLE.value) and " " not in text:
            return samples.case_by_id(session, samples.by_code(session, text).case_id)
        return samples.case_by_number(session, text)
    except LabError:
        return None


def _cases_of_children(session: Session, text: str) -> Sequence[Case]:
    children = patients.search(session, text, _MOST_CASES)
    of_them = select(Case).where(col(Case.patient_id).in_([child.id for child in children]))
    return session.exec(of_them.order_by(col(Case.id).desc()).limit(_MOST_CASES)).all()


@dataclass(frozen=True)
class _Facts:
    """What is known of some cases and their tests."""

    orders: Mapping[int, Order]
    tests: Mapping[int, list[OrderedTest]]  # by order
    standings: Mapping[int, Standing]  # by test
    entries: Mapping[int, list[QueueEntry]]  # by test
    serving: Mapping[int, list[Sample]]  # by test
    positions: Mapping[int, Position]  # by chain
    again: Mapping[tuple[int, str], str]  # order and test code to the number of the order that asks again


def _answers(session: Session, catalog: Catalog, cases: Sequence[Case], now: datetime) -> list[CaseAnswer]:
    facts = _gather(session, cases)
    zone = ZoneInfo(catalog.calendar.time_zone)
    banners = patients.banners(patients.by_ids(session, [case.patient_id for case in cases]).values())
    answers = []
    for case in cases:
        tests = facts.tests[case.order_id]
        known = [_test_facts(catalog, facts, test) for test in tests]
        answers.append(
            CaseAnswer(
                case_number=case.number,
                order_number=facts.orders[case.order_id].number,
                opened_at=case.opened_at,
                banner=banners[case.patient_id],
                readiness=results.readiness(case.number, known, _reached(facts, tests), now=now, zone=zone),
            )
        )
    return answers


def _gather(session: Session, cases: Sequence[Case]) -> _Facts:
    order_ids = [case.order_id for case in cases]
    tests = orders.tests_of_orders(session, order_ids)
    test_ids = [test.id for of_order in tests.values() for test in of_order]
    serving = _serving(session, test_ids)
    chains = {sample.chain_id for found in serving.values() for sample in found}
    return _Facts(
        orders={order.id: order for order in session.exec(select(Order).where(col(Order.id).in_(order_ids)))},
        tests=tests,
        standings=results.current(session, test_ids),
        entries=queues.entries_of_tests(session, test_ids),
        serving=serving,
        positions=custody.position(session, chains),
        again=_asked_again(session, order_ids),
    )


def _serving(session: Session, test_ids: Sequence[int]) -> dict[int, list[Sample]]:
    found = (
        select(SampleTest.ordered_test_id, Sample)
        .join(Sample, col(Sample.id) == SampleTest.sample_id)
        .where(col(SampleTest.ordered_test_id).in_(test_ids))
    )
    serving: dict[int, list[Sample]] = {}
    for test_id, sample in session.exec(found):
        serving.setdefault(test_id, []).append(sample)
    return serving


def _asked_again(session: Session, order_ids: Sequence[int]) -> dict[tuple[int, str], str]:
    found = (
        select(Order.recollects_order_id, OrderedTest.test_code, Order.number)
        .join(OrderedTest, col(OrderedTest.order_id) == Order.id)
        .where(col(Order.recollects_order_id).in_(order_ids))
    )
    return {(order_id, code): number for order_id, code, number in session.exec(found) if order_id}


def _test_facts(catalog: Catalog, facts: _Facts, test: OrderedTest) -> TestFacts:
    order, target = facts.orders[test.order_id], orders.terms(test).target
    serving = facts.serving.get(test.id, [])
    return TestFacts(
        number=test.number,
        test_code=test.test_code,
        name=orders.terms(test).short_name,
        state=test.state,
        side=test.side,
        reason=_reason(catalog, test, serving),
        has_sample=any(sample.state not in _LOST_CAUSES for sample in serving),
        usual_hours=target.hours_for(order.urgency) if target else None,
        usual_in=target.hours if target else Hours.CALENDAR,
        recollected_as=facts.again.get((order.id, test.test_code)),
        **_entry_facts(facts.entries.get(test.id, [])),
        **_result_facts(facts.standings.get(test.id)),
    )


def _entry_facts(entries: Sequence[QueueEntry]) -> dict[str, Any]:
    entry = next((entry for entry in entries if entry.left_at is None), None)
    if entry is None:
        return {}
    return {
        "due_at": entry.due_at if entry.due_at < samples.NO_LIMIT else None,
        "held_until": entry.held_until,
    }


def _result_facts(standing: Standing | None) -> dict[str, Any]:
    if standing is None:
        return {}
    if standing.answer is None:
        return {"withdrawn": any(one.withdrawn_at is not None for one in standing.versions)}
    answer = standing.answer
    return {
        "result_state": answer.state,
        "verified_at": answer.verified_at,
        "version": answer.version,
        "critical": answer.critical,
        "being_amended": standing.being_amended,
    }


def _reason(catalog: Catalog, test: OrderedTest, serving: Sequence[Sample]) -> str:
    """Why a test waits or cannot be done, in words: its own reason, else that of the sample it lacks."""
    lost = (sample.state_reason for sample in serving if sample.state in _LOST_CAUSES)
    code = test.state_reason or next(lost, "")
    return reason_words(catalog, code) if code else ""


def _reached(facts: _Facts, tests: Sequence[OrderedTest]) -> dict[Stage, datetime | None]:
    """The stages that the samples and tests of one order reached, and since when."""
    serving = {sample.id: sample for test in tests for sample in facts.serving.get(test.id, ())}.values()
    entries = [entry for test in tests for entry in facts.entries.get(test.id, ())]
    moving = [facts.positions[one.chain_id] for one in serving if one.state == SampleState.COLLECTED]
    owed = [test for test in tests if test.state != TestState.CANCELLED]
    since = {
        Stage.COLLECTED: [sample.collected_at for sample in serving if sample.collected_at],
        Stage.IN_TRANSIT: [position.since for position in moving if position.kind in _ON_THE_WAY],
        Stage.IN_LAB: [entry.entered_at for entry in entries]
        + [position.since for position in moving if position.kind == CustodyKind.ARRIVED],
        Stage.TESTING: [entry.taken_at for entry in entries if entry.taken_at],
    }
    reached: dict[Stage, datetime | None] = {stage: min(times) for stage, times in since.items() if times}
    if owed and all(test.state == TestState.VERIFIED for test in owed):
        answers = [facts.standings[test.id].answer for test in owed]
        reached[Stage.VERIFIED] = max(one.verified_at for one in answers if one and one.verified_at)
    return reached
