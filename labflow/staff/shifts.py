"""Shifts: whoever proved themselves at a station signs in there by badge alone, until the shift ends.

A station is a browser that keeps a secret; the database has only its hash. Signing out closes the person's
shift, and so does deactivating them: then a badge that was lost opens nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from ..foundation.errors import Conflict
from .queries import UnknownPerson, by_badge
from .secret import hashed
from .tables import Shift, StaffMember


class ShiftNeeded(Conflict):
    """The badge {badge} has no open shift at this station.

    Sign in here with your password once; after that the badge is enough until the shift ends.
    """


def open_shift(session: Session, staff_id: int, station: str, *, now: datetime, lasts: timedelta) -> None:
    """The person proved themselves at this station: from now on their badge signs them in there."""
    close_shifts(session, staff_id, station=station, now=now)
    shift = Shift(staff_id=staff_id, station_hash=hashed(station), opened_at=now, ends_at=now + lasts)
    session.add(shift)


def close_shifts(session: Session, staff_id: int, *, station: str | None = None, now: datetime) -> None:
    """The person's badge alone opens nothing any more, at this station or at all."""
    own = sa.update(Shift).where(col(Shift.staff_id) == staff_id, col(Shift.closed_at).is_(None))
    if station is not None:
        own = own.where(col(Shift.station_hash) == hashed(station))
    session.exec(own.values(closed_at=now))


def on_shift(session: Session, badge: str, station: str, *, now: datetime) -> StaffMember:
    """The active person with this badge and an open shift at this station; raises ShiftNeeded otherwise.

    A badge that nobody has is refused in the same words.
    """
    try:
        person = by_badge(session, badge)
    except UnknownPerson:
        raise ShiftNeeded(badge=badge) from None
    shift = select(Shift.id).where(
        Shift.staff_id == person.id,
        Shift.station_hash == hashed(station),
        col(Shift.closed_at).is_(None),
        Shift.ends_at > now,
    )
    if not person.active or session.exec(shift).first() is None:
        raise ShiftNeeded(badge=badge)
    return person
