"""Orders, ordered tests, the tests an order named that the catalog does not know, and messages already handled."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from ..catalog import Side, Urgency
from ..foundation.columns import UtcDateTime, enum_type, json_type
from .lifecycle import OrderState, TestState


class OrderSource(StrEnum):
    TYPED = "typed"
    HL7 = "hl7"
    RECOLLECTION = "recollection"


class Order(SQLModel, table=True):
    """What a clinician asked for one child. `number` is ours; the placer's number is the hospital's.

    A recollection names the order whose sample was rejected and whether it costs another sedation.
    """

    __tablename__ = "orders"
    __table_args__ = (
        sa.UniqueConstraint("placer_authority", "placer_number"),
        sa.Index("ix_orders_open", "state", "id", sqlite_where=sa.text("state IN ('active', 'on_hold')"),
                 postgresql_where=sa.text("state IN ('active', 'on_hold')")),
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
    placer_number: str | None = Field(default=None, max_length=60)
    placer_authority: str | None = Field(default=None, max_length=120)
    placer_group: str | None = Field(default=None, max_length=120)
    recollects_order_id: int | None = Field(default=None, foreign_key="orders.id")
    needs_sedation: bool | None = None
    state_reason: str = Field(default="", max_length=200)


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


class UnknownTestState(StrEnum):
    OPEN = "open"
    MAPPED = "mapped"
    REFUSED = "refused"


class UnknownTest(SQLModel, table=True):
    """A test code that the catalog does not know, until a person maps or refuses it."""

    __tablename__ = "unknown_tests"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "number"),
        sa.Index("ix_unknown_tests_open", "id", sqlite_where=sa.text("state = 'open'"),
                 postgresql_where=sa.text("state = 'open'")),
        sa.CheckConstraint("(state = 'mapped') = (mapped_to IS NOT NULL)", name="mapped_names_its_test"),
    )

    id: int = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="orders.id")
    number: int
    code: str = Field(max_length=80)
    text: str = Field(default="", max_length=250)
    coding_system: str = Field(default="", max_length=40)
    state: UnknownTestState = Field(default=UnknownTestState.OPEN, sa_type=enum_type(UnknownTestState))
    mapped_to: str | None = Field(default=None, max_length=20)
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
    outcome: str = Field(max_length=250)
    handled_at: datetime = Field(sa_type=UtcDateTime)
