"""Who acts, when, where, and how the code was read: passed in from the doors, never fetched below them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from .errors import Refused

# A client's clock may run ahead of the server's by this much before its claim is refused.
CLOCK_TOLERANCE = timedelta(minutes=2)
OLDEST_CLAIM = timedelta(days=30)
# Stands for the person where another system acts: a message that comes in was sent by nobody of ours.
NOBODY = 0


class ReadBy(StrEnum):
    """How a code reached labflow; `ticked` in a list that shows whose it is."""

    SCANNED = "scanned"
    CAMERA = "camera"
    TYPED = "typed"
    TICKED = "ticked"


# What a device or a hand may send; only labflow's own lists tick.
READ_OFF_A_LABEL = (ReadBy.SCANNED, ReadBy.CAMERA, ReadBy.TYPED)


class ImpossibleTime(Refused):
    """The time {claimed} cannot be right: it is {fault}.

    Correct the time, or the clock of the device.
    """


@dataclass(frozen=True, kw_only=True)
class Act:
    """One person doing one thing at one moment.

    `at` is the server's clock, `occurred_at` the time claimed (UTC, both). `by` is the person's row, `badge`
    the opaque code that evidence names. `place` is a place code, `event_id` the client's id of this act.
    `late`: it reached the server later than it was done.
    """

    at: datetime
    by: int
    badge: str
    rng: random.Random
    event_id: UUID
    occurred_at: datetime
    place: str | None = None
    read_by: ReadBy = ReadBy.TYPED
    late: bool = False

    def claiming(self, occurred_at: datetime, *, late_minutes: int) -> Act:
        """The same act at the time claimed, late after so long; raises ImpossibleTime."""
        claimed = possible_time(occurred_at, now=self.at)
        late = self.late or self.at - claimed > timedelta(minutes=late_minutes)
        return replace(self, occurred_at=claimed, late=late)

    def part(self, name: str) -> Act:
        """The same act on one of several things: its event id follows from this one and the thing's name."""
        return replace(self, event_id=uuid5(self.event_id, name))

    def at_place(self, place: str | None) -> Act:
        return replace(self, place=place)


def act_of_system(*, at: datetime, rng: random.Random) -> Act:
    """A message from another system acting now."""
    event_id = UUID(int=rng.getrandbits(128), version=4)
    return Act(at=at, by=NOBODY, badge="", rng=rng, event_id=event_id, occurred_at=at)


def possible_time(claimed: datetime, *, now: datetime) -> datetime:
    """The claimed time when it can be right; raises ImpossibleTime."""
    if claimed > now + CLOCK_TOLERANCE:
        raise ImpossibleTime(claimed=claimed.isoformat(), fault="in the future")
    if claimed < now - OLDEST_CLAIM:
        raise ImpossibleTime(claimed=claimed.isoformat(), fault="more than 30 days ago")
    return claimed
