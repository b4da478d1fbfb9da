"""Signing in and out, and proving once more who signs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from .. import staff
from ..foundation.database import Database
from ..staff import Person, Role


@dataclass(frozen=True, kw_only=True)
class Begins:
    """What a sign-in begins with: `station` is the browser's secret, `shift` how long a badge is enough."""

    now: datetime
    lasts: timedelta
    shift: timedelta
    station: str
    rng: random.Random


@dataclass(frozen=True, kw_only=True)
class Switched:
    """Somebody signed in by badge: the new sign-in's secret, and who it is."""

    secret: str
    badge: str
    name: str


def sign_in(db: Database, login: str, password: str, *, begins: Begins) -> str:
    """The secret of a new sign-in; raises SignInRefused, which never says why.

    Two transactions: the attempt stays counted when the password is wrong, and hashing holds no lock.
    """
    with db.writing_apart() as session:
        attempt = staff.begin_attempt(session, login=login, now=begins.now)
    if not attempt.succeeds(password):
        raise staff.SignInRefused
    with db.writing() as session:
        staff.end_attempt(session, attempt, password)
        return _begin(session, attempt.staff_id, begins)


def switch(db: Database, badge: str, *, before: str, begins: Begins) -> Switched:
    """Signs out whoever has the secret `before`, and the badge's owner in; raises ShiftNeeded.

    Only a person with an open shift here: somebody who proved themselves here and did not sign out.
    """
    if before:
        leave(db, before, now=begins.now)
    with db.writing() as session:
        person = staff.on_shift(session, badge, begins.station, now=begins.now)
        secret = staff.begin_sign_in(session, person.id, now=begins.now, lasts=begins.lasts, rng=begins.rng)
        return Switched(secret=secret, badge=person.badge, name=person.name)


def leave(db: Database, secret: str, *, now: datetime) -> None:
    """The secret opens nothing any more, because somebody else signed in at this station."""
    with db.writing() as session:
        staff.end_sign_in(session, secret, now=now)


def _begin(session: Session, staff_id: int, begins: Begins) -> str:
    """A sign-in of somebody who proved themselves, which opens their shift at this station."""
    staff.open_shift(session, staff_id, begins.station, now=begins.now, lasts=begins.shift)
    return staff.begin_sign_in(session, staff_id, now=begins.now, lasts=begins.lasts, rng=begins.rng)


def confirm_password(db: Database, staff_id: int, password: str, *, now: datetime) -> None:
    """The second proof before a signature; raises WrongPassword. Counts attempts as signing in does."""
    with db.writing_apart() as session:
        attempt = staff.begin_attempt(session, staff_id=staff_id, now=now)
    if not attempt.succeeds(password):
        raise staff.WrongPassword
    with db.writing_apart() as session:
        staff.end_attempt(session, attempt, password)


def sign_out(db: Database, secret: str, *, station: str, now: datetime) -> None:
    """The secret opens nothing any more, nor does the person's badge alone at this station."""
    with db.writing() as session:
        staff_id = staff.end_sign_in(session, secret, now=now)
        if staff_id is not None:
            staff.close_shifts(session, staff_id, station=station, now=now)


def link_login(db: Database, secret: str, *, now: datetime) -> str | None:
    """The login of the person whose link this is, None for the first administrator's; raises LinkUsed."""
    with db.reading() as session:
        owner = staff.link_owner(session, secret, now=now)
        return owner.login if owner else None


def set_password(db: Database, link: str, password: str, *, begins: Begins) -> str:
    """Uses the person's link up; the secret of a sign-in. Raises LinkUsed, WeakPassword."""
    login = link_login(db, link, now=begins.now)
    if login is None:
        raise staff.LinkUsed
    password_hash = staff.hash_password(password, login=login)
    with db.writing() as session:
        staff.use_link(session, link, now=begins.now)
        person = staff.by_login(session, login)
        staff.set_password(session, person, password_hash, now=begins.now)
        return _begin(session, person.id, begins)


def set_up_first_administrator(
    db: Database, link: str, *, login: str, name: str, password: str, begins: Begins
) -> str:
    """Uses the first administrator's link up; the secret of a sign-in.

    Raises LinkUsed, WeakPassword, and what staff.register raises.
    """
    now = begins.now
    if link_login(db, link, now=now) is not None:
        raise staff.LinkUsed
    password_hash = staff.hash_password(password, login=login)
    with db.writing() as session:
        staff.use_link(session, link, now=now)
        if staff.administrators(session):
            raise staff.LinkUsed
        roles = [Role.ADMINISTRATOR]
        person = staff.register(session, login=login, name=name, roles=roles, now=now, rng=begins.rng)
        staff.set_password(session, person, password_hash, now=now)
        return _begin(session, person.id, begins)


def demo_people(db: Database) -> list[tuple[Role, Person]]:
    """One person for each role that somebody has: the tiles of the demo's sign-in page."""
    with db.reading() as session:
        found = [(role, staff.people_with_role(session, role)) for role in Role]
    return [(role, people[0]) for role, people in found if people]


def sign_in_demo(db: Database, badge: str, *, begins: Begins) -> str:
    """The secret of a sign-in without a password. Only the demo may offer this."""
    with db.writing() as session:
        return _begin(session, staff.by_badge(session, badge).id, begins)
