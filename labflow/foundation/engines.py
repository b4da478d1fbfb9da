"""Connections to SQLite and PostgreSQL, with labflow's settings."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from pysqlite3 import dbapi2 as sqlite

from .database_errors import READ_ONLY, sqlstate
from .standby import never_alone

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cache_size=-256",  # KiB a connection: each thread has one, and the system keeps the file in memory
)
_OPTIONS: dict[str, Any] = {
    "query_cache_size": 1200,
    "hide_parameters": True,  # no value of a statement in an exception or a log
    # Documents in columns are replaced, never changed; most of them (the terms of a test) are alike.
    "json_deserializer": lru_cache(maxsize=1000)(json.loads),
}
_POSTGRESQL: dict[str, Any] = {
    # Of several hosts the one that writes, and never a replica: a decision is not made on what may be old.
    "target_session_attrs": "read-write",
    "connect_timeout": 3,  # seconds a host
    # A leader that was cut off says nothing: the connection is given up after about 10 s without an answer.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# Whoever finds no connection free is answered 503 after 3 seconds, and the thread goes on.
_POOL: dict[str, Any] = {"pool_pre_ping": True, "pool_size": 10, "pool_timeout": 3}
# Milliseconds. A request that waits longer has lost whoever sent it.
_LIMITS = "-c lock_timeout=5000 -c statement_timeout=15000 -c idle_in_transaction_session_timeout=30000"


def make_engine(url: str, *, foreign_keys: bool = True, patient: bool = False) -> sa.Engine:
    """An engine with labflow's settings; migrations switch foreign keys off to rebuild tables.

    `patient`: statements may take as long as they need, for commands that read everything.
    """
    if url.startswith("sqlite"):
        return _sqlite_engine(url, foreign_keys=foreign_keys)
    return _postgresql_engine(url, limits="" if patient else _LIMITS)


def _postgresql_engine(url: str, *, limits: str) -> sa.Engine:
    asked = sa.make_url(url).query  # what the address itself says wins
    settings = {"options": limits} | _POSTGRESQL
    arguments = {name: value for name, value in settings.items() if name not in asked}
    engine = sa.create_engine(url, connect_args=arguments, **_POOL, **_OPTIONS)
    never_alone(engine)

    @sa.event.listens_for(engine, "handle_error")
    def hide_and_leave(context: sa.ExceptionContext) -> None:
        error = context.sqlalchemy_exception
        if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
            context.is_disconnect |= sqlstate(error) == READ_ONLY  # the former leader of a cluster
            for one in (error, error.orig):  # PostgreSQL quotes the row in the lines behind the first
                one.args = tuple(str(text).partition("\n")[0] for text in one.args)

    return engine


def _sqlite_engine(url: str, *, foreign_keys: bool) -> sa.Engine:
    engine = sa.create_engine(url, module=sqlite, pool_size=16, **_OPTIONS)

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy owns BEGIN
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if not foreign_keys:
            connection.execute("PRAGMA foreign_keys=OFF")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(
            "BEGIN " + connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        )

    return engine
