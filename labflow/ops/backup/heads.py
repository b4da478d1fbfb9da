"""How far a ledger goes: read when a backup is made, and again when it is restored."""

from __future__ import annotations

import sqlalchemy as sa

from ...foundation.columns import table_of
from ...ledger import Checkpoint, Entry, Log
from .manifest import LedgerHead, LogHead

_ENTRIES, _LOGS, _CHECKPOINTS = table_of(Entry), table_of(Log), table_of(Checkpoint)


def ledger_head(connection: sa.Connection) -> LedgerHead:
    """The end of the ledger as this connection sees it, also on a schema that had no log yet."""
    entries = connection.execute(sa.select(sa.func.count()).select_from(_ENTRIES)).scalar_one()
    last = sa.select(_ENTRIES.c.leaf_hash).order_by(_ENTRIES.c.id.desc()).limit(1)
    last_hash = connection.execute(last).scalar()
    has_log = sa.inspect(connection).has_table(_CHECKPOINTS.name)
    return LedgerHead(
        entries=entries,
        last_entry=last_hash.hex() if last_hash else "",
        log=_log_head(connection) if has_log else None,
    )


def origins(connection: sa.Connection) -> set[str]:
    """The names of every log that this database ever went on."""
    if not sa.inspect(connection).has_table(_LOGS.name):
        return set()
    return set(connection.execute(sa.select(_LOGS.c.origin)).scalars())


def _log_head(connection: sa.Connection) -> LogHead | None:
    newest = (
        sa.select(_LOGS.c.origin, _CHECKPOINTS)
        .join(_LOGS, _LOGS.c.id == _CHECKPOINTS.c.log_id)
        .order_by(_CHECKPOINTS.c.log_id.desc(), _CHECKPOINTS.c.size.desc())
        .limit(1)
    )
    row = connection.execute(newest).first()
    return LogHead(origin=row.origin, size=row.size, root=row.root.hex(), note=row.note) if row else None
