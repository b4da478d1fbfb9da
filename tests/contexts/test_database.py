"""Transactions of several blocks, and what a database can answer instead of saving."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from labflow.foundation.database import (
    ChangedAtTheSameMoment,
    Collided,
    Database,
    DatabaseUnavailable,
    DiskFull,
    OutcomeUnknown,
)
from labflow.foundation.errors import Conflict, Unavailable

_THINGS = "CREATE TABLE things (id integer PRIMARY KEY, name text NOT NULL)"
_SLOW_COMMIT = (
    "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql"
    " AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$",
    "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION wait()",
)
_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_COMMITTING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
)


@pytest.fixture
def things(empty_url: str) -> Iterator[Database]:
    yield from _with_things(empty_url)


@pytest.fixture
def sqlite_things(empty_sqlite_url: str) -> Iterator[Database]:
    yield from _with_things(empty_sqlite_url)


@pytest.fixture
def postgresql_things(empty_postgresql_url: str) -> Iterator[Database]:
    yield from _with_things(empty_postgresql_url)


def _with_things(url: str) -> Iterator[Database]:
    database = Database(url)
    _run(database, _THINGS)
    yield database
    database.close()


def _run(database: Database, statement: str, **values: object) -> None:
    with database.writing() as session:
        session.connection().execute(sa.text(statement), values)


def add(database: Database, number: int) -> None:
    _run(database, "INSERT INTO things VALUES (:number, 'one')", number=number)


def known(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.connection().execute(sa.text("SELECT id FROM things ORDER BY id")).scalars())


def elsewhere(database: Database) -> list[int]:
    """What another thread sees, which has no part in the transaction of this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(known, database).result()


def test_what_is_done_together_is_seen_by_others_at_the_end(things: Database) -> None:
    with things.together():
        add(things, 1)
        add(things, 2)
        assert (known(things), elsewhere(things)) == ([1, 2], [])
    assert elsewhere(things) == [1, 2]


def test_a_block_that_raises_undoes_itself_alone(things: Database) -> None:
    with things.together():
        add(things, 1)
        with pytest.raises(ChangedAtTheSameMoment):
            add(things, 1)
        add(things, 2)
    assert known(things) == [1, 2]


@pytest.mark.parametrize(
    ("fault", "kept"),
    [(Conflict, [1]), (Unavailable, []), (KeyError, [])],
    ids=["refused", "failed", "unexpected"],
)
def test_what_was_finished_stays_when_a_rule_refuses_the_rest_only(
    things: Database, fault: type[Exception], kept: list[int]
) -> None:
    def act() -> None:
        with things.together():
            add(things, 1)
            raise fault

    with pytest.raises(fault):
        act()
    assert known(things) == kept


def test_what_is_written_apart_stays_and_comes_first(things: Database) -> None:
    with things.together() as together:
        with things.writing_apart() as session:
            session.connection().execute(sa.text("INSERT INTO things VALUES (1, 'apart')"))
        add(things, 2)
        with pytest.raises(RuntimeError), things.writing_apart():
            pass
        together.undo()
    assert known(things) == [1]


def test_what_first_refuses_begins_nothing(things: Database) -> None:
    def refuse(_: Any) -> None:
        raise Conflict

    with things.together(first=refuse):
        for _ in range(2):
            with pytest.raises(Conflict):
                add(things, 1)
    assert known(things) == []


def test_a_full_disk_refuses_writes_says_so_and_recovers(sqlite_things: Database) -> None:
    full = "PRAGMA max_page_count=3"
    sa.event.listen(sqlite_things.engine, "checkout", lambda connection, *_: connection.execute(full))
    with pytest.raises(DiskFull) as refused:
        _run(sqlite_things, "INSERT INTO things VALUES (1, :name)", name="x" * 100_000)
    assert refused.value.status == 507
    assert known(sqlite_things) == []
    add(sqlite_things, 2)
    assert known(sqlite_things) == [2]


def test_a_connection_lost_during_commit_leaves_the_outcome_unknown(postgresql_things: Database) -> None:
    for statement in _SLOW_COMMIT:
        _run(postgresql_things, statement)
    with ThreadPoolExecutor(1) as thread:
        saving = thread.submit(add, postgresql_things, 1)
        _until_committing(postgresql_things)
        with postgresql_things.reading() as session:
            session.connection().execute(sa.text(_END_OTHERS))
        with pytest.raises(OutcomeUnknown):
            saving.result()
    assert known(postgresql_things) == []


def _until_committing(database: Database) -> None:
    for _ in range(1000):
        with database.reading() as session:
            if session.connection().scalar(sa.text(_COMMITTING)):
                return
    raise AssertionError("nothing was committed")


def test_connections_that_ended_while_they_waited_are_made_anew(postgresql_things: Database) -> None:
    assert known(postgresql_things) == []
    killer = sa.create_engine(postgresql_things.url, poolclass=sa.NullPool)
    with killer.connect() as connection:
        connection.execute(sa.text(_END_OTHERS))
    add(postgresql_things, 1)
    assert known(postgresql_things) == [1]


def test_a_leader_that_only_reads_by_now_is_left(postgresql_things: Database) -> None:
    with postgresql_things.engine.connect() as connection:
        connection.execute(sa.text("SET default_transaction_read_only = on"))
        connection.commit()
    with pytest.raises(DatabaseUnavailable):
        add(postgresql_things, 1)
    add(postgresql_things, 1)
    assert known(postgresql_things) == [1]


def test_two_who_wait_for_each_other_collide_and_one_goes_on(postgresql_things: Database) -> None:
    add(postgresql_things, 1)
    add(postgresql_things, 2)
    both_began = threading.Barrier(2)

    def change(first: int, second: int) -> bool:
        try:
            with postgresql_things.writing() as session:
                session.connection().execute(sa.text(f"UPDATE things SET name = 'two' WHERE id = {first}"))
                both_began.wait()
                session.connection().execute(sa.text(f"UPDATE things SET name = 'two' WHERE id = {second}"))
        except Collided:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        went_on = [threads.submit(change, *order) for order in ((1, 2), (2, 1))]
    assert sorted(each.result() for each in went_on) == [False, True]


def test_no_fault_quotes_what_was_to_be_saved(things: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError) as fault:
        _run(things, "INSERT INTO things VALUES (:number, NULL)", number=77123)
    assert "77123" not in str(fault.value)
    assert "77123" not in str(fault.value.orig)


def test_nobody_waits_long_for_postgresql(postgresql_things: Database) -> None:
    wanted = {"lock_timeout": "5s", "statement_timeout": "15s", "idle_in_transaction_session_timeout": "30s"}
    patient = Database(postgresql_things.url, patient=True)
    with postgresql_things.reading() as session, patient.reading() as unhurried:
        for name, value in wanted.items():
            assert session.connection().scalar(sa.text(f"SHOW {name}")) == value
            assert unhurried.connection().scalar(sa.text(f"SHOW {name}")) == "0"
    patient.close()
