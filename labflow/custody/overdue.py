"""What should have happened by now and has not: noticed once, escalated once, settled when it happens."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..foundation.columns import UtcDateTime, enum_type


class OverdueKind(StrEnum):
    HAND_OVER = "hand_over"
    RECEIPT = "receipt"
    VIABILITY = "viability"


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
