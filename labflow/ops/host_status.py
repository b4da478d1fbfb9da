"""What a ZPL printer answers to ~HS, its host status: three strings between STX and ETX. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

ASK = b"~HS"
STRINGS = 3
_STRING = re.compile(rb"\x02([0-9A-Za-z,]*)\x03")
_FIRST_FIELDS = 12
_SECOND_FIELDS = 11


@dataclass(frozen=True, kw_only=True)
class HostStatus:
    """The state of a printer. `waiting` is how many labels it still has to print of what it was sent."""

    paper_out: bool
    paused: bool
    head_open: bool
    ribbon_out: bool
    peel_off: bool
    waiting: int


def complete(answer: bytes) -> bool:
    """Whether all three strings have come."""
    return len(_STRING.findall(answer)) >= STRINGS


def plausible(answer: bytes) -> bool:
    """Whether what came so far can be the beginning of a status."""
    return not answer or answer.lstrip(b"\r\n").startswith(b"\x02")


def read(answer: bytes) -> HostStatus | None:
    """The status that this answer says; None when it says none."""
    strings = [string.decode().split(",") for string in _STRING.findall(answer)]
    if len(strings) < STRINGS or len(strings[0]) < _FIRST_FIELDS or len(strings[1]) < _SECOND_FIELDS:
        return None
    first, second = strings[0], strings[1]
    try:
        waiting = int(first[4]) + int(first[7]) + int(second[8])
    except ValueError:
        return None
    return HostStatus(
        paper_out=first[1] == "1",
        paused=first[2] == "1",
        head_open=second[2] == "1",
        ribbon_out=second[3] == "1",
        peel_off=second[7] == "1",
        waiting=waiting,
    )
