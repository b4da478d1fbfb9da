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


def link_login(db: Database, secret: str, *, now: datetime) -> str | None:
    """The login of the person whose link this is, None for the first administrator's; raises LinkUsed."""
    with db.reading() as session:
        owner = staff.link_owner(session, secret, now=now)
        return owner.login if owner else None


def set_password(
    db: Database, link: str, password: str, *, now: datetime, lasts: timedelta, rng: random.Random
) -> str:
    """Uses the person's link up; the secret of a sign-in. Raises LinkUsed, WeakPassword."""
    login = link_login(db, link, now=now)
    if login is None:
        raise staff.LinkUsed
    password_hash = staff.hash_password(password, login=login)
    with db.writing() as session:
        staff.use_link(session, link, now=now)
        person = staff.by_login(session, login)
        staff.set_password(session, person, password_hash, now=now)
        return staff.begin_sign_in(session, person.id, now=now, lasts=lasts, rng=rng)


def set_up_first_administrator(
    db: Database,
    link: str,
    *,
    login: str,
    name: str,
    password: str,
    now: datetime,
    lasts: timedelta,
    rng: random.Random,
) -> str:
    """Uses the first administrator's link up; the secret of a sign-in.

    Raises LinkUsed, WeakPassword, and what staff.register raises.
    """
    if link_login(db, link, now=now) is not None:
        raise staff.LinkUsed
    password_hash = staff.hash_password(password, login=login)
    with db.writing() as session:
        staff.use_link(session, link, now=now)
        if staff.administrators(session):
            raise staff.LinkUsed
        roles = [Role.ADMINISTRATOR]
        person = staff.register(session, login=login, name=name, roles=roles, now=now, rng=rng)
        staff.set_password(session, person, password_hash, now=now)
        return staff.begin_sign_in(session, person.id, now=now, lasts=lasts, rng=rng)


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
