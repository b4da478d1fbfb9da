"""People, their passwords, one-time links and tokens, on both databases."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from labflow import staff
from labflow.foundation.codes import CodeKind, check_code
from labflow.foundation.database import Database
from labflow.staff import Role, SignedIn, StaffMember
from labflow.staff.tables import ApiToken, SetUpLink, SignIn

from ..conftest import NINE_O_CLOCK
from ..people import PASSWORD, make_person, sign_in

MINUTE = timedelta(minutes=1)


@pytest.fixture
def rng() -> random.Random:
    return random.Random(8)


@pytest.fixture
def ada(database: Database) -> StaffMember:
    """A technologist who has set a password."""
    return make_person(database, "ada")


def test_a_new_person_gets_a_badge_and_no_password(database: Database) -> None:
    person = make_person(database, "Grace.Roe", password=None)
    assert check_code(person.badge) == CodeKind.PERSON
    assert (person.login, person.password_hash) == ("grace.roe", None)


def test_a_login_belongs_to_one_person(database: Database, ada: StaffMember) -> None:
    with pytest.raises(staff.LoginTaken):
        make_person(database, "ADA")


@pytest.mark.parametrize("login", ["", "ab", "a b c", "-ada", "ada@lab", "ädä", "a" * 65])
def test_a_login_is_easy_to_type_and_to_say(database: Database, login: str) -> None:
    with pytest.raises(staff.ImpossibleLogin):
        make_person(database, login)


@pytest.mark.parametrize("name", ["", " ", "Ada\u202eRoe", "Ada\x00Roe", "x" * 121])
def test_a_name_is_short_and_hides_nothing(database: Database, rng: random.Random, name: str) -> None:
    with pytest.raises(staff.ImpossibleName), database.writing() as session:
        staff.register(session, login="ada", name=name, roles=[Role.PORTER], rng=rng, now=NINE_O_CLOCK)


def test_a_person_has_at_least_one_role(database: Database, rng: random.Random) -> None:
    with pytest.raises(staff.NoRole), database.writing() as session:
        staff.register(session, login="ada", name="Ada", roles=[], rng=rng, now=NINE_O_CLOCK)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("fourteen signs", "has 14 characters, and 15 are needed"),
        ("x y z w " * 17, "has more than 128 characters"),
        ("this is ADA's own word", "contains the login"),
        ("correct horse battery staple", "is one of those that are tried first"),
        ("Password-12345678", "is one of those that are tried first"),
        ("password password", "repeats one short piece"),
        ("zzzzzzzzzzzzzzzzzz", "repeats one short piece"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, fault: str) -> None:
    with pytest.raises(staff.WeakPassword, match=fault):
        staff.hash_password(password, login="ada")


@pytest.mark.parametrize(
    "password", ["fifteen  signs!", "!$%&/()=?+*#-_.", "größe łódź 山 пять", "w" * 63 + "v" * 65]
)
def test_a_long_password_needs_no_special_composition(database: Database, password: str) -> None:
    make_person(database, "ada", password=password)
    assert sign_in(database, password=password)


def test_the_same_letters_open_however_a_keyboard_composes_them(database: Database) -> None:
    make_person(database, "ada", password="Gr\u00f6\u00dfe und Gewicht")
    assert sign_in(database, password="Gro\u0308\u00dfe und Gewicht")


def test_only_hashes_are_kept(database: Database, ada: StaffMember, rng: random.Random) -> None:
    secret = sign_in(database)
    with database.writing() as session:
        link = staff.make_link(session, ada, now=NINE_O_CLOCK, lasts=MINUTE, rng=rng)
        _, token = staff.make_token(session, ada, name="Analyser", lasts=MINUTE, now=NINE_O_CLOCK, rng=rng)
    with database.reading() as session:
        kept = [
            repr(tuple(row))
            for table in (StaffMember, SignIn, SetUpLink, ApiToken)
            for row in session.connection().execute(sa.select(table))
        ]
    assert len(kept) == 4
    assert not [row for row in kept for word in (PASSWORD, secret, link, token, token[3:]) if word in row]
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in kept[0]


def test_a_token_opens_until_it_ends(database: Database, ada: StaffMember, rng: random.Random) -> None:
    token = make_token(database, ada, rng, days=2)
    assert token.startswith("lf_")
    found = by_token(database, token)
    assert found is not None
    assert found.badge == ada.badge
    assert by_token(database, token, now=NINE_O_CLOCK + timedelta(days=2)) is None
    assert by_token(database, token[:-1]) is None


def test_a_revoked_token_stops_at_once(database: Database, ada: StaffMember, rng: random.Random) -> None:
    token = make_token(database, ada, rng, days=2)
    with database.writing() as session:
        staff.revoke_token(session, staff.tokens(session)[0].number, now=NINE_O_CLOCK)
    assert by_token(database, token) is None


def test_tokens_of_a_deactivated_person_stop_for_good(
    database: Database, ada: StaffMember, rng: random.Random
) -> None:
    token = make_token(database, ada, rng, days=2)
    with database.writing() as session:
        staff.deactivate(session, staff.by_badge(session, ada.badge), now=NINE_O_CLOCK)
    assert by_token(database, token) is None
    with database.writing() as session:
        staff.activate(session, staff.by_badge(session, ada.badge))
    assert by_token(database, token) is None


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_token_lives_a_year_at_most(
    database: Database, ada: StaffMember, rng: random.Random, days: int
) -> None:
    with pytest.raises(staff.TokenTooLong):
        make_token(database, ada, rng, days=days)


def test_a_token_that_nobody_made_cannot_be_revoked(database: Database) -> None:
    with pytest.raises(staff.UnknownToken), database.writing() as session:
        staff.revoke_token(session, "0123456789ab", now=NINE_O_CLOCK)


def make_token(database: Database, person: StaffMember, rng: random.Random, *, days: int) -> str:
    with database.writing() as session:
        lasts = timedelta(days=days)
        return staff.make_token(session, person, name="Analyser", lasts=lasts, now=NINE_O_CLOCK, rng=rng)[1]


def by_token(database: Database, token: str, *, now: datetime = NINE_O_CLOCK) -> SignedIn | None:
    with database.reading() as session:
        return staff.by_token(session, token, now=now)


def test_a_link_works_once(database: Database, ada: StaffMember, rng: random.Random) -> None:
    with database.writing() as session:
        secret = staff.make_link(session, ada, now=NINE_O_CLOCK, lasts=MINUTE, rng=rng)
    assert use_link(database, secret) == ada.id
    with pytest.raises(staff.LinkUsed):
        use_link(database, secret)


def test_a_link_ends_and_a_newer_one_replaces_it(
    database: Database, ada: StaffMember, rng: random.Random
) -> None:
    with database.writing() as session:
        older = staff.make_link(session, ada, now=NINE_O_CLOCK, lasts=MINUTE, rng=rng)
        newer = staff.make_link(session, ada, now=NINE_O_CLOCK, lasts=MINUTE, rng=rng)
    for secret, now in ((older, NINE_O_CLOCK), (newer, NINE_O_CLOCK + MINUTE), ("guess", NINE_O_CLOCK)):
        with pytest.raises(staff.LinkUsed):
            use_link(database, secret, now=now)
    assert use_link(database, newer) == ada.id


def use_link(database: Database, secret: str, *, now: datetime = NINE_O_CLOCK) -> int | None:
    with database.writing() as session:
        return staff.use_link(session, secret, now=now)


@pytest.mark.parametrize("act", ["deactivate", "new roles"])
def test_the_last_administrator_stays_one(database: Database, act: str) -> None:
    boss = make_person(database, "boss", Role.ADMINISTRATOR)
    make_person(database, "new", Role.ADMINISTRATOR, password=None)

    def remove(session: Session) -> None:
        person = staff.by_badge(session, boss.badge)
        if act == "deactivate":
            staff.deactivate(session, person, now=NINE_O_CLOCK)
        else:
            staff.change_roles(session, person, [Role.PORTER], now=NINE_O_CLOCK)

    with pytest.raises(staff.LastAdministrator), database.writing() as session:
        remove(session)
    make_person(database, "second", Role.ADMINISTRATOR)
    with database.writing() as session:
        remove(session)
    with database.reading() as session:
        assert [*staff.names(session, staff.administrators(session)).values()] == ["Second Invented"]


def test_names_are_found_by_row_and_by_badge(database: Database, ada: StaffMember) -> None:
    bo = make_person(database, "bob", password=None)
    with database.reading() as session:
        assert staff.names(session, [ada.id, bo.id, 999]) == {ada.id: "Ada Invented", bo.id: "Bob Invented"}
        assert staff.names_by_badge(session, [bo.badge, "H0000000X"]) == {bo.badge: "Bob Invented"}
        assert staff.names(session, []) == {}


def test_people_are_listed_by_login_page_by_page(database: Database) -> None:
    for login in ("cid", "ada", "bob"):
        make_person(database, login, Role.PORTER, Role.OPERATOR, password=None)
    with database.reading() as session:
        first = staff.people(session, limit=2)
        rest = staff.people(session, after=first[-1].login, limit=2)
    assert [person.login for person in first + rest] == ["ada", "bob", "cid"]
    assert first[0].roles == (Role.OPERATOR, Role.PORTER)
    assert not first[0].has_password


def test_somebody_unknown_is_said_to_be_unknown(database: Database) -> None:
    with database.reading() as session:
        with pytest.raises(staff.UnknownPerson):
            staff.by_badge(session, "H0000000X")
        with pytest.raises(staff.UnknownPerson):
            staff.by_login(session, "nobody")
        with pytest.raises(staff.UnknownPerson):
            staff.by_id(session, 999)


def test_a_deactivated_person_gets_neither_link_nor_token(
    database: Database, ada: StaffMember, rng: random.Random
) -> None:
    with database.writing() as session:
        person = staff.by_badge(session, ada.badge)
        staff.deactivate(session, person, now=NINE_O_CLOCK)
        with pytest.raises(staff.Deactivated):
            staff.make_link(session, person, now=NINE_O_CLOCK, lasts=MINUTE, rng=rng)
        with pytest.raises(staff.Deactivated):
            staff.make_token(session, person, name="Analyser", lasts=MINUTE, now=NINE_O_CLOCK, rng=rng)
