"""The names and bytes of a log's files, with the examples of c2sp.org/tlog-tiles."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labflow.ledger.tiles import (
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
from labflow.ledger.tree import check_consistency, consistency_proof, leaf_hash, root_at, root_of

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(70_000)]


def hashes_of(tile: Tile) -> list[bytes]:
    """The hashes of a tile over LEAVES, straight from the definition."""
    span = WIDTH**tile.level
    starts = range(tile.first * span, (tile.first + tile.width) * span, span)
    return [root_of(LEAVES[start : start + span]) for start in starts]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999), "tile/0/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(2, 0, 1), "tile/2/000.p/1"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(ENTRIES, 273, 112), "tile/entries/273.p/112"),
        (Tile(ENTRIES, 1234067), "tile/entries/x001/x234/067"),
    ],
)
def test_files_are_named_as_the_specification_says(tile: Tile, path: str) -> None:
    assert tile.path == path


def test_the_specifications_tree_of_seventy_thousand_has_its_files() -> None:
    files = Counter((tile.level, tile.width) for tile in tiles_of(70_000))
    bundles = {(ENTRIES, 256): 273, (ENTRIES, 112): 1}
    assert files == bundles | {(0, 256): 273, (0, 112): 1, (1, 256): 1, (1, 17): 1, (2, 1): 1}


def test_a_tree_of_256_has_a_full_tile_and_a_partial_one_above() -> None:
    assert list(tiles_of(256)) == [Tile(ENTRIES, 0), Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(since=st.integers(0, 70_000), more=st.integers(0, 600))
def test_a_growing_tree_writes_what_is_new_and_nothing_else(since: int, more: int) -> None:
    old, new = set(tiles_of(since)), set(tiles_of(since + more))
    assert set(tiles_of(since + more, since=since)) == new - old


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_entries_come_out_of_a_bundle_as_they_went_in(entries: list[bytes]) -> None:
    tile, data = Tile(ENTRIES, 0, len(entries)), encode_bundle(entries)
    assert decode_bundle(data, tile) == entries
    for broken in (data[:-1], data + b"\0", data[1:]):
        with pytest.raises(BrokenTile):
            decode_bundle(broken, tile)


def test_a_tile_of_another_length_is_broken() -> None:
    tile = Tile(0, 3, 2)
    assert decode_hashes(encode_hashes(LEAVES[:2]), tile) == LEAVES[:2]
    with pytest.raises(BrokenTile, match=r"tile/0/003\.p/2"):
        decode_hashes(encode_hashes(LEAVES[:3]), tile)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_536, 65_537, 70_000])
def test_proofs_come_from_tiles_alone(size: int) -> None:
    hash_at = hashes_from(size, hashes_of)
    root = root_at(size, hash_at)
    assert root == root_of(LEAVES[:size])
    old = max(1, size - 300)
    assert check_consistency(old, size, consistency_proof(old, size, hash_at), root_of(LEAVES[:old]), root)
