"""When an answer is due: calendar hours, working days, cut-offs, holidays, and clocks that change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labflow.catalog import Calendar, Hours, due_at, is_working_day

LONDON = ZoneInfo("Europe/London")
CALENDAR = Calendar(
    time_zone="Europe/London",
    weekdays=(0, 1, 2, 3, 4),
    opens=time(8),
    closes=time(18),
    holidays=("2026-04-03", "2026-04-06", "2026-12-25", "2026-12-28"),
)
EVERY_DAY = replace(CALENDAR, weekdays=(0, 1, 2, 3, 4, 5, 6), holidays=())
THREE = time(15)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("hours", "kind", "received", "cut_off", "due"),
    [
        # calendar hours run through nights, weekends and holidays
        (4, Hours.CALENDAR, "2026-11-20T17:30", None, "2026-11-20T21:30"),
        (72, Hours.CALENDAR, "2026-12-24T09:00", None, "2026-12-27T09:00"),
        (0.5, Hours.CALENDAR, "2026-11-21T10:00", None, "2026-11-21T10:30"),
        # the cut-off itself is in time; what comes later, or on a day off, waits for the next opening
        (24, Hours.CALENDAR, "2026-11-19T15:00", THREE, "2026-11-20T15:00"),
        (24, Hours.CALENDAR, "2026-11-19T15:01", THREE, "2026-11-21T08:00"),
        (24, Hours.CALENDAR, "2026-11-20T15:01", THREE, "2026-11-24T08:00"),
        (24, Hours.CALENDAR, "2026-11-21T10:00", THREE, "2026-11-24T08:00"),
        (24, Hours.CALENDAR, "2026-11-23T05:00", THREE, "2026-11-24T08:00"),
        # working days: Friday to Monday, and over a holiday weekend
        (24, Hours.WORKING, "2026-11-19T10:00", None, "2026-11-20T10:00"),
        (24, Hours.WORKING, "2026-11-20T10:00", None, "2026-11-23T10:00"),
        (96, Hours.WORKING, "2026-11-17T10:00", None, "2026-11-23T10:00"),
        (96, Hours.WORKING, "2026-11-16T10:00", None, "2026-11-20T10:00"),
        (24, Hours.WORKING, "2026-12-24T12:00", None, "2026-12-29T12:00"),
        (24, Hours.WORKING, "2026-04-02T12:00", None, "2026-04-07T12:00"),
        # work begins within opening hours
        (24, Hours.WORKING, "2026-11-19T19:00", None, "2026-11-23T08:00"),
        (24, Hours.WORKING, "2026-11-19T05:00", None, "2026-11-20T08:00"),
        (24, Hours.WORKING, "2026-11-22T12:00", None, "2026-11-24T08:00"),
        (24, Hours.WORKING, "2026-11-19T15:30", THREE, "2026-11-23T08:00"),
        # the end of a working day is still that day
        (24, Hours.WORKING, "2026-11-20T08:00", None, "2026-11-23T08:00"),
        (16, Hours.WORKING, "2026-11-20T08:00", None, "2026-11-21T00:00"),
    ],
)
def test_an_answer_is_due(hours: float, kind: Hours, received: str, cut_off: time | None, due: str) -> None:
    assert due_at(hours, kind, local(received), CALENDAR, cut_off) == local(due).astimezone(UTC)


def test_the_clocks_going_forward_take_an_hour_from_the_day() -> None:
    # 29 March 2026: 01:00 becomes 02:00, so 24 hours later the wall says one hour more
    assert due_at(24, Hours.CALENDAR, local("2026-03-28T12:00"), EVERY_DAY) == local("2026-03-29T13:00")
    assert due_at(24, Hours.WORKING, local("2026-03-28T12:00"), EVERY_DAY) == local("2026-03-29T13:00")


def test_the_clocks_going_back_give_an_hour_to_the_day() -> None:
    assert due_at(24, Hours.WORKING, local("2026-10-24T12:00"), EVERY_DAY) == local("2026-10-25T11:00")


def test_a_weekend_on_which_the_clocks_change_does_not_count() -> None:
    assert due_at(24, Hours.WORKING, local("2026-03-27T12:00"), CALENDAR) == local("2026-03-30T12:00")


def test_a_receipt_is_read_in_the_time_zone_of_the_laboratory() -> None:
    # 16:30 in UTC is 17:30 in summer London, and after a cut-off at 17:00
    received = datetime(2026, 7, 14, 16, 30, tzinfo=UTC)
    assert due_at(1, Hours.CALENDAR, received, CALENDAR, time(17)) == local("2026-07-15T09:00")


TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
TARGETS = st.floats(0, 1500, allow_nan=False).map(lambda hours: round(hours, 2))
KINDS = st.sampled_from(Hours)
CUT_OFFS = st.none() | st.times(time(9), time(20))


@given(TARGETS, KINDS, TIMES, CUT_OFFS)
def test_an_answer_is_never_due_earlier_than_its_hours(
    hours: float, kind: Hours, received: datetime, cut_off: time | None
) -> None:
    assert due_at(hours, kind, received, CALENDAR, cut_off) - received >= timedelta(hours=hours)


@given(TARGETS, KINDS, TIMES, CUT_OFFS, st.timedeltas(timedelta(0), timedelta(days=10)))
def test_what_is_received_later_is_never_due_earlier(
    hours: float, kind: Hours, received: datetime, cut_off: time | None, delay: timedelta
) -> None:
    later = due_at(hours, kind, received + delay, CALENDAR, cut_off)
    assert later >= due_at(hours, kind, received, CALENDAR, cut_off)


@given(TARGETS, TARGETS, KINDS, TIMES)
def test_a_longer_target_is_never_due_earlier(
    hours: float, more: float, kind: Hours, received: datetime
) -> None:
    assert due_at(hours + more, kind, received, CALENDAR) >= due_at(hours, kind, received, CALENDAR)


@given(TARGETS, TIMES)
def test_a_working_target_ends_on_a_working_day(hours: float, received: datetime) -> None:
    due = due_at(hours, Hours.WORKING, received, CALENDAR) - timedelta(microseconds=1)
    assert is_working_day(due.astimezone(LONDON).date(), CALENDAR)


@given(TARGETS, TIMES)
def test_working_days_alone_add_up_to_the_target(hours: float, received: datetime) -> None:
    """Counted the slow way: the seconds of working days between the start and the end."""
    begins = due_at(0, Hours.WORKING, received, CALENDAR)
    due = due_at(hours, Hours.WORKING, received, CALENDAR)
    counted, at = timedelta(0), begins
    while at < due:
        midnight = datetime.combine(at.astimezone(LONDON).date() + timedelta(days=1), time.min, LONDON)
        ends = min(midnight.astimezone(UTC), due)
        counted += (ends - at) if is_working_day(at.astimezone(LONDON).date(), CALENDAR) else timedelta(0)
        at = ends
    assert counted == timedelta(hours=hours)


@given(TARGETS, TIMES)
def test_a_laboratory_that_never_closes_counts_like_the_calendar(hours: float, received: datetime) -> None:
    always = replace(EVERY_DAY, opens=time.min, closes=time.max)
    assert due_at(hours, Hours.WORKING, received, always) == due_at(hours, Hours.CALENDAR, received, always)
