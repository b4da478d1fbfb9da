"""Children: identity and weight. Nothing clinical beyond what a draw plan needs."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..foundation.columns import UtcDateTime, enum_type


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class Patient(SQLModel, table=True):
    """One child as its hospital knows it. `name_key` is the folded name that look-alikes are found by."""

    __tablename__ = "patients"
    __table_args__ = (
        # the number first: people search by it alone
        sa.UniqueConstraint("mrn", "mrn_authority"),
        sa.Index("ix_patients_name_key", "name_key"),
        sa.Index("ix_patients_birth_date", "birth_date"),
    )

    id: int = Field(default=None, primary_key=True)
    mrn: str = Field(max_length=40)
    mrn_authority: str = Field(max_length=80)
    family_name: str = Field(max_length=80)
    given_name: str = Field(default="", max_length=80)
    # ordered by code point in both databases, so that a prefix is a range of the index
    name_key: str = Field(sa_type=sa.String(170).with_variant(sa.String(170, collation="C"), "postgresql"))
    birth_date: date | None = None
    born_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sex: Sex = Field(default=Sex.UNKNOWN, sa_type=enum_type(Sex))
    registered_at: datetime = Field(sa_type=UtcDateTime)


class Weight(SQLModel, table=True):
    """A measured weight in kilograms."""

    __tablename__ = "weights"
    __table_args__ = (
        sa.UniqueConstraint("patient_id", "measured_on"),
        sa.CheckConstraint("kg > 0 AND kg < 400", name="kg_possible"),
    )

    id: int = Field(default=None, primary_key=True)
    patient_id: int = Field(foreign_key="patients.id")
    kg: Decimal = Field(sa_type=sa.Numeric(6, 3))
    measured_on: date
