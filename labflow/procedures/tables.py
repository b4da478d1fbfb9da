"""The aspiration at the bedside: who, where, which pulls, and what was watched afterwards."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..catalog import Side
from ..foundation.act import ReadBy
from ..foundation.columns import UtcDateTime, enum_type, json_type


class Outcome(StrEnum):
    OBTAINED = "obtained"
    DRY_TAP = "dry_tap"
    ABANDONED = "abandoned"


class Particles(StrEnum):
    SEEN = "seen"
    NOT_SEEN = "not_seen"
    NOT_CHECKED = "not_checked"


class Procedure(SQLModel, table=True):
    """One bedside aspiration on one child under one order.

    `identified_by` is how the wristband was read; typed needs a second person, `identified_with`. `checklist`
    holds the items ticked with their times. `volume_reason` is given where the draw passed the reason limit,
    `volume_override_by` where it passed the block.
    """

    __tablename__ = "procedures"
    __table_args__ = (
        sa.CheckConstraint("attempts >= 1", name="attempts_from_one"),
        sa.CheckConstraint(
            "identified_by <> 'typed' OR identified_with IS NOT NULL",
            name="typed_identity_needs_second_person",
        ),
    )

    id: int = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="orders.id", index=True)
    outcome: Outcome = Field(sa_type=enum_type(Outcome))
    identified_by: ReadBy = Field(sa_type=enum_type(ReadBy))
    identified_with: int | None = Field(default=None, foreign_key="staff.id")
    operator_id: int = Field(foreign_key="staff.id")
    supervisor_id: int | None = Field(default=None, foreign_key="staff.id")
    place: str = Field(max_length=9)
    anaesthesia: str = Field(max_length=40)
    attempts: int = 1
    checklist: dict[str, Any] = Field(sa_type=json_type())
    complications: list[str] = Field(sa_type=json_type())
    site_reason: str = Field(default="", max_length=200)
    site_confirmed_by: int | None = Field(default=None, foreign_key="staff.id")
    weight_kg: Decimal | None = Field(default=None, sa_type=sa.Numeric(6, 3))
    blood_drawn_ml: Decimal = Field(default=Decimal(0), sa_type=sa.Numeric(6, 2))
    volume_reason: str = Field(default="", max_length=200)
    volume_override_by: int | None = Field(default=None, foreign_key="staff.id")
    antimicrobial_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str = Field(default="", max_length=2000)
    began_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime = Field(sa_type=UtcDateTime)


class Pull(SQLModel, table=True):
    """One draw through the needle, in order (`number` from 1)."""

    __tablename__ = "pulls"
    __table_args__ = (
        sa.UniqueConstraint("procedure_id", "number"),
        sa.CheckConstraint("volume_ml >= 0", name="volume_not_negative"),
    )

    id: int = Field(default=None, primary_key=True)
    procedure_id: int = Field(foreign_key="procedures.id")
    number: int
    site: str = Field(max_length=40)
    side: Side = Field(sa_type=enum_type(Side))
    volume_ml: Decimal = Field(sa_type=sa.Numeric(5, 2))
    needle_repositioned: bool = False
    particles: Particles = Field(default=Particles.NOT_CHECKED, sa_type=enum_type(Particles))
    pulled_at: datetime = Field(sa_type=UtcDateTime)


class Observation(SQLModel, table=True):
    """A check after the procedure: due at a time, done by somebody. It never delays the samples."""

    __tablename__ = "observations"
    __table_args__ = (
        sa.UniqueConstraint("procedure_id", "item"),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_names_who"),
    )

    id: int = Field(default=None, primary_key=True)
    procedure_id: int = Field(foreign_key="procedures.id")
    item: str = Field(max_length=40)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_by: int | None = Field(default=None, foreign_key="staff.id")
    note: str = Field(default="", max_length=500)
