from __future__ import annotations

import pytest
import sqlalchemy as sa

from labflow.foundation.database import Database
from labflow.migrations import current, downgrade, drift, newest, upgrade


def test_the_migrated_schema_equals_the_models(empty_url: str) -> None:
    upgrade(empty_url)
    database = Database(empty_url)
    assert drift(database.engine) == []
    assert current(database.engine) == newest()
    database.close()


def test_migrations_go_down_and_up_again(empty_url: str) -> None:
    upgrade(empty_url)
    downgrade(empty_url, "base")
    database = Database(empty_url)
    assert sa.inspect(database.engine).get_table_names() == ["alembic_version"]
    upgrade(empty_url)
    assert drift(database.engine) == []
    database.close()


def test_upgrading_twice_changes_nothing(empty_url: str) -> None:
    upgrade(empty_url)
    upgrade(empty_url)
    database = Database(empty_url)
    assert current(database.engine) == newest()
    database.close()


def test_an_unknown_state_is_refused_by_the_database(database: Database) -> None:
    statement = sa.text(
        "INSERT INTO bags (code, state, temperature, opened_by, opened_at) "
        "VALUES ('TX', 'banana', 'room', 1, '2026-11-20 09:00:00')"
    )
    with pytest.raises(sa.exc.IntegrityError), database.writing() as session:
        session.connection().execute(statement)
