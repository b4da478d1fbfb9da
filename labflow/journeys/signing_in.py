"""Signing in and out, and proving once more who signs."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from .. import staff
from ..foundation.database import Database
from ..staff import Person, Role


def sign_in(
    db: Database, login: str, password: str, *, now: datetime, lasts: timedelta, rng: random.Random
) -> str:
    """The secret of a new sign-in that ends after `lasts`; raises SignInRefused, which never says why.

    Two transactions: the attempt stays counted when the password is wrong, and hashing holds no lock.
    """
    with db.writing() as session:
        attempt = staff.begin_attempt(session, login=login, now=now)
    if not attempt.succeeds(password):
        raise staff.SignInRefused
    with db.writing() as session:
        staff.end_attempt(session, attempt, password)
        return staff.begin_sign_in(session, attempt.staff_id, now=now, lasts=lasts, rng=rng)


def confirm_password(db: Database, staff_id: int, password: str, *, now: datetime) -> None:
    """The second proof before a signature; raises WrongPassword. Counts attempts as signing in does."""
    with db.writing() as session:
        attempt = staff.begin_attempt(session, staff_id=staff_id, now=now)
    if not attempt.succeeds(password):
        raise staff.WrongPassword
    with db.writing() as session:
        staff.end_attempt(session, attempt, password)


def sign_out(db: Database, secret: str, *, now: datetime) -> None:
    """The secret opens nothing any more."""
    with db.writing() as session:
        staff.end_sign_in(session, secret, now=now)


def demo_people(db: Database) -> list[tuple[Role, Person]]:
    """One person for each role that somebody has: the tiles of the demo's sign-in page."""
    with db.reading() as session:
        found = [(role, staff.people_with_role(session, role)) for role in Role]
    return [(role, people[0]) for role, people in found if people]


def sign_in_demo(db: Database, badge: str, *, now: datetime, lasts: timedelta, rng: random.Random) -> str:
    """The secret of a sign-in without a password. Only the demo may offer this."""
    with db.writing() as session:
        person = staff.by_badge(session, badge)
        return staff.begin_sign_in(session, person.id, now=now, lasts=lasts, rng=rng)
