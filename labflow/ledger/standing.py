"""Whether the log may go on: the database holds all that was published, and this is the log's machine."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from ..foundation.errors import Conflict, LabError
from .log_files import LogFolder, write_durably
from .log_keys import LogKeys
from .note import Checkpoint as Head
from .note import Verifier, open_checkpoint, parse_checkpoint, parse_note
from .sequencing import checkpoint_of_size, leaves_of
from .tables import Checkpoint, Log

_MACHINE_ID = Path("/etc/machine-id")
_MACHINE_FILE = "log_machine"


class LogStopped(Conflict):
    """The log publishes nothing more. Scans are recorded all the same.

    Look at it with `labflow ledger check`.
    """


class TailLost(LogStopped):
    """The log {origin} published {published} entries, and the database has only {kept} of them.

    An old copy was restored, or the end was lost. `labflow ledger recover` lists what is missing and opens
    the next log.
    """


class PublishedOtherwise(LogStopped):
    """What the log {origin} published at {size} entries is not what the database holds: {fault}.

    Find the entry with `labflow ledger check`. Restore what was changed; if that cannot be,
    `labflow ledger recover` lists what differs and opens the next log.
    """


class FolderCopied(LogStopped):
    """The data in {folder} were copied from another machine or folder, and two may not go on with one log.

    If the others are still used, open a log of its own here: `labflow ledger recover`. If the data were moved
    here for good, say `labflow ledger recover --moved`.
    """


@dataclass(frozen=True)
class Standing:
    """A log that may go on: its leaves in the database, its last checkpoint, and what is published of it."""

    log: Log
    leaves: int
    last: Checkpoint | None
    published: Head | None

    @property
    def size(self) -> int:
        """How many leaves are signed."""
        return self.last.size if self.last else 0


def check_standing(
    session: Session, log: Log, last: Checkpoint | None, folder: LogFolder, keys: list[Verifier]
) -> Standing:
    """What the log stands on; raises TailLost and PublishedOtherwise. `keys` are the pinned ones."""
    leaves, published = leaves_of(session, log.id), published_head(log.origin, folder, keys)
    signed = last.size if last else 0
    if published is not None and published.size > signed:
        raise TailLost(origin=log.origin, published=published.size, kept=min(leaves, published.size))
    if leaves < signed:
        raise TailLost(origin=log.origin, published=signed, kept=leaves)
    if published is not None:
        kept = checkpoint_of_size(session, log.id, published.size)
        if kept is None or kept.root != published.root:
            fault = "its checkpoint differs" if kept else "its checkpoint is missing"
            raise PublishedOtherwise(origin=log.origin, size=published.size, fault=fault)
    if last is not None:
        _check_signed(log, last, keys)
    return Standing(log, leaves, last, published)


def published_head(origin: str, folder: LogFolder, keys: list[Verifier]) -> Head | None:
    """What the folder publishes; raises PublishedOtherwise when it is not this log's."""
    try:
        note = folder.checkpoint()
        return None if note is None else open_checkpoint(note, keys, origin=origin)
    except (LabError, UnicodeDecodeError) as error:
        fault = error.message if isinstance(error, LabError) else "it is not text"
        raise PublishedOtherwise(origin=origin, size="an unknown number of", fault=fault) from error


def _check_signed(log: Log, last: Checkpoint, keys: list[Verifier]) -> None:
    try:
        head = open_checkpoint(last.note, keys, origin=log.origin)
    except LabError as error:
        raise PublishedOtherwise(origin=log.origin, size=last.size, fault=error.message) from error
    if (head.size, head.root) != (last.size, last.root):
        raise PublishedOtherwise(origin=log.origin, size=last.size, fault="its checkpoint was changed")


def folder_of(data: Path, log_id: int) -> Path:
    """Where a log's files are in a data folder."""
    return files_of(data / "log", log_id)


def files_of(logs: Path, log_id: int) -> Path:
    """Where a log's files are: those of the first log are in `logs` itself, those of later ones inside it."""
    return logs if log_id == 1 else logs / str(log_id)


def newest_published(data: Path, log_id: int) -> tuple[int, LogFolder]:
    """The last log after this one that published anything, by its folder; this one when there is none."""
    while folder_of(data, log_id + 1).exists():
        log_id += 1
    return log_id, LogFolder(folder_of(data, log_id))


def check_newest(data: Path, log: Log) -> None:
    """That no later log was published; raises TailLost."""
    newest, folder = newest_published(data, log.id)
    if newest > log.id:
        check_unused(folder)


def check_unused(folder: LogFolder) -> None:
    """That the folder of a first log is empty; raises TailLost: what it published, the database never had."""
    note = folder.checkpoint()
    if note is not None:
        head = parse_checkpoint(parse_note(note).text)
        raise TailLost(origin=head.origin, published=head.size, kept=0)


def check_machine(data: Path, folder: LogFolder) -> None:
    """That the log in this data folder was made here; raises FolderCopied."""
    stamp, here = data / _MACHINE_FILE, machine_of(folder)
    if stamp.exists() and stamp.read_text(encoding="utf-8").strip() == here:
        return
    if stamp.exists() and folder.checkpoint() is not None:
        raise FolderCopied(folder=data)
    write_durably(stamp, f"{here}\n".encode())


def settle_here(data: Path, folder: LogFolder) -> None:
    """This machine and folder are the log's from now on."""
    write_durably(data / _MACHINE_FILE, f"{machine_of(folder)}\n".encode())


def forget_logs(data: Path) -> None:
    """Removes the logs and their keys from a data folder, where a laboratory begins anew."""
    if (data / "log").exists():
        shutil.rmtree(data / "log")
    (data / _MACHINE_FILE).unlink(missing_ok=True)
    LogKeys(data).forget()


def machine_of(folder: LogFolder) -> str:
    """What tells this machine and this folder from a copy of it; 64 hex digits that tell nothing else."""
    folder.path.mkdir(parents=True, exist_ok=True)
    machine = _MACHINE_ID.read_bytes().strip() if _MACHINE_ID.exists() else b""
    return hashlib.sha256(machine + b"\n%d" % folder.path.stat().st_ino).hexdigest()
