"""Results: every version stays."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..foundation.columns import UtcDateTime, enum_type, json_type
from .lifecycle import Amendment, ResultState


class Result(SQLModel, table=True):
    """One version of one test's result. The answer is the newest that was verified, unless it was withdrawn.

    `reason` says why there is another version. `amends` is set on a version that replaces a verified one.
    """

    __tablename__ = "results"
    __table_args__ = (
        sa.UniqueConstraint("ordered_test_id", "version"),
        sa.CheckConstraint(
            "verified_by IS NULL OR verified_by <> entered_by", name="verified_by_another_person"
        ),
        sa.CheckConstraint(
            "(state IN ('preliminary', 'returned')) = (verified_by IS NULL)", name="verified_names_who"
        ),
        sa.CheckConstraint("(verified_by IS NULL) = (verified_at IS NULL)", name="verified_names_when"),
        sa.CheckConstraint("(state = 'returned') = (returned_by IS NOT NULL)", name="returned_names_who"),
        sa.CheckConstraint("(state = 'withdrawn') = (withdrawn_by IS NOT NULL)", name="withdrawn_names_who"),
        sa.CheckConstraint("amends IS NULL OR reason <> ''", name="amendment_names_why"),
        sa.Index(
            "ix_results_to_verify",
            "entered_at",
            "id",
            sqlite_where=sa.text("state = 'preliminary'"),
            postgresql_where=sa.text("state = 'preliminary'"),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    ordered_test_id: int = Field(foreign_key="ordered_tests.id")
    version: int
    state: ResultState = Field(default=ResultState.PRELIMINARY, sa_type=enum_type(ResultState))
    amends: Amendment | None = Field(default=None, sa_type=enum_type(Amendment))
    fields: dict[str, Any] = Field(sa_type=json_type())
    conclusion: str = Field(max_length=4000)
    critical: bool = False
    reason: str = Field(default="", max_length=200)
    entered_by: int = Field(foreign_key="staff.id")
    entered_at: datetime = Field(sa_type=UtcDateTime)
    verified_by: int | None = Field(default=None, foreign_key="staff.id")
    verified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    returned_by: int | None = Field(default=None, foreign_key="staff.id")
    returned_note: str = Field(default="", max_length=500)
    withdrawn_by: int | None = Field(default=None, foreign_key="staff.id")
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_reason: str = Field(default="", max_length=200)
