"""The outbox: queued once, in order within a stream, sent until taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from labflow.foundation.database import Database
from labflow.foundation.outbox import (
    due_messages,
    give_up,
    mark_sent,
    queue_message,
    try_again,
    waiting_messages,
)

from ..conftest import NINE_O_CLOCK

LATER = NINE_O_CLOCK + timedelta(minutes=1)


def message_id(body: str) -> UUID:
    return uuid5(UUID(int=1), body)


def queue(database: Database, stream: str, body: str, *, receiver: str = "EPR") -> None:
    with database.writing() as session:
        queue_message(
            session,
            receiver=receiver,
            stream=stream,
            kind="sample_status",
            body=body,
            message_id=message_id(body),
            now=NINE_O_CLOCK,
        )


def due(database: Database, *, now: datetime = NINE_O_CLOCK) -> dict[str, int]:
    """The bodies that may be sent now, with their rows, in order."""
    with database.reading() as session:
        return {message.body: message.id for message in due_messages(session, "EPR", now=now, most=10)}


def test_of_each_stream_the_first_message_goes_before_the_next(database: Database) -> None:
    for stream, body in [("A", "a1"), ("B", "b1"), ("A", "a2")]:
        queue(database, stream, body)
    waiting = due(database)
    assert list(waiting) == ["a1", "b1"]
    with database.writing() as session:
        mark_sent(session, waiting["a1"], "AA", now=NINE_O_CLOCK)
    assert list(due(database)) == ["b1", "a2"]


def test_the_same_message_is_queued_once_for_each_receiver(database: Database) -> None:
    for receiver in ("EPR", "EPR", "PAGING"):
        queue(database, "A", "a1", receiver=receiver)
    with database.reading() as session:
        assert {one.receiver: one.count for one in waiting_messages(session)} == {"EPR": 1, "PAGING": 1}


def test_a_message_that_was_not_taken_waits_and_keeps_its_stream_waiting(database: Database) -> None:
    queue(database, "A", "a1")
    queue(database, "A", "a2")
    with database.writing() as session:
        try_again(session, due(database)["a1"], "no answer", at=LATER)
    assert due(database) == {}
    assert list(due(database, now=LATER)) == ["a1"]


def test_a_message_refused_for_good_lets_the_next_go(database: Database) -> None:
    queue(database, "A", "a1")
    queue(database, "A", "a2")
    with database.writing() as session:
        give_up(session, due(database)["a1"], "AR", now=NINE_O_CLOCK)
    assert list(due(database)) == ["a2"]
