"""Reading the log forward: what was put into it after a place that the reader remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from ..foundation.columns import table_of
from .tables import Entry, Leaf

_ENTRIES, _LEAVES = table_of(Entry), table_of(Leaf)
_WHERE = (_LEAVES.c.log_id, _LEAVES.c.leaf_index)


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedEntry:
    """An entry with its leaf; entries of one chain stand in the log in their own order."""

    log_id: int
    leaf_index: int
    chain_id: int
    event_id: UUID
    kind: str
    payload: str
    place: str | None
    occurred_at: datetime
    recorded_at: datetime


_COLUMNS = (
    *_WHERE,
    *(_ENTRIES.c[name] for name in LoggedEntry.__slots__ if name not in ("log_id", "leaf_index")),
)
_AFTER = (
    sa.select(*_COLUMNS)
    .select_from(_LEAVES.join(_ENTRIES, _LEAVES.c.entry_id == _ENTRIES.c.id))
    .where(sa.tuple_(*_WHERE) > sa.tuple_(sa.bindparam("log_id"), sa.bindparam("leaf_index")))
    .order_by(*_WHERE)
    .limit(sa.bindparam("most"))
)


def logged_after(session: Session, log_id: int, leaf_index: int, *, most: int) -> Sequence[LoggedEntry]:
    """At most so many entries that stand after this leaf, in the order of the log."""
    rows = session.connection().execute(_AFTER, {"log_id": log_id, "leaf_index": leaf_index, "most": most})
    return [LoggedEntry(**row._mapping) for row in rows]


def end_of_log(session: Session) -> tuple[int, int]:
    """The log that goes on and the index of its last leaf; (0, -1) before there is any."""
    last = sa.select(*_WHERE).order_by(*(column.desc() for column in _WHERE)).limit(1)
    row = session.connection().execute(last).one_or_none()
    return (row.log_id, row.leaf_index) if row else (0, -1)
