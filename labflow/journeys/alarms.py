"""Alarms about labflow itself, and how what works in the background is getting on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from ..catalog import Catalog
from ..foundation import alarms
from ..foundation.alarms import Alarm
from ..foundation.database import Database
from ..foundation.duties import LEASE, DutyState, duty_states, probe
from .telling import tell_alarm

# So long after its last round, or with something that waits longer, a duty is late.
_LATE_AFTER = {
    "sequencer": timedelta(seconds=60),
    "overdue": timedelta(seconds=60),
    "outbox": timedelta(minutes=5),
    "disk": timedelta(minutes=5),
}
_FRESH = timedelta(seconds=15)  # a worker keeps its books every five
_EXPECTED = ("sequencer", "overdue")


@dataclass(frozen=True, kw_only=True)
class DutyNow:
    """A duty of the worker: when its last round ended, how far behind it is, and what it waits for."""

    name: str
    finished_at: datetime | None
    behind_seconds: float
    fault: str
    late: bool


@dataclass(frozen=True, kw_only=True)
class Background:
    """What works without a request, and what stands wrong with labflow. `kept_at`: a worker's last sign."""

    duties: tuple[DutyNow, ...]
    alarms: tuple[Alarm, ...]
    kept_at: datetime | None

    @property
    def is_well(self) -> bool:
        return not self.alarms and not any(duty.late or duty.fault for duty in self.duties)


def raise_alarm(session: Session, catalog: Catalog, code: str, words: str, *, now: datetime) -> bool:
    """Raises this alarm and tells other systems of it; False when it stands already."""
    alarm = alarms.raise_alarm(session, code, words, now=now)
    if alarm is not None:
        tell_alarm(session, catalog, alarm, now=now)
    return alarm is not None


def background(db: Database, *, now: datetime) -> Background:
    """How the worker's duties are getting on, and the alarms that stand."""
    with db.reading() as session:
        states = {state.name: state for state in duty_states(session)}
        standing = alarms.standing_alarms(session)
    kept = [state.lease_until - LEASE for state in states.values() if state.lease_until is not None]
    return Background(
        duties=tuple(_duty(name, states.get(name), now) for name in sorted({*states, *_EXPECTED})),
        alarms=tuple(standing),
        kept_at=max(kept, default=None),
    )


def require_writable(db: Database, seen: Background, *, now: datetime) -> None:
    """Saves something on trial, unless a worker did so just now; raises what the database raises."""
    if seen.kept_at is None or abs(now - seen.kept_at) > _FRESH:
        with db.writing() as session:
            probe(session)


def alarms_standing(db: Database) -> tuple[Alarm, ...]:
    """The alarms that stand, the oldest first."""
    with db.reading() as session:
        return tuple(alarms.standing_alarms(session))


def _duty(name: str, state: DutyState | None, now: datetime) -> DutyNow:
    state = state or DutyState(name=name)
    return DutyNow(
        name=name,
        finished_at=state.finished_at,
        behind_seconds=state.behind_seconds,
        fault=state.fault,
        late=_is_late(state, now),
    )


def _is_late(state: DutyState, now: datetime) -> bool:
    limit = _LATE_AFTER.get(state.name)
    if limit is None:
        return False
    behind = timedelta(seconds=state.behind_seconds)
    return state.finished_at is None or max(now - state.finished_at, behind) > limit
