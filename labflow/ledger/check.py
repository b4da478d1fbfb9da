"""Re-computing every chain from its stored bytes and naming the first entry that does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import rfc8785
import sqlalchemy as sa
from sqlmodel import Session

from ..foundation.columns import table_of
from .chain import EMPTY_HEAD, commitment, instant
from .tables import Chain, Entry
from .tree import leaf_hash

_BATCH = 5_000


@dataclass(frozen=True, kw_only=True)
class Fault:
    """The first thing in a chain that does not fit: which chain, which entry, and what."""

    chain: str
    number: int
    what: str

    def __str__(self) -> str:
        return f"chain {self.chain}, entry {self.number}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class Check:
    """What a check found. `faults` holds the first fault of each chain that has one."""

    chains: int
    entries: int
    faults: tuple[Fault, ...]


def check(session: Session) -> Check:
    """Every chain re-computed."""
    chains = {row.id: row for row in session.connection().execute(sa.select(table_of(Chain)))}
    seen, total, faults = set(), 0, []
    for chain_id, rows in groupby(_stored(session), key=lambda row: row.chain_id):
        links = list(rows)
        seen.add(chain_id)
        total += len(links)
        faults.append(_chain_fault(chains.get(chain_id), links))
    faults += [_chain_fault(chain, []) for chain_id, chain in chains.items() if chain_id not in seen]
    return Check(chains=len(chains), entries=total, faults=tuple(fault for fault in faults if fault))


def _stored(session: Session) -> Iterator[Any]:
    table = table_of(Entry)
    ordered = sa.select(table).order_by(table.c.chain_id, table.c.number)
    yield from session.connection().execution_options(yield_per=_BATCH).execute(ordered)


def _chain_fault(chain: Any, links: list[Any]) -> Fault | None:
    if chain is None:
        return Fault(chain="unknown", number=links[0].number, what="the entry belongs to no chain")
    head = EMPTY_HEAD
    for expected, link in enumerate(links, start=1):
        if link.number != expected:
            return Fault(chain=str(chain.name), number=expected, what="the entry is missing")
        what = _entry_fault(chain, link, head)
        if what:
            return Fault(chain=str(chain.name), number=link.number, what=what)
        head = link.leaf_hash
    if chain.length != len(links) or chain.head != head:
        what = f"the chain ends here, but {chain.length} entries were recorded"
        return Fault(chain=str(chain.name), number=len(links) + 1, what=what)
    return None


def _entry_fault(chain: Any, link: Any, head: bytes) -> str | None:
    if leaf_hash(link.body) != link.leaf_hash:
        return "its bytes were changed"
    try:
        body = json.loads(link.body)
    except ValueError:
        return "its bytes are not JSON"
    if rfc8785.dumps(body) != link.body:
        return "its bytes are not canonical"
    if body["prev"] != head.hex():
        return "it does not follow the entry before it"
    for field, stored in _columns(chain, link).items():
        if body[field] != stored:
            return f"its {field} differs from its bytes"
    if body["to"] != {"holder": link.holder, "place": link.place}:
        return "its holder or place differs from its bytes"
    if body["commit"] != commitment(link.salt, link.payload.encode()):
        return "its details differ from its bytes"
    return None


def _columns(chain: Any, link: Any) -> dict[str, Any]:
    return {
        "container": str(chain.name),
        "cseq": link.number,
        "event_id": str(link.event_id),
        "type": link.kind,
        "actor": link.actor,
        "occurred_at": instant(link.occurred_at),
        "recorded_at": instant(link.recorded_at),
    }
