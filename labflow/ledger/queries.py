"""Reading chains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from ..foundation.columns import table_of
from .chain import End
from .tables import Chain, Entry


def ends(session: Session, chain_ids: Iterable[int], *, lock: bool = False) -> dict[int, End]:
    """The ends of these chains by row id; `lock` keeps other writers off them until the transaction ends."""
    connection, wanted = session.connection(), {"chains": sorted(set(chain_ids))}
    if lock and connection.dialect.name != "sqlite":  # SQLite's one write lock is held already
        # in one order, so that two writers of the same samples never wait for each other
        connection.execute(_LOCK, wanted)
    return {row.chain_id: End(**row._mapping) for row in connection.execute(_ENDS, wanted)}


_CHAINS, _ENTRIES = table_of(Chain), table_of(Entry)
_LAST = (_ENTRIES.c.chain_id == _CHAINS.c.id) & (_ENTRIES.c.number == _CHAINS.c.length)
_WANTED = _CHAINS.c.id.in_(sa.bindparam("chains", expanding=True))
_LOCK = sa.select(_CHAINS.c.id).where(_WANTED).order_by(_CHAINS.c.id).with_for_update()
_ENDS = (
    sa.select(
        _CHAINS.c.id.label("chain_id"),
        _CHAINS.c.name,
        _CHAINS.c.length,
        _CHAINS.c.head,
        _ENTRIES.c.holder,
        _ENTRIES.c.place,
    )
    .select_from(_CHAINS.outerjoin(_ENTRIES, _LAST))
    .where(_WANTED)
)


def entries(session: Session, chain_id: int) -> Sequence[Entry]:
    """The entries of one chain, first to last."""
    return session.exec(select(Entry).where(Entry.chain_id == chain_id).order_by(col(Entry.number))).all()


def last_entries(session: Session, chain_ids: Iterable[int]) -> dict[int, Entry]:
    """The last entry of each chain that has one."""
    last = (
        select(Entry)
        .join(Chain, (col(Chain.id) == Entry.chain_id) & (col(Chain.length) == Entry.number))
        .where(col(Chain.id).in_(set(chain_ids)))
    )
    return {entry.chain_id: entry for entry in session.exec(last)}
