"""Dates, ages, volumes and names read the same everywhere, whatever the locale or the value."""

from __future__ import annotations

import importlib
import itertools
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from labflow.web import formatting
from labflow.web.formatting import NOT_RECORDED

from ..support import ROOT

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
DAYS = st.dates(date(1990, 1, 1), date(2060, 1, 1))
LENGTHS = st.timedeltas(timedelta(), timedelta(days=400))


def test_a_date_names_its_month() -> None:
    assert formatting.date_words(date(2026, 7, 4)) == "04-Jul-2026"


def test_a_time_reads_in_the_laboratorys_zone() -> None:
    assert formatting.datetime_words(datetime(2026, 7, 14, 23, 5, tzinfo=UTC), LONDON) == "15-Jul-2026 00:05"


def test_the_hour_that_comes_twice_in_autumn_reads_twice() -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert formatting.time_words(first, LONDON) == formatting.time_words(second, LONDON) == "01:30"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(hours=3, minutes=10), "3hr 10min"),
        (timedelta(days=5, minutes=50), "5d 50min"),
        (timedelta(seconds=59), "0min"),
        (timedelta(days=1, hours=1, minutes=1), "1d 1hr 1min"),
        (timedelta(minutes=-42), "−42min"),
        (timedelta(seconds=-59), "0min"),
        (None, NOT_RECORDED),
    ],
)
def test_a_duration_leaves_out_what_is_zero(length: timedelta | None, words: str) -> None:
    assert formatting.duration(length) == words


@given(LENGTHS)
def test_a_duration_says_its_minutes_and_no_fraction(length: timedelta) -> None:
    in_minutes = {"d": 1440, "hr": 60, "min": 1}
    words = formatting.duration(length)
    said = sum(int(count) * in_minutes[unit] for count, unit in re.findall(r"(\d+)(d|hr|min)", words))
    assert said == length // timedelta(minutes=1)
    assert "." not in words


@pytest.mark.parametrize(
    ("old", "words"),
    [
        (timedelta(), "0min"),
        (timedelta(minutes=119), "119min"),
        (timedelta(hours=2), "2hr"),
        (timedelta(hours=47, minutes=59), "47hr"),
        (timedelta(days=2), "2d"),
        (timedelta(days=27), "27d"),
        (timedelta(days=28), "4w"),
        (timedelta(days=51), "7w 2d"),
    ],
)
def test_a_newborns_age_counts_minutes_then_hours_then_days_then_weeks(old: timedelta, words: str) -> None:
    assert formatting.age(NOON - old, NOON) == words


@pytest.mark.parametrize(
    ("born", "at", "words"),
    [
        (date(2025, 7, 14), date(2025, 7, 14), "0d"),
        (date(2025, 7, 14), date(2026, 7, 13), "52w"),
        (date(2025, 7, 14), date(2026, 7, 14), "12m"),
        (date(2025, 7, 14), date(2026, 7, 22), "12m 8d"),
        (date(2025, 1, 1), date(2026, 2, 9), "13m 8d"),
        (date(2019, 3, 14), date(2026, 7, 14), "7y 4m"),
        (date(2024, 7, 14), date(2026, 7, 14), "2y"),
        (date(2008, 7, 15), date(2026, 7, 14), "17y 11m"),
        (date(2008, 7, 14), date(2026, 7, 14), "18y"),
        (date(2024, 2, 29), date(2025, 2, 28), "12m"),
        (date(2025, 1, 31), date(2026, 3, 1), "13m 1d"),
    ],
)
def test_a_childs_age_follows_the_cui_table(born: date, at: date, words: str) -> None:
    assert formatting.age(born, at) == words


def test_a_birth_date_that_nobody_recorded_has_no_age() -> None:
    assert formatting.age(None, NOON) == NOT_RECORDED


@given(DAYS, st.integers(0, 9_000))
def test_no_part_of_an_age_reaches_the_next_unit(born: date, days: int) -> None:
    limits = {"d": 31, "w": 53, "m": 24, "y": 30}
    parts = re.findall(r"(\d+)([dwmy])", formatting.age(born, born + timedelta(days=days)))
    assert 1 <= len(parts) <= 2
    assert all(int(count) < limits[unit] for count, unit in parts)
    assert len(parts) == 1 or int(parts[1][0]) > 0


@pytest.mark.parametrize(
    ("ml", "words"),
    [
        (Decimal("0.50"), "0.5 mL"),
        (0.5, "0.5 mL"),
        (Decimal("10.0"), "10 mL"),
        (10, "10 mL"),
        (100, "100 mL"),
        (Decimal("1E+1"), "10 mL"),
        (0, "0 mL"),
        (None, NOT_RECORDED),
    ],
)
def test_a_volume_has_a_leading_zero_and_no_trailing_one(ml: Decimal | float | None, words: str) -> None:
    assert formatting.volume(ml) == words


@given(st.decimals(0, 1000, places=3))
def test_a_volume_keeps_its_value(ml: Decimal) -> None:
    words = formatting.volume(ml).removesuffix(" mL")
    assert Decimal(words) == ml
    assert not re.search(r"^\.|\.$|\.\d*0$|E", words)


@pytest.mark.parametrize(
    ("value", "words"),
    [("1234567890", "123 456 7890"), ("A12345", "A12345"), ("", NOT_RECORDED), (None, NOT_RECORDED)],
)
def test_a_record_number_of_ten_digits_is_grouped(value: str | None, words: str) -> None:
    assert formatting.mrn(value) == words


@pytest.mark.parametrize(
    ("family", "given", "words"),
    [
        ("Smith", "Jane", "SMITH, Jane"),
        ("KHAN", "Baby Girl", "KHAN, Baby Girl"),
        ("Weiß", "", "WEISS"),
        ("ბერიძე", "ნინო", "ბერიძე, ნინო"),
        (None, None, NOT_RECORDED),
    ],
)
def test_a_name_shows_the_family_first_in_capitals(family: str, given: str, words: str) -> None:
    assert formatting.full_name(family, given) == words


@pytest.mark.parametrize(
    ("minutes_used", "shape", "words"),
    [
        (0, "○", "1hr 40min left"),
        (74, "○", "26min left"),
        (75, "◔", "25min left"),
        (100, "●", "late by 0min"),
        (149, "●", "late by 49min"),
        (290, "■", "late by 3hr 10min"),
    ],
)
def test_a_deadline_warns_in_shape_and_words(minutes_used: int, shape: str, words: str) -> None:
    said = formatting.due(NOON + timedelta(minutes=100), NOON, NOON + timedelta(minutes=minutes_used))
    assert (said.shape, said.words) == (shape, words)


def test_a_deadline_that_passed_before_the_start_is_late_and_not_a_fault() -> None:
    assert formatting.due(NOON, NOON, NOON).shape == "●"


def test_no_deadline_says_so() -> None:
    assert formatting.due(None, NOON, NOON).words == "No time set"


def test_every_state_of_every_lifecycle_has_words() -> None:
    contexts = sorted(path.parent.name for path in ROOT.glob("labflow/*/lifecycle.py"))
    modules = [importlib.import_module(f"labflow.{context}.lifecycle") for context in contexts]
    found = [
        member.value
        for states in itertools.chain.from_iterable(vars(module).values() for module in modules)
        if isinstance(states, type) and issubclass(states, StrEnum) and states.__name__.endswith("State")
        for member in states
    ]
    assert "accepted_with_deviation" in found
    assert [state for state in found if state not in formatting.STATE_WORDS] == []


def test_every_state_that_a_template_names_has_words() -> None:
    pages = "".join(path.read_text() for path in ROOT.glob("templates/**/*.html"))
    named = set(re.findall(r"""\bstate\(["'](\w+)["']""", pages))
    assert "unlabelled" in named
    assert named - set(formatting.STATE_WORDS) == set()


def test_states_that_look_alike_in_print_differ_in_words() -> None:
    words = [state.word for state in formatting.STATE_WORDS.values()]
    assert len(words) == len(set(words))


def test_the_filters_write_times_in_the_zone() -> None:
    page = Environment(autoescape=True)
    formatting.register(page, time_zone="Europe/London")
    template = page.from_string("{{ at|datetime }}; {{ at|iso }}; {{ born|age(at) }}; {{ none|recorded }}")
    written = template.render(at=NOON, born=date(2019, 3, 14), none=None)
    assert written == "14-Jul-2026 13:00; 2026-07-14T12:00:00+00:00; 7y 4m; Not recorded"
