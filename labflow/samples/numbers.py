"""Case numbers: `LF26-000123-X` is prefix and year, a running number and an ISO 7064 MOD 37-2 check. Pure."""

from __future__ import annotations

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_2

from ..foundation.errors import Refused


class MalformedCaseNumber(Refused):
    """The case number {number} was read or typed wrongly: its check character does not fit.

    Compare it with the label, sign by sign.
    """


def case_number(prefix: str, year: int, running: int) -> str:
    """The number of the `running`th case of a year."""
    body = f"{prefix}{year % 100:02d}-{running:06d}"
    return f"{body}-{mod_37_2.calc_check_digit(body.replace('-', ''))}"


def check_case_number(text: str) -> str:
    """The number in upper case; raises MalformedCaseNumber."""
    number = text.strip().upper()
    try:
        mod_37_2.validate(number.replace("-", ""))
    except ValidationError:
        raise MalformedCaseNumber(number=text[:40]) from None
    return number
