"""Recording custody: one entry on each sample's chain, in the transaction that changes the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from sqlmodel import Session

from .. import ledger
from ..foundation.act import Act
from .lifecycle import CustodyKind


class _Keep:
    """The holder or place stays what it was."""


KEEP: Final = _Keep()
_LATE = {"late": "yes"}


@dataclass(frozen=True)
class NewEntry:
    """What to record on samples: the kind of act, and holder and place after it."""

    kind: CustodyKind
    act: Act
    holder: str | _Keep | None = KEEP
    place: str | _Keep | None = KEEP
    details: Mapping[str, Any] | None = None


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
    record_all(session, chain_ids, [NewEntry(kind, act, holder=holder, place=place, details=details)])


def record_all(session: Session, chain_ids: Sequence[int], new: Sequence[NewEntry]) -> None:
    """Each new entry, in their order, on each chain; raises what `record` raises."""
    if not chain_ids:
        return
    ends = ledger.ends(session, chain_ids, lock=True)
    rows = []
    for one, chain_id in product(new, chain_ids):
        end = ends[chain_id]
        part = one.act.part(f"{one.kind} {end.name}")
        row, ends[chain_id] = link(
            end, one.kind, act=part, holder=one.holder, place=one.place, details=one.details
        )
        rows.append(row)
    ledger.write(session, rows, [ends[chain_id] for chain_id in chain_ids])


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
        payload={"read_by": act.read_by.value, **(_LATE if act.late else {}), **(details or {})},
    )
    return ledger.extend(end, fact, salt=act.rng.randbytes(ledger.SALT_BYTES))
