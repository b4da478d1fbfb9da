"""What was scanned, where, and how it was read: for UNDO, for quality, and for scans that had to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from ..foundation.act import CLOCK_TOLERANCE, Act, ReadBy
from ..foundation.codes import CodeKind
from ..foundation.columns import table_of
from ..foundation.errors import NotFound
from .tables import ScanRecord, Stop

_SCANS, _STOPS = table_of(ScanRecord), table_of(Stop)
_THINGS = (CodeKind.SAMPLE, CodeKind.BAG, CodeKind.RACK)
_KEEP = sa.insert(_SCANS)
_RAISE = sa.insert(_STOPS)


class UnknownStop(NotFound):
    """There is no such stop.

    Open the page again: it shows what has to be settled.
    """


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the samples' codes were read at one place: counts by way of reading, and the scans that stopped."""

    place: str | None
    scanned: int
    camera: int
    typed: int
    ticked: int
    stopped: int

    @property
    def total(self) -> int:
        return self.scanned + self.camera + self.typed + self.ticked

    @property
    def typed_percent(self) -> float:
        return 100 * self.typed / self.total if self.total else 0.0


def keep_scans(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember scans (columns of `scans`)."""
    session.connection().execute(_KEEP, rows)


def raise_stops(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Scans that had to stop (columns of `stops`)."""
    session.connection().execute(_RAISE, rows)


def last_acts(
    session: Session, *, by: int, place: str | None, actions: Sequence[str], within: timedelta, now: datetime
) -> list[ScanRecord]:
    """The last act of this person at this place in this time that was not undone: its scans, newest first.

    Scans of one lot are one act.
    """
    found = (
        select(ScanRecord)
        .where(
            # what is recorded as later than now was done before the clock went back, and is not the last
            col(ScanRecord.recorded_at).between(now - within, now + CLOCK_TOLERANCE),
            ScanRecord.staff_id == by,
            ScanRecord.verdict == "OK",
            col(ScanRecord.action).in_(actions),
            func.substr(col(ScanRecord.code), 1, 1).in_(_THINGS),
            col(ScanRecord.undone_by).is_(None),
            col(ScanRecord.place).is_(None) if place is None else ScanRecord.place == place,
        )
        .order_by(col(ScanRecord.recorded_at).desc(), col(ScanRecord.occurred_at).desc())
    )
    rows = list(session.exec(found))
    if not rows:
        return []
    lot = rows[0].lot
    return [row for row in rows if row.lot == lot] if lot else rows[:1]


def standing_stop(session: Session, staff_id: int) -> UUID | None:
    """The oldest stop of this person that nobody settled."""
    found = select(Stop.event_id).where(Stop.staff_id == staff_id, col(Stop.resolved_at).is_(None))
    return session.exec(found.order_by(col(Stop.raised_at)).limit(1)).first()


def stop_of(session: Session, event_id: UUID, *, staff_id: int) -> Stop:
    """This person's stop; raises UnknownStop."""
    stop = session.get(Stop, event_id)
    if stop is None or stop.staff_id != staff_id:
        raise UnknownStop
    return stop


def settle_stop(stop: Stop, *, code: str = "", reason: str = "", act: Act) -> None:
    """The stop is over: the right code was scanned, or the child was named with a reason."""
    stop.resolved_at, stop.resolved_by = act.at, act.by
    stop.resolved_with, stop.reason = code, reason


def stops_since(session: Session, since: datetime, *, limit: int = 100) -> list[Stop]:
    """Scans that had to stop, newest first."""
    found = select(Stop).where(col(Stop.raised_at) >= since).order_by(col(Stop.raised_at).desc())
    return list(session.exec(found.limit(limit)))


def readings_since(session: Session, since: datetime) -> list[Reading]:
    """How the codes of samples were read at each place since then, the busiest place first."""
    ways = {way.value: func.sum(sa.case((_SCANS.c.read_by == way, 1), else_=0)) for way in ReadBy}
    stopped = func.sum(sa.case((_SCANS.c.verdict == "STOP", 1), else_=0))
    rows = session.connection().execute(
        sa.select(
            _SCANS.c.place, stopped.label("stopped"), *(count.label(way) for way, count in ways.items())
        )
        .where(_SCANS.c.recorded_at >= since, _SCANS.c.code.like("S%"))
        .group_by(_SCANS.c.place)
    )
    return sorted((Reading(**row._mapping) for row in rows), key=lambda one: -one.total)
