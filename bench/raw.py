"""The raw scan: what the same custody scan costs straight on SQLite, without labflow.

BEGIN IMMEDIATE, read the sample by code with its chain head, SHA-256, insert the entry (three indexes with a
random unique key), update the sample, COMMIT; write-ahead log, synchronous=FULL, one process.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

_SCHEMA = """
CREATE TABLE samples (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, place TEXT, length INTEGER NOT NULL,
                      head BLOB NOT NULL);
CREATE TABLE entries (id INTEGER PRIMARY KEY, event_id BLOB NOT NULL UNIQUE,
                      sample_id INTEGER NOT NULL, number INTEGER NOT NULL, recorded_at REAL NOT NULL,
                      body BLOB NOT NULL, hash BLOB NOT NULL, UNIQUE (sample_id, number));
CREATE INDEX entries_recorded_at ON entries (recorded_at);
"""
_FIND = "SELECT id, length, head FROM samples WHERE code = ?"
_INSERT = (
    "INSERT INTO entries (event_id, sample_id, number, recorded_at, body, hash) VALUES (?, ?, ?, ?, ?, ?)"
)
_UPDATE = "UPDATE samples SET place = ?, length = ?, head = ? WHERE id = ?"


class RawScans:
    """A SQLite file with so many samples, each with one entry, and scans of them."""

    def __init__(self, file: Path, samples: int) -> None:
        self._rng = random.Random(20261120)
        self._samples = samples
        self._connection: Any = sqlite.connect(str(file), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)
        self._connection.execute("BEGIN IMMEDIATE")
        rows = ((f"S{number:08d}", "", 0, bytes(32)) for number in range(samples))
        self._connection.executemany(
            "INSERT INTO samples (code, place, length, head) VALUES (?, ?, ?, ?)", rows
        )
        for number in range(samples):
            self._scan(f"S{number:08d}")
        self._connection.execute("COMMIT")

    def rate(self, scans: int, *, group: int = 1) -> float:
        """Scans a second when so many are committed one by one, or `group` in each transaction."""
        codes = self._codes()
        began = time.perf_counter()
        for _ in range(scans // group):
            self._connection.execute("BEGIN IMMEDIATE")
            for _ in range(group):
                self._scan(next(codes))
            self._connection.execute("COMMIT")
        return scans / (time.perf_counter() - began)

    def close(self) -> None:
        self._connection.close()

    def _codes(self) -> Iterator[str]:
        while True:
            yield f"S{self._rng.randrange(self._samples):08d}"

    def _scan(self, code: str) -> None:
        sample, length, head = self._connection.execute(_FIND, (code,)).fetchone()
        moment = time.time()
        body = (
            f'{{"code":"{code}","cseq":{length + 1},"prev":"{head.hex()}","recorded_at":{moment}}}'.encode()
        )
        digest = hashlib.sha256(b"\x00" + body).digest()
        entry = (self._rng.randbytes(16), sample, length + 1, moment, body, digest)
        self._connection.execute(_INSERT, entry)
        self._connection.execute(_UPDATE, ("P", length + 1, digest, sample))
