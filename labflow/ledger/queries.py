"""Reading chains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from .chain import End
from .tables import Chain, Entry


def ends(session: Session, chain_ids: Iterable[int], *, lock: bool = False) -> dict[int, End]:
    """The ends of these chains by row id; `lock` keeps other writers off them until the transaction ends."""
    wanted = sorted(set(chain_ids))
    if lock:
        # in one order, so that two writers of the same samples never wait for each other
        rows = sa.select(col(Chain.id)).where(col(Chain.id).in_(wanted)).order_by(col(Chain.id))
        session.connection().execute(rows.with_for_update())
    found = session.connection().execute(end_columns().where(col(Chain.id).in_(wanted)))
    return {row.id: End(chain_id=row.id, name=row.name, length=row.length, head=row.head,
                        holder=row.holder, place=row.place) for row in found}


def end_columns() -> sa.Select[tuple[int, object, int, bytes, str | None, str | None]]:
    """A chain with the holder and place of its last entry."""
    return sa.select(Chain.id, Chain.name, Chain.length, Chain.head, Entry.holder, Entry.place).select_from(
        sa.outerjoin(
            Chain, Entry, (col(Entry.chain_id) == Chain.id) & (col(Entry.number) == Chain.length)
        )
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
