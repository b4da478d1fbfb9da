"""Appending. The caller holds the lock on the chains (`queries.ends(..., lock=True)`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from ..foundation.columns import table_of
from ..foundation.errors import Conflict
from .chain import EMPTY_HEAD, End
from .tables import Chain, Entry

_CHAINS, _ENTRIES = table_of(Chain), table_of(Entry)
_INSERT = sa.insert(_ENTRIES)
_MOVE_HEAD = (
    sa.update(_CHAINS)
    .where(_CHAINS.c.id == sa.bindparam("chain"), _CHAINS.c.length < sa.bindparam("new_length"))
    .values(length=sa.bindparam("new_length"), head=sa.bindparam("new_head"))
)


class AlreadyRecorded(Conflict):
    """This act was already recorded.

    Open the page again to see the present state.
    """


def open_chains(session: Session, names: Sequence[UUID]) -> list[int]:
    """New empty chains with these names; their row ids in the same order."""
    rows = [{"name": name, "length": 0, "head": EMPTY_HEAD} for name in names]
    statement = sa.insert(Chain).returning(col(Chain.id), sort_by_parameter_order=True)
    return list(session.connection().execute(statement, rows).scalars()) if rows else []


def open_chain(session: Session, *, name: UUID) -> int:
    """One new empty chain; its row id."""
    return open_chains(session, [name])[0]


def write(session: Session, rows: Sequence[dict[str, Any]], ends: Sequence[End]) -> None:
    """Store entry rows (of `chain.extend`) and the chains' last ends; raises AlreadyRecorded."""
    if not rows:
        return
    connection = session.connection()
    try:
        connection.execute(_INSERT, list(rows))
    except sa.exc.IntegrityError as error:
        raise AlreadyRecorded from error
    heads = [{"chain": end.chain_id, "new_length": end.length, "new_head": end.head} for end in ends]
    connection.execute(_MOVE_HEAD, heads)
