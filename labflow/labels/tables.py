"""Labels that were printed and why again, print jobs, and downtime kits with their reserved codes."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..foundation.columns import UtcDateTime, enum_type
from .lifecycle import JobState, KitState


class PrintedLabel(SQLModel, table=True):
    """One printing of one sample's label; every copy after the first needs a reason."""

    __tablename__ = "printed_labels"
    __table_args__ = (
        sa.UniqueConstraint("sample_id", "copy_number"),
        sa.CheckConstraint("copy_number = 1 OR reason IS NOT NULL", name="reprint_names_why"),
    )

    id: int = Field(default=None, primary_key=True)
    sample_id: int = Field(foreign_key="samples.id")
    copy_number: int
    stock: str = Field(max_length=20)
    reason: str | None = Field(default=None, max_length=40)
    printed_by: int = Field(foreign_key="staff.id")
    printed_at: datetime = Field(sa_type=UtcDateTime)


class PrintJob(SQLModel, table=True):
    """Labels to print together at one printer; without a printer, to fetch as a PDF.

    `name` is what addresses show. `lease_until`: until then one deliverer has it. `why` says in plain words
    why it failed. `perhaps_twice`: labels may have come out before, so the printed ones are to be compared.
    """

    __tablename__ = "print_jobs"
    __table_args__ = (
        sa.CheckConstraint("state <> 'failed' OR why <> ''", name="failed_names_why"),
        sa.CheckConstraint("state <> 'printing' OR lease_until IS NOT NULL", name="printing_has_a_lease"),
        sa.CheckConstraint("state <> 'printed' OR finished_at IS NOT NULL", name="printed_names_when"),
        sa.CheckConstraint("tries >= 0", name="tries_not_negative"),
        sa.Index(
            "ix_print_jobs_to_print",
            "printer",
            "id",
            sqlite_where=sa.text("state IN ('queued', 'printing')"),
            postgresql_where=sa.text("state IN ('queued', 'printing')"),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    name: UUID = Field(unique=True)
    state: JobState = Field(default=JobState.QUEUED, sa_type=enum_type(JobState))
    printer: str | None = Field(default=None, max_length=20)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    place: str | None = Field(default=None, max_length=9)
    asked_by: int = Field(foreign_key="staff.id")
    asked_at: datetime = Field(sa_type=UtcDateTime)
    tries: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    why: str = Field(default="", max_length=300)
    perhaps_twice: bool = False


class PrintJobLabel(SQLModel, table=True):
    """One label of a print job, in the order of printing; without a code it is the test label."""

    __tablename__ = "print_job_labels"
    __table_args__ = (sa.CheckConstraint("copies BETWEEN 1 AND 9", name="copies_one_to_nine"),)

    job_id: int = Field(foreign_key="print_jobs.id", primary_key=True)
    position: int = Field(primary_key=True)
    code: str = Field(default="", max_length=9)
    design: str = Field(max_length=20)
    copies: int = 1


class DowntimeKit(SQLModel, table=True):
    """A block of reserved sample codes on paper and labels, for a time when labflow cannot be reached."""

    __tablename__ = "downtime_kits"
    __table_args__ = (
        sa.CheckConstraint(
            "(state = 'reconciled') = (reconciled_at IS NOT NULL)", name="reconciled_names_when"
        ),
    )

    id: int = Field(default=None, primary_key=True)
    number: str = Field(unique=True, max_length=12)
    state: KitState = Field(default=KitState.OPEN, sa_type=enum_type(KitState))
    place: str | None = Field(default=None, max_length=9)
    made_by: int = Field(foreign_key="staff.id")
    made_at: datetime = Field(sa_type=UtcDateTime)
    reconciled_by: int | None = Field(default=None, foreign_key="staff.id")
    reconciled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class KitLabel(SQLModel, table=True):
    """One code of a kit, meant for a container: on a sample since `used_at`, or void since `voided_at`."""

    __tablename__ = "kit_labels"
    __table_args__ = (
        sa.UniqueConstraint("kit_id", "position"),
        sa.CheckConstraint("(used_at IS NULL) = (sample_id IS NULL)", name="used_names_sample"),
        sa.CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name="used_names_who"),
        sa.CheckConstraint("used_at IS NULL OR voided_at IS NULL", name="used_or_voided"),
    )

    code: str = Field(primary_key=True, foreign_key="reserved_codes.code", max_length=9)
    kit_id: int = Field(foreign_key="downtime_kits.id")
    position: int
    container: str = Field(max_length=40)
    sample_id: int | None = Field(default=None, foreign_key="samples.id", unique=True)
    used_by: int | None = Field(default=None, foreign_key="staff.id")
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    voided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
