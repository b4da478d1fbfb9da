"""Who is behind a request: one SELECT, because every scan asks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from ..foundation.act import CLOCK_TOLERANCE
from ..foundation.database import Database
from ..foundation.errors import Unavailable
from .permissions import Permission, Role, permissions_of
from .secret import hashed
from .tables import ApiToken, SignIn, StaffMember, StaffRole

# Each note of presence costs a write to the disk, so it is taken once a minute at most.
_NOTE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """A person who acts, and what they may do at this moment."""

    id: int
    badge: str
    name: str
    login: str
    roles: tuple[Role, ...]
    permissions: frozenset[Permission]


_PERSON = (
    sa.select(
        col(StaffMember.id),
        col(StaffMember.badge),
        col(StaffMember.name),
        col(StaffMember.login),
        col(StaffRole.role),
    )
    .outerjoin(StaffRole, col(StaffRole.staff_id) == col(StaffMember.id))
    .where(col(StaffMember.active))
    .order_by(col(StaffRole.role))
)
_BY_SECRET = (
    _PERSON.add_columns(col(SignIn.last_seen_at))
    .join(SignIn, col(SignIn.staff_id) == col(StaffMember.id))
    .where(
        col(SignIn.secret_hash) == sa.bindparam("secret_hash"),
        col(SignIn.ended_at).is_(None),
        col(SignIn.ends_at) > sa.bindparam("now"),
        # nobody was seen later than now: the clock went back, and how long they idled is not known
        col(SignIn.last_seen_at) > sa.bindparam("idle_since"),
        col(SignIn.last_seen_at) <= sa.bindparam("latest"),
    )
)
_BY_TOKEN = _PERSON.join(ApiToken, col(ApiToken.staff_id) == col(StaffMember.id)).where(
    col(ApiToken.token_hash) == sa.bindparam("token_hash"),
    col(ApiToken.revoked_at).is_(None),
    col(ApiToken.expires_at) > sa.bindparam("now"),
)
_NOTE = (
    sa.update(SignIn)
    .where(col(SignIn.secret_hash) == sa.bindparam("secret"))
    .values(last_seen_at=sa.bindparam("now"))
)


def signed_in(session: Session, secret: str, *, now: datetime, idle_minutes: int) -> SignedIn | None:
    """The active person whose browser this is; None when the sign-in ended, idled too long or never was."""
    return _person(_rows_by_secret(session, secret, now, idle_minutes))


def by_token(session: Session, token: str, *, now: datetime) -> SignedIn | None:
    """The active person whose program this is; None when the token ended, was revoked or never was."""
    parameters = {"token_hash": hashed(token), "now": now}
    return _person(list(session.connection().execute(_BY_TOKEN, parameters)))


def seen(db: Database, secret: str, *, now: datetime, idle_minutes: int) -> SignedIn | None:
    """`signed_in`, which also notes that the person is still there."""
    with db.reading() as session:
        rows = _rows_by_secret(session, secret, now, idle_minutes)
    if rows and now - rows[0].last_seen_at > min(_NOTE_EVERY, timedelta(minutes=idle_minutes) / 5):
        # a full disk or a busy database must not keep anybody from reading
        with suppress(Unavailable), db.writing() as session:
            session.connection().execute(_NOTE, {"secret": hashed(secret), "now": now})
    return _person(rows)


def _rows_by_secret(session: Session, secret: str, now: datetime, idle_minutes: int) -> list[Any]:
    idle_since = now - timedelta(minutes=idle_minutes)
    parameters: Mapping[str, object] = {
        "secret_hash": hashed(secret),
        "now": now,
        "idle_since": idle_since,
        "latest": now + CLOCK_TOLERANCE,
    }
    return list(session.connection().execute(_BY_SECRET, parameters))


def _person(rows: list[Any]) -> SignedIn | None:
    """One person out of one row for each role."""
    if not rows:
        return None
    first, roles = rows[0], tuple(row.role for row in rows if row.role is not None)
    return SignedIn(first.id, first.badge, first.name, first.login, roles, permissions_of(roles))
