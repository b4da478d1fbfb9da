"""Ways to falsify evidence with full access to database and files, and where it must be seen.

Triggers and foreign keys are switched off first, as somebody with the database's password would.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from labflow import ledger
from labflow.ledger.note import Checkpoint, Signer, checkpoint_text, sign
from labflow.ledger.tree import EMPTY_ROOT, leaf_hash

from .logged import CHAINS, ORIGIN, ROUNDS, START

TRIGGERS = [f"{table}_refuse_{what}" for table in ("entries", "leaves") for what in ("update", "delete")]


@dataclass(frozen=True)
class Place:
    """Where a falsification must be seen: an entry, a leaf, or words that name a file or a checkpoint."""

    chain: str = ""
    numbers: tuple[int, ...] = ()
    leaves: tuple[int, ...] = ()
    words: tuple[str, ...] = ()

    def is_named_by(self, fault: ledger.Fault) -> bool:
        return (
            (bool(self.chain) and fault.chain == self.chain and fault.number in self.numbers)
            or fault.leaf in self.leaves
            or any(words in fault.what for words in self.words)
        )

    def is_told_in(self, text: str) -> bool:
        """Whether the output of the stand-alone checker names it."""
        return (
            (bool(self.chain) and self.chain in text)
            or any(f"leaf {leaf}" in text for leaf in self.leaves)
            or any(words in text for words in self.words)
        )


class Tampering:
    """One laboratory, opened for falsification."""

    def __init__(self, data: Path, rng: random.Random) -> None:
        self.data, self.rng = data, rng
        self.db = sqlite3.connect(data / "labflow.db", isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA foreign_keys=OFF")
        for trigger in TRIGGERS:
            self.db.execute(f"DROP TRIGGER {trigger}")

    def any_entry(self, *, above: int = 0, below: int = ROUNDS + 1) -> sqlite3.Row:
        rows = self.db.execute(
            "SELECT e.*, c.name, l.leaf_index FROM entries e JOIN chains c ON c.id = e.chain_id "
            "JOIN leaves l ON l.entry_id = e.id WHERE e.number > ? AND e.number < ?",
            (above, below),
        ).fetchall()
        row: sqlite3.Row = self.rng.choice(rows)
        return row

    def write(self, entry_id: int, **columns: object) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)
        self.db.execute(f"UPDATE entries SET {names} WHERE id = ?", (*columns.values(), entry_id))

    def flip(self, data: bytes) -> bytes:
        changed, bit = bytearray(data), self.rng.randrange(len(data) * 8)
        changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)

    def rehash_from(self, chain_id: int, number: int) -> None:
        """Makes the chain fit again from this entry to its end, as a careful forger would."""
        rows = self.db.execute(
            "SELECT * FROM entries WHERE chain_id = ? ORDER BY number", (chain_id,)
        ).fetchall()
        head, last = bytes(32), 0
        for row in rows:
            if row["number"] >= number:
                body = json.loads(row["body"]) | {"prev": head.hex(), "cseq": last + 1}
                encoded = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
                self.write(row["id"], number=last + 1, body=encoded, leaf_hash=leaf_hash(encoded))
                head = leaf_hash(encoded)
            else:
                head = row["leaf_hash"]
            last += 1
        self.db.execute("UPDATE chains SET length = ?, head = ? WHERE id = ?", (last, head, chain_id))

    def change_body(self, row: sqlite3.Row, **fields: object) -> None:
        body = json.loads(row["body"]) | fields
        encoded = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        self.write(row["id"], body=encoded, leaf_hash=leaf_hash(encoded))


def entry(row: sqlite3.Row, *more: int) -> Place:
    return Place(str(UUID(row["name"])), (row["number"], *more), (row["leaf_index"],))


def a_flipped_bit_in_the_bytes(lab: Tampering) -> Place:
    row = lab.any_entry()
    lab.write(row["id"], body=lab.flip(row["body"]))
    return entry(row)


def a_flipped_bit_with_its_hash(lab: Tampering) -> Place:
    row, body = lab.any_entry(), b""
    body = lab.flip(row["body"])
    lab.write(row["id"], body=body, leaf_hash=leaf_hash(body))
    return entry(row)


def a_flipped_bit_in_the_salt(lab: Tampering) -> Place:
    row = lab.any_entry()
    lab.write(row["id"], salt=lab.flip(row["salt"]))
    return entry(row)


def other_details(lab: Tampering) -> Place:
    row = lab.any_entry()
    lab.write(row["id"], payload=row["payload"].replace("scanned", "typed"))
    return entry(row)


def a_flipped_bit_in_the_leaf_hash(lab: Tampering) -> Place:
    row = lab.any_entry()
    lab.write(row["id"], leaf_hash=lab.flip(row["leaf_hash"]))
    return entry(row, row["number"] + 1)


def a_deleted_entry(lab: Tampering) -> Place:
    row = lab.any_entry()
    lab.db.execute("DELETE FROM entries WHERE id = ?", (row["id"],))
    return entry(row)


def two_entries_swapped(lab: Tampering) -> Place:
    one, other = lab.any_entry(below=4), lab.any_entry(above=4)
    for row, source in ((one, other), (other, one)):
        lab.write(row["id"], body=source["body"], leaf_hash=source["leaf_hash"])
    return entry(one)


def two_entries_in_another_order(lab: Tampering) -> Place:
    row = lab.any_entry(below=ROUNDS)
    following = lab.db.execute(
        "SELECT id FROM entries WHERE chain_id = ? AND number = ?", (row["chain_id"], row["number"] + 1)
    ).fetchone()
    lab.write(row["id"], number=1000)
    lab.write(following["id"], number=row["number"])
    lab.write(row["id"], number=row["number"] + 1)
    return entry(row)


def another_date_with_the_whole_tail_hashed_anew(lab: Tampering) -> Place:
    row = lab.any_entry()
    moment = datetime.fromisoformat(row["recorded_at"]) - timedelta(days=1)
    lab.change_body(row, recorded_at=moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    lab.write(row["id"], recorded_at=moment.strftime("%Y-%m-%d %H:%M:%S.%f"))
    lab.rehash_from(row["chain_id"], row["number"])
    return entry(row)


def a_person_erased_from_a_chain_hashed_anew(lab: Tampering) -> Place:
    row = lab.any_entry()
    lab.change_body(row, actor="H99")
    lab.write(row["id"], actor="H99")
    lab.rehash_from(row["chain_id"], row["number"])
    return entry(row)


def a_forged_entry_of_an_earlier_day(lab: Tampering) -> Place:
    row = lab.any_entry(above=ROUNDS - 1)
    body = json.loads(row["body"]) | {"event_id": str(UUID(int=lab.rng.getrandbits(128), version=4))}
    encoded = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    columns = [name for name in dict(row) if name not in ("id", "name", "leaf_index")]
    values = dict(row) | {"number": ROUNDS + 1, "event_id": UUID(body["event_id"]).hex, "body": encoded}
    values["recorded_at"] = START.strftime("%Y-%m-%d %H:%M:%S.%f")
    marks = ", ".join("?" for _ in columns)
    lab.db.execute(
        f"INSERT INTO entries ({', '.join(columns)}) VALUES ({marks})", [values[name] for name in columns]
    )
    lab.rehash_from(row["chain_id"], ROUNDS + 1)
    return Place(str(UUID(row["name"])), (ROUNDS + 1,))


def a_middle_entry_dropped_and_the_chain_hashed_anew(lab: Tampering) -> Place:
    row = lab.any_entry(below=ROUNDS)
    lab.db.execute("DELETE FROM entries WHERE id = ?", (row["id"],))
    lab.rehash_from(row["chain_id"], row["number"])
    return entry(row)


def two_leaves_swapped(lab: Tampering) -> Place:
    one, other = lab.any_entry(below=5), lab.any_entry(above=5)
    lab.db.execute("UPDATE leaves SET entry_id = -1 WHERE entry_id = ?", (one["id"],))
    lab.db.execute("UPDATE leaves SET entry_id = ? WHERE entry_id = ?", (one["id"], other["id"]))
    lab.db.execute("UPDATE leaves SET entry_id = ? WHERE entry_id = -1", (other["id"],))
    return Place(leaves=(one["leaf_index"], other["leaf_index"]))


def a_deleted_leaf(lab: Tampering) -> Place:
    row = lab.any_entry()
    lab.db.execute("DELETE FROM leaves WHERE entry_id = ?", (row["id"],))
    return entry(row)


def a_lost_tail(lab: Tampering) -> Place:
    lab.db.execute("DELETE FROM checkpoints WHERE size > ?", (CHAINS * (ROUNDS - 2),))
    lab.db.execute("DELETE FROM leaves WHERE leaf_index >= ?", (CHAINS * (ROUNDS - 2),))
    lab.db.execute("DELETE FROM entries WHERE number > ?", (ROUNDS - 2,))
    for row in lab.db.execute("SELECT id FROM chains").fetchall():
        lab.rehash_from(row["id"], ROUNDS)
    return Place(leaves=(CHAINS * (ROUNDS - 2),), words=("549",))


def another_head(lab: Tampering) -> Place:
    row = lab.any_entry()
    lab.db.execute("UPDATE chains SET head = ? WHERE id = ?", (lab.rng.randbytes(32), row["chain_id"]))
    return Place(str(UUID(row["name"])), (ROUNDS + 1,))


def _some_file(lab: Tampering, pattern: str) -> Path:
    return lab.rng.choice(sorted(path for path in (lab.data / "log").glob(pattern) if path.is_file()))


def _file(lab: Tampering, path: Path) -> Place:
    """A file is located by its name, or by a leaf in it."""
    name = path.relative_to(lab.data / "log").as_posix()
    _, kind, number = name.split("/")[:3]
    first = 256 * int(number.removesuffix(".p"))
    words = (name, f"{name.partition('.p/')[0]} (missing)")
    return Place(words=words, leaves=tuple(range(first, first + 256)) if kind in ("0", "entries") else ())


def a_flipped_bit_in_a_tile(lab: Tampering) -> Place:
    path = _some_file(lab, "tile/[0-9]/**/*")
    path.write_bytes(lab.flip(path.read_bytes()))
    return _file(lab, path)


def a_flipped_bit_in_a_bundle(lab: Tampering) -> Place:
    path = _some_file(lab, "tile/entries/**/*")
    path.write_bytes(lab.flip(path.read_bytes()))
    return _file(lab, path)


def a_missing_tile(lab: Tampering) -> Place:
    name = lab.rng.choice(
        ["tile/0/000", "tile/0/001", "tile/entries/000", "tile/entries/001", "tile/1/000.p/2"]
    )
    (lab.data / "log" / name).unlink()
    return _file(lab, lab.data / "log" / name)


def a_stored_checkpoint_of_another_key(lab: Tampering) -> Place:
    row = lab.rng.choice(lab.db.execute("SELECT * FROM checkpoints").fetchall())
    forger = Signer(ORIGIN, lab.rng.randbytes(32))
    note = sign(row["note"].partition("\n\n")[0] + "\n", forger)
    lab.db.execute("UPDATE checkpoints SET note = ? WHERE size = ?", (note, row["size"]))
    return Place(words=(f"checkpoint of {row['size']} entries",))


def a_stored_checkpoint_with_another_root(lab: Tampering) -> Place:
    row = lab.rng.choice(lab.db.execute("SELECT * FROM checkpoints").fetchall())
    lab.db.execute("UPDATE checkpoints SET root = ? WHERE size = ?", (lab.flip(row["root"]), row["size"]))
    return Place(words=(f"checkpoint of {row['size']} entries",))


def _publish(lab: Tampering, note: str) -> Place:
    (lab.data / "log" / "checkpoint").write_text(note)
    return Place(words=("published checkpoint", "log/checkpoint"))


def an_older_tree_published(lab: Tampering) -> Place:
    row = lab.rng.choice(
        lab.db.execute("SELECT * FROM checkpoints ORDER BY size DESC LIMIT 8 OFFSET 1").fetchall()
    )
    return _publish(lab, row["note"])


def an_empty_tree_published(lab: Tampering) -> Place:
    forger = Signer(ORIGIN, lab.rng.randbytes(32))
    return _publish(lab, sign(checkpoint_text(Checkpoint(ORIGIN, 0, EMPTY_ROOT)), forger))


def a_log_of_another_name_published(lab: Tampering) -> Place:
    forger = Signer("lab.example/other", lab.rng.randbytes(32))
    root = sha256(lab.rng.randbytes(8)).digest()
    return _publish(lab, sign(checkpoint_text(Checkpoint("lab.example/other", 549, root)), forger))


KINDS: tuple[Callable[[Tampering], Place], ...] = (
    a_flipped_bit_in_the_bytes,
    a_flipped_bit_with_its_hash,
    a_flipped_bit_in_the_salt,
    other_details,
    a_flipped_bit_in_the_leaf_hash,
    a_deleted_entry,
    two_entries_swapped,
    two_entries_in_another_order,
    another_date_with_the_whole_tail_hashed_anew,
    a_person_erased_from_a_chain_hashed_anew,
    a_forged_entry_of_an_earlier_day,
    a_middle_entry_dropped_and_the_chain_hashed_anew,
    two_leaves_swapped,
    a_deleted_leaf,
    a_lost_tail,
    another_head,
    a_flipped_bit_in_a_tile,
    a_flipped_bit_in_a_bundle,
    a_missing_tile,
    a_stored_checkpoint_of_another_key,
    a_stored_checkpoint_with_another_root,
    an_older_tree_published,
    an_empty_tree_published,
    a_log_of_another_name_published,
)
