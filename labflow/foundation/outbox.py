"""Messages for other systems: queued in the transaction of what they tell, delivered by the worker."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from .columns import UtcDateTime

_UNSENT = sa.text("sent_at IS NULL AND given_up_at IS NULL")


class OutgoingMessage(SQLModel, table=True):
    """One message for one receiver, delivered at least once and in order within its stream.

    `message_id` stays the same however often it is sent, so that the receiver can tell a repetition. `answer`
    is what the receiver, or the wire, said last.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index("ix_outbox_unsent", "receiver", "id", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
    )

    id: int = Field(
        default=None,
        sa_column=sa.Column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    )
    message_id: UUID = Field(sa_type=sa.Uuid, unique=True)
    receiver: str = Field(max_length=40)
    stream: str = Field(max_length=60)
    kind: str = Field(max_length=40)
    body: str
    queued_at: datetime = Field(sa_type=UtcDateTime)
    next_try_at: datetime = Field(sa_type=UtcDateTime)
    tries: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    given_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer: str = Field(default="", max_length=300)
