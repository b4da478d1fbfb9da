"""What happened to samples, read forward from a place in the log: for those who are told of it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from .. import ledger
from ..samples import Sample
from .lifecycle import HL7_TRIGGER, CustodyKind
from .queries import standing


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleAct:
    """One act on a sample. `hl7` is its table 0003 trigger or nothing; a reversal has what it restores."""

    event_id: UUID
    sample: str
    container: str
    kind: CustodyKind
    reversal: bool
    hl7: str
    place: str | None
    reasons: tuple[str, ...]
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class Followed:
    """The acts after a place in the log, and the place up to which they go."""

    acts: list[SampleAct]
    log_id: int
    leaf_index: int


def acts_after(session: Session, log_id: int, leaf_index: int, *, most: int) -> Followed:
    """The acts of at most so many entries after this leaf, each sample's in their own order."""
    logged = ledger.logged_after(session, log_id, leaf_index, most=most)
    of_chain = _samples(session, {entry.chain_id for entry in logged})
    acts = [_act(entry, of_chain[entry.chain_id]) for entry in logged if entry.chain_id in of_chain]
    if logged:
        log_id, leaf_index = logged[-1].log_id, logged[-1].leaf_index
    return Followed(acts=acts, log_id=log_id, leaf_index=leaf_index)


def _samples(session: Session, chain_ids: Collection[int]) -> dict[int, Any]:
    wanted = select(Sample.chain_id, Sample.code, Sample.container).where(col(Sample.chain_id).in_(chain_ids))
    return {row.chain_id: row for row in session.connection().execute(wanted)}


def _act(entry: ledger.LoggedEntry, sample: Any) -> SampleAct:
    kind = standing(entry.kind, entry.payload)
    told = json.loads(entry.payload)
    return SampleAct(
        event_id=entry.event_id,
        sample=sample.code,
        container=sample.container,
        kind=kind,
        reversal=entry.kind == CustodyKind.REVERSED,
        hl7=HL7_TRIGGER.get(kind, ""),
        place=entry.place,
        reasons=tuple(told.get("reasons", [])),
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
    )
