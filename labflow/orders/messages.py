"""Messages already handled: the same again changes nothing. Never commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from ..foundation.errors import Conflict, Unavailable
from .tables import HandledMessage


class ControlIdReused(Conflict):
    """A message with this control id was handled on {handled_at} and said something else.

    Send the new message under a control id of its own.
    """


class HandledElsewhere(Unavailable):
    """The same message is being handled by another import at this moment.

    Import the file again in a few seconds: what was handled changes nothing.
    """


def handled(session: Session, sender: str, control_id: str, content_hash: bytes) -> HandledMessage | None:
    """The earlier handling of this message, or None; raises ControlIdReused for other content."""
    earlier = session.exec(
        select(HandledMessage).where(HandledMessage.sender == sender, HandledMessage.control_id == control_id)
    ).one_or_none()
    if earlier and earlier.content_hash != content_hash:
        raise ControlIdReused(handled_at=f"{earlier.handled_at:%Y-%m-%d %H:%M} UTC")
    return earlier


def remember(
    session: Session, sender: str, control_id: str, content_hash: bytes, *, outcome: str, now: datetime
) -> None:
    """Writes down what became of a message; raises HandledElsewhere."""
    session.add(
        HandledMessage(
            sender=sender,
            control_id=control_id,
            content_hash=content_hash,
            outcome=outcome,
            handled_at=now,
        )
    )
    try:
        session.flush()
    except IntegrityError as error:
        raise HandledElsewhere from error
