"""PostgreSQL that acknowledges only what a second machine has too, and what happens when there is none.

COMMIT then waits for the second machine, and none of PostgreSQL's limits ends that wait. So nothing new is
begun without a standby, and a commit that waits too long is given up; whether it counts is unknown.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from threading import Timer
from typing import Any, ClassVar

import psycopg
import sqlalchemy as sa

from .errors import Unavailable

# A standby that vanished is replaced by the next one in about 10 s (deploy/ha/patroni.yml): longer than that.
_COMMIT_SECONDS = 15
_SYNCHRONOUS, _TIMER = "labflow.synchronous", "labflow.timer"
_IS_SYNCHRONOUS = "SELECT current_setting('synchronous_standby_names') <> ''"
# Whoever may not read sync_state sees NULL, and then every standby counts.
_STANDBY = sa.text(
    "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE coalesce(sync_state, 'sync') IN ('sync', 'quorum'))"
)


class NoStandby(Unavailable):
    """No second machine keeps what is saved, so labflow saves nothing at the moment. Everything can be read.

    Tell the system manager at once. Note on paper what you do, and send it again when labflow saves again.
    """

    retry_after_seconds: ClassVar[int] = 5


def never_alone(engine: sa.Engine) -> None:
    """A synchronous cluster gets nothing to write from this engine while it has no standby."""

    @sa.event.listens_for(engine, "connect")
    def ask(connection: psycopg.Connection, record: sa.pool.ConnectionPoolEntry) -> None:
        with connection.cursor() as cursor:
            record.info[_SYNCHRONOUS] = cursor.execute(_IS_SYNCHRONOUS).fetchone() == (True,)
        connection.rollback()

    @sa.event.listens_for(engine, "begin")
    def refuse(connection: sa.Connection) -> None:
        _stop_waiting(connection.info)
        is_write = "sqlite_begin" in connection.get_execution_options()
        if is_write and connection.info[_SYNCHRONOUS] and not connection.scalar(_STANDBY):
            raise NoStandby

    @sa.event.listens_for(engine, "commit")
    def wait(connection: sa.Connection) -> None:
        if connection.info[_SYNCHRONOUS]:
            timer = connection.info[_TIMER] = Timer(_COMMIT_SECONDS, _hang_up, [connection.connection])
            timer.daemon = True
            timer.start()

    @sa.event.listens_for(engine, "reset")
    def waited(_connection: Any, record: sa.pool.ConnectionPoolEntry, _state: Any) -> None:
        _stop_waiting(record.info)


def _stop_waiting(info: dict[Any, Any]) -> None:
    if timer := info.pop(_TIMER, None):
        timer.cancel()


def _hang_up(connection: sa.PoolProxiedConnection) -> None:
    """Ends the wait of another thread on this connection, which learns that the server is gone.

    Not by cancelling: PostgreSQL would then acknowledge what no second machine has.
    """
    given_back = AttributeError
    with (
        suppress(psycopg.Error, OSError, given_back),
        socket.socket(fileno=os.dup(connection.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
