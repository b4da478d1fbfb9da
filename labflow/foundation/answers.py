"""Answers already given: the same event, or the same request, again gets the same answer."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from .columns import UtcDateTime


class Answer(SQLModel, table=True):
    """What was answered to an event; `fingerprint` tells the same content from other content."""

    __tablename__ = "answers"

    event_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    fingerprint: bytes = Field(sa_type=sa.LargeBinary)
    answer: str
    answered_at: datetime = Field(sa_type=UtcDateTime)


class KeptAnswer(SQLModel, table=True):
    """What was answered to a request with an idempotency key.

    `key` is a hash of who asked and their key; `fingerprint` tells the same request from another one; `body`
    is encrypted with the client's key, which is stored nowhere.
    """

    __tablename__ = "kept_answers"
    __table_args__ = (sa.Index("ix_kept_answers_answered_at", "answered_at"),)

    key: bytes = Field(sa_type=sa.LargeBinary, primary_key=True)
    fingerprint: bytes = Field(sa_type=sa.LargeBinary)
    status: int
    headers: str
    body: bytes = Field(sa_type=sa.LargeBinary)
    answered_at: datetime = Field(sa_type=UtcDateTime)
