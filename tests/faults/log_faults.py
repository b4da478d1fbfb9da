"""What is wrong with a published log: as outsiders find it, and once the sequencer went on with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from labflow import ledger
from labflow.foundation.database import Database, sqlite_url
from labflow.foundation.errors import LabError
from labflow.ledger import LogFolder, LogKeys, TreeHead, Verifier
from labflow.ledger.tiles import ENTRIES, tiles_of
from labflow.ledger.tree import leaf_hash
from labflow.ops.sequencer import Sequencer


def pinned_keys(data: Path) -> list[Verifier]:
    """The verifier keys that everybody wrote down."""
    return LogKeys(data).pinned()


def published(data: Path, keys: list[Verifier]) -> TreeHead | None:
    """The head that the data folder publishes, if there is one; raises what is wrong with its signature."""
    note = LogFolder(ledger.folder_of(data, 1)).checkpoint()
    origin = keys[0].name if keys else ""
    return ledger.open_checkpoint(note, keys, origin=origin) if note is not None else None


def unproven(data: Path, keys: list[Verifier], seen: TreeHead | None = None) -> list[str]:
    """What the published files do not prove: their own checkpoint, or one that somebody has seen before."""
    folder = LogFolder(ledger.folder_of(data, 1))
    try:
        head = published(data, keys)
        if head is None:
            return [] if seen is None else [f"nothing is published, and {seen.size} entries were"]
        return [*_other_roots(folder, head, seen or head), *_other_entries(folder, head.size)]
    except LabError as error:
        return [error.message]


def _other_roots(folder: LogFolder, head: TreeHead, *promised: TreeHead) -> list[str]:
    return [
        f"{one.size} entries were published, and the files do not prove them"
        for one in (head, *promised)
        if one.size > head.size or ledger.root_at(one.size, folder.hash_at(head.size)) != one.root
    ]


def _other_entries(folder: LogFolder, size: int) -> list[str]:
    return [
        f"{tile.path} is not what its bundle has"
        for tile in tiles_of(size)
        if tile.level == 0
        and list(map(leaf_hash, folder.entries(replace(tile, level=ENTRIES)))) != folder.hashes(tile)
    ]


def faults_after_going_on(
    data: Path, keys: list[Verifier], seen: TreeHead | None, *, url: str = ""
) -> list[str]:
    """The sequencer goes on in this copy of a data folder; what it cannot do, and what does not fit then."""
    database = Database(url or sqlite_url(data / "labflow.db"))
    now = datetime.now(UTC)
    try:
        ledger.settle_here(data, LogFolder(ledger.folder_of(data, 1)))  # the copy is in another folder
        Sequencer(database, data).run(now=now)
        keys = (
            keys if seen else pinned_keys(data)[-1:]
        )  # where nobody saw a log, it may begin under another name
        with database.reading() as session:
            found = ledger.check_logs(session, data / "log", keys, now=now)
    except LabError as error:
        return [f"{error.message} {error.next_step}"]
    finally:
        database.close()
    left = [f"{found.waiting} entries are not in the log"] if found.waiting else []
    return [*map(str, found.faults), *left, *unproven(data, keys, seen)]
