"""The worker: does each duty again and again, in a thread of its own, while no other worker has it.

A duty that is slow or fails keeps no other one waiting. Every few seconds the worker keeps its books in one
transaction: it renews its leases and says how the last rounds ended. A worker that stands still for longer
than a lease may finish its round while another has begun, so what a duty does must bear being done twice.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlmodel import Session

from ..foundation.database import Database
from ..foundation.duties import LEASE, LastRound, enter_duties, hold_duty, release_duties
from ..foundation.errors import LabError

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_BOOKS = 5
_FIRST_ROUNDS_SECONDS = 1  # after which people should see that it works


class Duty(Protocol):
    """What is done again and again, `every` so often."""

    @property
    def name(self) -> str: ...
    @property
    def every(self) -> timedelta: ...

    def run(self, *, now: datetime) -> None:
        """One round. A LabError means that it waits; the next round tries again."""

    def behind(self, *, now: datetime) -> timedelta:
        """The age of the oldest thing that waits; zero when nothing does."""


class RoundBroke(LabError):
    """Something went wrong in labflow ({kind}), so this waits.

    It is tried again by itself; tell the administrator when it stays.
    """


class _Turns:
    """One duty, until when this worker has it, and how its last round ended."""

    def __init__(self, duty: Duty) -> None:
        self.duty = duty
        self.held_until: datetime | None = None
        self.last: LastRound | None = None

    def take(self, clock: Callable[[], datetime]) -> bool:
        """One round, when this worker has the duty; False when it has not."""
        if self.held_until is None or self.held_until < clock():
            return False
        behind, fault = timedelta(0), ""
        try:
            self.duty.run(now=clock())
            behind = self.duty.behind(now=clock())
        except LabError as error:
            behind, fault = self._behind_before(), self._waits(error)
        except Exception as error:  # the text of an error may name a child, its kind does not
            behind, fault = self._behind_before(), self._waits(RoundBroke(kind=type(error).__name__))
        self.last = LastRound(clock(), behind, fault)
        return True

    def _behind_before(self) -> timedelta:
        return self.last.behind if self.last else timedelta(0)

    def _waits(self, error: LabError) -> str:
        fault = f"{error.message} {error.next_step}"
        if self.last is None or self.last.fault != fault:  # told once, not each second
            _log.warning("%s waits: %s", self.duty.name, error.code if error.details == {} else error.message)
        return fault


class Worker:
    """Does these duties on one database."""

    def __init__(
        self,
        db: Database,
        duties: Sequence[Duty],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._db, self._clock = db, clock
        self._turns = [_Turns(duty) for duty in duties]
        self._stopped = threading.Event()
        self._entered = False
        self._me = f"{socket.gethostname()[:50]} {os.getpid()} {secrets.token_hex(4)}"

    def start(self) -> threading.Thread:
        """Work in the background of this process."""
        thread = threading.Thread(target=self.run, name="worker", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Work until `stop`; the rounds in hand are done to their end."""
        threads = [self._thread(turns) for turns in self._turns]
        try:
            self.keep_books()
            for thread in threads:
                thread.start()
            self._stopped.wait(_FIRST_ROUNDS_SECONDS)
            self.keep_books()
            while not self._stopped.wait(_SECONDS_BETWEEN_BOOKS):
                self.keep_books()
        finally:
            self._stopped.set()
            self._finish([thread for thread in threads if thread.is_alive()])

    def stop(self) -> None:
        self._stopped.set()

    def keep_books(self) -> None:
        """Takes or renews every lease and writes down how the last rounds ended."""
        now = self._clock()
        try:
            with self._db.writing() as session:
                self._enter(session)
                held = [
                    hold_duty(session, turns.duty.name, by=self._me, now=now, last=turns.last)
                    for turns in self._turns
                ]
        except LabError as error:  # the database is away, and with it all that there is to do
            _log.warning("the worker waits: %s", error.code)
            return
        self._entered = True
        for turns, is_held in zip(self._turns, held, strict=True):
            turns.held_until = now + LEASE if is_held else None
            turns.last = turns.last if is_held else None

    def take_turns(self) -> None:
        """One round of each duty that this worker has, one after the other."""
        for turns in self._turns:
            turns.take(self._clock)

    def _enter(self, session: Session) -> None:
        # One process at a time works on SQLite, so what another one had there is free.
        if not self._entered:
            enter_duties(
                session, [turns.duty.name for turns in self._turns], anew=self._db.dialect == "sqlite"
            )

    def _thread(self, turns: _Turns) -> threading.Thread:
        return threading.Thread(target=self._work, args=[turns], name=turns.duty.name, daemon=True)

    def _work(self, turns: _Turns) -> None:
        while not self._stopped.is_set():
            had_its_turn = turns.take(self._clock)
            every = turns.duty.every.total_seconds()
            self._stopped.wait(every if had_its_turn else min(every, _SECONDS_BETWEEN_BOOKS))

    def _finish(self, threads: Sequence[threading.Thread]) -> None:
        for thread in threads:
            while thread.is_alive():
                self.keep_books()
                thread.join(_SECONDS_BETWEEN_BOOKS)
        self.keep_books()
        with suppress(LabError), self._db.writing() as session:
            release_duties(session, by=self._me)
