"""What a request carries into the house: the database, the catalog, the person, and the act."""

from __future__ import annotations

import random
import secrets
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from flask import current_app, g, request

from .. import staff
from ..catalog import Catalog
from ..foundation.act import Act, ReadBy, possible_time
from ..foundation.database import Database
from ..foundation.errors import NotSignedIn
from ..foundation.settings import Settings
from ..staff import SignedIn

SIGN_IN_COOKIE = "labflow_sign_in"
STATION_COOKIE = "labflow_station"
_RNG = random.SystemRandom()


def db() -> Database:
    return cast("Database", current_app.extensions["labflow.database"])


def catalog() -> Catalog:
    return cast("Catalog", current_app.extensions["labflow.catalog"])


def settings() -> Settings:
    return cast("Settings", current_app.extensions["labflow.settings"])


def now() -> datetime:
    """The server's clock, UTC."""
    return datetime.now(UTC)


def rng() -> random.Random:
    """The system's source of randomness."""
    return _RNG


def cookie_name(name: str = SIGN_IN_COOKIE) -> str:
    """The browser refuses a `__Host-` cookie over plain http, so the prefix comes with https only."""
    return f"__Host-{name}" if secure() else name


def station() -> str:
    """The secret that this browser keeps as a station; a new one for a browser that has none yet."""
    if "station" not in g:
        g.station = request.cookies.get(cookie_name(STATION_COOKIE)) or staff.new_secret(rng=_RNG)
    return cast("str", g.station)


def secure() -> bool:
    configured = settings().secure_cookies
    return request.is_secure if configured is None else configured


def person() -> SignedIn:
    """Who is signed in, by cookie or bearer token; raises NotSignedIn."""
    who = person_or_none()
    if who is None:
        raise NotSignedIn
    return who


def person_or_none() -> SignedIn | None:
    if "person" not in g:
        g.person = _find_person()
    return cast("SignedIn | None", g.person)


def _find_person() -> SignedIn | None:
    token = bearer_token()
    if token is not None:
        with db().reading() as session:
            return staff.by_token(session, token, now=now())
    secret = request.cookies.get(cookie_name())
    if not secret:
        return None
    if is_poll():  # a page left open is not a person who is still there
        with db().reading() as session:
            return staff.signed_in(session, secret, now=now(), idle_minutes=settings().idle_minutes)
    return staff.seen(db(), secret, now=now(), idle_minutes=settings().idle_minutes)


def bearer_token() -> str | None:
    """The token of a program's request, or None for a browser's."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token else None


def act(
    *,
    place: str | None = None,
    occurred_at: datetime | None = None,
    read_by: ReadBy = ReadBy.TYPED,
    event_id: UUID | None = None,
) -> Act:
    """The signed-in person acting now; a claimed time must be possible."""
    who, moment = person(), now()
    return Act(
        at=moment,
        by=who.id,
        badge=who.badge,
        rng=_RNG,
        event_id=event_id or UUID(bytes=secrets.token_bytes(16), version=4),
        occurred_at=possible_time(occurred_at, now=moment) if occurred_at else moment,
        place=place,
        read_by=read_by,
    )


def wants_json() -> bool:
    return request.path.startswith("/api/")


def is_poll() -> bool:
    """True when the page itself asks again, not a person."""
    return "HX-PTag" in request.headers


def wants_fragment() -> bool:
    """True when htmx asks for a part of the page."""
    return request.headers.get("HX-Request") == "true"
