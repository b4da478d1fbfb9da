"""Invented people who act in the tests, and how they sign in."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from labflow import staff
from labflow.foundation.database import Database
from labflow.journeys import signing_in
from labflow.journeys.signing_in import Begins
from labflow.staff import Role, StaffMember

from .conftest import NINE_O_CLOCK

PASSWORD = "marrow spicule harbour tin"
SHIFT = timedelta(hours=4)
STATION = "the browser in theatre 2"
HALF_A_DAY = timedelta(hours=12)
RNG = random.Random(7)


def make_person(database: Database, login: str, *roles: Role, password: str | None = PASSWORD) -> StaffMember:
    """A person with these roles (a technologist without any), who has set the password unless it is None."""
    with database.writing() as session:
        person = staff.register(
            session,
            login=login,
            name=f"{login.title()} Invented",
            roles=roles or [Role.TECHNOLOGIST],
            rng=RNG,
            now=NINE_O_CLOCK,
        )
        if password:
            password_hash = staff.hash_password(password, login=login)
            staff.set_password(session, person, password_hash, now=NINE_O_CLOCK)
    return person


def sign_in(
    database: Database, login: str = "ada", password: str = PASSWORD, *, now: datetime = NINE_O_CLOCK
) -> str:
    """The secret of a new sign-in."""
    return signing_in.sign_in(database, login, password, begins=begins(now))


def begins(now: datetime, *, station: str = STATION) -> Begins:
    """How a sign-in at this station begins."""
    return Begins(now=now, lasts=HALF_A_DAY, shift=SHIFT, station=station, rng=RNG)
