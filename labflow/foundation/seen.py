"""Acting on what somebody read: refused when it was changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from .errors import Outdated


class ChangedSince(Outdated):
    """This was changed since it was read: {change}. Nothing was saved.

    Read it again, and decide on what it says now.
    """


def mark_of(*facts: object) -> str:
    """Sixteen hex digits that stay the same as long as these facts do."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def require_seen(seen: str | None, present: str, change: Callable[[], str]) -> None:
    """Raises ChangedSince when the mark that was seen is not the present one; None: nobody read it before."""
    if seen is not None and seen != present:
        raise ChangedSince(change=change())


def told(by: str, at: datetime | None) -> str:
    """Who and when, in words."""
    return f"{by}, {at:%Y-%m-%d at %H:%M} UTC" if at else by
