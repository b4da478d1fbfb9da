"""Taking back the last act on a chain. Nothing is removed: one more entry says what it reverses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import takewhile
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlmodel import Session, col

from .. import ledger
from ..foundation.act import Act
from ..foundation.errors import Conflict
from .lifecycle import BagState, CustodyKind
from .operations import record
from .queries import position_after
from .tables import Bag, BagSample

_BAG_TIMES = ("sealed_at", "handed_over_at", "received_at", "reconciled_at", "check_began_at")


class SomethingFollowed(Conflict):
    """Something else was done with {thing} since, so this cannot be undone. Nothing was saved.

    Undo the later act first, or put it right with a new one.
    """


def reverse(session: Session, chain_id: int, event_id: UUID, *, thing: str, act: Act) -> None:
    """One entry that takes back what this event did at the end of the chain.

    Holder and place are those before it again. Raises SomethingFollowed when the event is not the last.
    """
    entries = ledger.entries(session, chain_id)
    own = _events_of(event_id, ledger.ends(session, [chain_id])[chain_id].name)
    undone = list(takewhile(lambda entry: entry.event_id in own, reversed(entries)))
    if not undone or len(undone) == len(entries):
        raise SomethingFollowed(thing=thing)
    before = entries[-len(undone) - 1]
    stands = position_after(before)
    details = {
        "reverses": ", ".join(f"{entry.number} {entry.kind}" for entry in reversed(undone)),
        "restores": stands.kind.value,
        "done_by": stands.actor,
        "done_at": stands.since.isoformat(),
    }
    record(
        session,
        [chain_id],
        CustodyKind.REVERSED,
        act=act,
        holder=before.holder,
        place=before.place,
        details=details,
    )


def _events_of(event_id: UUID, chain_name: UUID) -> set[UUID]:
    """Every id that an act with this event id may have given its entries on the chain (`record_all`)."""
    return {event_id, *(uuid5(event_id, f"{kind} {chain_name}") for kind in CustodyKind)}


def bag_condition(bag: Bag) -> dict[str, str | None]:
    """What the moves of a bag change of it."""
    times = {name: getattr(bag, name) for name in _BAG_TIMES}
    kept = {"state": bag.state.value, "to_place": bag.to_place}
    return kept | {name: at.isoformat() if at else None for name, at in times.items()}


def take_back_bag(bag: Bag, before: Mapping[str, str | None]) -> None:
    """The bag is in this `bag_condition` again."""
    bag.state, bag.to_place = BagState(before["state"] or ""), before["to_place"]
    for name in _BAG_TIMES:
        at = before[name]
        setattr(bag, name, datetime.fromisoformat(at) if at else None)


def take_back_packing(session: Session, sample_id: int, *, packed: bool, at: datetime) -> None:
    """What this act put into a bag comes out, and what it took out lies in its bag again."""
    own = col(BagSample.sample_id) == sample_id
    if packed:
        session.exec(sa.delete(BagSample).where(own, col(BagSample.packed_at) == at))
    left = sa.update(BagSample).where(own, col(BagSample.out_at) == at)
    session.exec(left.values(out_at=None, straggler=False, repacked=False))
    seen = sa.update(BagSample).where(own, col(BagSample.seen_at) == at)
    session.exec(seen.values(seen_at=None))
