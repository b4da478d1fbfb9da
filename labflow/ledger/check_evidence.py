#!/usr/bin/env python3
"""Checks evidence of labflow without labflow: custody packs of one sample, and whole published logs.

    python check_evidence.py PACK --key KEY               a custody pack: the .zip, or its folder
    python check_evidence.py LOG [LOG ...] --key KEY      log folders, the oldest first
    python check_evidence.py LOG PACK --key KEY           ... and that the pack leaves no later entry out

It needs Python 3.9 or later and the package `cryptography`; no network, and nothing of labflow. KEY is the
verifier key of the laboratory's log, or a file with it. Take it from paper, from a witness or from somebody
whom you trust, never from the pack itself. docs/evidence.md says what is proved, and what no check can show.

Exit code 0: sound. 1: a fault was found. 2: it could not be checked.
"""
# ruff: noqa: T201, UP017, B905 (it speaks on a terminal, and runs on Pythons that are older than labflow's)

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sqlite3
import sys
import uuid
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MOST_UNPACKED_BYTES = 64 * 1024 * 1024
FAULTS: list[str] = []


class Fault(Exception):
    """Something in the evidence is wrong."""


class CannotCheck(Exception):
    """Something that the check needs is not there."""


def fault(what: object) -> None:
    FAULTS.append(str(what))
    say(f"FAULT: {what}")


def say(words: str) -> None:
    print("".join(sign if sign.isprintable() else "?" for sign in words))


# 1. Hashes. The tree (RFC 6962) is kept in rows: row 0 is the hashes of all leaves side by side, row 1 those
#    of their complete pairs, and so on. The root at every earlier size of the log follows from the same rows.


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(both: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + both).digest()


def rows_over(leaves: bytes) -> list[bytes]:
    rows = [leaves]
    while len(row := rows[-1]) >= 64:
        rows.append(b"".join(node_hash(row[at : at + 64]) for at in range(0, len(row) // 64 * 64, 64)))
    return rows


def hashes_in(row: bytes, first: int, count: int = 1) -> bytes:
    return row[first * 32 : (first + count) * 32]


def root_at(rows: Sequence[bytes], size: int) -> bytes:
    root = b""
    for height in range(size.bit_length()):
        if size >> height & 1:
            peak = hashes_in(rows[height], (size >> height) - 1)
            root = node_hash(peak + root) if root else peak
    return root or hashlib.sha256(b"").digest()


def root_by_proof(leaf: bytes, index: int, size: int, path: Iterable[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2)."""
    here, last, root = index, size - 1, leaf
    for step in path:
        if last <= 0:
            return b""
        root = node_hash(step + root if here & 1 or here == last else root + step)
        while here == last and here and not here & 1:
            here, last = here >> 1, last >> 1
        here, last = here >> 1, last >> 1
    return b"" if last else root


# 2. Signed checkpoints: a log's name, its size and its root (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).


class Key(NamedTuple):
    """A verifier key: kind 1 signs checkpoints, kind 4 is a witness's and signs them with the time."""

    name: str
    number: bytes
    kind: int
    public: bytes

    def time_of(self, text: str, signature: bytes) -> str:
        """When a witness signed; raises InvalidSignature."""
        public = Ed25519PublicKey.from_public_bytes(self.public)
        if self.kind == 1:
            public.verify(signature, text.encode())
            return ""
        seconds = int.from_bytes(signature[:8], "big")
        public.verify(signature[8:], f"cosignature/v1\ntime {seconds}\n{text}".encode())
        return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


TRUSTED: list[Key] = []  # keys of logs, as the reader gave them
WITNESSES: list[Key] = []
SIGNED: dict[tuple[str, int], bytes] = {}  # every signed root that was seen, by log and size


def exact_base64(text: str) -> bytes:
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise ValueError("it is not base64")
    return found


def key_of(text: str, kind: int) -> Key:
    try:
        name, number, encoded = text.strip().split("+", 2)
        key = exact_base64(encoded)
        if key[0] != kind or hashlib.sha256(f"{name}\n".encode() + key).hexdigest()[:8] != number:
            raise ValueError("a sign in it is wrong, or it is of another kind")
        return Key(name, bytes.fromhex(number), kind, key[1:])
    except (ValueError, IndexError) as error:
        raise CannotCheck(f"this is no verifier key ({error}): {text[:200]}") from error


def open_note(note: bytes, where: str, *, witnessed: bool = False) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint; raises Fault unless a trusted key of that log signed it."""
    try:
        text, _, lines = note.decode().rpartition("\n\n")
        origin, size, root = text.split("\n")
        found = (origin, int(size), exact_base64(root))
        *signatures, end = [line.split(" ") for line in lines.split("\n")]
        signed = [(name, exact_base64(signature)) for dash, name, signature in signatures if dash == "—"]
        if str(found[1]) != size or len(found[2]) != 32 or len(signed) != len(signatures) or end != [""]:
            raise ValueError("it has not the form of a checkpoint")
    except ValueError as error:
        raise Fault(f"{where} is damaged: {error}") from error
    if not [key for key in TRUSTED if key.name == origin and signs(key, text, signed, where)]:
        raise Fault(f"{where} is of the log {origin} and not signed by a key that you trust")
    for key in WITNESSES if witnessed else ():
        if not signs(key, text, signed, where):
            raise Fault(f"{where} is not cosigned by the witness {key.name}")
    if SIGNED.setdefault(found[:2], found[2]) != found[2]:
        raise Fault(f"{where}: {origin} signed two different logs of {size} entries, a split view")
    return found


def signs(key: Key, text: str, signed: Sequence[tuple[str, bytes]], where: str) -> bool:
    """Whether a signature of this key stands there; raises Fault when it is wrong."""
    mine = [data[4:] for name, data in signed if (name, data[:4]) == (key.name, key.number)]
    try:
        times = [key.time_of(f"{text}\n", signature) for signature in mine]
    except (InvalidSignature, ValueError, OverflowError, OSError) as error:
        raise Fault(f"{where}: the signature of {key.name} does not fit the text") from error
    if any(times):
        say(f"  The witness {key.name} saw {where} at {times[0]}.")
    return bool(mine)


def note_on_paper(scanned: str) -> bytes:
    """The note in a scanned code, in which line ends, spaces and dashes may have been lost."""
    words = scanned.replace("\\n", "\n").split()
    pairs = [word for word in words[3:] if len(word) > 3]
    lines = "".join(f"— {name} {signature}\n" for name, signature in zip(pairs[::2], pairs[1::2]))
    return ("\n".join(words[:3]) + f"\n\n{lines}").encode()


# 3. Chains: every entry carries its number in its sample's chain and the hash of the entry before.

Ends = dict[str, tuple[int, str]]  # of each chain, how many entries it has and the hash of the last
EMPTY = (0, bytes(32).hex())


def follow(ends: Ends, entry: bytes, *, earlier: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Puts an entry at the end of its chain; raises Fault when it does not belong there.

    A chain may go on from an entry whose hash is among the `earlier` ones.
    """
    try:
        told: dict[str, Any] = json.loads(entry)
        chain, number, before = str(told["container"]), int(told["cseq"]), str(told["prev"])
    except (ValueError, KeyError, TypeError) as error:
        raise Fault("the entry cannot be read: its bytes were changed") from error
    length, last = ends.get(chain) or ((number - 1, before) if before in earlier else EMPTY)
    ends[chain] = (number, leaf_hash(entry).hex())
    if number != length + 1:
        raise Fault(f"entry {number} of chain {chain} stands where entry {length + 1} should")
    if before != last:
        raise Fault(f"entry {number} of chain {chain} does not follow entry {length} as that is now")
    return told


def fits(told: Mapping[str, Any], salt: bytes, payload: str) -> bool:
    """Whether these are the details that the entry commits to."""
    return bool(told.get("commit") == hashlib.sha256(salt + payload.encode()).hexdigest())


# 4. A custody pack: the entries of one chain, each with the proof that it stands in the signed log.


def check_pack(path: Path, logs: Iterable[Log]) -> None:
    files, ends = read_pack(path), Ends()
    for name in sorted(filter(entry_number, files), key=entry_number):
        number = name[len("entries/") : -len(".json")]
        try:
            told = follow(ends, files[name])
            leaf = check_proof(files[name], files.get(f"proofs/{number}.tlog-proof", b""))
            details = check_details(told, files.get(f"details/{number}.json"))
            now = ", ".join(f"{word} {value}" for word, value in told["to"].items() if value)
            say(f"{told['cseq']:>4}. {told['recorded_at']} {told['type']} by {told['actor']}: {now}")
            say(f"      leaf {leaf} of the log, {details}")
        except Fault as error:
            fault(f"{name}: {error}")
    if len(ends) != 1:
        fault("the pack does not hold the entries of exactly one chain")
    published = [log.ends for log in logs]
    for chain, end in ends.items() if published else ():
        if [ends[chain] for ends in published if chain in ends][-1:] != [end]:
            fault(f"the pack and the log end chain {chain} with different entries")
    if not published:
        say("Whether later entries were left out of the pack shows only together with the log's folder.")


def entry_number(name: str) -> int:
    number = name[len("entries/") : -len(".json")]
    return int(number) if name.startswith("entries/") and number.isdecimal() else 0


def check_proof(entry: bytes, proof: bytes) -> int:
    """The index of the entry's leaf (c2sp.org/tlog-proof)."""
    head, _, note = proof.partition(b"\n\n")
    _, size, signed_root = open_note(note, "the checkpoint in its proof", witnessed=True)
    try:
        title, line, *steps = head.decode().split("\n")
        index = int(line.replace("index ", "", 1))
        root = root_by_proof(leaf_hash(entry), index, size, map(exact_base64, steps))
    except ValueError as error:
        raise Fault(f"its proof is damaged: {error}") from error
    if (title, line) != ("c2sp.org/tlog-proof@v1", f"index {index}") or root != signed_root:
        raise Fault(f"it is not what stands in the signed log as leaf {index}")
    return index


def check_details(told: Mapping[str, Any], details: bytes | None) -> str:
    if details is None:
        return "details erased"
    try:
        opened = json.loads(details)
        right = fits(told, bytes.fromhex(opened["salt"]), opened["payload"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Fault("its details cannot be read: they were changed") from error
    if not right:
        raise Fault("its details are not those that it commits to")
    return "details fit"


def read_pack(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        inside = [file for file in path.rglob("*") if file.is_file()]
        return {file.relative_to(path).as_posix(): file.read_bytes() for file in inside}
    try:
        with zipfile.ZipFile(path) as pack:
            if sum(item.file_size for item in pack.infolist()) > MOST_UNPACKED_BYTES:
                raise CannotCheck(f"{path} is larger than any custody pack")
            return {name: pack.read(name) for name in pack.namelist()}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise Fault(f"{path} is damaged: {error}") from error


# 5. A whole log (c2sp.org/tlog-tiles): every entry, every published hash, every chain.


def tile_name(kind: str, number: int) -> str:
    *high, low = f"{number:,}".split(",")
    return "/".join(["tile", kind, *(f"x{group.zfill(3)}" for group in high), low.zfill(3)])


class Log:
    """A published log in a folder, read from the first entry to the last."""

    def __init__(self, folder: Path, earlier: Log | None) -> None:
        self.folder, self.ends = folder, Ends()
        note = (folder / "checkpoint").read_bytes()
        self.origin, self.size, self.root = open_note(note, str(folder / "checkpoint"), witnessed=True)
        self.kept = self.size  # after a lost tail the next log says from where the database has no entries
        self.earlier = self._earlier_hashes(earlier)
        self.rows = rows_over(b"".join(map(self._leaves, range(-(-self.size // 256)))))
        if root_at(self.rows, self.size) != self.root:
            fault(f"{self.origin}: the entries do not have the root that was signed")
        for height in range(8, len(self.rows), 8):
            for number in range(-(-len(self.rows[height]) // 8192)):
                right = hashes_in(self.rows[height], number * 256, 256)
                name, found = self._tile(str(height // 8), number, len(right) // 32)
                if found[: len(right)] != right:
                    fault(f"{self.origin}: the hashes in {name} do not agree with the entries")
                self._check_smaller(
                    str(height // 8), number, [right[at : at + 32] for at in range(0, len(right), 32)]
                )
        say(f"{self.origin}: {self.size} entries in {len(self.ends)} chains, root {self.root.hex()}")

    def _earlier_hashes(self, earlier: Log | None) -> frozenset[str]:
        """The hashes of the log before, when the first entry says that this log goes on from it."""
        try:
            named = json.loads(self.entries(0)[0])["log"]
            origin, size, root = str(named["origin"]), int(named["size"]), exact_base64(named["root"])
            first_missing = int(named["missing"][0])
        except (ValueError, LookupError, TypeError):
            return frozenset()
        if earlier is None or earlier.origin != origin:
            raise CannotCheck(f"{self.origin} goes on from {origin}: give that log's folder before it")
        if size > earlier.size or root_at(earlier.rows, size) != root:
            fault(f"{self.origin} goes on from another {origin} than was published")
        earlier.kept = first_missing
        before = {hashes_in(earlier.rows[0], index).hex() for index in range(earlier.size)}
        return earlier.earlier | before

    def _leaves(self, number: int) -> bytes:
        """The hashes of a bundle's entries; of those that are missing, the hashes that were published."""
        first, width = number * 256, min(256, self.size - number * 256)
        entries, (_, published) = self.entries(number), self._tile("0", number, width)
        leaves = list(map(leaf_hash, entries))
        for index, entry in enumerate(entries):
            where = f"{self.origin}, leaf {first + index}"
            try:
                follow(self.ends, entry, earlier=self.earlier)
            except Fault as error:
                fault(f"{where}: {error}")
            if leaves[index] != hashes_in(published, index):
                fault(f"{where}, {self.name_of(first + index)}: it has not the hash that was published")
        if len(entries) < width:
            fault(f"{self.origin}: from leaf {first + len(entries)} on entries are missing or damaged")
        self._check_smaller("entries", number, [len(entry).to_bytes(2, "big") + entry for entry in entries])
        self._check_smaller("0", number, leaves)
        return b"".join(leaves) + hashes_in(published, len(entries), width - len(entries))

    def entries(self, number: int) -> list[bytes]:
        """The signed entries of a bundle; fewer when it is damaged."""
        width = min(256, self.size - number * 256)
        (_, data), entries, at = self._tile("entries", number, width), list[bytes](), 0
        while at < len(data) and len(entries) < width:
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            entries.append(data[at + 2 : end])
            at = end
        return entries if at <= len(data) else entries[:-1]

    def name_of(self, index: int) -> str:
        try:
            told = json.loads(self.entries(index // 256)[index % 256])
            return f"entry {told['cseq']} of chain {told['container']}"
        except (ValueError, LookupError, TypeError):
            return "an entry that cannot be read"

    def _tile(self, kind: str, number: int, width: int) -> tuple[str, bytes]:
        """Name and bytes of the whole tile, or of the partial one of this width; empty when there is none."""
        whole = tile_name(kind, number)
        names = [name for name in (whole, f"{whole}.p/{width}") if (self.folder / name).exists()]
        return (names[0], (self.folder / names[0]).read_bytes()) if names else (f"{whole} (missing)", b"")

    def _check_smaller(self, kind: str, number: int, right: Sequence[bytes]) -> None:
        """The partial tiles of earlier sizes, which stay until the tile is full."""
        for file in sorted((self.folder / f"{tile_name(kind, number)}.p").glob("*")):
            width = int(file.name) if file.name.isdecimal() else len(right) + 1
            if width <= len(right) and file.read_bytes() != b"".join(right[:width]):
                fault(f"{self.origin}: {tile_name(kind, number)}.p/{width} does not agree with the entries")

    def check_older(self, note: bytes, where: str) -> int:
        """The size that an older checkpoint signed; raises Fault unless this log still begins with that."""
        origin, size, root = open_note(note, where)
        if origin != self.origin or size > self.size:
            raise Fault(
                f"{where}: {origin} had {size} entries then; the published checkpoint has {self.size}"
            )
        if root_at(self.rows, size) != root:
            raise Fault(f"{where}: the first {size} entries of {origin} are not those that were signed then")
        return size


# 6. The database of labflow (SQLite): it must hold the very entries of the log, each once.

ROWS = """SELECT c.name AS chain, e.*, o.origin, l.leaf_index FROM entries e
  LEFT JOIN chains c ON c.id = e.chain_id LEFT JOIN leaves l ON l.entry_id = e.id
  LEFT JOIN logs o ON o.id = l.log_id ORDER BY e.chain_id, e.number"""

CHECKPOINTS = "SELECT o.origin, c.size, c.root, c.note FROM checkpoints c JOIN logs o ON o.id = c.log_id"


def check_database(path: Path, logs: Mapping[str, Log]) -> None:
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    database.row_factory, database.text_factory = sqlite3.Row, lambda text: text.decode(errors="replace")
    ends, found = Ends(), {origin: bytearray(log.size) for origin, log in logs.items()}
    check_rows(path, database.execute(ROWS), logs, ends, found)
    check_checkpoints(path, database.execute(CHECKPOINTS), logs)
    for chain, length, head in database.execute("SELECT name, length, head FROM chains"):
        if ends.get(uuid_of(chain), EMPTY) != (length, head.hex() if isinstance(head, bytes) else head):
            fault(f"{path}, chain {uuid_of(chain)}: it does not end with entry {length} as the database says")
    for log in logs.values():
        for index in (index for index in range(log.kept) if not found[log.origin][index]):
            fault(f"{log.origin}, leaf {index}: {log.name_of(index)} is not in {path}")
    say(f"{path}: {sum(map(sum, found.values()))} of these entries.")


def check_rows(
    path: Path, rows: Iterable[sqlite3.Row], logs: Mapping[str, Log], ends: Ends, found: dict[str, bytearray]
) -> None:
    waiting = set[str]()
    for row in rows:
        log, index, chain = logs.get(row["origin"]), row["leaf_index"], uuid_of(row["chain"])
        where = f"{path}, entry {row['number']} of chain {chain}, leaf {index}"
        for wrong in row_faults(row, chain, ends):
            fault(f"{where}: {wrong}")
        if log is None or not 0 <= index < log.size:
            waiting.add(chain)
            continue
        if chain in waiting:
            fault(f"{where}: it is published, and an entry before it is not")
        if row["leaf_hash"] != hashes_in(log.rows[0], index):
            fault(f"{where}: {log.origin} has there {log.name_of(index)} with another hash")
        found[log.origin][index] = 1
    if waiting:
        say(f"In {len(waiting)} chains entries wait for the next checkpoint.")


def check_checkpoints(path: Path, rows: Iterable[sqlite3.Row], logs: Mapping[str, Log]) -> None:
    for origin, size, root, note in rows:
        where = f"{path}, checkpoint of {size} entries"
        try:
            if origin in logs and logs[origin].check_older(str(note).encode(), where) != size:
                raise Fault(f"{where}: its note is of another size")
            if SIGNED.get((origin, size), root) != root:
                raise Fault(f"{where}: its root is not the one that was signed")
        except Fault as error:
            fault(error)


def row_faults(row: sqlite3.Row, chain: str, ends: Ends) -> Iterator[str]:
    body, salt = (row[name] if isinstance(row[name], bytes) else b"" for name in ("body", "salt"))
    if row["leaf_hash"] != leaf_hash(body):
        yield "its hash is not that of its bytes"
    try:
        told = follow(ends, body)
    except Fault as error:
        yield str(error)
        return
    columns = {
        "container": chain,
        "cseq": row["number"],
        "event_id": uuid_of(row["event_id"]),
        "type": row["kind"],
        "actor": row["actor"],
        "occurred_at": f"{row['occurred_at']}Z".replace(" ", "T"),
        "recorded_at": f"{row['recorded_at']}Z".replace(" ", "T"),
        "to": {"holder": row["holder"], "place": row["place"]},
    }
    wrong = [name for name, value in columns.items() if told.get(name) != value]
    if wrong:
        yield f"its columns for {', '.join(wrong)} differ from its bytes"
    if (salt or row["payload"]) and not fits(told, salt, row["payload"]):
        yield "its details are not those that it commits to"


def uuid_of(stored: object) -> str:
    try:
        return str(uuid.UUID(str(stored)))
    except ValueError:
        return f"unknown ({stored})"


# 7. What the reader asked for.


def main() -> int:
    asked = arguments().parse_args()
    try:
        look_at(asked)
    except (CannotCheck, OSError, sqlite3.OperationalError) as error:
        say(f"CANNOT CHECK: {error}")
        return 1 if FAULTS else 2
    except (Fault, sqlite3.DatabaseError) as error:
        fault(error)
    if FAULTS:
        say(f"NOT SOUND: {len(FAULTS)} faults. The first: {FAULTS[0]}")
        return 1
    if not asked.key:
        say("WITHOUT A KEY: it agrees with itself, but its key came with it, and a forger can make both.")
        return 2
    say("SOUND: nothing of it was changed, removed, added or put in another order.")
    return 0


def arguments() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("things", nargs="+", type=Path, metavar="PACK or LOG")
    words.add_argument(
        "--key", action="append", default=[], help="verifier key of a log, or a file with keys"
    )
    words.add_argument(
        "--witness", action="append", default=[], help="key of a witness that must have cosigned"
    )
    words.add_argument("--since", action="append", default=[], help="an older checkpoint: its file or text")
    words.add_argument("--paper", action="append", dest="since", help="the same, as scanned from paper")
    words.add_argument("--database", type=Path, help="the SQLite database of labflow")
    return words


def look_at(asked: argparse.Namespace) -> None:
    TRUSTED.extend(keys_in(asked.key or map(key_inside, asked.things), 1))
    WITNESSES.extend(keys_in(asked.witness, 4))
    logs: dict[str, Log] = {}
    for folder in filter(is_log, asked.things):
        log = Log(folder, next(reversed(logs.values()), None))
        logs[log.origin] = log
    for note in map(note_on_paper, map(text_of, asked.since)):
        log_then = logs.get(note.decode().split("\n")[0])
        if log_then is None:
            raise CannotCheck("the older checkpoint is of a log whose folder you did not give")
        size = log_then.check_older(note, "the older checkpoint")
        say(f"The {size} entries of the older checkpoint are still the first of {log_then.size}.")
    for path in asked.things:
        if not is_log(path):
            check_pack(path, logs.values())
    if asked.database:
        check_database(asked.database, logs)


def is_log(path: Path) -> bool:
    return (path / "checkpoint").exists() and not (path / "entries").exists()


def key_inside(path: Path) -> str:
    say(f"WARNING: no --key was given. The key that lies in {path} tells nothing about who signed.")
    if is_log(path):
        return (path.absolute().parent / "log_vkeys").read_text(encoding="utf-8")
    return read_pack(path).get("verifier-key.txt", b"").decode()


def keys_in(given: Iterable[str], kind: int) -> list[Key]:
    return [key_of(line, kind) for text in given for line in text_of(text).splitlines() if line.strip()]


def text_of(given: str) -> str:
    """The text itself, or what stands in the file of that name."""
    return Path(given).read_text(encoding="utf-8") if len(given.split()) == 1 and "+" not in given else given


if __name__ == "__main__":
    sys.exit(main())
