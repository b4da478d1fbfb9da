"""Where samples are, who holds them, and what happened to them: derived from their entries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from .. import ledger
from ..foundation.columns import table_of
from ..samples import Sample
from .lifecycle import HL7_TRIGGER, CustodyKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where a sample is since when: `holder` a badge, `place` a place code, either or both unknown."""

    holder: str | None
    place: str | None
    since: datetime
    kind: CustodyKind
    actor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CustodyEntry:
    """One act of a sample's chain, as people read it. `hl7` is the table 0003 trigger or nothing."""

    number: int
    kind: CustodyKind
    hl7: str
    actor: str
    station: str | None
    holder: str | None
    place: str | None
    from_holder: str | None
    from_place: str | None
    occurred_at: datetime
    recorded_at: datetime
    read_by: str
    late: bool
    details: dict[str, Any]
    event_id: str
    leaf_hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A sample with the end of its chain and its last act: all that a scan decides on."""

    id: int
    code: str
    state: str
    case_id: int
    labelled: bool
    end: ledger.End
    last: Position | None


def position(session: Session, chain_ids: Iterable[int]) -> dict[int, Position]:
    """The present position by chain."""
    return {
        chain_id: position_after(entry) for chain_id, entry in ledger.last_entries(session, chain_ids).items()
    }


def position_after(entry: Any) -> Position:
    """The position that this entry left; after a reversal, who did the act that stands again, and when."""
    told = json.loads(entry.payload) if entry.kind == CustodyKind.REVERSED else {}
    return Position(
        holder=entry.holder,
        place=entry.place,
        since=datetime.fromisoformat(told["done_at"]) if "done_at" in told else entry.occurred_at,
        kind=standing(entry.kind, entry.payload),
        actor=told.get("done_by", entry.actor),
    )


def standing(kind: str, payload: str) -> CustodyKind:
    """The kind of act that stands: after a reversal, the one before what was reversed."""
    if kind == CustodyKind.REVERSED:
        return CustodyKind(json.loads(payload)["restores"])
    return CustodyKind(kind)


def timeline(session: Session, chain_id: int) -> list[CustodyEntry]:
    """Every act of one chain, first to last."""
    return [_read(entry) for entry in ledger.entries(session, chain_id)]


def last_entries(session: Session, chain_ids: Iterable[int]) -> dict[int, CustodyEntry]:
    """The last act of each chain that has one."""
    found = ledger.last_entries(session, chain_ids)
    return {chain_id: _read(entry) for chain_id, entry in found.items()}


def _read(entry: ledger.Entry) -> CustodyEntry:
    body, payload = json.loads(entry.body), json.loads(entry.payload)
    kind = CustodyKind(entry.kind)
    return CustodyEntry(
        number=entry.number,
        kind=kind,
        hl7=HL7_TRIGGER.get(kind, ""),
        actor=entry.actor,
        station=body["station"],
        holder=entry.holder,
        place=entry.place,
        from_holder=body["from"]["holder"],
        from_place=body["from"]["place"],
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        read_by=payload.pop("read_by"),
        late=payload.pop("late", "") == "yes",
        details=payload,
        event_id=str(entry.event_id),
        leaf_hash=entry.leaf_hash.hex(),
    )


_SAMPLES, _CHAINS, _ENTRIES = table_of(Sample), table_of(ledger.Chain), table_of(ledger.Entry)
_HELD = (
    sa.select(
        _SAMPLES.c.id,
        _SAMPLES.c.code,
        _SAMPLES.c.state,
        _SAMPLES.c.case_id,
        _SAMPLES.c.labelled_at,
        _CHAINS.c.id.label("chain_id"),
        _CHAINS.c.name,
        _CHAINS.c.length,
        _CHAINS.c.head,
        _ENTRIES.c.holder,
        _ENTRIES.c.place,
        _ENTRIES.c.kind,
        _ENTRIES.c.payload,
        _ENTRIES.c.actor,
        _ENTRIES.c.occurred_at,
    )
    .select_from(
        _SAMPLES.join(_CHAINS, _CHAINS.c.id == _SAMPLES.c.chain_id).outerjoin(
            _ENTRIES, (_ENTRIES.c.chain_id == _CHAINS.c.id) & (_ENTRIES.c.number == _CHAINS.c.length)
        )
    )
    .where(_SAMPLES.c.code.in_(sa.bindparam("codes", expanding=True)))
)
_LOCK = (
    sa.select(_CHAINS.c.id)
    .join(_SAMPLES, _SAMPLES.c.chain_id == _CHAINS.c.id)
    .where(_SAMPLES.c.code.in_(sa.bindparam("codes", expanding=True)))
    .order_by(_CHAINS.c.id)
    .with_for_update(of=_CHAINS)
)


def held(session: Session, codes: Sequence[str]) -> dict[str, Held]:
    """The samples with these codes, by code, locked against other writers until the transaction ends."""
    connection = session.connection()
    wanted = {"codes": list(dict.fromkeys(codes))}
    if connection.dialect.name != "sqlite":  # SQLite's one write lock is held already
        connection.execute(_LOCK, wanted)
    return {row.code: _held(row) for row in connection.execute(_HELD, wanted)}


def _held(row: Any) -> Held:
    end = ledger.End(**{name: row._mapping[name] for name in _END})
    last = position_after(row) if row.kind is not None else None
    labelled = row.labelled_at is not None
    return Held(
        id=row.id, code=row.code, state=row.state, case_id=row.case_id, labelled=labelled, end=end, last=last
    )


_END = ("chain_id", "name", "length", "head", "holder", "place")


def chains_of(session: Session, sample_ids: Iterable[int]) -> dict[int, int]:
    """The chain of each sample."""
    rows = session.connection().execute(
        sa.select(col(Sample.id), col(Sample.chain_id)).where(col(Sample.id).in_(list(sample_ids)))
    )
    return dict(rows.tuples().all())
