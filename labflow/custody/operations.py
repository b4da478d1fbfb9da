"""Recording custody: one entry on each sample's chain, in the transaction that changes the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlmodel import Session

from .. import ledger
from ..foundation.act import Act
from .lifecycle import CustodyKind


class _Keep:
    """The holder or place stays what it was."""


KEEP: Final = _Keep()


def record(
    session: Session,
    chain_ids: Sequence[int],
    kind: CustodyKind,
    *,
    act: Act,
    holder: str | _Keep | None = KEEP,
    place: str | _Keep | None = KEEP,
    details: Mapping[str, Any] | None = None,
) -> None:
    """One entry of this kind on each chain; raises AlreadyRecorded when the same act was recorded before."""
    ends = ledger.ends(session, chain_ids, lock=True)
    rows, moved = [], []
    for chain_id in chain_ids:
        end = ends[chain_id]
        part = act.part(f"{kind} {end.name}")
        row, end = link(end, kind, act=part, holder=holder, place=place, details=details)
        rows.append(row)
        moved.append(end)
    ledger.write(session, rows, moved)


def link(
    end: ledger.End,
    kind: CustodyKind,
    *,
    act: Act,
    holder: str | _Keep | None = KEEP,
    place: str | _Keep | None = KEEP,
    details: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], ledger.End]:
    """The next entry on this end, not yet written, and the new end. The entry has the act's own event id."""
    fact = ledger.Fact(
        event_id=act.event_id,
        kind=kind.value,
        actor=act.badge,
        station=act.place,
        occurred_at=act.occurred_at,
        recorded_at=act.at,
        holder=end.holder if isinstance(holder, _Keep) else holder,
        place=end.place if isinstance(place, _Keep) else place,
        payload={"read_by": act.read_by.value, **(details or {})},
    )
    return ledger.extend(end, fact, salt=act.rng.randbytes(ledger.SALT_BYTES))
