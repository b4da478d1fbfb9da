"""Bags and what is in them. Every act on a sample is an entry of its chain in the ledger."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..catalog import Temperature
from ..foundation.columns import UtcDateTime, enum_type
from .lifecycle import BagState


class Bag(SQLModel, table=True):
    """A transport bag; `counted` is what the receiver counted."""

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


class BagSample(SQLModel, table=True):
    """A sample's stay in a bag; open until it was taken out. A sample is in one bag at a time."""

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
    )

    id: int = Field(default=None, primary_key=True)
    bag_id: int = Field(foreign_key="bags.id")
    sample_id: int = Field(foreign_key="samples.id")
    packed_at: datetime = Field(sa_type=UtcDateTime)
    out_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    straggler: bool = False
