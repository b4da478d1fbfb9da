"""The files of a log beside the entries of the database: which leaves and which files differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .log_files import LogFolder
from .tiles import ENTRIES, HEIGHT, WIDTH, BrokenTile, Tile, levels_of
from .tree import leaf_hash, root_of

_MOST = 1_000


@dataclass(frozen=True)
class WrongFile:
    """A file that does not hold what it must, and at which leaf, where it is about one."""

    path: str
    what: str
    leaf: int | None = None


class Comparison:
    """Compares the tiles of a tree of `size` leaves, 256 leaves at a time, from the first on."""

    def __init__(self, folder: LogFolder, size: int) -> None:
        self._folder, self._size = folder, size
        self._roots: list[bytes] = []  # of the full level-0 tiles
        self.files: list[WrongFile] = []

    @property
    def leaves(self) -> list[int]:
        """The leaves that the files have otherwise."""
        return sorted({file.leaf for file in self.files if file.leaf is not None})

    def compare(self, first: int, bodies: Sequence[bytes], hashes: Sequence[bytes]) -> None:
        """The entries from leaf `first` on, and their leaf hashes; 256 of them, or the last ones."""
        if len(hashes) == WIDTH:
            self._roots.append(root_of(hashes))
        width = min(WIDTH, self._size - first)
        if width > 0:
            index = first // WIDTH
            self._beside(Tile(ENTRIES, index, width), bodies, self._folder.entries, "another entry")
            self._beside(Tile(0, index, width), hashes, self._folder.hashes, "another hash")

    def compare_upper(self) -> None:
        """The levels above the leaves', when every leaf was compared."""
        row = self._roots
        for level in range(1, levels_of(self._size)):
            hashes = self._size >> HEIGHT * level
            for first in range(0, hashes, WIDTH):
                tile = Tile(level, first // WIDTH, min(WIDTH, hashes - first))
                part = row[first : first + tile.width]
                self._beside(tile, part, self._folder.hashes, "another hash")
            row = [root_of(row[first : first + WIDTH]) for first in range(0, len(row) - WIDTH + 1, WIDTH)]

    def compare_lost(self, first: int) -> None:
        """Entries that only the files have, from this leaf on: the bundles beside the hashes."""
        for start in range(first // WIDTH * WIDTH, self._size, WIDTH):
            bundle = Tile(ENTRIES, start // WIDTH, min(WIDTH, self._size - start))
            hashes = replace(bundle, level=0)
            try:
                entries = self._folder.entries(bundle)
            except BrokenTile as error:
                self._wrong(bundle, error.details["fault"].removeprefix("it "))
            else:
                self._beside(hashes, list(map(leaf_hash, entries)), self._folder.hashes, "another hash")

    def _beside(
        self,
        tile: Tile,
        right: Sequence[bytes],
        read: Callable[[Tile], list[bytes]],
        what: str,
    ) -> None:
        for file in {tile, *self._folder.partials(tile)}:
            try:
                found = read(file)
            except BrokenTile as error:
                self._wrong(file, error.details["fault"].removeprefix("it "))
                continue
            for place, (one, other) in enumerate(zip(found, right, strict=False)):
                if one != other:
                    leaf = file.first + place if file.level <= 0 else None
                    self._wrong(file, f"holds {what} than was signed", leaf)

    def _wrong(self, tile: Tile, what: str, leaf: int | None = None) -> None:
        if len(self.files) < _MOST:
            self.files.append(WrongFile(tile.path, what, leaf))
