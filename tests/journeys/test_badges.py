"""A badge alone signs its owner in, where they proved themselves, until the shift ends."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from labflow import staff
from labflow.foundation.database import Database
from labflow.journeys import signing_in
from labflow.staff import ShiftNeeded, SignedIn, StaffMember

from ..conftest import NINE_O_CLOCK
from ..people import STATION, begins, make_person, sign_in

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def ada(database: Database) -> StaffMember:
    return make_person(database, "ada")


@pytest.fixture
def ben(database: Database) -> StaffMember:
    return make_person(database, "ben")


def who(database: Database, secret: str, now: datetime) -> SignedIn | None:
    return staff.seen(database, secret, now=now, idle_minutes=5)


def switch(
    database: Database, person: StaffMember, now: datetime, *, before: str = "", station: str = STATION
) -> str:
    begun = begins(now, station=station)
    return signing_in.switch(database, person.badge, before=before, begins=begun).secret


def test_two_people_take_turns_at_one_station(database: Database, ada: StaffMember, ben: StaffMember) -> None:
    first, now = sign_in(database, "ada"), NINE_O_CLOCK + MINUTE
    signing_in.leave(database, first, now=now)
    second = sign_in(database, "ben", now=now)
    third = switch(database, ada, now, before=second)
    assert who(database, first, now) is None
    assert who(database, second, now) is None
    found = who(database, third, now)
    assert found is not None
    assert found.badge == ada.badge


def test_a_badge_opens_nothing_where_nobody_proved_themselves(database: Database, ada: StaffMember) -> None:
    with pytest.raises(ShiftNeeded):
        switch(database, ada, NINE_O_CLOCK)
    sign_in(database, "ada")
    with pytest.raises(ShiftNeeded):
        switch(database, ada, NINE_O_CLOCK, station="another browser")


def test_a_shift_ends_by_itself(database: Database, ada: StaffMember) -> None:
    sign_in(database, "ada")
    assert switch(database, ada, NINE_O_CLOCK + 4 * HOUR - MINUTE)
    with pytest.raises(ShiftNeeded):
        switch(database, ada, NINE_O_CLOCK + 4 * HOUR)


def test_a_badge_alone_does_not_lengthen_the_shift(database: Database, ada: StaffMember) -> None:
    sign_in(database, "ada")
    switch(database, ada, NINE_O_CLOCK + 3 * HOUR)
    with pytest.raises(ShiftNeeded):
        switch(database, ada, NINE_O_CLOCK + 4 * HOUR)


def test_signing_out_closes_the_shift_here(database: Database, ada: StaffMember) -> None:
    secret = sign_in(database, "ada")
    signing_in.sign_out(database, secret, station=STATION, now=NINE_O_CLOCK)
    with pytest.raises(ShiftNeeded):
        switch(database, ada, NINE_O_CLOCK)


def test_who_is_deactivated_has_no_shift(database: Database, ada: StaffMember) -> None:
    sign_in(database, "ada")
    with database.writing() as session:
        staff.deactivate(session, staff.by_badge(session, ada.badge), now=NINE_O_CLOCK)
    with pytest.raises(ShiftNeeded):
        switch(database, ada, NINE_O_CLOCK)
    with database.writing() as session:
        staff.activate(session, staff.by_badge(session, ada.badge))
    with pytest.raises(ShiftNeeded):
        switch(database, ada, NINE_O_CLOCK)


def test_whoever_was_there_is_signed_out_even_when_the_badge_is_refused(
    database: Database, ada: StaffMember, ben: StaffMember
) -> None:
    secret = sign_in(database, "ada")
    with pytest.raises(ShiftNeeded):
        switch(database, ben, NINE_O_CLOCK, before=secret)
    assert who(database, secret, NINE_O_CLOCK) is None


def test_a_badge_that_nobody_has_is_refused_in_the_same_words(database: Database, ada: StaffMember) -> None:
    with pytest.raises(ShiftNeeded) as known:
        switch(database, ada, NINE_O_CLOCK)
    with pytest.raises(ShiftNeeded) as unknown:
        signing_in.switch(database, "H0000000G", before="", begins=begins(NINE_O_CLOCK))
    assert known.value.message.replace(ada.badge, "") == unknown.value.message.replace("H0000000G", "")
