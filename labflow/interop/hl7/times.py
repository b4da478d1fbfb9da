"""HL7 times (data type TS: `YYYYMMDDHHMMSS[.SSSS][+/-ZZZZ]`, or less of it). Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from .limits import HL7Refused

_SHAPE = re.compile(
    r"(?P<day>\d{8})(?P<clock>\d{2}(?:\d{2}){0,2})?(?:\.\d{1,4})?(?:(?P<sign>[+-])(?P<hours>\d{2})(?P<minutes>\d{2}))?"
)
_ONLY_YEAR_AND_MONTH = re.compile(r"\d{4}(\d{2})?")


def day_of(text: str, where: str) -> date | None:
    """The date; None where it is empty or less than a whole date. Raises HL7Refused."""
    shape = _shape(text, where)
    return shape and _parsed(shape["day"], "%Y%m%d", where).date()


def moment_of(text: str, where: str, zone: tzinfo) -> datetime | None:
    """The time in UTC, from `zone` where it names none; None without a time of day. Raises HL7Refused."""
    shape = _shape(text, where)
    if shape is None:
        return None
    clock = (shape["clock"] or "").ljust(6, "0")
    at = _parsed(shape["day"] + clock, "%Y%m%d%H%M%S", where).replace(tzinfo=_offset(shape) or zone)
    if not shape["clock"]:
        return None
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise HL7Refused(fault=f"{where} is no possible time") from None


def zone_of(text: str, where: str) -> tzinfo | None:
    """The offset that a time names, or None. That of MSH-7 counts for all times of its message."""
    shape = _shape(text, where)
    return shape and _offset(shape)


def _shape(text: str, where: str) -> re.Match[str] | None:
    if not text or _ONLY_YEAR_AND_MONTH.fullmatch(text):
        return None
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise HL7Refused(fault=f"{where} is no HL7 time")
    return shape


def _parsed(digits: str, form: str, where: str) -> datetime:
    try:
        return datetime.strptime(digits, form).replace(tzinfo=UTC)
    except ValueError:
        raise HL7Refused(fault=f"{where} is no possible time") from None


def _offset(shape: re.Match[str]) -> tzinfo | None:
    if not shape["sign"]:
        return None
    minutes = int(shape["hours"]) * 60 + int(shape["minutes"])
    if minutes >= 24 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if shape["sign"] == "-" else minutes))
