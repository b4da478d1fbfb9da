"""A copy of the embedded database while it is in use."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

from ..foundation.database import Database
from ..foundation.errors import Refused


class NotEmbedded(Refused):
    """This laboratory's data are in {dialect}, not in labflow's own file.

    Use the database's own tool (for PostgreSQL: pg_dump), as docs/operations.md says.
    """


class BackupExists(Refused):
    """{path} exists already. Nothing was written.

    Choose another folder, or wait a second.
    """


def back_up(db: Database, folder: Path, *, now: datetime) -> Path:
    """The path of a complete, consistent copy; scans go on while it is made."""
    if db.dialect != "sqlite":
        raise NotEmbedded(dialect=db.dialect)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"labflow-{now:%Y%m%d-%H%M%S}.db"
    if path.exists():
        raise BackupExists(path=path)
    # the raw connection, because VACUUM stands outside of transactions
    with closing(db.engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM INTO ?", [str(path)])
    path.chmod(0o600)
    return path
