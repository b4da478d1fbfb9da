"""When an answer is due: calendar hours, or hours of working days, from receipt in the laboratory. Pure.

Hours of working days run day and night of a working day and stand still on weekends and holidays, as the
published turnaround targets count them ("96 working-day hours", Bristol haemato-oncology). Local days follow
the laboratory's time zone, so that the day on which the clocks change has 23 or 25 hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .kinds import Hours
from .offer import Calendar

_DAY = timedelta(days=1)


def due_at(
    target_hours: float,
    hours: Hours,
    received_at: datetime,
    calendar: Calendar,
    cut_off: time | None = None,
) -> datetime:
    """When the target ends (UTC).

    Where a cut-off stands, what comes after it, before opening or on a day off is set up when the laboratory
    opens next. Hours of working days begin within opening hours, whatever the cut-off.
    """
    span = timedelta(hours=target_hours)
    if hours == Hours.CALENDAR:
        begins = received_at if cut_off is None else _set_up_at(received_at, calendar, cut_off)
        return begins.astimezone(UTC) + span
    closes = calendar.closes if cut_off is None else min(cut_off, calendar.closes)
    return _after_working_days(_set_up_at(received_at, calendar, closes), span, calendar)


def is_working_day(day: date, calendar: Calendar) -> bool:
    return day.weekday() in calendar.weekdays and day.isoformat() not in calendar.holidays


def _set_up_at(received_at: datetime, calendar: Calendar, latest: time) -> datetime:
    """The receipt itself between opening and `latest` of a working day, else the next opening."""
    local = received_at.astimezone(ZoneInfo(calendar.time_zone))
    today = local.date()
    if is_working_day(today, calendar) and local.time() <= latest:
        return local if local.time() >= calendar.opens else _at(today, calendar.opens, calendar)
    return _at(_next_working_day(today, calendar), calendar.opens, calendar)


def _after_working_days(begins: datetime, span: timedelta, calendar: Calendar) -> datetime:
    at, left = begins.astimezone(UTC), span
    day = begins.astimezone(ZoneInfo(calendar.time_zone)).date()
    while (ends := _at(day + _DAY, time.min, calendar)) - at < left:
        left -= ends - at
        day = _next_working_day(day, calendar)
        at = _at(day, time.min, calendar)
    return at + left


def _next_working_day(day: date, calendar: Calendar) -> date:
    day += _DAY
    while not is_working_day(day, calendar):
        day += _DAY
    return day


def _at(day: date, clock: time, calendar: Calendar) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(calendar.time_zone)).astimezone(UTC)
