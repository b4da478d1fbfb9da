"""The one place that opens transactions and commits them.

SQLite: WAL with synchronous=FULL; a write takes a lock of this process and then BEGIN IMMEDIATE, because
threads that meet on SQLite's own lock sleep in its busy handler. PostgreSQL: READ COMMITTED; writers lock the
rows they decide on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session

from .database_errors import (
    ChangedAtTheSameMoment,
    Collided,
    DatabaseUnavailable,
    DiskFull,
    OutcomeUnknown,
    committing,
    translated,
)
from .engines import make_engine
from .errors import LabError

__all__ = [
    "ChangedAtTheSameMoment",
    "Collided",
    "Database",
    "DatabaseUnavailable",
    "DiskFull",
    "OutcomeUnknown",
    "Together",
    "sqlite_url",
]
_LOCK_WAIT_SECONDS = 10
_INTERNAL_FAULT = 500


class Together:
    """One transaction of several `writing` blocks of this thread, begun by the first of them."""

    def __init__(
        self, connect: Callable[[ExitStack], sa.Connection], first: Callable[[Session], None]
    ) -> None:
        self.collision: Collided | None = None
        self.connection: sa.Connection | None = None
        self._connect = connect
        self._first = first
        self._open = ExitStack()

    @contextmanager
    def block(self) -> Iterator[Session]:
        """A part of it that is kept as a whole or not at all."""
        if self.connection is None:
            self._begin()
        with self._part() as session:
            yield session

    def _begin(self) -> None:
        """Nothing has begun when `first` refuses."""
        with ExitStack() as unless_refused:
            self.connection = self._connect(unless_refused)
            unless_refused.callback(setattr, self, "connection", None)
            with self._part() as session:
                self._first(session)
            self._open = unless_refused.pop_all()

    @contextmanager
    def _part(self) -> Iterator[Session]:
        with Session(
            self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
            session.commit()

    def commit(self) -> None:
        if self.connection is not None:
            with committing():
                self.connection.commit()

    def undo(self) -> None:
        """Nothing of it is kept."""
        if self.connection is not None:
            self.connection.rollback()

    def close(self) -> None:
        self._open.close()


class Database:
    """Reads and writes on SQLite or PostgreSQL."""

    def __init__(self, url: str, *, patient: bool = False) -> None:
        self.url = url
        self.engine = make_engine(url, patient=patient)
        self.dialect = self.engine.dialect.name
        self._reads = self.engine
        self._writes = self.engine.execution_options(sqlite_begin="IMMEDIATE")
        # A line in order of arrival was measured: each hand-over waits for a thread to wake, and up to three
        # quarters of the writes per second were lost. This lock served eight threads alike, within 25 %.
        self._write_lock = threading.Lock()
        self._of_thread = threading.local()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment and changes nothing."""
        begun = self._together.connection if self._together else None
        with (
            translated(),
            Session(begun or self._reads, autoflush=False, join_transaction_mode="rollback_only") as session,
        ):
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are committed together when the block ends, or not at all."""
        if self._together is None:
            with self.writing_apart() as session:
                yield session
            return
        try:
            with translated(), self._together.block() as session:
                yield session
        except Collided as error:
            self._together.collision = error
            raise

    @contextmanager
    def writing_apart(self) -> Iterator[Session]:
        """Like `writing`, and committed also when the rest of what is done together is refused.

        Only before that has begun to write: it would wait for itself.
        """
        if self._together and self._together.connection:
            raise RuntimeError("what is written apart comes first")
        with translated(), self._one_writer(), Session(self._writes, expire_on_commit=False) as session:
            yield session
            session.flush()
            with committing():
                session.commit()

    @contextmanager
    def together(self, first: Callable[[Session], None] = lambda _: None) -> Iterator[Together]:
        """`writing` blocks inside are one transaction of this thread, committed when the block ends.

        It begins with the first of them, with what `first` does in it. A block that raises undoes itself
        alone; what others finished is kept when a rule of the laboratory refuses the rest, and nothing when
        labflow fails (status 500 and above, and every other exception). From the first write on, reading
        sees what was written.
        """
        if self._together is not None:
            raise RuntimeError("one transaction at a time")
        both = self._of_thread.together = Together(self._begun, first)
        try:
            with translated():
                yield both
                both.commit()
        except LabError as error:
            if error.status < _INTERNAL_FAULT:
                with translated():
                    both.commit()
            raise
        finally:
            self._of_thread.together = None
            both.close()

    @contextmanager
    def rehearsing(self) -> Iterator[Session]:
        """A session like `writing`, of which nothing is kept: it tells what would happen."""
        with translated(), self._one_writer(), Session(self._writes, expire_on_commit=False) as session:
            yield session
            session.rollback()

    @property
    def _together(self) -> Together | None:
        found: Together | None = getattr(self._of_thread, "together", None)
        return found

    def _begun(self, until_closed: ExitStack) -> sa.Connection:
        """A connection in a transaction that writes; it is given back when the stack closes."""
        until_closed.enter_context(self._one_writer())
        connection = until_closed.enter_context(self._writes.connect())
        connection.begin()
        return connection

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
