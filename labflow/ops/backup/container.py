"""One file for each backup: a tar of the manifest and then the data, compressed by gzip.

gzip ends with a checksum over everything, and the manifest holds the SHA-256 of the data, so a damaged or
shortened file is known as such. Without labflow at hand, `tar xzf` opens it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ...foundation.errors import NotFound, Refused
from .manifest import Manifest, read_manifest

_MANIFEST, _DATA = "manifest.json", "data"
# gzip's magic, the one method, no flags, no time: what `pack` writes
_FIRST_BYTES = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
_LONGEST_MANIFEST = 1_000_000
_PIECE = 1 << 20


class NoSuchBackup(NotFound):
    """There is no file {path}. Nothing was changed.

    Look at the path; `ls` in the folder of the backups shows what there is.
    """


class NotABackup(Refused):
    """{path} is not a backup of labflow. Nothing was changed.

    Give a file that `labflow backup` wrote with this version or an earlier one.
    """


class DamagedBackup(Refused):
    """The backup {path} is damaged: {fault}. Nothing was changed.

    Take another backup, and look for what damages files where this one was kept.
    """


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(path: Path, manifest: Manifest, data: Path) -> None:
    """Writes the file, for its owner alone, and waits until it is on the disk."""
    with os.fdopen(_new_file(path), "wb") as file:
        with (
            gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", bufsize=_PIECE) as tar,
            data.open("rb") as stored,
        ):
            text = manifest.to_bytes()
            tar.addfile(_member(_MANIFEST, len(text)), io.BytesIO(text))
            tar.addfile(_member(_DATA, manifest.size_bytes), stored)
        file.flush()
        os.fsync(file.fileno())


def manifest_of(path: Path) -> Manifest:
    """What the backup says about itself, before its data are looked at."""
    with _opened(path) as (tar, _):
        return _manifest(path, tar)


def unpack(path: Path, target: Path) -> None:
    """The data in a new file; raises NotABackup, or DamagedBackup when one byte is not as it was written."""
    with _opened(path) as (tar, packed):
        manifest = _manifest(path, tar)
        member = tar.next()
        stored = tar.extractfile(member) if member is not None and member.name == _DATA else None
        if stored is None:
            raise DamagedBackup(path=path, fault="it holds no data")
        found = _copy(stored, target)
        while packed.read(_PIECE):  # to the checksum at its end
            pass
    if found != manifest.sha256:
        raise DamagedBackup(path=path, fault="its data are not those that were saved")


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


@contextmanager
def _opened(path: Path) -> Iterator[tuple[tarfile.TarFile, IO[bytes]]]:
    if not path.is_file():
        raise NoSuchBackup(path=path)
    try:
        with path.open("rb") as file:
            if file.read(len(_FIRST_BYTES)) != _FIRST_BYTES:
                raise NotABackup(path=path)
            file.seek(0)
            with gzip.GzipFile(fileobj=file) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
                yield tar, packed  # type: ignore[misc]  # a GzipFile reads like a file
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DamagedBackup(path=path, fault="it ends too early or was changed") from error


def _manifest(path: Path, tar: tarfile.TarFile) -> Manifest:
    member = tar.next()
    stored = tar.extractfile(member) if member is not None and member.name == _MANIFEST else None
    if stored is None or member is None or member.size > _LONGEST_MANIFEST:
        raise NotABackup(path=path)
    try:
        return read_manifest(stored.read())
    except ValueError as error:
        raise NotABackup(path=path) from error


def _copy(stored: IO[bytes], target: Path) -> str:
    """The SHA-256 of what was copied."""
    digest = hashlib.sha256()
    with os.fdopen(_new_file(target), "wb") as file:
        while piece := stored.read(_PIECE):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _new_file(path: Path) -> int:
    """The descriptor of a new file that nobody but its owner may read."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
