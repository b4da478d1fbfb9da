"""What a worker does again and again, which process has it, and how far behind it is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from .columns import UtcDateTime

# How long a worker that is gone keeps its duties from the others; a living one renews long before.
LEASE = timedelta(seconds=30)
_LONGEST_FAULT = 300


class DutyState(SQLModel, table=True):
    """The last round of a duty, which `leased_by` has until `lease_until`; no `fault` when all went well."""

    __tablename__ = "duties"

    name: str = Field(primary_key=True, max_length=40)
    leased_by: str = Field(default="", max_length=80)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    behind_seconds: float = 0
    fault: str = Field(default="", max_length=_LONGEST_FAULT)


@dataclass(frozen=True)
class LastRound:
    """How the last round of a duty ended; no `fault` when all went well."""

    finished_at: datetime
    behind: timedelta
    fault: str


def duty_states(session: Session) -> Sequence[DutyState]:
    """Every duty that a worker ever had, by name."""
    return session.exec(select(DutyState).order_by(DutyState.name)).all()


def probe(session: Session) -> None:
    """A change that leaves nothing behind: it can be saved where anything can."""
    trial = DutyState(name="trial")
    session.add(trial)
    session.flush()
    session.delete(trial)
    session.flush()


def enter_duties(session: Session, names: Collection[str], *, anew: bool) -> None:
    """A row for each duty; `anew` ends the leases of a process that is certainly gone."""
    known = {state.name: state for state in duty_states(session)}
    session.add_all(DutyState(name=name) for name in names if name not in known)
    for state in known.values():
        if anew:
            state.lease_until = None
    session.flush()


def hold_duty(session: Session, name: str, *, by: str, now: datetime, last: LastRound | None) -> bool:
    """Takes or renews the lease and says how the last round ended; False when another worker has the duty.

    A lease that reaches further than any could was taken while a clock was wrong, and binds nobody.
    """
    lease_until = col(DutyState.lease_until)
    mine_or_free = sa.or_(
        col(DutyState.leased_by) == by,
        lease_until.is_(None),
        lease_until < now,
        lease_until > now + 2 * LEASE,
    )
    values = {"leased_by": by, "lease_until": now + LEASE} | (_ended(last) if last else {})
    held = session.connection().execute(
        sa.update(DutyState).where(col(DutyState.name) == name, mine_or_free).values(values)
    )
    return held.rowcount == 1


def release_duties(session: Session, *, by: str) -> None:
    """Another worker may have them at once."""
    session.connection().execute(
        sa.update(DutyState).where(col(DutyState.leased_by) == by).values(leased_by="", lease_until=None)
    )


def _ended(last: LastRound) -> dict[str, object]:
    return {
        "finished_at": last.finished_at,
        "behind_seconds": last.behind.total_seconds(),
        "fault": last.fault[:_LONGEST_FAULT],
    }
