"""Orders and ordered tests, what a person has to reconcile, and messages already handled."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..catalog import Side, Urgency
from ..foundation.columns import UtcDateTime, enum_type, json_type
from ..patients import Sex
from .lifecycle import OrderState, TestState


class OrderSource(StrEnum):
    TYPED = "typed"
    HL7 = "hl7"
    RECOLLECTION = "recollection"


# Literal words: SQLite takes a partial index only when the query repeats its condition without parameters.
OPEN_ORDERS = sa.text("state IN ('active', 'on_hold')")
TO_RECONCILE = sa.text("state = 'open'")
RECOLLECTIONS = sa.text("recollects_order_id IS NOT NULL")


class Order(SQLModel, table=True):
    """What a clinician asked for one child. `number` is ours; the hospital's numbers are PlacerNumber rows.

    `event_id` is the client's id of the placing: the same one again is the same order. `entered_by` typed it
    in; nobody did for a message. A recollection names the order whose sample was rejected and whether it
    costs a sedation.
    """

    __tablename__ = "orders"
    __table_args__ = (
        sa.Index("ix_orders_open", "id", sqlite_where=OPEN_ORDERS, postgresql_where=OPEN_ORDERS),
        # hardly any order is one: the planner takes an index of all orders for useless, and reads them all
        sa.Index(
            "ix_orders_recollections",
            "recollects_order_id",
            sqlite_where=RECOLLECTIONS,
            postgresql_where=RECOLLECTIONS,
        ),
        sa.CheckConstraint("source = 'hl7' OR entered_by IS NOT NULL", name="typed_names_who"),
        sa.CheckConstraint(
            "(recollects_order_id IS NULL) = (needs_sedation IS NULL)", name="recollection_says_its_burden"
        ),
    )

    id: int = Field(default=None, primary_key=True)
    number: str = Field(unique=True, max_length=20)
    patient_id: int = Field(foreign_key="patients.id", index=True)
    state: OrderState = Field(default=OrderState.ACTIVE, sa_type=enum_type(OrderState))
    source: OrderSource = Field(sa_type=enum_type(OrderSource))
    indication: str | None = Field(default=None, max_length=20)
    urgency: Urgency = Field(sa_type=enum_type(Urgency))
    clinical_text: str = Field(default="", max_length=2000)
    ordered_by: str = Field(default="", max_length=120)
    ordered_at: datetime = Field(sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime)
    event_id: UUID = Field(sa_type=sa.Uuid, unique=True)
    entered_by: int | None = Field(default=None, foreign_key="staff.id")
    placer_group: str = Field(default="", max_length=250)
    recollects_order_id: int | None = Field(default=None, foreign_key="orders.id")
    needs_sedation: bool | None = None
    state_reason: str = Field(default="", max_length=200)


class PlacerNumber(SQLModel, table=True):
    """A number that the hospital's system gave to an order, or to a part of one; never given twice."""

    __tablename__ = "placer_numbers"

    authority: str = Field(primary_key=True, max_length=250)
    number: str = Field(primary_key=True, max_length=199)
    order_id: int = Field(foreign_key="orders.id", index=True)


class OrderedTest(SQLModel, table=True):
    """One test of an order, with the catalog's values it was ordered under (`terms`).

    `number` is the test's place in the order (1 first); people and the API name a test by order and number.
    """

    __tablename__ = "ordered_tests"
    __table_args__ = (sa.UniqueConstraint("order_id", "number"),)

    id: int = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="orders.id")
    number: int
    test_code: str = Field(max_length=20)
    side: Side | None = Field(default=None, sa_type=enum_type(Side))
    priority: int = 0
    state: TestState = Field(default=TestState.PLANNED, sa_type=enum_type(TestState))
    state_reason: str = Field(default="", max_length=60)
    terms: dict[str, Any] = Field(sa_type=json_type())
    placer_number: str = Field(default="", max_length=199)


class UnknownTestState(StrEnum):
    OPEN = "open"
    MAPPED = "mapped"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class UnknownTest(SQLModel, table=True):
    """A test code that the catalog does not know, until a person maps or refuses it."""

    __tablename__ = "unknown_tests"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "number"),
        sa.Index(
            "ix_unknown_tests_open", "order_id", sqlite_where=TO_RECONCILE, postgresql_where=TO_RECONCILE
        ),
        sa.CheckConstraint("(state = 'mapped') = (mapped_to IS NOT NULL)", name="mapped_names_its_test"),
    )

    id: int = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="orders.id")
    number: int
    code: str = Field(max_length=80)
    text: str = Field(default="", max_length=250)
    coding_system: str = Field(default="", max_length=40)
    placer_number: str = Field(default="", max_length=199)
    state: UnknownTestState = Field(default=UnknownTestState.OPEN, sa_type=enum_type(UnknownTestState))
    mapped_to: str | None = Field(default=None, max_length=20)
    decided_by: int | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = Field(default="", max_length=200)


class DoubtState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    CORRECTED = "corrected"
    REFUSED = "refused"


class IdentityDoubt(SQLModel, table=True):
    """What a message said of a child whose number is known under another name or birth date.

    A person decides: the record is right (kept), the message is right (corrected), or it is another child and
    the order is refused.
    """

    __tablename__ = "identity_doubts"
    __table_args__ = (
        sa.Index(
            "ix_identity_doubts_open", "order_id", sqlite_where=TO_RECONCILE, postgresql_where=TO_RECONCILE
        ),
    )

    order_id: int = Field(primary_key=True, foreign_key="orders.id")
    family_name: str = Field(max_length=80)
    given_name: str = Field(default="", max_length=80)
    birth_date: date | None = None
    sex: Sex = Field(default=Sex.UNKNOWN, sa_type=enum_type(Sex))
    state: DoubtState = Field(default=DoubtState.OPEN, sa_type=enum_type(DoubtState))
    decided_by: int | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = Field(default="", max_length=200)


class HandledMessage(SQLModel, table=True):
    """A message that was handled, by sender and control id; the same again changes nothing."""

    __tablename__ = "handled_messages"
    __table_args__ = (sa.UniqueConstraint("sender", "control_id"),)

    id: int = Field(default=None, primary_key=True)
    sender: str = Field(max_length=250)
    control_id: str = Field(max_length=199)
    content_hash: bytes = Field(sa_type=sa.LargeBinary)
    outcome: str
    handled_at: datetime = Field(sa_type=UtcDateTime)
