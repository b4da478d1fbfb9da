"""The folder of one log: its tiles and bundles, and the checkpoint that publishes them.

Every file appears whole or not at all, and is on the disk when its write returns. What lies beyond the
published checkpoint is nobody's business yet and may be written anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from .tiles import (
    ENTRIES,
    WIDTH,
    BrokenTile,
    Tile,
    decode_bundle,
    decode_hashes,
    encode_bundle,
    encode_hashes,
    hashes_from,
    tiles_of,
)
from .tree import HASH_BYTES, HashAt, leaf_hash, root_of

Bodies = Callable[[int, int], Sequence[bytes]]
"""(start, end) to the bytes of the log's entries from leaf `start` up to, without, leaf `end`."""

_CHECKPOINT = "checkpoint"
_UNFINISHED = ".unfinished-"


class LogFolder:
    """The files of one log."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._root_of_full = lru_cache(maxsize=4 * WIDTH)(lambda tile: root_of(self.hashes(tile)))

    def checkpoint(self) -> str | None:
        """The published note; None where nothing was published. Raises UnicodeDecodeError."""
        try:
            return (self.path / _CHECKPOINT).read_bytes().decode()
        except FileNotFoundError:
            return None

    def publish(self, note: str) -> None:
        """Makes this note the log's checkpoint."""
        write_durably(self.path / _CHECKPOINT, note.encode())

    def hashes(self, tile: Tile) -> list[bytes]:
        """The hashes of a tile; raises BrokenTile."""
        data, whole = self._read(tile)
        return decode_hashes(data, whole)[: tile.width]

    def partials(self, tile: Tile) -> list[Tile]:
        """The partial tiles that still stand beside this one, of trees when they were smaller."""
        names = [path.name for path in (self.path / f"{replace(tile, width=WIDTH).path}.p").glob("[1-9]*")]
        return [replace(tile, width=int(name)) for name in sorted(names) if name.isdecimal()]

    def entries(self, tile: Tile) -> list[bytes]:
        """The entries of a bundle; raises BrokenTile."""
        data, whole = self._read(tile)
        return decode_bundle(data, whole)[: tile.width]

    def hash_at(self, size: int) -> HashAt:
        """The hashes of the tree of this size, of which the folder has the tiles."""
        return hashes_from(size, lru_cache(maxsize=16)(self.hashes))

    def extend(self, size: int, *, since: int, bodies: Bodies) -> None:
        """Writes what a tree of `size` leaves has more than that of `since`; both are tree sizes."""
        for tile in tiles_of(size, since=since):
            self._write(tile, bodies)

    def repair(self, size: int, *, bodies: Bodies) -> int:
        """Writes what is missing of a tree of `size` leaves; how many files that was."""
        for leftover in self.path.rglob(f"{_UNFINISHED}*"):
            leftover.unlink(missing_ok=True)
        missing = [tile for tile in tiles_of(size) if not self._has(tile)]
        for tile in missing:
            self._write(tile, bodies)
        return len(missing)

    def drop_partials(self, size: int, *, since: int) -> None:
        """Removes partial tiles that a full one has replaced since the tree had `since` leaves."""
        for tile in tiles_of(size, since=since):
            if tile.width == WIDTH:
                folder = self.path / f"{tile.path}.p"
                for partial in folder.glob("*"):
                    partial.unlink(missing_ok=True)
                with suppress(FileNotFoundError):
                    folder.rmdir()

    def _write(self, tile: Tile, bodies: Bodies) -> None:
        write_durably(self.path / tile.path, self._content(tile, bodies))

    def _content(self, tile: Tile, bodies: Bodies) -> bytes:
        """Bundles come from `bodies`; every level of hashes comes from the files below it."""
        if tile.level == ENTRIES:
            return encode_bundle(bodies(tile.first, tile.first + tile.width))
        if tile.level == 0:
            return encode_hashes(map(leaf_hash, self.entries(replace(tile, level=ENTRIES))))
        below = (Tile(tile.level - 1, tile.first + number) for number in range(tile.width))
        return encode_hashes(map(self._root_of_full, below))

    def _has(self, tile: Tile) -> bool:
        path = self.path / tile.path
        whole = tile.level == ENTRIES or not path.exists() or path.stat().st_size == tile.width * HASH_BYTES
        return path.exists() and whole

    def _read(self, tile: Tile) -> tuple[bytes, Tile]:
        """A tile's bytes; those of the full tile where it has replaced the partial one."""
        for found in (tile, replace(tile, width=WIDTH)):
            with suppress(FileNotFoundError):
                return (self.path / found.path).read_bytes(), found
        raise BrokenTile(path=tile.path, fault="it is missing")


def write_durably(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Puts a file in place, whole, and waits until it and its name are on the disk."""
    _make_folder(path.parent)
    unfinished = path.with_name(f"{_UNFINISHED}{os.getpid()}-{path.name}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    _sync(path.parent)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Waits until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
