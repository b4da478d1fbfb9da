"""Cases, samples with their parents, and which test each sample serves."""

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..catalog import SampleKind, Side, Temperature
from ..foundation.columns import UtcDateTime, enum_type
from .lifecycle import SampleState


class CaseCounter(SQLModel, table=True):
    """The last case number of a year."""

    __tablename__ = "case_counters"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


class Case(SQLModel, table=True):
    """Everything that came of one procedure."""

    __tablename__ = "cases"

    id: int = Field(default=None, primary_key=True)
    number: str = Field(unique=True, max_length=20)
    procedure_id: int = Field(foreign_key="procedures.id", unique=True)
    order_id: int = Field(foreign_key="orders.id", index=True)
    patient_id: int = Field(foreign_key="patients.id", index=True)
    opened_at: datetime = Field(sa_type=UtcDateTime)


class Sample(SQLModel, table=True):
    """One labelled physical thing. `number` counts within its case (01 first); children have a `parent_id`.

    `labelled_at` is set when its stuck label was scanned back; until then it is unlabelled.
    """

    __tablename__ = "samples"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "number"),
        sa.CheckConstraint("volume_ml IS NULL OR volume_ml >= 0", name="volume_not_negative"),
        sa.CheckConstraint(
            "state IN ('planned', 'not_obtained') OR collected_at IS NOT NULL", name="collected_names_when"
        ),
        sa.CheckConstraint("state <> 'not_obtained' OR state_reason <> ''", name="not_obtained_names_why"),
        sa.Index(
            "ix_samples_awaited",
            "collected_at",
            "id",
            sqlite_where=sa.text("state = 'collected'"),
            postgresql_where=sa.text("state = 'collected'"),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=9)
    chain_id: int = Field(foreign_key="chains.id", unique=True)
    case_id: int = Field(foreign_key="cases.id")
    number: int
    parent_id: int | None = Field(default=None, foreign_key="samples.id", index=True)
    pull_id: int | None = Field(default=None, foreign_key="pulls.id")
    kind: SampleKind = Field(sa_type=enum_type(SampleKind))
    container: str = Field(max_length=40)
    state: SampleState = Field(default=SampleState.PLANNED, sa_type=enum_type(SampleState))
    state_reason: str = Field(default="", max_length=60)
    comment: str = Field(default="", max_length=500)
    site: str = Field(default="", max_length=40)
    side: Side | None = Field(default=None, sa_type=enum_type(Side))
    volume_ml: Decimal | None = Field(default=None, sa_type=sa.Numeric(5, 2))
    temperature: Temperature = Field(default=Temperature.ROOM, sa_type=enum_type(Temperature))
    stain: str = Field(default="", max_length=40)
    collected_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    labelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SampleTest(SQLModel, table=True):
    """A sample serves a test with so many millilitres. One tube may serve two tests."""

    __tablename__ = "sample_tests"
    __table_args__ = (sa.Index("ix_sample_tests_ordered_test_id", "ordered_test_id"),)

    sample_id: int = Field(foreign_key="samples.id", primary_key=True)
    ordered_test_id: int = Field(foreign_key="ordered_tests.id", primary_key=True)
    allocated_ml: Decimal | None = Field(default=None, sa_type=sa.Numeric(5, 2))


class RetiredCode(SQLModel, table=True):
    """A code that no label may carry any more: cancelled, or replaced by another on the same sample."""

    __tablename__ = "retired_codes"
    __table_args__ = (sa.CheckConstraint("reason <> ''", name="retired_names_why"),)

    code: str = Field(primary_key=True, max_length=9)
    sample_id: int = Field(foreign_key="samples.id", index=True)
    replaced_by: str | None = Field(default=None, max_length=9)
    reason: str = Field(max_length=40)
    retired_by: int = Field(foreign_key="staff.id")
    retired_at: datetime = Field(sa_type=UtcDateTime)


class ReservedCode(SQLModel, table=True):
    """A code set aside for a label that is printed before its sample exists; never issued otherwise."""

    __tablename__ = "reserved_codes"

    code: str = Field(primary_key=True, max_length=9)
    reserved_at: datetime = Field(sa_type=UtcDateTime)
