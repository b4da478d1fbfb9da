"""The one place that opens transactions and commits them.

SQLite: WAL with synchronous=FULL; a write takes a lock of this process and then BEGIN IMMEDIATE, because
threads that meet on SQLite's own lock sleep in its busy handler. PostgreSQL: READ COMMITTED; writers lock the
rows they decide on.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlmodel import Session

from .errors import Conflict, Unavailable

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cache_size=-256",  # KiB a connection: each thread has one, and the system keeps the file in memory
)
_LOCK_WAIT_SECONDS = 10
_OPTIONS: dict[str, Any] = {
    "query_cache_size": 1200,
    # Documents in columns are replaced, never changed; most of them (the terms of a test) are alike.
    "json_deserializer": lru_cache(maxsize=1000)(json.loads),
}


class DatabaseUnavailable(Unavailable):
    """The database is busy or cannot be reached. Nothing was saved.

    Try again in a few seconds; the same scan sent twice counts once.
    """


class ChangedAtTheSameMoment(Conflict):
    """Somebody else did the same at this moment. Nothing was saved.

    Open it again to see the present state.
    """


class Database:
    """Reads and writes on SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self.dialect = self.engine.dialect.name
        self._reads = self.engine
        self._writes = self.engine.execution_options(sqlite_begin="IMMEDIATE")
        self._write_lock = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment and changes nothing."""
        with _translated(), Session(self._reads, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are committed together when the block ends, or not at all."""
        with _translated(), self._one_writer(), Session(self._writes, expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def rehearsing(self) -> Iterator[Session]:
        """A session like `writing`, of which nothing is kept: it tells what would happen."""
        with _translated(), self._one_writer(), Session(self._writes, expire_on_commit=False) as session:
            yield session
            session.rollback()

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        if self.dialect != "sqlite":
            yield
            return
        if not self._write_lock.acquire(timeout=_LOCK_WAIT_SECONDS):
            raise DatabaseUnavailable
        try:
            yield
        finally:
            self._write_lock.release()

    def close(self) -> None:
        self.engine.dispose()


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file."""
    return f"sqlite:///{path}"


def make_engine(url: str, *, foreign_keys: bool = True) -> sa.Engine:
    """An engine with labflow's settings; migrations switch foreign keys off to rebuild tables."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, pool_size=10, **_OPTIONS)
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


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise DatabaseUnavailable from error
    except IntegrityError as error:
        if _is_duplicate(error):
            raise ChangedAtTheSameMoment from error
        raise
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable from error
        raise


def _is_duplicate(error: IntegrityError) -> bool:
    unique_violation = "23505"  # SQLSTATE
    return getattr(error.orig, "sqlstate", "") == unique_violation or "UNIQUE" in str(error.orig)
