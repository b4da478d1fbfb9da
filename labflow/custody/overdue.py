"""What should have happened by now and has not: noticed once, escalated once, settled when it happens."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from ..foundation.columns import UtcDateTime, enum_type
from .due import Due, OverdueKind


class Overdue(SQLModel, table=True):
    """One sample that is overdue. `escalated_at` is when the person responsible was told."""

    __tablename__ = "overdue"
    __table_args__ = (
        sa.UniqueConstraint("sample_id", "kind", "due_at"),
        sa.Index(
            "ix_overdue_standing",
            "due_at",
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    sample_id: int = Field(foreign_key="samples.id")
    kind: OverdueKind = Field(sa_type=enum_type(OverdueKind))
    due_at: datetime = Field(sa_type=UtcDateTime)
    noticed_at: datetime = Field(sa_type=UtcDateTime)
    escalated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def key(self) -> tuple[int, OverdueKind, datetime]:
        return self.sample_id, self.kind, self.due_at


class OverdueCount(NamedTuple):
    """How many stand, and how many of them were escalated."""

    standing: int
    escalated: int


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is to be written of what is due: told from now on, escalated, or over."""

    notice: tuple[Due, ...]
    escalate: tuple[Due, ...]
    settle: tuple[int, ...]

    def parts(self, most: int) -> Iterator["Changes"]:
        """The same in parts of so many each; none when nothing is to be written."""
        for start in range(0, max(len(self.notice), len(self.escalate), len(self.settle)), most):
            part = slice(start, start + most)
            yield Changes(notice=self.notice[part], escalate=self.escalate[part], settle=self.settle[part])


_STANDING = col(Overdue.settled_at).is_(None)


def standing_overdue(session: Session, *, limit: int | None = None) -> Sequence[Overdue]:
    """What is overdue now, the latest first."""
    return session.exec(select(Overdue).where(_STANDING).order_by(col(Overdue.due_at)).limit(limit)).all()


def overdue_samples(session: Session, sample_ids: Collection[int]) -> set[int]:
    """Those of the samples that are overdue."""
    found = select(Overdue.sample_id).where(col(Overdue.sample_id).in_(sample_ids), _STANDING)
    return set(session.exec(found))


def count_overdue(session: Session) -> dict[OverdueKind, OverdueCount]:
    """How many are overdue, by kind; kinds without any are left out."""
    escalated = sa.func.count(col(Overdue.escalated_at))
    counted = select(Overdue.kind, sa.func.count(), escalated).where(_STANDING).group_by(col(Overdue.kind))
    return {OverdueKind(kind): OverdueCount(many, of_them) for kind, many, of_them in session.exec(counted)}


def overdue_changes(session: Session, dues: Collection[Due], *, now: datetime) -> Changes:
    """What differs between what is due and what stands. What was told ends only when it happens."""
    standing = {row.key: row for row in standing_overdue(session)}
    told = [due for due in dues if due.tell_at <= now or due.key in standing]
    new = tuple(due for due in told if due.key not in standing)
    before = _rows(session, new)
    wanted = {due.key for due in dues}
    return Changes(
        notice=new,
        escalate=tuple(
            due
            for due in told
            if due.escalate_at <= now and not _is_escalated(standing.get(due.key) or before.get(due.key))
        ),
        settle=tuple(row.id for key, row in standing.items() if key not in wanted),
    )


def write_overdue(session: Session, changes: Changes, *, now: datetime) -> list[Due]:
    """Writes them down; what was escalated by this, and by no other worker before.

    What is not on record yet is escalated the next time.
    """
    before = _rows(session, changes.notice)
    for due in changes.notice:
        if (row := before.get(due.key)) is not None:
            row.settled_at = None  # it was over, and is undone
        else:
            session.add(Overdue(sample_id=due.sample_id, kind=due.kind, due_at=due.due_at, noticed_at=now))
    for row in session.exec(select(Overdue).where(col(Overdue.id).in_(changes.settle))):
        row.settled_at = now
    session.flush()
    return [due for due in changes.escalate if _escalate(session, due, now)]


def _is_escalated(row: Overdue | None) -> bool:
    return row is not None and row.escalated_at is not None


def _rows(session: Session, dues: Collection[Due]) -> dict[tuple[int, OverdueKind, datetime], Overdue]:
    """Their rows, those that are over too."""
    found = select(Overdue).where(col(Overdue.sample_id).in_({due.sample_id for due in dues}))
    return {row.key: row for row in session.exec(found)} if dues else {}


def _escalate(session: Session, due: Due, now: datetime) -> bool:
    mine = session.connection().execute(
        sa.update(Overdue)
        .where(
            col(Overdue.sample_id) == due.sample_id,
            col(Overdue.kind) == due.kind,
            col(Overdue.due_at) == due.due_at,
            col(Overdue.escalated_at).is_(None),
        )
        .values(escalated_at=now)
    )
    return mine.rowcount == 1
