"""After a lost tail: what was published and is no more, and the next log, whose first entry says so."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from ..foundation.columns import table_of
from .chain import SALT_BYTES, Fact, extend
from .log_files import LogFolder
from .note import Checkpoint as Head
from .operations import open_chain, write
from .queries import ends
from .sequencing import all_logs, bodies
from .standing import folder_of
from .tables import Entry, Leaf, Log
from .tiles import ENTRIES, WIDTH, Tile

_ENTRIES, _LEAVES = table_of(Entry), table_of(Leaf)
KIND = "log-opened"


@dataclass(frozen=True)
class Loss:
    """What a log's first entry says of the log before: its last published head, and the missing indexes.

    `first` up to, without, `end`; equal when nothing is missing.
    """

    head: Head
    first: int
    end: int

    def tells(self, published: Head) -> bool:
        """Whether it is about this head, and tells of everything that is missing up to it."""
        return (self.head, self.end) == (published, published.size)

    def as_fields(self) -> dict[str, object]:
        """As it stands in the entry, readable for everybody."""
        root = base64.b64encode(self.head.root).decode()
        return {
            "origin": self.head.origin,
            "size": self.head.size,
            "root": root,
            "missing": [self.first, self.end],
        }


@dataclass(frozen=True)
class LostEntry:
    """A published entry that the database no longer has, as its bytes in the log's files tell it."""

    leaf: int
    chain: str
    number: int
    kind: str
    recorded_at: str


def declared_losses(session: Session) -> dict[str, Loss]:
    """By the origin of a log, what its successor's first entry says about it."""
    first = (
        sa.select(_ENTRIES.c.body)
        .join(_LEAVES, _LEAVES.c.entry_id == _ENTRIES.c.id)
        .where(_LEAVES.c.log_id > 1, _LEAVES.c.leaf_index == 0)
    )
    told = (_loss(body) for body in session.connection().execute(first).scalars())
    return {loss.head.origin: loss for loss in told if loss is not None}


def _loss(body: bytes) -> Loss | None:
    try:
        told = json.loads(body)["log"]
        head = Head(told["origin"], int(told["size"]), base64.b64decode(told["root"]))
        first, end = (int(index) for index in told["missing"])
    except (ValueError, KeyError, TypeError):
        return None
    return Loss(head, first, end)


def loss_of(session: Session, log_id: int, folder: LogFolder, published: Head) -> Loss:
    """What the database lacks of what this head published: from the first entry that it has otherwise."""
    for first in range(0, published.size, WIDTH):
        width = min(WIDTH, published.size - first)
        files = folder.entries(Tile(ENTRIES, first // WIDTH, width))
        stored = bodies(session, log_id, first, first + width)
        same = next((n for n, (a, b) in enumerate(zip(files, stored, strict=False)) if a != b), len(stored))
        if same < width:
            return Loss(published, first + same, published.size)
    return Loss(published, published.size, published.size)


def lost_entries(folder: LogFolder, loss: Loss) -> list[LostEntry]:
    """The missing entries, from the files, where their bytes still stand."""
    found = []
    for first in range(loss.first // WIDTH * WIDTH, loss.end, WIDTH):
        width = min(WIDTH, loss.head.size - first)
        for leaf, body in enumerate(folder.entries(Tile(ENTRIES, first // WIDTH, width)), start=first):
            if leaf >= loss.first:
                found.append(_lost(leaf, body))
    return found


def _lost(leaf: int, body: bytes) -> LostEntry:
    told = json.loads(body)
    return LostEntry(leaf, told["container"], told["cseq"], told["type"], told["recorded_at"])


def next_id(session: Session, data: Path) -> int:
    """The number of the next log: one that neither the database nor the folder knows."""
    number = max([1, *(log.id for log in all_logs(session))])
    while folder_of(data, number).exists():
        number += 1
    return number


def open_log(
    session: Session,
    log: Log,
    loss: Loss | None,
    *,
    actor: str,
    now: datetime,
    rng: random.Random,
) -> None:
    """Opens this log; its first entry, in a chain of its own, says what the log goes on from."""
    session.add(log)
    session.flush()
    name, event_id = (UUID(int=rng.getrandbits(128), version=4) for _ in range(2))
    chain = open_chain(session, name=name)
    fact = Fact(
        event_id=event_id,
        kind=KIND,
        actor=actor,
        station=None,
        occurred_at=now,
        recorded_at=now,
        holder=None,
        place=None,
        payload={},
        log=loss.as_fields() if loss is not None else {"origin": None},
    )
    row, end = extend(ends(session, [chain])[chain], fact, salt=rng.randbytes(SALT_BYTES))
    write(session, [row], [end])
    entry_id = sa.select(_ENTRIES.c.id).where(_ENTRIES.c.event_id == event_id)
    found = session.connection().execute(entry_id).scalar_one()
    leaf = {"log_id": log.id, "leaf_index": 0, "entry_id": found}
    session.connection().execute(sa.insert(_LEAVES), [leaf])
