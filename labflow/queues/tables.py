"""Queue entries and the steps taken on them."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..foundation.columns import UtcDateTime

# The order of work: urgency, then time left to the viability limit, then due time, then arrival.
ORDER_OF_WORK = ("queue", "urgency_rank", "viable_until", "due_at", "id")
_OPEN = sa.text("left_at IS NULL")


class QueueEntry(SQLModel, table=True):
    """One test waiting or worked on in one queue, on one sample; closed when `left_at` is set.

    `urgency_rank` is 0 for urgent. `viable_until` is far in the future where no limit is known, so that
    the order of work needs no special case. `next_step` is the index of the step that may be taken next.
    """

    __tablename__ = "queue_entries"
    __table_args__ = (
        sa.Index(
            "ix_queue_entries_order_of_work", *ORDER_OF_WORK, sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        sa.Index(
            "uq_queue_entries_open_test",
            "ordered_test_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        sa.Index("ix_queue_entries_sample_open", "sample_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        sa.CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taken_names_who"),
        sa.CheckConstraint("(held_at IS NULL) = (hold_reason IS NULL)", name="held_names_why"),
    )

    id: int = Field(default=None, primary_key=True)
    queue: str = Field(max_length=20)
    ordered_test_id: int = Field(foreign_key="ordered_tests.id", index=True)
    sample_id: int = Field(foreign_key="samples.id")
    case_id: int = Field(foreign_key="cases.id", index=True)
    urgency_rank: int
    viable_until: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    entered_at: datetime = Field(sa_type=UtcDateTime)
    left_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    left_because: str | None = Field(default=None, max_length=20)
    next_step: int = 0
    taken_by: int | None = Field(default=None, foreign_key="staff.id")
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    hold_reason: str | None = Field(default=None, max_length=40)
    hold_note: str = Field(default="", max_length=200)
    held_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class QueueCount(SQLModel, table=True):
    """How many entries a queue holds open, kept in the transaction that changes it."""

    __tablename__ = "queue_counts"
    __table_args__ = (sa.CheckConstraint("open >= 0", name="open_not_negative"),)

    queue: str = Field(primary_key=True, max_length=20)
    open: int = 0


class StepRecord(SQLModel, table=True):
    """One step taken on one queue entry."""

    __tablename__ = "step_records"

    id: int = Field(default=None, primary_key=True)
    queue_entry_id: int = Field(foreign_key="queue_entries.id", index=True)
    step: str = Field(max_length=40)
    started_at: datetime = Field(sa_type=UtcDateTime)
    started_by: int = Field(foreign_key="staff.id")
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_by: int | None = Field(default=None, foreign_key="staff.id")
    failed_reason: str | None = Field(default=None, max_length=40)
    note: str = Field(default="", max_length=500)
