"""What a database can answer instead of doing it, as rules of the laboratory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from .errors import Conflict, LabError, Unavailable


class DatabaseUnavailable(Unavailable):
    """The database is busy or cannot be reached. Nothing was saved.

    Try again in a few seconds; the same scan sent twice counts once.
    """


class Collided(DatabaseUnavailable):
    """Somebody else changed the same at this moment. Nothing was saved.

    Try again in a few seconds.
    """


class DiskFull(Unavailable):
    """The disk of the database is full. Nothing was saved; everything can still be read.

    Tell the system manager at once, note on paper what you do, and send it again when there is room.
    """

    status = 507
    retry_after_seconds: ClassVar[int] = 30


class OutcomeUnknown(Unavailable):
    """The connection broke while this was being saved: labflow cannot tell whether it was.

    Send the very same again, with the same key: it counts once. If you cannot, open it anew and look before
    you repeat it.
    """


class ChangedAtTheSameMoment(Conflict):
    """Somebody else did the same at this moment. Nothing was saved.

    Open it again to see the present state.
    """


# SQLSTATE
UNIQUE_VIOLATION = "23505"
READ_ONLY = "25006"
_COLLISIONS = ("40001", "40P01")
_DISK_FULL = "53100"
# The server was told to stop while it committed: it may have done so, or not.
_ENDED_BY_ADMINISTRATOR = "57"


@contextmanager
def translated() -> Iterator[None]:
    """Faults of the database before anything was committed."""
    try:
        yield
    except NoConnectionFree as error:
        raise DatabaseUnavailable from error
    except DBAPIError as error:
        if rule := _rule_of(error):
            raise rule from error
        raise


@contextmanager
def committing() -> Iterator[None]:
    """Faults of COMMIT itself: unless the database says that it refused, nobody knows."""
    try:
        yield
    except DBAPIError as error:
        if _is_certain(error):
            raise
        raise OutcomeUnknown from error


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's code of the fault; empty for SQLite, and where the connection broke."""
    return getattr(error.orig, "sqlstate", None) or ""


def _rule_of(error: DBAPIError) -> LabError | None:
    state, said = sqlstate(error), str(error.orig)
    if isinstance(error, IntegrityError):
        is_duplicate = state == UNIQUE_VIOLATION or "UNIQUE" in said
        return ChangedAtTheSameMoment() if is_duplicate else None
    if state in _COLLISIONS:
        return Collided()
    if state == _DISK_FULL or "disk is full" in said:
        return DiskFull()
    is_away = isinstance(error, (OperationalError, InterfaceError)) or error.connection_invalidated
    return DatabaseUnavailable() if is_away else None


def _is_certain(error: DBAPIError) -> bool:
    """Whether the database itself refused the commit."""
    state = sqlstate(error)
    if state:
        return not state.startswith(_ENDED_BY_ADMINISTRATOR)
    said = str(error.orig)
    return isinstance(error, IntegrityError) or "disk is full" in said or "locked" in said
