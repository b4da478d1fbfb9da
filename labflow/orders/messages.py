"""Messages already handled: the same again changes nothing. Never commits."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from ..foundation.errors import Conflict
from .tables import HandledMessage


class ControlIdReused(Conflict):
    """A message with this control id was handled on {handled_at} and said something else.

    Send the new message under a control id of its own.
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
    """Writes down what became of a message."""
    session.add(
        HandledMessage(
            sender=sender,
            control_id=control_id,
            content_hash=content_hash,
            outcome=outcome,
            handled_at=now,
        )
    )
