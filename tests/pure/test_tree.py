"""The Merkle tree, against the published vectors of Certificate Transparency and against itself."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labflow.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    frontier,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_at,
    root_of,
)

# Google's Certificate Transparency reference (merkle tree tests); transparency-dev/merkle has the same.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]
MANY = [leaf_hash(f"leaf {number}".encode()) for number in range(70)]


@cache
def many_at(level: int, index: int) -> bytes:
    """HashAt of the tree over MANY."""
    if level == 0:
        return MANY[index]
    return node_hash(many_at(level - 1, 2 * index), many_at(level - 1, 2 * index + 1))


def at(level: int, index: int) -> bytes:
    """HashAt of the tree over LEAVES."""
    return root_of(LEAVES[index << level : index + 1 << level])


def changed(hashes: list[bytes], place: int, bit: int) -> list[bytes]:
    """These hashes with one bit of one of them flipped."""
    copy = [bytearray(one) for one in hashes]
    copy[place][bit // 8] ^= 1 << bit % 8
    return [bytes(one) for one in copy]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference(size: int) -> None:
    grown = Frontier()
    for leaf in LEAVES[:size]:
        grown.append(leaf)
    assert root_of(LEAVES[:size]).hex() == grown.root.hex() == root_at(size, at).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference(index: int, size: int) -> None:
    proof = inclusion_proof(index, size, at)
    assert [one.hex() for one in proof] == INCLUSION[index, size]
    assert check_inclusion(LEAVES[index], index, size, proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "size"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference(old: int, size: int) -> None:
    proof = consistency_proof(old, size, at)
    assert [one.hex() for one in proof] == CONSISTENCY[old, size]
    assert check_consistency(old, size, proof, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[size]))


def test_every_leaf_of_every_tree_up_to_seventy_is_proved_and_no_other_place_is() -> None:
    for size in range(1, 71):
        root = root_at(size, many_at)
        assert root == root_of(MANY[:size])
        for index in range(size):
            proof = inclusion_proof(index, size, many_at)
            assert check_inclusion(MANY[index], index, size, proof, root)
            assert not check_inclusion(MANY[index - 1], index, size, proof, root) or size == 1
            assert not check_inclusion(MANY[index], index + 1, size, proof, root)
            assert not check_inclusion(MANY[index], index, size, [*proof, root], root)
            assert not check_inclusion(MANY[index], index, size, proof[:-1], root) or not proof


def test_every_two_trees_up_to_seventy_are_consistent_and_no_changed_proof_is() -> None:
    for size in range(71):
        root = root_at(size, many_at)
        for old in range(size + 1):
            proof, old_root = consistency_proof(old, size, many_at), root_at(old, many_at)
            assert check_consistency(old, size, proof, old_root, root)
            assert not check_consistency(old, size, [*proof, root], old_root, root)
            assert not check_consistency(old, size, proof, many_at(0, 0)[::-1], root)
            assert not proof or not check_consistency(old, size, proof[1:], old_root, root)


@given(size=st.integers(2, 70), data=st.data())
def test_one_changed_bit_spoils_an_inclusion_proof(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, many_at)
    place, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    root = root_at(size, many_at)
    assert not check_inclusion(MANY[index], index, size, changed(proof, place, bit), root)
    assert not check_inclusion(MANY[index], index, size, proof, changed([root], 0, bit)[0])
    assert not check_inclusion(changed(MANY, index, bit)[index], index, size, proof, root)


@given(size=st.integers(2, 70), data=st.data())
def test_one_changed_bit_spoils_a_consistency_proof(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    proof, old_root, root = (
        consistency_proof(old, size, many_at),
        root_at(old, many_at),
        root_at(size, many_at),
    )
    place, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    assert not check_consistency(old, size, changed(proof, place, bit), old_root, root)
    assert not check_consistency(old, size, proof, changed([old_root], 0, bit)[0], root)
    assert not check_consistency(old, size, proof, old_root, changed([root], 0, bit)[0])


def test_an_older_tree_is_no_continuation_of_a_newer_one() -> None:
    assert not check_consistency(8, 5, [], root_at(8, at), root_at(5, at))
    assert not check_consistency(8, 0, [], root_at(8, at), EMPTY_ROOT)


def test_a_tree_goes_on_from_its_right_edge() -> None:
    for size in range(70):
        edge = frontier(size, many_at)
        edge.append(MANY[size])
        assert edge.root == root_at(size + 1, many_at)


def test_what_a_tree_does_not_hold_cannot_be_proved() -> None:
    with pytest.raises(ValueError, match="no leaf 8"):
        inclusion_proof(8, 8, at)
    with pytest.raises(ValueError, match="never had 9"):
        consistency_proof(9, 8, at)
    with pytest.raises(ValueError, match="one peak"):
        Frontier(3, [])
