"""Proving who one is with a password, and the growing wait after wrong ones.

An attempt is counted before the password is looked at, so that guesses sent side by side count as well, and
in a transaction of its own, so that a refusal does not undo the count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, select

from ..foundation.errors import Forbidden, NotSignedIn
from .passwords import is_password, rehashed
from .tables import StaffMember

_FREE_ATTEMPTS = 5
_FIRST_WAIT = timedelta(seconds=10)
# Short enough that nobody can lock the ward out by guessing, long enough to make guessing hopeless.
_LONGEST_WAIT = timedelta(minutes=5)


class SignInRefused(NotSignedIn):
    """The login or the password is not right, or there were too many attempts.

    Check both and try again. After five wrong passwords each further attempt has to wait, at most 5 minutes.
    """


class WrongPassword(Forbidden):
    """The password is not right, or there were too many attempts. Nothing was signed.

    Type your password again. After five wrong ones each further attempt has to wait, at most 5 minutes.
    """


@dataclass(frozen=True)
class Attempt:
    """A counted attempt, and the hash to compare with: None when no password could open."""

    staff_id: int
    password_hash: str | None

    def succeeds(self, password: str) -> bool:
        """Whether the password is right. Slow on purpose, and as slow when no password could be."""
        return is_password(password, self.password_hash)


_HOPELESS = Attempt(0, None)


def begin_attempt(
    session: Session, *, now: datetime, login: str | None = None, staff_id: int | None = None
) -> Attempt:
    """Counts an attempt on this login or person. Unknown, inactive and waiting accounts look the same."""
    own = StaffMember.login == login.strip().lower() if login is not None else StaffMember.id == staff_id
    person = session.exec(select(StaffMember).where(own).with_for_update()).one_or_none()
    if person is None or not person.active or _is_locked(person, now):
        return _HOPELESS
    person.failed_sign_ins += 1
    person.locked_until = _wait_until(person.failed_sign_ins, now)
    session.add(person)
    return Attempt(person.id, person.password_hash)


def end_attempt(session: Session, attempt: Attempt, password: str) -> None:
    """The password was right: the count begins anew, and a hash of weaker settings is replaced."""
    person = session.get_one(StaffMember, attempt.staff_id)
    person.failed_sign_ins, person.locked_until = 0, None
    if person.password_hash == attempt.password_hash is not None:
        person.password_hash = rehashed(password, attempt.password_hash)
    session.add(person)


def _is_locked(person: StaffMember, now: datetime) -> bool:
    """A lock that reaches further than any could was set while a clock was wrong, and keeps nobody out."""
    return person.locked_until is not None and now < person.locked_until <= now + 2 * _LONGEST_WAIT


def _wait_until(failures: int, now: datetime) -> datetime | None:
    if failures < _FREE_ATTEMPTS:
        return None
    doublings: int = min(failures - _FREE_ATTEMPTS, 16)
    return now + min(_LONGEST_WAIT, _FIRST_WAIT * (1 << doublings))
