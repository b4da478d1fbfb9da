"""One file for each backup: a tar of the manifest and then the data, compressed by gzip, and a seal.

The seal is the SHA-256 of all before it. It stands in the comment of an empty gzip member, so that without
labflow at hand `tar xzf` opens the file. gzip's own checksum is not enough: it is over what comes out, and
some changed bits change nothing there.
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
from datetime import datetime
from pathlib import Path
from typing import IO

from ...foundation.errors import NotFound, Refused
from .manifest import Manifest, read_manifest

_MANIFEST, _DATA = "manifest.json", "data"
_GZIP = b"\x1f\x8b\x08"
# of an empty gzip member: its header says that a comment follows, then no data, their checksum and their size
_BEFORE_COMMENT, _AFTER_COMMENT = _GZIP + b"\x10\0\0\0\0\0\xff", b"\0\x03\0" + bytes(8)
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
            tar.addfile(_member(_MANIFEST, len(text), manifest.made_at), io.BytesIO(text))
            tar.addfile(_member(_DATA, manifest.size_bytes, manifest.made_at), stored)
        file.flush()
        file.write(_seal(sha256_of(path)))
        file.flush()
        os.fsync(file.fileno())


def manifest_of(path: Path) -> Manifest:
    """What the backup says about itself, when every byte is as it was written.

    Raises NoSuchBackup, NotABackup, DamagedBackup.
    """
    _check_seal(path)
    with _opened(path) as tar:
        return _manifest(path, tar)


def unpack(path: Path, target: Path) -> None:
    """The data in a new file; raises like `manifest_of`, which comes first."""
    with _opened(path) as tar:
        manifest = _manifest(path, tar)
        member = tar.next()
        stored = tar.extractfile(member) if member is not None and member.name == _DATA else None
        if stored is None:
            raise DamagedBackup(path=path, fault="it holds no data")
        found = _copy(stored, target)
    if found != manifest.sha256:
        raise DamagedBackup(path=path, fault="its data are not those that were saved")


def _member(name: str, size: int, made_at: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(made_at.timestamp())
    return member


def _seal(digest: str) -> bytes:
    return _BEFORE_COMMENT + f"sha256 {digest}".encode() + _AFTER_COMMENT


def _check_seal(path: Path) -> None:
    if not path.is_file():
        raise NoSuchBackup(path=path)
    digest = hashlib.sha256()
    rest = path.stat().st_size - len(_seal(digest.hexdigest()))
    with path.open("rb") as file:
        if file.read(len(_GZIP)) != _GZIP:
            raise NotABackup(path=path)
        file.seek(0)
        while piece := file.read(min(_PIECE, max(rest, 0))):
            digest.update(piece)
            rest -= len(piece)
        if file.read() != _seal(digest.hexdigest()):
            raise DamagedBackup(path=path, fault="it ends too early or was changed")


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with gzip.open(path) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
            yield tar
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise NotABackup(path=path) from error


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
