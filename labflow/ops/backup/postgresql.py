"""PostgreSQL's own tools: pg_dump of one moment, pg_restore into a database without tables."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from sqlalchemy.exc import DBAPIError

from ...foundation.database import Database
from ...foundation.engines import make_engine
from ...foundation.errors import Conflict, Refused, Unavailable
from .heads import ledger_head
from .manifest import LedgerHead

_LONGEST_FAULT = 200


class ToolMissing(Refused):
    """The program {tool} of PostgreSQL {major} or newer is not on this machine{found}. Nothing was changed.

    Install PostgreSQL's client programs (Debian: postgresql-client-{major}); {tool} must be on the PATH.
    """


class ToolFailed(Unavailable):
    """{tool} could not do its work: {fault}.

    Correct what it names, and try again.
    """


class NotEmpty(Conflict):
    """The database {database} has tables already. Nothing was changed.

    Make an empty one (`createdb NEW`), let database_url name it, and restore into that.
    """


class NoTrialDatabase(Refused):
    """This account may not make a database to restore into on trial.

    Let the database's owner say ALTER ROLE … CREATEDB for it.
    """


def size_bytes(db: Database) -> int:
    """How large the database is."""
    with db.engine.connect() as connection:
        size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
        return int(size)


def copy(db: Database, target: Path) -> LedgerHead:
    """Dumps what is committed at this moment while scans go on; returns how far its ledger goes."""
    # dump and head see one moment: the dump takes the snapshot of this transaction
    with _engine(db.url) as engine, engine.connect() as connected:
        connection = connected.execution_options(isolation_level="REPEATABLE READ")
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        options = ["--format=custom", "--compress=0", f"--snapshot={snapshot}", f"--file={target}"]
        _run("pg_dump", engine, *options)
        return ledger_head(connection)


def restore(url: str, dump: Path) -> None:
    """Fills a database without tables; raises NotEmpty, ToolMissing, ToolFailed."""
    with _engine(url) as engine:
        if sa.inspect(engine).get_table_names():
            raise NotEmpty(database=engine.url.database)
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        _run("pg_restore", engine, *options, str(dump))


def clear(url: str) -> None:
    """Takes everything out of a database that was filled by `restore`."""
    with _engine(url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")


@contextmanager
def trial_database(url: str) -> Iterator[str]:
    """The address of an empty database on the same server, which is dropped afterwards."""
    name = f"labflow_trial_{secrets.token_hex(4)}"
    with _engine(url) as engine, engine.connect() as connected:
        connection = connected.execution_options(isolation_level="AUTOCOMMIT")
        try:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
        except DBAPIError as error:
            raise NoTrialDatabase from error
        try:
            yield engine.url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _engine(url: str) -> Iterator[sa.Engine]:
    engine = make_engine(url, patient=True)
    try:
        yield engine
    finally:
        engine.dispose()


def _run(tool: str, engine: sa.Engine, *options: str) -> None:
    program = _program(tool, at_least=_server_major(engine))
    _, target = engine.dialect.create_connect_args(engine.url)
    target.pop("context", None)  # SQLAlchemy's own
    target.setdefault("target_session_attrs", "read-write")
    # on the command line everybody on this machine could read it
    password = {"PGPASSWORD": target.pop("password")} if "password" in target else {}
    done = subprocess.run(  # noqa: S603  # a program of PostgreSQL, without a shell
        [program, "--no-password", f"--dbname={make_conninfo(**target)}", *options],
        env=os.environ | password,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # only the first line: what follows may show rows, and with them a child
        first = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[0]
        raise ToolFailed(tool=tool, fault=first[:_LONGEST_FAULT])


def _program(tool: str, *, at_least: int) -> str:
    program = shutil.which(tool)
    if program is None:
        raise ToolMissing(tool=tool, major=at_least, found="")
    asked = [program, "--version"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603  # no shell
    major = re.search(r"\d+", told.stdout)
    if major is None or int(major[0]) < at_least:
        found = f", only version {major[0] if major else 'unknown'}"
        raise ToolMissing(tool=tool, major=at_least, found=found)
    return program


def _server_major(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
