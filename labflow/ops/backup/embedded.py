"""The embedded database: SQLite's online copy, and what must be true of a file before it is opened."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy.exc import DatabaseError

from ...foundation.database import Database, sqlite_url
from ...foundation.engines import make_engine
from ...foundation.errors import Unavailable
from .heads import ledger_head, origins
from .manifest import LedgerHead

# Between two steps others may read and write; a step is short enough that nobody notices it.
_PAGES_A_STEP = 256
_PAUSE_SECONDS = 0.002


class CopyBroke(Unavailable):
    """The copy broke off: {why}. Nothing was written.

    Look at the disk of the data and at that of the backups, and try again.
    """


def size_bytes(db: Database) -> int:
    """How large the database is."""
    with db.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        page_bytes = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        return int(pages * page_bytes)


def copy(db: Database, target: Path) -> LedgerHead:
    """Copies what is committed at this moment while scans go on; returns how far the copy's ledger goes."""
    with closing(db.engine.raw_connection()) as pooled, closing(sqlite.connect(target)) as copied:
        source: Any = pooled.driver_connection
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):  # a broken copy is thrown away
            copied.execute(f"PRAGMA {pragma}")
        # One read transaction around all steps: without it SQLite starts again at every write of others.
        source.execute("BEGIN")
        try:
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(copied, pages=_PAGES_A_STEP, progress=lambda *_: time.sleep(_PAUSE_SECONDS))
        except sqlite.Error as error:
            raise CopyBroke(why=error) from error
        finally:
            source.execute("ROLLBACK")
    with _connected(sqlite_url(target)) as connection:
        return ledger_head(connection)


def fault_of(path: Path) -> str | None:
    """What SQLite itself finds wrong with this file, in words; None when it is sound."""
    try:
        with closing(sqlite.connect(path)) as connection:
            [found] = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                return "SQLite finds its pages broken"
            broken = connection.execute("SELECT count(*) FROM pragma_foreign_key_check").fetchone()[0]
    except sqlite.DatabaseError:
        return "SQLite cannot read it"
    return f"{broken} rows point to rows that are not there" if broken else None


def file_of(url: str) -> Path:
    """The file of an embedded database."""
    return Path(sa.make_url(url).database or "")


def origins_of(url: str) -> set[str]:
    """The names of the logs in this database; none where it cannot be read any more."""
    try:
        with _connected(url) as connection:
            return origins(connection)
    except DatabaseError:
        return set()


def put_aside(file: Path, moment: str) -> Path:
    """Gives the database a second, dated name beside its own, with all that was committed."""
    kept = file.with_name(f"{file.name}.replaced-{moment}")
    with suppress(sqlite.DatabaseError), closing(sqlite.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # where SQLite could not read it, its journal goes along and never meets the restored file
    for journal in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            file.with_name(file.name + journal).rename(f"{kept}{journal}")
    kept.hardlink_to(file)
    return kept


@contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
