"""Making a backup: a copy of one moment in one file, complete or not there at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from ... import migrations
from ...foundation.database import Database
from ...foundation.database_errors import translated
from ...foundation.errors import Conflict, Refused, Unavailable
from ...foundation.one_process import only_one
from . import embedded, postgresql
from .container import pack, sha256_of
from .manifest import Manifest

_WORKSHOP = ".unfinished"
_SPARE_BYTES = 16_000_000
_COPY = {"sqlite": embedded.copy, "postgresql": postgresql.copy}
_SIZE_BYTES = {"sqlite": embedded.size_bytes, "postgresql": postgresql.size_bytes}


class BackupExists(Conflict):
    """{path} exists already. Nothing was written.

    Choose another folder, or wait a second.
    """


class NothingToBackUp(Refused):
    """There is no database of labflow yet, so there is nothing to back up.

    Look at --data and at database_url in the configuration.
    """


class NoRoom(Unavailable):
    """{folder} has {free_mb} MB free, but {needed_mb} MB are needed. Nothing was written.

    Make room there, or choose another disk.
    """


class FolderUnusable(Refused):
    """{folder} cannot be used: {why}. Nothing was written.

    Choose another folder, or give labflow's account the right to write there.
    """


@dataclass(frozen=True, kw_only=True)
class Made:
    """A finished backup; `sha256` (hex) is that of the whole file."""

    path: Path
    size_bytes: int
    sha256: str
    manifest: Manifest


@translated()
def make(db: Database, folder: Path, *, now: datetime) -> Made:
    """A backup in this folder; scans go on while it is made.

    Raises FolderUnusable, BackupExists, NoRoom, DataInUse (another backup is being made there) and for
    PostgreSQL ToolMissing and ToolFailed.
    """
    revision = _revision(db)
    path = folder / f"labflow-{now:%Y%m%d-%H%M%S}.tar.gz"
    with workshop(folder) as unfinished:
        if path.exists():
            raise BackupExists(path=path)
        check_room(folder, 2 * _SIZE_BYTES[db.dialect](db))
        data, packed = unfinished / "data", unfinished / path.name
        ledger = _COPY[db.dialect](db, data)
        manifest = Manifest(
            made_at=now,
            labflow=version("labflow"),
            database=db.dialect,
            revision=revision,
            size_bytes=data.stat().st_size,
            sha256=sha256_of(data),
            ledger=ledger,
        )
        pack(packed, manifest, data)
        made = Made(path=path, size_bytes=packed.stat().st_size, sha256=sha256_of(packed), manifest=manifest)
        packed.rename(path)
    keep_names(folder)
    return made


def _revision(db: Database) -> str:
    """The schema's; raises NothingToBackUp."""
    if db.dialect == "sqlite" and not embedded.file_of(db.url).exists():  # asking SQLite would make the file
        raise NothingToBackUp
    revision = migrations.current(db.engine)
    if revision is None:
        raise NothingToBackUp
    return revision


@contextmanager
def workshop(folder: Path, *, locked: Path | None = None) -> Iterator[Path]:
    """An empty folder inside this one for what is not finished, gone afterwards.

    This process has `locked` (left out: the folder) to itself meanwhile; raises DataInUse, FolderUnusable.
    """
    unfinished = folder / _WORKSHOP
    try:
        with only_one(locked or folder):
            shutil.rmtree(unfinished, ignore_errors=True)  # of a process that was killed
            unfinished.mkdir(mode=0o700)
            try:
                yield unfinished
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise FolderUnusable(folder=folder, why=error.strerror or type(error).__name__) from error


def check_room(folder: Path, needed: int) -> None:
    """Raises NoRoom where less than these bytes and a little more are free."""
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE_BYTES:
        needed_mb = (needed + _SPARE_BYTES) // 1_000_000
        raise NoRoom(folder=folder, free_mb=free // 1_000_000, needed_mb=needed_mb)


def keep_names(folder: Path) -> None:
    """Waits until the names in this folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
