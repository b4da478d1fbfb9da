"""How dates, numbers and names read everywhere, on pages and on labels: the NHS CUI forms. Pure.

Times are UTC and read in the zone that the caller passes. What is not known reads "Not recorded".
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from decimal import Decimal

NOT_RECORDED = "Not recorded"
# Fixed English months, whatever the locale of the machine (CUI D+T).
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Georgian names are not written in capitals (Unicode's Mtavruli letters), and few fonts have them.
_NO_CAPITALS = {letter + 0xBC0: letter for letter in range(0x10D0, 0x1100)}


def date_words(day: date | None) -> str:
    """`14-Jul-2026`."""
    return NOT_RECORDED if day is None else f"{day.day:02}-{_MONTHS[day.month - 1]}-{day.year}"


def time_words(at: datetime | None, zone: tzinfo) -> str:
    """`09:05`, 24 hours, in the zone."""
    return NOT_RECORDED if at is None else f"{at.astimezone(zone):%H:%M}"


def datetime_words(at: datetime | None, zone: tzinfo) -> str:
    """`14-Jul-2026 09:05` in the zone."""
    return NOT_RECORDED if at is None else f"{date_words(at.astimezone(zone))} {time_words(at, zone)}"


def number(value: Decimal | float | None) -> str:
    """`0.5`: a leading zero, no trailing zero (ISMP)."""
    if value is None:
        return NOT_RECORDED
    plain = f"{Decimal(str(value)):f}"
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain).replace("-", "−")


def volume(ml: Decimal | float | None) -> str:
    """`0.5 mL`, never `.5` or `0.50`."""
    return NOT_RECORDED if ml is None else f"{number(ml)} mL"


def mrn(value: str | None) -> str:
    """A number of ten digits grouped 3 3 4 (CUI NUM): `123 456 7890`. Any other form stays as it is."""
    if not value:
        return NOT_RECORDED
    is_ten_digits = len(value) == 10 and value.isascii() and value.isdigit()
    return f"{value[:3]} {value[3:6]} {value[6:]}" if is_ten_digits else value


def full_name(family: str | None, given: str | None) -> str:
    """`SMITH, Jane` (CUI NID)."""
    family = (family or "").upper().translate(_NO_CAPITALS)
    return ", ".join(part for part in (family, given or "") if part) or NOT_RECORDED
