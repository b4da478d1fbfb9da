"""A published log over made-up chains: its folder as the sequencer writes it, and its rows."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from labflow import ledger
from labflow.foundation.columns import table_of
from labflow.foundation.database import Database
from labflow.ledger.chain import EMPTY_HEAD, End, Fact
from labflow.ledger.log_files import LogFolder
from labflow.ledger.note import Checkpoint, Signer, checkpoint_text, sign
from labflow.ledger.tables import Chain, Entry, Leaf, Log
from labflow.ledger.tree import HashAt, inclusion_proof, root_at

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass
class Publisher:
    """Grows a log in `folder`: an entry of each chain in turn, so that every chain runs through all of it."""

    folder: Path
    chains: int = 3
    origin: str = "labflow.invalid/test"
    seed: int = 1
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.signer = Signer(self.origin, self.rng.randbytes(32))
        self.files = LogFolder(self.folder)
        self.size = 0
        self.ends = [
            End(chain_id=number, name=UUID(int=number), length=0, head=EMPTY_HEAD)
            for number in range(1, self.chains + 1)
        ]

    @property
    def key(self) -> str:
        return self.signer.verifier.vkey

    @property
    def hash_at(self) -> HashAt:
        return self.files.hash_at(self.size)

    def grow(self, entries: int) -> str:
        """So many more entries, published; the signed checkpoint."""
        before = self.size
        for number in range(len(self.rows), len(self.rows) + entries):
            end = self.ends[number % self.chains]
            row, self.ends[number % self.chains] = ledger.extend(
                end, self._fact(number), salt=self.rng.randbytes(16)
            )
            self.rows.append(row)
        self.size += entries
        self.files.extend(self.size, since=before, bodies=self._bodies)
        note = self.signed(self.size, root_at(self.size, self.hash_at))
        self.files.publish(note)
        return note

    def signed(self, size: int, root: bytes) -> str:
        """A checkpoint that says so, whether it is true or not."""
        return sign(checkpoint_text(Checkpoint(self.origin, size, root)), self.signer)

    def store(self, database: Database) -> None:
        """The rows that this log was made from."""
        ends = [
            {"id": end.chain_id, "name": end.name, "length": end.length, "head": end.head}
            for end in self.ends
        ]
        log = {"id": 1, "origin": self.origin, "verifier_key": self.key, "opened_at": MORNING}
        leaves = [
            {"log_id": 1, "leaf_index": index, "entry_id": index + 1} for index in range(len(self.rows))
        ]
        with database.writing() as session:
            for table, rows in ((Chain, ends), (Entry, self.rows), (Log, [log]), (Leaf, leaves)):
                session.connection().execute(sa.insert(table_of(table)), rows)

    def proof(self, index: int) -> str:
        """The .tlog-proof of a leaf."""
        hashes = inclusion_proof(index, self.size, self.hash_at)
        lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in hashes)
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{lines}\n{self.files.checkpoint()}"

    def pack(self, folder: Path, *, chain: int = 1) -> Path:
        """A custody pack of one chain."""
        parts = {"verifier-key.txt": f"{self.key}\n", "checkpoint": self.files.checkpoint() or ""}
        for index, row in enumerate(self.rows):
            if row["chain_id"] == chain:
                name = f"{row['number']:04d}"
                parts[f"entries/{name}.json"] = row["body"].decode()
                parts[f"proofs/{name}.tlog-proof"] = self.proof(index)
                details = {"payload": row["payload"], "salt": row["salt"].hex()}
                parts[f"details/{name}.json"] = json.dumps(details)
        for path, text in parts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        return folder

    def _bodies(self, first: int, end: int) -> list[bytes]:
        return [row["body"] for row in self.rows[first:end]]

    def _fact(self, number: int) -> Fact:
        at = MORNING + timedelta(seconds=number)
        return Fact(
            event_id=UUID(int=number + 2**64),
            kind="moved",
            actor="H1",
            station="P1",
            occurred_at=at,
            recorded_at=at,
            holder=None,
            place=f"P{number % 7}",
            payload={"words": f"act {number}"},
        )
