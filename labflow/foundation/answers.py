"""Answers already given, by the client's event id: the same event again gets the same answer."""

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
