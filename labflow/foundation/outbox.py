"""Messages for other systems: queued in the transaction of what they tell, delivered by the worker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from .columns import UtcDateTime

LONGEST_WAIT = timedelta(minutes=5)  # between two tries
_LONGEST_ANSWER = 300
_UNSENT = sa.text("sent_at IS NULL AND given_up_at IS NULL")


class OutgoingMessage(SQLModel, table=True):
    """One message for one receiver, delivered at least once and in order within its stream.

    `message_id` stays the same however often it is sent, so that the receiver can tell a repetition. `answer`
    is what the receiver, or the wire, said last.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.UniqueConstraint("receiver", "message_id"),
        sa.Index("ix_outbox_unsent", "receiver", "id", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
    )

    id: int = Field(
        default=None,
        sa_column=sa.Column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    )
    message_id: UUID = Field(sa_type=sa.Uuid)
    receiver: str = Field(max_length=20)
    stream: str = Field(max_length=60)
    kind: str = Field(max_length=40)
    body: str
    queued_at: datetime = Field(sa_type=UtcDateTime)
    next_try_at: datetime = Field(sa_type=UtcDateTime)
    tries: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    given_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer: str = Field(default="", max_length=_LONGEST_ANSWER)


class Follower(SQLModel, table=True):
    """How far along the log a receiver has been told of what happened to samples."""

    __tablename__ = "followers"

    receiver: str = Field(primary_key=True, max_length=20)
    log_id: int
    leaf_index: int = Field(sa_type=sa.BigInteger)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits for a receiver: how many messages, and since when the oldest."""

    receiver: str
    count: int
    since: datetime


def queue_message(
    session: Session, *, receiver: str, stream: str, kind: str, body: str, message_id: UUID, now: datetime
) -> None:
    """One message more; the same message for the same receiver is queued once."""
    queued = select(OutgoingMessage.id).where(
        OutgoingMessage.receiver == receiver, OutgoingMessage.message_id == message_id
    )
    if session.exec(queued).first() is None:
        session.add(
            OutgoingMessage(
                message_id=message_id,
                receiver=receiver,
                stream=stream,
                kind=kind,
                body=body,
                queued_at=now,
                next_try_at=now,
            )
        )


def due_messages(session: Session, receiver: str, *, now: datetime, most: int) -> Sequence[OutgoingMessage]:
    """What may be sent now, the oldest first: of each stream only the first that still waits."""
    first = (
        select(sa.func.min(OutgoingMessage.id))
        .where(OutgoingMessage.receiver == receiver, _UNSENT)
        .group_by(OutgoingMessage.stream)
    )
    # what waits longer than any message does was put off while a clock was wrong
    next_try_at = col(OutgoingMessage.next_try_at)
    is_due = sa.or_(next_try_at <= now, next_try_at > now + 2 * LONGEST_WAIT)
    ready = select(OutgoingMessage).where(col(OutgoingMessage.id).in_(first), is_due)
    return session.exec(ready.order_by(col(OutgoingMessage.id)).limit(most)).all()


def mark_sent(session: Session, message_id: int, answer: str, *, now: datetime) -> None:
    """The receiver has it."""
    _change(session, message_id, sent_at=now, answer=answer)


def try_again(session: Session, message_id: int, answer: str, *, at: datetime) -> None:
    """It was not taken, or nobody knows whether it was; it is sent again at this time."""
    _change(session, message_id, next_try_at=at, answer=answer)


def give_up(session: Session, message_id: int, answer: str, *, now: datetime) -> None:
    """The receiver refuses it for good, so that what comes after it goes on."""
    _change(session, message_id, given_up_at=now, answer=answer)


def _change(session: Session, message_id: int, *, answer: str, **changes: datetime) -> None:
    message = session.get_one(OutgoingMessage, message_id)
    message.tries += 1
    message.answer = answer[:_LONGEST_ANSWER]
    for name, value in changes.items():
        setattr(message, name, value)


def waiting_messages(session: Session) -> list[Waiting]:
    """What waits, by receiver."""
    counted = (
        select(
            OutgoingMessage.receiver,
            sa.func.count(col(OutgoingMessage.id)),
            sa.func.min(OutgoingMessage.queued_at),
        )
        .where(_UNSENT)
        .group_by(OutgoingMessage.receiver)
    )
    return [
        Waiting(receiver=receiver, count=count, since=since)
        for receiver, count, since in session.exec(counted)
    ]
