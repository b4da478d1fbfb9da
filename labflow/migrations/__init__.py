"""The schema's history: numbered, one purpose each, never edited."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from ..foundation.engines import make_engine

ROOMS = (
    "ledger",
    "staff",
    "patients",
    "orders",
    "procedures",
    "samples",
    "queues",
    "results",
    "labels",
    "custody",
)


def all_tables() -> sa.MetaData:
    """The metadata with every table of the house in it."""
    for room in ROOMS:
        import_module(f"labflow.{room}.tables")
    for module in ("answers", "duties", "alarms", "outbox", "backup_runs"):
        import_module(f"labflow.foundation.{module}")
    import_module("labflow.custody.overdue")
    return SQLModel.metadata


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to this revision."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Take the database back to this revision."""
    _run(url, lambda config: command.downgrade(config, revision))


def current(engine: sa.Engine) -> str | None:
    """The revision the database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The revision this version of labflow wants."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def knows(revision: str) -> bool:
    """Whether this version of labflow can bring a database of this revision to its own."""
    script = ScriptDirectory.from_config(_config())
    return any(known.revision == revision for known in script.walk_revisions())


def drift(engine: sa.Engine) -> list[object]:
    """Differences between the database and the models; empty when they are equal."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, all_tables()))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def _run(url: str, act: Callable[[Config], None]) -> None:
    # Tables are rebuilt with foreign keys off; SQLite checks them all afterwards.
    engine = make_engine(url, foreign_keys=False, patient=True)
    config = _config()
    try:
        with engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
            config.attributes["connection"] = connection
            act(config)
            if engine.dialect.name == "sqlite":
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise RuntimeError(f"the migration broke {len(broken)} foreign keys")
    finally:
        engine.dispose()
