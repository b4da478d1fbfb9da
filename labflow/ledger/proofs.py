"""Proofs that entries stand in the published log, as c2sp.org/tlog-proof@v1 writes them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session

from ..foundation.columns import table_of
from ..foundation.errors import Unavailable
from .log_files import LogFolder
from .note import parse_checkpoint, parse_note
from .queries import entries
from .standing import folder_of
from .tables import Entry, Leaf, Log
from .tree import inclusion_proof

_LEAVES, _LOGS = table_of(Leaf), table_of(Log)


class NotInTheLogYet(Unavailable):
    """The last acts on this sample are not in the published log yet, so they cannot be proved.

    Try again in 10 seconds. If it stays so, look at the alarms: the log may have stopped.
    """

    retry_after_seconds = 10


class LogElsewhere(Unavailable):
    """The log's files are not on this machine, so nothing can be proved here.

    Say `labflow ledger proof` on the machine that keeps the log.
    """


@dataclass(frozen=True)
class Proved:
    """An entry, where it stands, and the text of its proof, which ends with the log's checkpoint."""

    entry: Entry
    log: Log
    leaf: int
    proof: str


def proved_entries(session: Session, data: Path, chain_id: int) -> list[Proved]:
    """Every entry of a chain with its proof; raises NotInTheLogYet, LogElsewhere.

    The proofs of one log all lead to the same checkpoint.
    """
    places = _places(session, chain_id)
    logs = {log_id: _Prover(session, data, log_id) for log_id in {log_id for log_id, _ in places.values()}}
    found = []
    for entry in entries(session, chain_id):
        if entry.id not in places:
            raise NotInTheLogYet
        log_id, leaf = places[entry.id]
        found.append(Proved(entry, logs[log_id].log, leaf, logs[log_id].proof(leaf)))
    return found


def _places(session: Session, chain_id: int) -> dict[int, tuple[int, int]]:
    """The log and leaf index of each entry that has one, by its row."""
    mine = sa.select(table_of(Entry).c.id).where(table_of(Entry).c.chain_id == chain_id)
    rows = session.connection().execute(sa.select(_LEAVES).where(_LEAVES.c.entry_id.in_(mine)))
    return {row.entry_id: (row.log_id, row.leaf_index) for row in rows}


class _Prover:
    """The published log, as it is now."""

    def __init__(self, session: Session, data: Path, log_id: int) -> None:
        self.log = session.get_one(Log, log_id)
        folder = LogFolder(folder_of(data, log_id))
        note = folder.checkpoint()
        if note is None:
            raise LogElsewhere
        self._note, self._size = note, parse_checkpoint(parse_note(note).text).size
        self._hash_at = folder.hash_at(self._size)

    def proof(self, leaf: int) -> str:
        if leaf >= self._size:
            raise NotInTheLogYet
        return tlog_proof(leaf, inclusion_proof(leaf, self._size, self._hash_at), self._note)


def tlog_proof(leaf: int, hashes: Sequence[bytes], note: str) -> str:
    """The text of a `.tlog-proof` file."""
    lines = [base64.b64encode(one).decode() for one in hashes]
    return "\n".join(["c2sp.org/tlog-proof@v1", f"index {leaf}", *lines, "", note])
