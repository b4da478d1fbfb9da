"""What changes people, their passwords, sign-ins, links and tokens."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from ..foundation.codes import CodeKind, new_code
from ..foundation.errors import Conflict, NotFound, Refused
from ..foundation.texts import hidden_sign
from .permissions import Role
from .queries import LinkUsed, TokenEntry, administrators, find_login, roles_of, token_entry
from .secret import hashed, new_secret
from .shifts import close_shifts
from .tables import ApiToken, SetUpLink, SignIn, StaffMember, StaffRole

TOKEN_PREFIX = "lf_"  # noqa: S105  # what secret scanners look for
LONGEST_TOKEN = timedelta(days=365)
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")


class LoginTaken(Conflict):
    """The login "{login}" belongs to somebody already.

    Choose another one.
    """


class ImpossibleLogin(Refused):
    """A login has 3 to 64 letters of a to z, digits, dots, dashes and underscores.

    Choose another one, such as the first letter and the family name.
    """


class ImpossibleName(Refused):
    """A name has 1 to 120 characters, and every one of them can be seen.

    Type the name again instead of copying it.
    """


class NoRole(Refused):
    """A person without a role could do nothing.

    Choose at least one role, or deactivate the person.
    """


class LastAdministrator(Conflict):
    """This is the last administrator who can sign in.

    Let another administrator set a password first.
    """


class Deactivated(Conflict):
    """The person with the badge {badge} is deactivated.

    Activate the person first.
    """


class TokenTooLong(Refused):
    """A token lives for 1 to 365 days.

    Choose a shorter time and make a new token when it ends.
    """


class UnknownToken(NotFound):
    """There is no token with the number {number}.

    Look it up in the list of tokens.
    """


def register(
    session: Session,
    *,
    login: str,
    name: str,
    roles: Iterable[Role],
    rng: random.Random,
    now: datetime,
    badge: str | None = None,
) -> StaffMember:
    """A new person, who has no password yet; raises LoginTaken, ImpossibleLogin, ImpossibleName, NoRole."""
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise ImpossibleLogin
    if find_login(session, login) is not None:
        raise LoginTaken(login=login)
    badge = badge or new_code(CodeKind.PERSON, rng=rng)
    person = StaffMember(badge=badge, login=login, name=_possible_name(name), created_at=now)
    session.add(person)
    session.flush()
    _set_roles(session, person, roles)
    return person


def change_roles(session: Session, person: StaffMember, roles: Iterable[Role], *, now: datetime) -> None:
    """The person has these roles from now on, and signs in anew; raises NoRole, LastAdministrator."""
    roles = set(roles)
    if Role.ADMINISTRATOR not in roles:
        _require_another_administrator(session, person)
    session.exec(sa.delete(StaffRole).where(col(StaffRole.staff_id) == person.id))
    _set_roles(session, person, roles)
    end_sign_ins(session, person.id, now=now)


def deactivate(session: Session, person: StaffMember, *, now: datetime) -> None:
    """The person's sign-ins, tokens and links stop at once; raises LastAdministrator."""
    _require_another_administrator(session, person)
    person.active = False
    session.add(person)
    end_sign_ins(session, person.id, now=now)
    _end_links(session, person.id, now=now)
    tokens = sa.update(ApiToken).where(
        col(ApiToken.staff_id) == person.id, col(ApiToken.revoked_at).is_(None)
    )
    session.exec(tokens.values(revoked_at=now))


def activate(session: Session, person: StaffMember) -> None:
    """The person may sign in again; tokens that were revoked stay so."""
    person.active = True
    session.add(person)


def note_change(person: StaffMember, *, by: int, now: datetime) -> None:
    """Whose act changed the person's roles or activity."""
    person.changed_by, person.changed_at = by, now


def begin_sign_in(
    session: Session, staff_id: int, *, now: datetime, lasts: timedelta, rng: random.Random
) -> str:
    """The secret of a new sign-in, which ends after `lasts` at the latest. Each has its own secret."""
    secret = new_secret(rng=rng)
    sign_in = SignIn(
        secret_hash=hashed(secret), staff_id=staff_id, begun_at=now, last_seen_at=now, ends_at=now + lasts
    )
    session.add(sign_in)
    return secret


def end_sign_in(session: Session, secret: str, *, now: datetime) -> int | None:
    """This secret opens nothing any more; whose it was, None when it opened nothing before."""
    own = sa.update(SignIn).where(col(SignIn.secret_hash) == hashed(secret), col(SignIn.ended_at).is_(None))
    ended = session.exec(own.values(ended_at=now).returning(col(SignIn.staff_id))).first()
    staff_id: int | None = ended.staff_id if ended else None
    return staff_id


def end_sign_ins(session: Session, staff_id: int, *, now: datetime) -> None:
    """Every browser of the person signs in again, with the password."""
    theirs = sa.update(SignIn).where(col(SignIn.staff_id) == staff_id, col(SignIn.ended_at).is_(None))
    session.exec(theirs.values(ended_at=now))
    close_shifts(session, staff_id, now=now)


def set_password(session: Session, person: StaffMember, password_hash: str, *, now: datetime) -> None:
    """From now on only the password of this hash opens, and every browser signs in anew."""
    person.password_hash = password_hash
    person.failed_sign_ins, person.locked_until = 0, None
    session.add(person)
    end_sign_ins(session, person.id, now=now)
    _end_links(session, person.id, now=now)


def make_link(
    session: Session, person: StaffMember | None, *, now: datetime, lasts: timedelta, rng: random.Random
) -> str:
    """The secret of a one-time link: for a person who sets a password, or (None) for the first administrator.

    A person's earlier links stop working. Raises Deactivated.
    """
    if person is not None:
        _require_active(person)
        _end_links(session, person.id, now=now)
    secret = new_secret(rng=rng)
    staff_id = person.id if person else None
    session.add(SetUpLink(secret_hash=hashed(secret), staff_id=staff_id, expires_at=now + lasts))
    return secret


def use_link(session: Session, secret: str, *, now: datetime) -> int | None:
    """Whose link it was (None: the first administrator's); it works once. Raises LinkUsed."""
    own = sa.update(SetUpLink).where(
        col(SetUpLink.secret_hash) == hashed(secret),
        col(SetUpLink.used_at).is_(None),
        col(SetUpLink.expires_at) > now,
    )
    used = session.exec(own.values(used_at=now).returning(col(SetUpLink.staff_id))).one_or_none()
    if used is None:
        raise LinkUsed
    staff_id: int | None = used.staff_id
    return staff_id


def make_token(
    session: Session, person: StaffMember, *, name: str, lasts: timedelta, now: datetime, rng: random.Random
) -> tuple[TokenEntry, str]:
    """A new token's entry and the token, which nobody can read again; raises TokenTooLong, Deactivated."""
    _require_active(person)
    if not timedelta(0) < lasts <= LONGEST_TOKEN:
        raise TokenTooLong
    token = TOKEN_PREFIX + new_secret(rng=rng)
    row = ApiToken(
        number=rng.randbytes(6).hex(),
        token_hash=hashed(token),
        staff_id=person.id,
        name=name,
        created_at=now,
        expires_at=now + lasts,
    )
    session.add(row)
    return token_entry(row, person), token


def revoke_token(session: Session, number: str, *, now: datetime) -> None:
    """The token stops at once, and stays stopped; raises UnknownToken."""
    row = session.exec(select(ApiToken).where(ApiToken.number == number)).one_or_none()
    if row is None:
        raise UnknownToken(number=number)
    row.revoked_at = row.revoked_at or now
    session.add(row)


def _set_roles(session: Session, person: StaffMember, roles: Iterable[Role]) -> None:
    rows = [StaffRole(staff_id=person.id, role=role) for role in sorted(set(roles))]
    if not rows:
        raise NoRole
    session.add_all(rows)


def _require_active(person: StaffMember) -> None:
    if not person.active:
        raise Deactivated(badge=person.badge)


def _require_another_administrator(session: Session, person: StaffMember) -> None:
    if Role.ADMINISTRATOR not in roles_of(session, [person.id])[person.id]:
        return
    # the rows are locked, so that two administrators cannot remove each other at the same moment
    if not set(administrators(session, lock=True)) - {person.id}:
        raise LastAdministrator


def _end_links(session: Session, staff_id: int, *, now: datetime) -> None:
    theirs = sa.update(SetUpLink).where(col(SetUpLink.staff_id) == staff_id, col(SetUpLink.used_at).is_(None))
    session.exec(theirs.values(used_at=now))


def _possible_name(name: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if hidden_sign(name) or not 1 <= len(name) <= 120:
        raise ImpossibleName
    return name
