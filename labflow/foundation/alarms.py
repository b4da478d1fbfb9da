"""Alarms about labflow itself: raised once, standing until what is wrong has ended."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from .columns import UtcDateTime


class Alarm(SQLModel, table=True):
    """Something that a person must see to: its rule's name, what happened and what to do."""

    __tablename__ = "alarms"
    __table_args__ = (
        sa.Index(
            "uq_alarms_standing",
            "code",
            unique=True,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        ),
    )

    id: int = Field(default=None, primary_key=True)
    code: str = Field(max_length=60)
    words: str = Field(max_length=1000)
    raised_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def raise_alarm(session: Session, code: str, words: str, *, now: datetime) -> Alarm | None:
    """The alarm, raised by this; None when it stands already. Others are told by `journeys.alarms`."""
    if session.exec(_standing().where(Alarm.code == code)).first() is not None:
        return None
    alarm = Alarm(code=code, words=words, raised_at=now)
    session.add(alarm)
    session.flush()
    return alarm


def settle_alarm(session: Session, code: str, *, now: datetime) -> None:
    """What this alarm told has ended; nothing happens where it does not stand."""
    for alarm in session.exec(_standing().where(Alarm.code == code)):
        alarm.settled_at = now


def standing_alarms(session: Session) -> Sequence[Alarm]:
    """What stands now, the oldest first."""
    return session.exec(_standing().order_by(col(Alarm.raised_at))).all()


def _standing() -> SelectOfScalar[Alarm]:
    return select(Alarm).where(col(Alarm.settled_at).is_(None))
