"""What the quality manager looks at: how codes are read at each place, and which scans had to stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .. import custody, staff
from ..custody import Reading, Stop
from ..foundation.database import Database

LOOKS_BACK = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class ScanQuality:
    """The last thirty days. `names` are people by row."""

    since: datetime
    readings: tuple[Reading, ...]
    stops: tuple[Stop, ...]
    names: dict[int, str]


def scan_quality(db: Database, *, now: datetime) -> ScanQuality:
    """How samples' codes were read at each place, the busiest first, and what stopped, the newest first."""
    since = now - LOOKS_BACK
    with db.reading() as session:
        stops = custody.stops_since(session, since)
        people = {one for stop in stops for one in (stop.staff_id, stop.resolved_by) if one is not None}
        return ScanQuality(
            since=since,
            readings=tuple(custody.readings_since(session, since)),
            stops=tuple(stops),
            names=staff.names(session, people),
        )
