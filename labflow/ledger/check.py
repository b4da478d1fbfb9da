"""Re-computing every chain from its stored bytes and naming the first entry that does not fit.

Nearly all entries take the short way: what an entry's bytes must be follows from its columns and the entry
before it, all but the station, so they are compared as they stand. Only bytes that differ are read as JSON,
to say what is wrong with them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import rfc8785
import sqlalchemy as sa
from sqlmodel import Session

from ..foundation.columns import table_of
from .chain import EMPTY_HEAD, VERSION, commitment, instant
from .tables import Chain, Entry, Leaf
from .tree import leaf_hash

_BATCH = 2_000
_COLUMNS = {"to": "holder or place", "from": "former holder or place"}
_CHAINS, _ENTRIES, _LEAVES = table_of(Chain), table_of(Entry), table_of(Leaf)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that does not fit: where, as far as that can be told, and what."""

    what: str
    chain: str = ""
    number: int = 0
    log: str = ""
    leaf: int | None = None

    def __str__(self) -> str:
        entry = f"chain {self.chain}, entry {self.number}" if self.chain else ""
        leaf = f"leaf {self.leaf}" if self.leaf is not None else ""
        return f"{', '.join(part for part in (entry, self.log, leaf) if part)}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class Check:
    """What a check found. `faults` holds the first fault of each chain that has one."""

    chains: int
    entries: int
    faults: tuple[Fault, ...]


def check(session: Session, *, told: Callable[[int], object] = lambda entries: None) -> Check:
    """Every chain re-computed; `told` hears how many entries more were read."""
    chains = entries = unheard = 0
    faults, link = [], _Link()
    for row in _stored(session):
        if row.chain_id != link.chain_id:
            faults += [link.end()] if chains else []
            chains, link = chains + 1, _Link(row)
        if row.number is None:
            continue
        entries, unheard = entries + 1, unheard + 1
        link.follow(row)
        if unheard == _BATCH:
            told(unheard)
            unheard = 0
    told(unheard)
    faults += [link.end()] if chains else []
    found = [fault for fault in faults if fault is not None]
    return Check(chains=chains, entries=entries, faults=tuple(found + _without_a_chain(session)))


def _stored(session: Session) -> Iterator[Any]:
    """Every chain with its entries in order, each with its leaf; an empty chain has one row without entry."""
    found = (
        sa.select(
            _CHAINS.c.id.label("chain_id"),
            *_CHAINS.c["name", "length", "head"],
            *_ENTRIES.c[
                "number", "event_id", "kind", "actor", "place", "holder", "occurred_at", "recorded_at"
            ],
            *_ENTRIES.c["payload", "salt", "body", "leaf_hash"],
            *_LEAVES.c["log_id", "leaf_index"],
        )
        .select_from(_CHAINS)
        .outerjoin(_ENTRIES, _ENTRIES.c.chain_id == _CHAINS.c.id)
        .outerjoin(_LEAVES, _LEAVES.c.entry_id == _ENTRIES.c.id)
        .order_by(_CHAINS.c.id, _ENTRIES.c.number)
    )
    yield from session.connection().execution_options(yield_per=_BATCH).execute(found)


def _without_a_chain(session: Session) -> list[Fault]:
    stray = sa.select(_ENTRIES.c.chain_id, _ENTRIES.c.number).where(
        ~sa.exists().where(_CHAINS.c.id == _ENTRIES.c.chain_id)
    )
    return [
        Fault(chain=f"unknown ({row.chain_id})", number=row.number, what="the entry belongs to no chain")
        for row in session.connection().execute(stray.limit(_BATCH))
    ]


class _Link:
    """How far a chain was followed, and its first fault."""

    def __init__(self, chain: Any = None) -> None:
        self.chain_id = chain.chain_id if chain else None
        self._chain, self._name = chain, str(chain.name) if chain else ""
        self._length, self._head = 0, EMPTY_HEAD
        self._holder: str | None = None
        self._place: str | None = None
        self._leaf: tuple[int, int] | None = (0, -1)
        self._fault: Fault | None = None

    def follow(self, row: Any) -> None:
        """The next entry of this chain."""
        if self._fault is not None:
            return
        if row.number != self._length + 1:
            twice = row.number == self._length
            self._refuse(
                self._length + 1 - twice, "it is there twice" if twice else "the entry is missing", row
            )
            return
        what = self._body_fault(row) or self._leaf_fault(row)
        if what:
            self._refuse(row.number, what, row)
        self._length, self._head = row.number, row.leaf_hash
        self._holder, self._place = row.holder, row.place

    def end(self) -> Fault | None:
        """The chain's first fault, once its last entry was followed."""
        if self._fault is None and (self._chain.length, self._chain.head) != (self._length, self._head):
            what = f"the chain ends here, but {self._chain.length} entries were recorded"
            self._refuse(self._length + 1, what, None)
        return self._fault

    def _refuse(self, number: int, what: str, row: Any) -> None:
        leaf = row.leaf_index if row is not None and row.number == number else None
        self._fault = Fault(chain=self._name, number=number, leaf=leaf, what=what)

    def _leaf_fault(self, row: Any) -> str | None:
        """The entries of a chain stand in the log in their order; the last ones may not be in it yet."""
        before, self._leaf = self._leaf, None if row.log_id is None else (row.log_id, row.leaf_index)
        if self._leaf is not None and (before is None or before >= self._leaf):
            return "it stands in the log before the entry before it"
        return None

    def _body_fault(self, row: Any) -> str | None:
        commit = commitment(row.salt, row.payload.encode())
        if leaf_hash(row.body) == row.leaf_hash and self._is_as_expected(row, commit):
            return None
        return self._named_fault(row, commit)

    def _is_as_expected(self, row: Any, commit: str) -> bool:
        """Whether the bytes are the canonical JSON of what the columns and the entry before say."""
        before = (
            f'{{"actor":{_json(row.actor)},"commit":"{commit}","container":"{self._name}","cseq":{row.number},'
            f'"event_id":"{row.event_id}","from":{{"holder":{_json(self._holder)},"place":{_json(self._place)}}},'
            f'"occurred_at":"{instant(row.occurred_at)}","prev":"{self._head.hex()}",'
            f'"recorded_at":"{instant(row.recorded_at)}","station":'
        ).encode()
        after = (
            f',"to":{{"holder":{_json(row.holder)},"place":{_json(row.place)}}},'
            f'"type":{_json(row.kind)},"v":{VERSION}}}'
        ).encode()
        body: bytes = row.body
        station = body[len(before) : len(body) - len(after)]
        return body == before + station + after and _is_text_or_null(station)

    def _named_fault(self, row: Any, commit: str) -> str | None:
        if leaf_hash(row.body) != row.leaf_hash:
            return "its bytes were changed"
        try:
            body = json.loads(row.body)
        except ValueError:
            return "its bytes are not JSON"
        if not isinstance(body, dict) or rfc8785.dumps(body) != row.body:
            return "its bytes are not canonical"
        if body.get("prev") != self._head.hex():
            return "it does not follow the entry before it"
        for field, expected in self._expected(row).items():
            if body.get(field) != expected:
                return f"its {_COLUMNS.get(field, field)} differs from its bytes"
        if body.get("commit") != commit:
            return "its details differ from its bytes"
        return None

    def _expected(self, row: Any) -> dict[str, Any]:
        return {
            "container": self._name,
            "cseq": row.number,
            "event_id": str(row.event_id),
            "type": row.kind,
            "actor": row.actor,
            "occurred_at": instant(row.occurred_at),
            "recorded_at": instant(row.recorded_at),
            "from": {"holder": self._holder, "place": self._place},
            "to": {"holder": row.holder, "place": row.place},
            "v": VERSION,
        }


@lru_cache(maxsize=10_000)
def _json(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)


@lru_cache(maxsize=10_000)
def _is_text_or_null(data: bytes) -> bool:
    try:
        value = json.loads(data)
    except ValueError:
        return False
    return (value is None or isinstance(value, str)) and _json(value).encode() == data
