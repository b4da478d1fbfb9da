"""How values read on every page and label: the NHS CUI forms of dates, times, ages and names. Pure.

Times come in as UTC and read in the laboratory's time zone, which the caller passes. What is not known reads
"Not recorded": never blank, never a question mark (CUI PAB-0019).
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from posixpath import commonprefix
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment
from markupsafe import Markup

from ..foundation.wording import NOT_RECORDED as NOT_RECORDED
from ..foundation.wording import date_words as date_words
from ..foundation.wording import datetime_words as datetime_words
from ..foundation.wording import full_name as full_name
from ..foundation.wording import mrn as mrn
from ..foundation.wording import number as number
from ..foundation.wording import time_words as time_words
from ..foundation.wording import volume as volume


def duration(length: timedelta | None) -> str:
    """`3hr 10min`, `5d 50min`: whole minutes, parts that are zero left out; below zero with a minus sign."""
    if length is None:
        return NOT_RECORDED
    days, rest = divmod(abs(length) // timedelta(minutes=1), 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [f"{count}{unit}" for count, unit in ((days, "d"), (hours, "hr"), (minutes, "min")) if count]
    sign = "−" if parts and length < timedelta() else ""
    return sign + (" ".join(parts) or "0min")


def age(born: date | None, at: date) -> str:
    """A child's age in the units of the CUI table: minutes under 2 h, hours under 2 d, days under 4 w, weeks
    and days under 1 y, months and days under 2 y, years and months under 18 y, then years.

    Minutes and hours need both as datetimes of one zone; a birth date alone counts in days.
    """
    if born is None:
        return NOT_RECORDED
    if isinstance(born, datetime) and isinstance(at, datetime) and at - born < timedelta(days=2):
        minutes = int((at - born).total_seconds() // 60)
        return f"{minutes}min" if minutes < 120 else f"{minutes // 60}hr"
    return _age_in_days(_day(born), _day(at))


def _age_in_days(born: date, on: date) -> str:
    days = (on - born).days
    months, days_left = _months_between(born, on)
    if days < 28:
        return f"{days}d"
    if months < 12:
        return _parts(days // 7, "w", days % 7, "d")
    if months < 24:
        return _parts(months, "m", days_left, "d")
    if months < 18 * 12:
        return _parts(months // 12, "y", months % 12, "m")
    return f"{months // 12}y"


def _parts(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}" + (f" {small}{small_unit}" if small else "")


def _months_between(born: date, on: date) -> tuple[int, int]:
    """Whole months, and the days since; for somebody born on the 31st a short month ends on its last day."""
    months = (on.year - born.year) * 12 + on.month - born.month
    if _add_months(born, months) > on:
        months -= 1
    return months, (on - _add_months(born, months)).days


def _add_months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def recorded(value: object) -> object:
    """The value itself, or "Not recorded" for None and for an empty text."""
    return NOT_RECORDED if value is None or value == "" else value


@dataclass(frozen=True)
class Due:
    """How a deadline reads in a list (UX C3): its shape, its words and its name in the stylesheet."""

    shape: str
    words: str
    name: str


# Used parts of the time allowed at which a list begins to warn (UX C3), and to press.
_SOON, _BADLY_LATE = 0.75, 1.5


def due(due_at: datetime | None, started_at: datetime, now: datetime) -> Due:
    """○ on time, ◔ three quarters of the time used, ● late, ■ later than half the time allowed again."""
    if due_at is None:
        return Due("○", "No time set", "none")
    allowed = max(due_at - started_at, timedelta(minutes=1))
    used = (now - started_at) / allowed
    if now < due_at:
        left = f"{duration(due_at - now)} left"
        return Due("○", left, "on-time") if used < _SOON else Due("◔", left, "soon")
    late = f"late by {duration(now - due_at)}"
    return Due("●", late, "late") if used < _BADLY_LATE else Due("■", late, "badly-late")


@dataclass(frozen=True)
class StateWord:
    """How a state reads everywhere: word, shape and hue, so that colour never stands alone (UX 5)."""

    word: str
    shape: str
    hue: str


# One table for all lifecycles: where two things share a state's name it reads the same.
STATE_WORDS: Mapping[str, StateWord] = {
    # samples
    "planned": StateWord("Planned", "◌", "grey"),
    "not_obtained": StateWord("Not obtained", "⬣", "red"),
    "collected": StateWord("Collected", "○", "blue"),
    "accepted": StateWord("Accepted", "◐", "blue"),
    "accepted_with_deviation": StateWord("Accepted with deviation", "△", "brown"),
    "rejected": StateWord("Rejected", "⬣", "red"),
    "quarantined": StateWord("Quarantined", "‖", "brown"),
    "used_up": StateWord("Used up", "◼", "slate"),
    "stored": StateWord("Stored", "▤", "slate"),
    "retrieved": StateWord("Retrieved", "◐", "blue"),
    "disposed": StateWord("Disposed", "◻", "grey"),
    "lost": StateWord("Lost", "✕", "red"),
    "found": StateWord("Found", "◌", "brown"),
    "unlabelled": StateWord("Unlabelled", "▲", "amber"),
    # tests
    "waiting": StateWord("Waiting", "▢", "slate"),
    "in_progress": StateWord("In progress", "◧", "indigo"),
    "on_hold": StateWord("On hold", "‖", "brown"),
    "entered": StateWord("Ready to verify", "◇", "violet"),
    "verified": StateWord("Verified", "●", "green"),
    "not_possible": StateWord("Not possible", "⬣", "red"),
    "cancelled": StateWord("Cancelled", "✕", "grey"),
    # results
    "preliminary": StateWord("Preliminary", "◔", "green"),
    "returned": StateWord("Returned", "↩", "brown"),
    "final": StateWord("Final", "●", "green"),
    "corrected": StateWord("Corrected", "◈", "violet"),
    "amended": StateWord("Amended", "◈", "violet"),
    "withdrawn": StateWord("Withdrawn", "✕", "red"),
    # orders
    "active": StateWord("Active", "○", "blue"),
    "completed": StateWord("Completed", "●", "green"),
    # bags
    "open": StateWord("Open", "▢", "slate"),
    "sealed": StateWord("Sealed", "▣", "slate"),
    "handed_over": StateWord("Handed over", "▶", "blue"),
    "received": StateWord("Received", "◐", "blue"),
    "reconciled": StateWord("Reconciled", "●", "green"),
    # print jobs and downtime kits
    "queued": StateWord("Queued", "▢", "slate"),
    "printing": StateWord("Printing", "◧", "indigo"),
    "printed": StateWord("Printed", "●", "green"),
    "failed": StateWord("Failed", "⬣", "red"),
    "in_use": StateWord("In use", "◐", "blue"),
    # what the clinician reads
    "ready": StateWord("Ready", "●", "green"),
    "outstanding": StateWord("Outstanding", "◧", "indigo"),
    "needs_you": StateWord("Needs you", "⬣", "red"),
    "critical": StateWord("Critical", "■", "critical"),
}


def state_word(state: str) -> StateWord:
    """The word, shape and hue of a state; raises KeyError for a state that nobody gave words."""
    return STATE_WORDS[state.value if isinstance(state, StrEnum) else state]


def mark_difference(text: str, other: str | None) -> Markup:
    """The text with everything marked from the first sign on that differs from the other's (UX B5)."""
    same = len(commonprefix([text, other])) if other is not None else len(text)
    rest = Markup("<mark>{}</mark>").format(text[same:]) if same < len(text) else Markup("")
    return Markup("{}{}").format(text[:same], rest)


def register(environment: Environment, *, time_zone: str) -> None:
    """Make these forms the filters of the templates, in the laboratory's time zone (an IANA name)."""
    environment.filters.update(_filters(ZoneInfo(time_zone)))


def _filters(zone: tzinfo) -> Mapping[str, Callable[..., Any]]:
    def local(moment: date) -> date:
        return moment.astimezone(zone) if isinstance(moment, datetime) else moment

    def iso(moment: date) -> str:
        return moment.astimezone(UTC).isoformat() if isinstance(moment, datetime) else moment.isoformat()

    return {
        "date": lambda moment: date_words(None if moment is None else local(moment)),
        "time": lambda at: time_words(at, zone),
        "datetime": lambda at: datetime_words(at, zone),
        "iso": iso,
        "duration": duration,
        "age": lambda born, at: age(None if born is None else local(born), local(at)),
        "number": number,
        "volume": volume,
        "mrn": mrn,
        "full_name": full_name,
        "recorded": recorded,
        "due": due,
        "state_word": state_word,
        "mark_difference": mark_difference,
    }
