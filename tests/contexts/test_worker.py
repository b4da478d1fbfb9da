from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from labflow.foundation.database import Database
from labflow.foundation.duties import DutyState, duty_states
from labflow.foundation.errors import Unavailable
from labflow.ops.worker import Worker

from ..conftest import NINE_O_CLOCK

DAY = timedelta(days=1)


class PeerIsAway(Unavailable):
    """The other system is away.

    It is tried again.
    """


class Counting:
    """A duty that counts its rounds."""

    every = timedelta(milliseconds=10)

    def __init__(self, name: str = "counting", fault: Exception | None = None) -> None:
        self.name, self.fault = name, fault
        self.rounds = 0
        self.waiting = timedelta(seconds=0)
        self.ran = threading.Event()

    def run(self, *, now: datetime) -> None:
        self.rounds += 1
        self.ran.set()
        if self.fault is not None:
            raise self.fault

    def behind(self, *, now: datetime) -> timedelta:
        return self.waiting


class Clock:
    def __init__(self) -> None:
        self.now = NINE_O_CLOCK

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def state(database: Database, name: str = "counting") -> DutyState:
    with database.reading() as session:
        return next(one for one in duty_states(session) if one.name == name)


def test_a_worker_does_what_it_has_and_writes_it_down(database: Database, clock: Clock) -> None:
    duty = Counting()
    duty.waiting = timedelta(seconds=7)
    worker = Worker(database, [duty], clock=clock)
    worker.take_turns()
    assert duty.rounds == 0  # it has no lease yet
    worker.keep_books()
    worker.take_turns()
    worker.keep_books()
    kept = state(database)
    assert (duty.rounds, kept.finished_at, kept.behind_seconds, kept.fault) == (1, NINE_O_CLOCK, 7, "")


def test_one_worker_at_a_time_has_a_duty_until_its_lease_ran_out(database: Database, clock: Clock) -> None:
    first, second = Counting(), Counting()
    workers = [Worker(database, [duty], clock=clock) for duty in (first, second)]
    if database.dialect == "sqlite":  # there the later one knows that the former is gone
        workers.reverse()
        for worker in workers:
            worker.keep_books()
        workers.reverse()
    for worker in workers:
        worker.keep_books()
        worker.take_turns()
    assert (first.rounds, second.rounds) == (1, 0)
    clock.now += timedelta(seconds=20)
    workers[0].keep_books()  # it lives
    clock.now += timedelta(seconds=20)
    workers[1].keep_books()
    workers[1].take_turns()
    assert second.rounds == 0
    clock.now += timedelta(seconds=20)  # and now it does not
    for worker in reversed(workers):
        worker.keep_books()
        worker.take_turns()
    assert (first.rounds, second.rounds) == (1, 1)


def test_a_lease_from_a_clock_that_ran_ahead_binds_nobody(database: Database, clock: Clock) -> None:
    clock.now += 400 * DAY
    Worker(database, [Counting()], clock=clock).keep_books()
    clock.now -= 400 * DAY
    duty = Counting()
    later = Worker(database, [duty], clock=clock)
    later.keep_books()
    later.take_turns()
    assert duty.rounds == 1


def test_a_failing_duty_is_told_in_words_and_keeps_no_other_waiting(database: Database, clock: Clock) -> None:
    failing, broken = Counting("failing", PeerIsAway()), Counting("broken", ValueError("Smith, Jane"))
    well = Counting("well")
    worker = Worker(database, [failing, broken, well], clock=clock)
    worker.keep_books()
    worker.take_turns()
    worker.keep_books()
    assert state(database, "failing").fault == "The other system is away. It is tried again."
    assert "ValueError" in state(database, "broken").fault
    assert "Smith" not in state(database, "broken").fault
    assert (state(database, "well").fault, well.rounds) == ("", 1)
    failing.fault = None
    worker.take_turns()
    worker.keep_books()
    assert state(database, "failing").fault == ""


def test_a_duty_that_hangs_keeps_no_other_waiting_and_its_round_is_done_to_the_end(
    sqlite_url: str,
) -> None:
    database = Database(sqlite_url)
    may_end, done = threading.Event(), []

    class Hanging(Counting):
        def run(self, *, now: datetime) -> None:
            super().run(now=now)
            may_end.wait(20)
            done.append("to the end")

    hanging, well = Hanging("hanging"), Counting("well")
    worker = Worker(database, [hanging, well])
    thread = worker.start()
    assert hanging.ran.wait(10)
    assert well.ran.wait(10)
    worker.stop()
    may_end.set()
    thread.join(10)
    assert not thread.is_alive()
    assert (done, hanging.rounds) == (["to the end"], 1)
    assert state(database, "hanging").leased_by == ""
    assert state(database, "hanging").finished_at is not None
    database.close()


def test_a_worker_that_cannot_write_stops_its_rounds_when_its_lease_is_over(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    duty = Counting()
    worker = Worker(database, [duty], clock=clock)
    worker.keep_books()

    def away() -> None:
        raise PeerIsAway

    monkeypatch.setattr(database, "writing", away)
    clock.now += timedelta(seconds=31)
    worker.keep_books()
    worker.take_turns()
    assert duty.rounds == 0
