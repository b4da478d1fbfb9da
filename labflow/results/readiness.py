"""Is it ready, and when will it be? One sentence per test and per case in the clinician's words. Pure.

Readiness is derived from facts whenever somebody asks, never stored, and a part never reads as the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from math import ceil

from ..catalog import Hours, Side
from ..orders import TestState
from .lifecycle import ResultState

_QUARTER_SECONDS = 15 * 60
_DAY_HOURS = 24


class Outlook(StrEnum):
    """What a clinician can expect of one test."""

    READY = "ready"
    EXPECTED = "expected"
    DELAYED = "delayed"
    ON_HOLD = "on_hold"
    NEEDS_YOU = "needs_you"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """How far a case is, in the five stages that a clinician follows."""

    COLLECTED = "collected"
    IN_TRANSIT = "in_transit"
    IN_LAB = "in_lab"
    TESTING = "testing"
    VERIFIED = "verified"


@dataclass(frozen=True, kw_only=True)
class TestFacts:
    """What is known of one test. Times are UTC; `reason` is in the laboratory's words, not its code.

    `has_sample`: a sample for it exists that may still be worked on. `recollected_as` is the order that asks
    for a new sample. `withdrawn`: an answer was given and taken back.
    """

    number: int
    test_code: str
    name: str
    state: TestState
    side: Side | None = None
    reason: str = ""
    has_sample: bool = True
    due_at: datetime | None = None
    held_until: datetime | None = None
    usual_hours: float | None = None
    usual_in: Hours = Hours.CALENDAR
    recollected_as: str | None = None
    result_state: ResultState | None = None
    verified_at: datetime | None = None
    version: int | None = None
    critical: bool = False
    being_amended: bool = False
    withdrawn: bool = False


@dataclass(frozen=True)
class TestReadiness:
    """One test's sentence with the facts behind it."""

    facts: TestFacts
    outlook: Outlook
    sentence: str

    @property
    def expected_by(self) -> datetime | None:
        """When an answer that is on its way is due; never a time that has passed."""
        return self.facts.due_at if self.outlook == Outlook.EXPECTED else None


@dataclass(frozen=True)
class Reached:
    """One stage of a case: reached or not, since when (None where unknown), and whether it is now."""

    stage: Stage
    reached: bool
    since: datetime | None
    now: bool


@dataclass(frozen=True, kw_only=True)
class CaseReadiness:
    """The answer for a case; `ready` only when every test that was not cancelled is verified."""

    case_number: str
    sentence: str
    ready: bool
    final: int
    total: int
    stages: tuple[Reached, ...]
    tests: tuple[TestReadiness, ...]


def readiness(
    case_number: str,
    facts: Sequence[TestFacts],
    reached: Mapping[Stage, datetime | None],
    *,
    now: datetime,
    zone: tzinfo,
) -> CaseReadiness:
    """The sentences of a case, from its tests and the stages that it reached so far."""
    clock = _Clock(now, zone)
    tests = tuple(TestReadiness(one, *_outlook(one, clock)) for one in facts)
    owed = [test for test in tests if test.outlook != Outlook.CANCELLED]
    final = sum(test.outlook == Outlook.READY for test in owed)
    return CaseReadiness(
        case_number=case_number,
        sentence=_case_sentence(owed, final, clock),
        ready=bool(owed) and final == len(owed),
        final=final,
        total=len(owed),
        stages=_stages(reached),
        tests=tests,
    )


@dataclass(frozen=True)
class _Clock:
    """Times as people in the laboratory's zone say them at this moment."""

    now: datetime
    zone: tzinfo

    def when(self, at: datetime) -> str:
        """`16:30` today, `24-Nov-2026 16:30` on another day."""
        local = at.astimezone(self.zone)
        return (
            f"{local:%H:%M}"
            if local.date() == self.now.astimezone(self.zone).date()
            else f"{local:%d-%b-%Y %H:%M}"
        )

    def about(self, at: datetime) -> str:
        """The next quarter of an hour: a target is no appointment."""
        seconds = ceil(at.timestamp() / _QUARTER_SECONDS) * _QUARTER_SECONDS
        return f"about {self.when(datetime.fromtimestamp(seconds, self.zone))}"


def _case_sentence(owed: Sequence[TestReadiness], final: int, clock: _Clock) -> str:
    if not owed:
        return "Nothing is owed: every test was cancelled"
    if final == len(owed):
        return f"All {final} final" if final > 1 else "1 of 1 final"
    parts = [f"{final} of {len(owed)} final"]
    for outlook in (Outlook.NEEDS_YOU, Outlook.DELAYED, Outlook.ON_HOLD):
        if named := ", ".join(test.facts.name for test in owed if test.outlook == outlook):
            parts.append(f"{outlook.replace('_', ' ')}: {named}")
    if coming := [(test.expected_by, test.facts.name) for test in owed if test.expected_by]:
        due_at, name = min(coming)
        parts.append(f"{name} expected by {clock.about(due_at)}")
    return "; ".join(parts)


def _stages(reached: Mapping[Stage, datetime | None]) -> tuple[Reached, ...]:
    """All five stages; one that nobody saw counts as reached when a later one was."""
    order = list(Stage)
    last = max(map(order.index, reached), default=-1)
    return tuple(
        Reached(stage, place <= last, reached.get(stage), place == last) for place, stage in enumerate(order)
    )


def _outlook(facts: TestFacts, clock: _Clock) -> tuple[Outlook, str]:
    match facts.state:
        case TestState.VERIFIED:
            return Outlook.READY, _ready(facts, clock)
        case TestState.CANCELLED:
            return Outlook.CANCELLED, f"Cancelled: {facts.reason}" if facts.reason else "Cancelled"
        case TestState.NOT_POSSIBLE:
            return Outlook.NEEDS_YOU, _needs_you(facts)
        case TestState.ON_HOLD:
            until = f", until {clock.when(facts.held_until)}" if facts.held_until else ""
            return Outlook.ON_HOLD, f"On hold: {facts.reason}{until}"
        case TestState.PLANNED if not facts.has_sample:
            return Outlook.NEEDS_YOU, _needs_you(facts)
        case _:
            return _coming(facts, clock)


def _ready(facts: TestFacts, clock: _Clock) -> str:
    changed = facts.result_state in (ResultState.CORRECTED, ResultState.AMENDED)
    sentence = f"eady, {facts.result_state if changed else 'verified'}"
    if facts.verified_at:
        sentence += f" {clock.when(facts.verified_at)}"
    if facts.being_amended:
        sentence += "; being amended"
    return f"Critical result r{sentence}" if facts.critical else f"R{sentence}"


def _needs_you(facts: TestFacts) -> str:
    remedy = f"new sample ordered ({facts.recollected_as})" if facts.recollected_as else "new sample needed"
    return f"Needs you: {facts.reason or 'no usable sample'}, {remedy}"


def _coming(facts: TestFacts, clock: _Clock) -> tuple[Outlook, str]:
    """A test that somebody works on or will: when its answer is expected, or how long it usually takes."""
    before = "Result withdrawn, new one " if facts.withdrawn else ""
    if facts.due_at is None:
        return Outlook.EXPECTED, _sentence(before, _usual(facts))
    if facts.due_at < clock.now:
        return Outlook.DELAYED, _sentence(before, f"delayed, was expected by {clock.when(facts.due_at)}")
    done = "waits to be verified, " if facts.state == TestState.ENTERED else ""
    return Outlook.EXPECTED, _sentence(before, f"{done}expected by {clock.about(facts.due_at)}")


def _usual(facts: TestFacts) -> str:
    if facts.usual_hours is None:
        return "kept, no result is due"
    if facts.usual_in == Hours.CALENDAR and facts.usual_hours < 2 * _DAY_HOURS:
        return f"usual: within {facts.usual_hours:g} hours of receipt"
    working = "working " if facts.usual_in == Hours.WORKING else ""
    days = ceil(facts.usual_hours / _DAY_HOURS)
    return f"usual: within {days} {working}{'day' if days == 1 else 'days'} of receipt"


def _sentence(before: str, text: str) -> str:
    words = before + text
    return words[0].upper() + words[1:]
