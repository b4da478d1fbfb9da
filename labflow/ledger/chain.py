"""One hash chain of evidence. The rules, which `labflow ledger check` repeats one by one:

1. An entry's bytes are the RFC 8785 JSON of its fields, kept verbatim; nothing in them names a child.
2. `cseq` counts 1, 2, 3 … within a chain without a hole.
3. `prev` is the leaf hash of the entry before, 32 zero bytes for the first.
4. The leaf hash is SHA-256 of a zero byte and the entry's bytes (RFC 6962).
5. `commit` is SHA-256 of the salt and the payload's bytes; both may be erased, and the chain still holds.
6. The chain's own row names the number of its entries and the last leaf hash.

Pure: no clock, no database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785

from .tree import leaf_hash

VERSION = 1
EMPTY_HEAD = bytes(32)
SALT_BYTES = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """The end of a chain: what the next entry builds on. `holder` and `place` are those of the last entry."""

    chain_id: int
    name: UUID
    length: int
    head: bytes
    holder: str | None = None
    place: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """What an entry records. Times are aware; `holder` and `place` are where the thing is after the act.

    `log` is for the log's own entries only: what it goes on from, for everybody to read.
    """

    event_id: UUID
    kind: str
    actor: str
    station: str | None
    occurred_at: datetime
    recorded_at: datetime
    holder: str | None
    place: str | None
    payload: Mapping[str, Any]
    log: Mapping[str, Any] | None = None


def extend(end: End, fact: Fact, *, salt: bytes) -> tuple[dict[str, Any], End]:
    """The row of the next entry (columns of `entries`), and the chain's new end."""
    told = dict(fact.payload)
    only_words = all(isinstance(value, str) for value in told.values())
    payload = _canonical(told) if only_words else rfc8785.dumps(told)
    number = end.length + 1
    body = _canonical(_fields(end, fact, number, commitment(salt, payload)))
    leaf = leaf_hash(body)
    row = {
        "chain_id": end.chain_id,
        "number": number,
        "event_id": fact.event_id,
        "kind": fact.kind,
        "actor": fact.actor,
        "place": fact.place,
        "holder": fact.holder,
        "occurred_at": fact.occurred_at,
        "recorded_at": fact.recorded_at,
        "payload": payload.decode(),
        "salt": salt,
        "body": body,
        "leaf_hash": leaf,
    }
    return row, replace(end, length=number, head=leaf, holder=fact.holder, place=fact.place)


def _fields(end: End, fact: Fact, number: int, commit: str) -> dict[str, Any]:
    return {
        "v": VERSION,
        "event_id": str(fact.event_id),
        "container": str(end.name),
        "cseq": number,
        "prev": end.head.hex(),
        "type": fact.kind,
        "actor": fact.actor,
        "station": fact.station,
        "recorded_at": instant(fact.recorded_at),
        "occurred_at": instant(fact.occurred_at),
        "from": {"holder": end.holder, "place": end.place},
        "to": {"holder": fact.holder, "place": fact.place},
        "commit": commit,
        **({"log": dict(fact.log)} if fact.log is not None else {}),
    }


def _canonical(fields: dict[str, Any]) -> bytes:
    """RFC 8785 JSON: with ASCII names and no fractions, as here, `json` writes the same bytes, and faster."""
    return _ENCODE(fields).encode()


_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def commitment(salt: bytes, payload: bytes) -> str:
    """The salted commitment to a payload, 64 hex digits."""
    return hashlib.sha256(salt + payload).hexdigest()


def instant(moment: datetime) -> str:
    """A time as it stands in an entry: UTC, microseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
