"""The files of a log, c2sp.org/tlog-tiles: tiles of 256 hashes, and bundles of the 256 entries they hash.

The hashes of a level-0 tile are the leaves'; each hash of a higher tile is the root of a full tile below it.
The last tile of a level may be partial, and has its width in its name. Pure: paths and bytes, no I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..foundation.errors import Malformed
from .tree import HASH_BYTES, HashAt, root_of

WIDTH = 256
HEIGHT = 8  # a full tile is a complete subtree of 2**8 hashes
ENTRIES = -1
_LENGTH_BYTES = 2
LONGEST_ENTRY = 0xFFFF


class BrokenTile(Malformed):
    """The log's file {path} is broken: {fault}.

    Check the log with `labflow ledger check`; the server writes its files anew from the database.
    """


@dataclass(frozen=True, slots=True)
class Tile:
    """One file of a log: `width` hashes of a level, or entries where the level is ENTRIES."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it stands in the log's folder: tile/0/x001/x234/067 or tile/entries/000.p/17."""
        kind = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{_numbered(self.index)}{partial}"

    @property
    def first(self) -> int:
        """The number of its first hash (or entry) within its level."""
        return self.index * WIDTH


def _numbered(index: int) -> str:
    """1234067 is x001/x234/067."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups)


def tiles_of(size: int, *, since: int = 0) -> Iterator[Tile]:
    """The files of a tree of `size` leaves that the tree of its first `since` leaves did not have.

    Bundles first, then the levels from the leaves up.
    """
    for level in (ENTRIES, *range(levels_of(size))):
        hashes, known = (amount >> HEIGHT * max(level, 0) for amount in (size, since))
        if hashes == known:
            continue
        for index in range(known // WIDTH, -(-hashes // WIDTH)):
            yield Tile(level, index, min(WIDTH, hashes - index * WIDTH))


def levels_of(size: int) -> int:
    """How many levels of tiles a tree of `size` leaves has."""
    return -(-size.bit_length() // HEIGHT)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries as a bundle: each one's length in two bytes, then its bytes."""
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def decode_bundle(data: bytes, tile: Tile) -> list[bytes]:
    """The entries of a bundle; raises BrokenTile when they are not as many as its width says."""
    entries, place = [], 0
    while place < len(data):
        start = place + _LENGTH_BYTES
        place = start + int.from_bytes(data[start - _LENGTH_BYTES : start], "big")
        entries.append(data[start:place])
    if place != len(data) or len(entries) != tile.width:
        raise BrokenTile(path=tile.path, fault=f"it does not hold {tile.width} entries")
    return entries


def encode_hashes(hashes: Iterable[bytes]) -> bytes:
    """Hashes as a tile."""
    return b"".join(hashes)


def decode_hashes(data: bytes, tile: Tile) -> list[bytes]:
    """The hashes of a tile; raises BrokenTile when they are not as many as its width says."""
    if len(data) != tile.width * HASH_BYTES:
        raise BrokenTile(path=tile.path, fault=f"it does not hold {tile.width} hashes")
    return [data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES)]


def hashes_from(size: int, hashes_of: Callable[[Tile], Sequence[bytes]]) -> HashAt:
    """`HashAt` of a tree of `size` leaves, from the hashes that its tiles hold."""

    def hash_at(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        tile = Tile(tile_level, first // WIDTH)
        width = min(WIDTH, (size >> HEIGHT * tile_level) - tile.first)
        place = first - tile.first
        return root_of(hashes_of(replace(tile, width=width))[place : place + (1 << height)])

    return hash_at
