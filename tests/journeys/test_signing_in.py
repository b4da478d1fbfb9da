"""Signing in and out, waiting, locking, and proving once more who signs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlmodel import select

from labflow import staff
from labflow.foundation.database import Database
from labflow.journeys import administration, signing_in
from labflow.staff import Permission, Role, SignedIn, StaffMember
from labflow.staff.tables import SignIn

from ..conftest import NINE_O_CLOCK
from ..people import HALF_A_DAY, PASSWORD, RNG, STATION, begins, make_person, sign_in

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada(database: Database) -> StaffMember:
    """A technologist who has set a password."""
    return make_person(database, "ada")


def who(
    database: Database, secret: str, *, now: datetime = NINE_O_CLOCK, idle_minutes: int = 5
) -> SignedIn | None:
    return staff.seen(database, secret, now=now, idle_minutes=idle_minutes)


def test_every_sign_in_has_a_new_secret_and_finds_the_person(database: Database, ada: StaffMember) -> None:
    first, second = sign_in(database), sign_in(database, "  Ada ", now=NINE_O_CLOCK + MINUTE)
    assert first != second
    found = who(database, first, now=NINE_O_CLOCK + MINUTE)
    assert found is not None
    assert (found.id, found.badge, found.name, found.login) == (ada.id, ada.badge, "Ada Invented", "ada")
    assert found.roles == (Role.TECHNOLOGIST,)
    assert Permission.ENTER_RESULTS in found.permissions
    assert Permission.VERIFY_RESULTS not in found.permissions


def test_somebody_with_two_roles_may_do_what_both_may(database: Database) -> None:
    make_person(database, "ada", Role.PORTER, Role.ADMINISTRATOR)
    found = who(database, sign_in(database))
    assert found is not None
    assert found.roles == (Role.ADMINISTRATOR, Role.PORTER)
    assert {Permission.MANAGE_STAFF, Permission.MOVE_SAMPLES} <= found.permissions


def test_wrong_unknown_inactive_and_waiting_all_sound_the_same(database: Database, ada: StaffMember) -> None:
    make_person(database, "new", password=None)
    gone = make_person(database, "gone")
    with database.writing() as session:
        staff.deactivate(session, staff.by_badge(session, gone.badge), now=NINE_O_CLOCK)
    said = {refusal(database, login, "not the password") for login in ("ada", "nobody", "new", "gone")}
    said.add(refusal(database, "gone", PASSWORD))
    for _ in range(5):
        said.add(refusal(database, "ada", "not the password"))
    said.add(refusal(database, "ada", PASSWORD))
    assert len(said) == 1


def refusal(database: Database, login: str, password: str, *, now: datetime = NINE_O_CLOCK) -> str:
    with pytest.raises(staff.SignInRefused) as refused:
        sign_in(database, login, password, now=now)
    return f"{refused.value.message} {refused.value.next_step}"


def test_after_five_wrong_passwords_the_wait_grows_to_five_minutes_at_most(
    database: Database, ada: StaffMember
) -> None:
    now, waits = NINE_O_CLOCK, []
    for _ in range(12):
        refusal(database, "ada", "not the password", now=now)
        with database.reading() as session:
            until = staff.by_login(session, "ada").locked_until
        waits.append((until - now).total_seconds() if until else 0)
        now = until or now
    assert waits == [0, 0, 0, 0, 10, 20, 40, 80, 160, 300, 300, 300]
    assert sign_in(database, now=now)


def test_attempts_while_waiting_do_not_lengthen_the_wait(database: Database, ada: StaffMember) -> None:
    for _ in range(30):
        refusal(database, "ada", "not the password")
    assert sign_in(database, now=NINE_O_CLOCK + timedelta(seconds=10))


def test_the_right_password_ends_the_count(database: Database, ada: StaffMember) -> None:
    for _ in range(3):
        for _ in range(4):
            refusal(database, "ada", "not the password")
        assert sign_in(database)


def test_a_hash_of_weaker_settings_is_replaced_at_the_next_sign_in(
    database: Database, ada: StaffMember
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with database.writing() as session:
        session.get_one(StaffMember, ada.id).password_hash = weak
    assert sign_in(database)
    assert sign_in(database)
    with database.reading() as session:
        assert "m=19456,t=2" in str(staff.by_login(session, "ada").password_hash)


def test_signing_needs_the_password_of_the_person_who_signs(database: Database, ada: StaffMember) -> None:
    signing_in.confirm_password(database, ada.id, PASSWORD, now=NINE_O_CLOCK)
    for _ in range(5):
        with pytest.raises(staff.WrongPassword):
            signing_in.confirm_password(database, ada.id, "not the password", now=NINE_O_CLOCK)
    with pytest.raises(staff.WrongPassword):
        signing_in.confirm_password(database, ada.id, PASSWORD, now=NINE_O_CLOCK)


def test_a_sign_in_locks_when_nobody_is_there(database: Database, ada: StaffMember) -> None:
    secret = sign_in(database)
    assert who(database, secret, now=NINE_O_CLOCK + timedelta(minutes=4, seconds=59))
    assert who(database, secret, now=NINE_O_CLOCK + timedelta(minutes=9))
    assert who(database, secret, now=NINE_O_CLOCK + timedelta(minutes=14)) is None
    assert who(database, secret, now=NINE_O_CLOCK + timedelta(minutes=14, seconds=1)) is None


@pytest.mark.parametrize("idle_minutes", [1, 5, 15])
def test_somebody_who_works_is_not_locked_out(
    database: Database, ada: StaffMember, idle_minutes: int
) -> None:
    secret = sign_in(database)
    for seconds in range(0, idle_minutes * 150, 20):
        assert who(database, secret, now=NINE_O_CLOCK + timedelta(seconds=seconds), idle_minutes=idle_minutes)


def test_presence_is_noted_once_a_minute_at_most(database: Database, ada: StaffMember) -> None:
    secret = sign_in(database)

    def noted() -> datetime:
        with database.reading() as session:
            return session.exec(select(SignIn.last_seen_at)).one()

    who(database, secret, now=NINE_O_CLOCK + MINUTE)
    assert noted() == NINE_O_CLOCK
    who(database, secret, now=NINE_O_CLOCK + MINUTE + timedelta(seconds=1))
    assert noted() == NINE_O_CLOCK + MINUTE + timedelta(seconds=1)


def test_a_sign_in_ends_after_half_a_day_however_busy(database: Database, ada: StaffMember) -> None:
    secret = sign_in(database)
    for minutes in range(0, 12 * 60, 4):
        assert who(database, secret, now=NINE_O_CLOCK + timedelta(minutes=minutes))
    assert who(database, secret, now=NINE_O_CLOCK + HALF_A_DAY) is None


def test_recognising_somebody_takes_one_statement(database: Database, ada: StaffMember) -> None:
    secret, statements = sign_in(database), []

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    assert who(database, secret)
    assert [word.split()[0] for word in statements if word != "BEGIN DEFERRED"] == ["SELECT"]


def test_signing_out_ends_this_browser_only(database: Database, ada: StaffMember) -> None:
    here, there = sign_in(database), sign_in(database, now=NINE_O_CLOCK + MINUTE)
    signing_in.sign_out(database, here, station=STATION, now=NINE_O_CLOCK + MINUTE)
    assert who(database, here, now=NINE_O_CLOCK + MINUTE) is None
    assert who(database, there, now=NINE_O_CLOCK + MINUTE)


@pytest.mark.parametrize("act", ["deactivate", "new password", "new roles"])
def test_old_sign_ins_end_when_the_person_changes(database: Database, ada: StaffMember, act: str) -> None:
    secret = sign_in(database)
    with database.writing() as session:
        person = staff.by_badge(session, ada.badge)
        if act == "deactivate":
            staff.deactivate(session, person, now=NINE_O_CLOCK)
        elif act == "new password":
            staff.set_password(session, person, "another hash", now=NINE_O_CLOCK)
        else:
            staff.change_roles(session, person, [Role.PORTER], now=NINE_O_CLOCK)
    assert who(database, secret) is None


def set_up(database: Database, link: str, *, login: str = "boss", now: datetime = NINE_O_CLOCK) -> str:
    return signing_in.set_up_first_administrator(
        database,
        link,
        login=login,
        name="First Administrator",
        password=PASSWORD,
        begins=begins(now),
    )


def first_link(database: Database) -> str:
    link = administration.first_administrator_link(database, now=NINE_O_CLOCK, rng=RNG)
    assert link is not None
    return link


def test_the_first_administrator_comes_in_by_link_and_no_second_one_does(database: Database) -> None:
    earlier, link = first_link(database), first_link(database)
    found = who(database, set_up(database, link))
    assert found is not None
    assert found.roles == (Role.ADMINISTRATOR,)
    assert administration.first_administrator_link(database, now=NINE_O_CLOCK, rng=RNG) is None
    for old in (link, earlier):
        with pytest.raises(staff.LinkUsed):
            set_up(database, old, login="second")


def test_the_first_administrators_link_ends_after_a_day(database: Database) -> None:
    with pytest.raises(staff.LinkUsed):
        set_up(database, first_link(database), now=NINE_O_CLOCK + timedelta(hours=24))


def test_a_refused_password_does_not_use_the_link_up(database: Database) -> None:
    link = first_link(database)
    with pytest.raises(staff.WeakPassword):
        set_up(database, link, login="spicule")
    assert set_up(database, link)


def new_person(database: Database) -> administration.NewLink:
    return administration.register_person(
        database, login="ada", name="Ada", roles=[Role.PORTER], now=NINE_O_CLOCK, rng=RNG
    )


def test_a_new_person_sets_the_first_password_by_link_and_is_in(database: Database) -> None:
    link = new_person(database).secret
    assert signing_in.link_login(database, link, now=NINE_O_CLOCK) == "ada"
    found = who(database, set_password(database, link))
    assert found is not None
    assert found.login == "ada"
    assert sign_in(database)
    with pytest.raises(staff.LinkUsed):
        set_password(database, link)


def test_neither_link_does_the_work_of_the_other(database: Database) -> None:
    first, persons = first_link(database), new_person(database).secret
    with pytest.raises(staff.LinkUsed):
        set_password(database, first)
    with pytest.raises(staff.LinkUsed):
        set_up(database, persons)
    assert set_password(database, persons)
    assert set_up(database, first)


def set_password(database: Database, link: str) -> str:
    return signing_in.set_password(database, link, PASSWORD, begins=begins(NINE_O_CLOCK))


def test_a_new_link_leaves_the_old_password_until_it_is_used(database: Database, ada: StaffMember) -> None:
    link = administration.new_link(database, ada.badge, now=NINE_O_CLOCK, rng=RNG)
    assert link.person.has_password
    secret = sign_in(database)
    set_password(database, link.secret)
    assert who(database, secret) is None
