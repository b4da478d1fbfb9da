"""A synchronous PostgreSQL without a standby: labflow reads, and saves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from labflow.foundation.database import Database
from labflow.foundation.standby import NoStandby

pytestmark = pytest.mark.postgres
_QUESTION = sa.text("SELECT 1")


def test_without_a_standby_nothing_is_saved_and_everything_is_read(postgresql_url: str) -> None:
    with synchronous(postgresql_url):
        database = Database(postgresql_url)
        with pytest.raises(NoStandby), database.writing() as session:
            session.execute(_QUESTION)
        with database.reading() as session:
            assert session.execute(_QUESTION).scalar() == 1
        database.close()


def test_a_postgresql_of_one_machine_saves_alone(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.writing() as session:
        session.execute(sa.text("CREATE TABLE kept (number integer)"))
    with database.reading() as session:
        assert session.execute(sa.text("SELECT count(*) FROM kept")).scalar() == 0
    database.close()


@contextmanager
def synchronous(url: str) -> Iterator[None]:
    """The server acknowledges only what a second machine has too; there is none."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    try:
        _standbys(engine, "*")
        yield
    finally:
        _standbys(engine, "")


def _standbys(engine: sa.Engine, names: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    while True:
        with engine.connect() as connection:
            if connection.exec_driver_sql("SHOW synchronous_standby_names").scalar() == names:
                return
