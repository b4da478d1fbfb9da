"""What the administrator does: people, their roles, links for passwords, tokens for programs."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .. import staff
from ..foundation.database import Database
from ..foundation.seen import require_seen
from ..staff import Person, Role, TokenEntry

# Long enough for a weekend between the administrator's message and the person's first day.
_LINK_LASTS = timedelta(hours=72)
_FIRST_LINK_LASTS = timedelta(hours=24)


@dataclass(frozen=True)
class NewLink:
    """A one-time link for this person to set a password. Nobody can read the secret again."""

    person: Person
    secret: str
    expires_at: datetime


@dataclass(frozen=True)
class NewToken:
    """A token for a program. Nobody can read it again."""

    entry: TokenEntry
    token: str


def first_administrator_link(db: Database, *, now: datetime, rng: random.Random) -> str | None:
    """The secret of a link that makes the first administrator, for a day; None when there is one."""
    with db.writing() as session:
        if staff.administrators(session):
            return None
        return staff.make_link(session, None, now=now, lasts=_FIRST_LINK_LASTS, rng=rng)


def register_person(
    db: Database, *, login: str, name: str, roles: Iterable[Role], now: datetime, rng: random.Random
) -> NewLink:
    """A new person and the link to set the first password; raises what staff.register raises."""
    with db.writing() as session:
        person = staff.register(session, login=login, name=name, roles=roles, now=now, rng=rng)
        secret = staff.make_link(session, person, now=now, lasts=_LINK_LASTS, rng=rng)
        return NewLink(staff.person(session, person), secret, now + _LINK_LASTS)


def new_link(db: Database, badge: str, *, now: datetime, rng: random.Random) -> NewLink:
    """A link to set another password; the old password opens until it is used. Raises UnknownPerson."""
    with db.writing() as session:
        person = staff.by_badge(session, badge)
        secret = staff.make_link(session, person, now=now, lasts=_LINK_LASTS, rng=rng)
        return NewLink(staff.person(session, person), secret, now + _LINK_LASTS)


def change_person(
    db: Database,
    badge: str,
    *,
    roles: Iterable[Role] | None = None,
    active: bool | None = None,
    seen: str | None = None,
    by: int,
    now: datetime,
) -> Person:
    """The person with other roles, activated or deactivated (None: as it is).

    Raises LastAdministrator, and ChangedSince when the person is not any more what was seen.
    """
    with db.writing() as session:
        person = staff.by_badge(session, badge, lock=True)
        present = staff.person(session, person).mark
        require_seen(seen, present, lambda: staff.last_change(session, person))
        staff.note_change(person, by=by, now=now)
        if roles is not None:
            staff.change_roles(session, person, roles, now=now)
        if active is True:
            staff.activate(session, person)
        if active is False:
            staff.deactivate(session, person, now=now)
        return staff.person(session, person)


def people(db: Database, *, after: str | None, limit: int) -> list[Person]:
    """People by login, from behind the login `after`."""
    with db.reading() as session:
        return staff.people(session, after=after, limit=limit)


def person(db: Database, badge: str) -> Person:
    """The person with this badge; raises UnknownPerson."""
    with db.reading() as session:
        return staff.person(session, staff.by_badge(session, badge))


def make_token(
    db: Database, badge: str, name: str, *, days: int, now: datetime, rng: random.Random
) -> NewToken:
    """A token that may do what the person may, for so many days; raises UnknownPerson, TokenTooLong."""
    with db.writing() as session:
        person = staff.by_badge(session, badge)
        lasts = timedelta(days=days)
        entry, token = staff.make_token(session, person, name=name, lasts=lasts, now=now, rng=rng)
        return NewToken(entry, token)


def revoke_token(db: Database, number: str, *, now: datetime) -> None:
    """The token stops at once; raises UnknownToken."""
    with db.writing() as session:
        staff.revoke_token(session, number, now=now)


def tokens(db: Database, *, after: tuple[str, str] | None, limit: int) -> list[TokenEntry]:
    """Tokens by login and number, from behind the pair `after`."""
    with db.reading() as session:
        return staff.tokens(session, after=after, limit=limit)
