"""The server's clock was ahead and was set right: nobody comes in who should not, and nobody is kept out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from labflow import staff
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.journeys import signing_in
from labflow.staff import SignInRefused

from ..conftest import NINE_O_CLOCK, MakeAct
from ..people import begins, make_person, sign_in
from .scan_world import ScanWorld

AHEAD = NINE_O_CLOCK + timedelta(hours=3)


def test_a_sign_in_seen_later_than_now_opens_nothing(database: Database) -> None:
    make_person(database, "ada")
    secret = sign_in(database, now=AHEAD)
    with database.reading() as session:
        assert staff.signed_in(session, secret, now=AHEAD, idle_minutes=5) is not None
        assert staff.signed_in(session, secret, now=NINE_O_CLOCK, idle_minutes=5) is None
        a_minute_fast = AHEAD - timedelta(minutes=1)
        assert staff.signed_in(session, secret, now=a_minute_fast, idle_minutes=5) is not None


def test_wrong_passwords_of_the_future_keep_nobody_waiting(database: Database) -> None:
    make_person(database, "ada")
    for minute in range(12):
        with pytest.raises(SignInRefused):
            signing_in.sign_in(database, "ada", "wrong", begins=begins(AHEAD + timedelta(minutes=6 * minute)))
    assert sign_in(database, now=NINE_O_CLOCK)


def test_undo_takes_back_what_was_done_last_not_what_is_dated_last(
    database: Database, catalog: Catalog, make_act: MakeAct
) -> None:
    world = ScanWorld(database, catalog, make_act)
    world.at = AHEAD
    world.play("take s1")
    world.at = NINE_O_CLOCK
    *_, undone = world.play("hand_over s2 undo")
    assert undone.title == f"Undone: Hand over {world.codes['s2']}"
