"""The outbox on its way to its receivers: one that hangs or is off keeps only its own messages waiting.

At least once: whoever goes away between sending and writing that down leaves the message to the next round,
and its id tells the receiver that it is the same one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from ..catalog import Catalog, Receiver, Tells, Wire
from ..foundation.alarms import settle_alarm
from ..foundation.database import Database
from ..foundation.outbox import (
    LONGEST_WAIT,
    OutgoingMessage,
    due_messages,
    give_up,
    mark_sent,
    queue_message,
    try_again,
    waiting_messages,
)
from ..interop.hl7 import status_update
from ..journeys.alarms import raise_alarm
from ..journeys.telling import act_as_json, acts_to_tell, receivers_of
from .wires import Outcome, Said, send

_MOST_IN_A_ROUND = 100
_SILENT_FOR = timedelta(minutes=15)


class Outbox:
    """The duty that tells other systems what happened."""

    name = "outbox"
    every = timedelta(seconds=2)

    def __init__(
        self, db: Database, catalog: Catalog, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._db, self._catalog, self._clock = db, catalog, clock

    def run(self, *, now: datetime) -> None:
        """Queues what happened to samples since the last round, then sends to each receiver what is due."""
        if not self._catalog.receivers:
            return
        self._queue_acts(now)
        receivers = list(self._catalog.receivers.values())
        with ThreadPoolExecutor(max_workers=len(receivers)) as pool:
            for sending in [pool.submit(self._serve, receiver) for receiver in receivers]:
                sending.result()
        self._look_for_silence(now)

    def behind(self, *, now: datetime) -> timedelta:
        """The age of the oldest message that waits."""
        with self._db.reading() as session:
            waiting = [
                one.since for one in waiting_messages(session) if one.receiver in self._catalog.receivers
            ]
        return max((now - since for since in waiting), default=timedelta(0))

    def _queue_acts(self, now: datetime) -> None:
        told = list(receivers_of(self._catalog, Tells.SAMPLE_STATUS))
        if not told:
            return
        with self._db.writing() as session:
            for receiver in told:
                for act in acts_to_tell(session, receiver):
                    over_mllp = receiver.wire == Wire.MLLP
                    write = (
                        status_update(self._catalog, receiver, act)
                        if over_mllp
                        else act_as_json(self._catalog, act)
                    )
                    queue_message(
                        session,
                        receiver=receiver.code,
                        stream=act.sample,
                        kind=Tells.SAMPLE_STATUS,
                        body=write,
                        message_id=act.event_id,
                        now=now,
                    )

    def _serve(self, receiver: Receiver) -> None:
        for _ in range(_MOST_IN_A_ROUND):
            with self._db.reading() as session:
                due = due_messages(session, receiver.code, now=self._clock(), most=1)
            if not due or not self._send(receiver, due[0]):
                return

    def _send(self, receiver: Receiver, message: OutgoingMessage) -> bool:
        """Whether the receiver was there; when it was not, nothing else is tried in this round."""
        reached = True
        try:
            said = send(receiver, message.message_id, message.body)
        except OSError as error:
            said, reached = Said(Outcome.UNKNOWN, f"It cannot be reached ({type(error).__name__})."), False
        with self._db.writing() as session:
            self._write_down(session, receiver, message, said)
        return reached

    def _write_down(self, session: Session, receiver: Receiver, message: OutgoingMessage, said: Said) -> None:
        now = self._clock()
        if said.outcome == Outcome.TAKEN:
            mark_sent(session, message.id, said.words, now=now)
        elif said.outcome == Outcome.REFUSED:
            give_up(session, message.id, said.words, now=now)
            words = f"{receiver.name} refused a message for good. {said.words} Ask its administrator why."
            raise_alarm(session, self._catalog, f"refused-by-{receiver.code}".lower(), words, now=now)
        else:
            wait = min(timedelta(seconds=2 ** min(message.tries, 10)), LONGEST_WAIT)
            try_again(session, message.id, said.words, at=now + wait)

    def _look_for_silence(self, now: datetime) -> None:
        """One alarm for each receiver that has taken nothing for long, until it takes messages again."""
        with self._db.writing() as session:
            waiting = {one.receiver: one for one in waiting_messages(session)}
            for receiver in self._catalog.receivers.values():
                rule, mine = f"silent-{receiver.code}".lower(), waiting.get(receiver.code)
                if mine is None or now - mine.since < _SILENT_FOR:
                    settle_alarm(session, rule, now=now)
                    continue
                words = (
                    f"{receiver.name} takes no messages. Nothing is lost: they wait. Look whether it runs."
                )
                raise_alarm(session, self._catalog, rule, words, now=now)
