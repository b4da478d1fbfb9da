"""Readiness: one honest sentence per test and per case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from labflow import orders, results
from labflow.catalog import Hours
from labflow.results import CaseReadiness, Outlook, ResultState, Stage

NOW = datetime(2026, 11, 20, 11, 30, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
STATE = orders.TestState
WAITING = results.TestFacts(number=1, test_code="BM-FLOW", name="Flow", state=STATE.WAITING)
FINAL = replace(
    WAITING, state=STATE.VERIFIED, result_state=ResultState.FINAL, verified_at=NOW - timedelta(minutes=10)
)


def answer(*facts: results.TestFacts, reached: dict[Stage, datetime | None] | None = None) -> CaseReadiness:
    return results.readiness("LF26-000001-X", facts, reached or {}, now=NOW, zone=LONDON)


def due(hours: float) -> results.TestFacts:
    return replace(WAITING, due_at=NOW + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("facts", "outlook", "sentence"),
    [
        (FINAL, Outlook.READY, "Ready, verified 11:20"),
        (
            replace(FINAL, verified_at=NOW - timedelta(days=2)),
            Outlook.READY,
            "Ready, verified 18-Nov-2026 11:30",
        ),
        (replace(FINAL, result_state=ResultState.CORRECTED), Outlook.READY, "Ready, corrected 11:20"),
        (replace(FINAL, being_amended=True), Outlook.READY, "Ready, verified 11:20; being amended"),
        (replace(FINAL, critical=True), Outlook.READY, "Critical result ready, verified 11:20"),
        (due(5), Outlook.EXPECTED, "Expected by about 16:30"),
        (due(4.8), Outlook.EXPECTED, "Expected by about 16:30"),
        (due(20), Outlook.EXPECTED, "Expected by about 21-Nov-2026 07:30"),
        (due(-2), Outlook.DELAYED, "Delayed, was expected by 09:30"),
        (
            replace(due(5), state=STATE.ENTERED),
            Outlook.EXPECTED,
            "Waits to be verified, expected by about 16:30",
        ),
        (
            replace(due(5), withdrawn=True),
            Outlook.EXPECTED,
            "Result withdrawn, new one expected by about 16:30",
        ),
        (replace(WAITING, usual_hours=24), Outlook.EXPECTED, "Usual: within 24 hours of receipt"),
        (replace(WAITING, usual_hours=504), Outlook.EXPECTED, "Usual: within 21 days of receipt"),
        (
            replace(WAITING, usual_hours=72, usual_in=Hours.WORKING),
            Outlook.EXPECTED,
            "Usual: within 3 working days of receipt",
        ),
        (WAITING, Outlook.EXPECTED, "Kept, no result is due"),
        (
            replace(WAITING, state=STATE.NOT_POSSIBLE, reason="leaked"),
            Outlook.NEEDS_YOU,
            "Needs you: leaked, new sample needed",
        ),
        (
            replace(WAITING, state=STATE.NOT_POSSIBLE, reason="leaked", recollected_as="O26-000007"),
            Outlook.NEEDS_YOU,
            "Needs you: leaked, new sample ordered (O26-000007)",
        ),
        (
            replace(WAITING, state=STATE.PLANNED, has_sample=False),
            Outlook.NEEDS_YOU,
            "Needs you: no usable sample, new sample needed",
        ),
        (
            replace(WAITING, state=STATE.ON_HOLD, reason="instrument down"),
            Outlook.ON_HOLD,
            "On hold: instrument down",
        ),
        (
            replace(
                WAITING, state=STATE.ON_HOLD, reason="instrument down", held_until=NOW + timedelta(hours=2)
            ),
            Outlook.ON_HOLD,
            "On hold: instrument down, until 13:30",
        ),
        (
            replace(WAITING, state=STATE.CANCELLED, reason="not needed"),
            Outlook.CANCELLED,
            "Cancelled: not needed",
        ),
    ],
)
def test_a_test_reads_as_one_sentence(facts: results.TestFacts, outlook: Outlook, sentence: str) -> None:
    (test,) = answer(facts).tests
    assert (test.outlook, test.sentence) == (outlook, sentence)


def test_a_partial_case_counts_what_is_final_and_names_what_comes_next() -> None:
    case = answer(FINAL, replace(FINAL, name="Smear"), due(5), replace(due(80), name="Karyotype"))
    assert case.sentence == "2 of 4 final; Flow expected by about 16:30"
    assert not case.ready


def test_what_needs_the_clinician_is_said_before_what_is_only_late() -> None:
    leaked = replace(WAITING, name="Culture", state=STATE.NOT_POSSIBLE, reason="leaked")
    held = replace(WAITING, name="FISH", state=STATE.ON_HOLD, reason="instrument down")
    case = answer(FINAL, due(-1), leaked, held)
    assert case.sentence == "1 of 4 final; needs you: Culture; delayed: Flow; on hold: FISH"


def test_a_case_is_ready_only_when_every_test_that_is_owed_is_verified() -> None:
    cancelled = replace(WAITING, state=STATE.CANCELLED)
    assert answer(FINAL, FINAL, cancelled).sentence == "All 2 final"
    assert answer(FINAL, FINAL, cancelled).ready
    assert not answer(FINAL, replace(WAITING, state=STATE.NOT_POSSIBLE)).ready
    assert not answer(FINAL, replace(due(1), state=STATE.ENTERED)).ready


def test_a_case_of_cancelled_tests_is_not_called_ready() -> None:
    case = answer(replace(WAITING, state=STATE.CANCELLED))
    assert (case.ready, case.total) == (False, 0)
    assert case.sentence == "Nothing is owed: every test was cancelled"


def test_no_expected_time_lies_in_the_past() -> None:
    for minutes in range(-90, 90, 7):
        (test,) = answer(due(minutes / 60)).tests
        assert test.expected_by is None or test.expected_by >= NOW


def test_a_stage_passed_unseen_counts_as_reached_without_a_time() -> None:
    reached: dict[Stage, datetime | None] = {Stage.COLLECTED: NOW - timedelta(hours=3), Stage.TESTING: NOW}
    stages = {one.stage: one for one in answer(due(1), reached=reached).stages}
    assert stages[Stage.IN_TRANSIT].reached
    assert stages[Stage.IN_TRANSIT].since is None
    assert [stage for stage, one in stages.items() if one.now] == [Stage.TESTING]
    assert not stages[Stage.VERIFIED].reached


def test_the_day_is_the_laboratorys_not_greenwichs() -> None:
    auckland = ZoneInfo("Pacific/Auckland")
    yesterday = replace(FINAL, verified_at=NOW - timedelta(hours=1))
    (test,) = results.readiness("LF26-000001-X", [yesterday], {}, now=NOW, zone=auckland).tests
    assert test.sentence == "Ready, verified 20-Nov-2026 23:30"
