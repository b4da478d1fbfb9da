"""Bags and what is in them, and what was scanned. Every act on a sample is an entry of its chain."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..catalog import Temperature
from ..foundation.act import ReadBy
from ..foundation.codes import CodeKind
from ..foundation.columns import UtcDateTime, enum_type
from .lifecycle import BagState


class Bag(SQLModel, table=True):
    """A transport bag, or a rack that stays; `counted` is what the receiver counted.

    `check_began_at` is set while somebody compares what lies in a rack with what should.
    """

    __tablename__ = "bags"
    __table_args__ = (
        sa.Index(
            "ix_bags_open",
            "state",
            "id",
            sqlite_where=sa.text("state <> 'reconciled'"),
            postgresql_where=sa.text("state <> 'reconciled'"),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=9)
    state: BagState = Field(default=BagState.OPEN, sa_type=enum_type(BagState))
    temperature: Temperature = Field(default=Temperature.ROOM, sa_type=enum_type(Temperature))
    opened_by: int = Field(foreign_key="staff.id")
    opened_at: datetime = Field(sa_type=UtcDateTime)
    from_place: str | None = Field(default=None, max_length=9)
    to_place: str | None = Field(default=None, max_length=9)
    sealed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    handed_over_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    counted: int | None = None
    reconciled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    missing_reason: str | None = Field(default=None, max_length=40)
    check_began_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def is_rack(self) -> bool:
        return self.code.startswith(CodeKind.RACK)

    @property
    def stands_at(self) -> str | None:
        """The place of a rack."""
        return self.to_place or self.from_place


class BagSample(SQLModel, table=True):
    """A sample's stay in a bag; open until it was taken out. A sample is in one bag at a time.

    `repacked`: it left for another bag before this one arrived. `seen_at` is when it was last scanned in its
    rack. `missing_at` says that the bag was closed, or the rack checked, without it; a straggler came later.
    """

    __tablename__ = "bag_samples"
    __table_args__ = (
        sa.UniqueConstraint("bag_id", "sample_id"),
        sa.Index(
            "uq_bag_samples_one_bag",
            "sample_id",
            unique=True,
            sqlite_where=sa.text("out_at IS NULL"),
            postgresql_where=sa.text("out_at IS NULL"),
        ),
        sa.Index(
            "ix_bag_samples_missing",
            "missing_at",
            "id",
            sqlite_where=sa.text("missing_at IS NOT NULL AND out_at IS NULL"),
            postgresql_where=sa.text("missing_at IS NOT NULL AND out_at IS NULL"),
        ),
        sa.CheckConstraint("(missing_at IS NULL) = (missing_reason IS NULL)", name="missing_names_why"),
    )

    id: int = Field(default=None, primary_key=True)
    bag_id: int = Field(foreign_key="bags.id")
    sample_id: int = Field(foreign_key="samples.id")
    packed_at: datetime = Field(sa_type=UtcDateTime)
    out_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    straggler: bool = False
    repacked: bool = False
    seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    missing_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    missing_reason: str | None = Field(default=None, max_length=40)

    @property
    def is_missing(self) -> bool:
        """Missed when the bag was closed, and not seen since."""
        if self.missing_at is None or self.out_at is not None:
            return False
        return self.seen_at is None or self.seen_at < self.missing_at


class ScanRecord(SQLModel, table=True):
    """One scan as it came and what was answered. `code` is one of labflow's, or empty for any other.

    `before` is what UNDO needs beside the entries (JSON); `lot` joins scans that are undone together; `late`
    scans reached the server later than they were made.
    """

    __tablename__ = "scans"
    __table_args__ = (sa.Index("ix_scans_recorded_at", "recorded_at"),)

    event_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id")
    action: str | None = Field(default=None, max_length=40)
    place: str | None = Field(default=None, max_length=9)
    code: str = Field(max_length=9)
    read_by: ReadBy = Field(sa_type=enum_type(ReadBy))
    verdict: str = Field(max_length=10)
    rule: str = Field(default="", max_length=60)
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    late: bool = False
    lot: UUID | None = Field(default=None, sa_type=sa.Uuid)
    before: str = ""
    undone_by: UUID | None = Field(default=None, sa_type=sa.Uuid)


class Stop(SQLModel, table=True):
    """A scan that had to stop, until somebody settled it: by the right scan, or by naming the child.

    `case_id` is the case that was meant, `sample_id` the sample that was scanned.
    """

    __tablename__ = "stops"
    __table_args__ = (
        sa.Index(
            "ix_stops_standing",
            "staff_id",
            sqlite_where=sa.text("resolved_at IS NULL"),
            postgresql_where=sa.text("resolved_at IS NULL"),
        ),
        sa.CheckConstraint("(resolved_at IS NULL) = (resolved_by IS NULL)", name="resolved_names_who"),
    )

    event_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id")
    code: str = Field(max_length=9)
    rule: str = Field(max_length=60)
    place: str | None = Field(default=None, max_length=9)
    case_id: int | None = Field(default=None, foreign_key="cases.id")
    sample_id: int | None = Field(default=None, foreign_key="samples.id")
    raised_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_by: int | None = Field(default=None, foreign_key="staff.id")
    resolved_with: str = Field(default="", max_length=9)
    reason: str = Field(default="", max_length=200)
