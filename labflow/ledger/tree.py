"""The Merkle tree of RFC 6962, section 2.1 (SHA-256): roots, proofs and their verification.

A *complete* subtree has 2**level leaves and begins at a multiple of that; `HashAt` gives its hash. Proofs are
made of such hashes only, so whoever can answer `HashAt` (rows, tiles, a list) can prove. Pure: no I/O.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

HashAt = Callable[[int, int], bytes]
"""(level, index) to the hash of the complete subtree of leaves index * 2**level to (index + 1) * 2**level."""

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf: the zero byte keeps it apart from every node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node with these two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes."""
    row = list(hashes)
    while len(row) > 1:
        pairs = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)]
        row = pairs + row[len(pairs) * 2 :]  # an odd last one goes up as it is
    return row[0] if row else EMPTY_ROOT


class Frontier:
    """A growing tree of which only the right edge is kept: its root at any size, in memory of log2(size)."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """`peaks` are the hashes of the complete subtrees that `size` leaves fall into, the largest first."""
        self.size = size
        self._peaks = list(peaks)
        if len(self._peaks) != size.bit_count():
            raise ValueError("a tree has one peak for each binary one of its size")

    def append(self, leaf: bytes) -> None:
        """One more leaf, by its hash."""
        levels_to_close = self.size
        while levels_to_close & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            levels_to_close >>= 1
        self._peaks.append(leaf)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root of the leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root, *larger = reversed(self._peaks)
        for peak in larger:
            root = node_hash(peak, root)
        return root


def frontier(size: int, hash_at: HashAt) -> Frontier:
    """The right edge of a tree of this size."""
    peaks, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            peaks.append(hash_at(level, start >> level))
            start += 1 << level
    return Frontier(size, peaks)


def root_at(size: int, hash_at: HashAt) -> bytes:
    """The root of a tree's first `size` leaves."""
    return frontier(size, hash_at).root


def inclusion_proof(index: int, size: int, hash_at: HashAt) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of `size` leaves, the leaf's sibling first."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + _left_part(end - start)
        if index < middle:
            proof.append(_hash_of(middle, end, hash_at))
            end = middle
        else:
            proof.append(_hash_of(start, middle, hash_at))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, size: int, hash_at: HashAt) -> list[bytes]:
    """The hashes that show that the tree of `size` leaves begins with that of `old` leaves."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} leaves never had {old}")
    proof: list[bytes] = []
    if old in (0, size):
        return proof
    start, end = 0, size
    while end != old:
        middle = start + _left_part(end - start)
        if old <= middle:
            proof.append(_hash_of(middle, end, hash_at))
            end = middle
        else:
            proof.append(_hash_of(start, middle, hash_at))
            start = middle
    if start:  # otherwise the old tree is itself a subtree of the new one, and its root is known
        proof.append(_hash_of(start, end, hash_at))
    return proof[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether leaf hash `leaf` stands at `index` under this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for sibling in proof:
        if not last:
            return False
        if position & 1 or position == last:
            found = node_hash(sibling, found)
            while position and not position & 1:  # it has no sibling here: it went up as it is
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    return not last and found == root


def check_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether the tree under `root` begins with the one under `old_root` (RFC 9162, 2.1.4.2)."""
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size:
        return old == 0 and not proof and old_root == EMPTY_ROOT
    first, *rest = [old_root, *proof] if old.bit_count() == 1 else proof or [b""]
    position, last = old - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    found_old = found = first
    for sibling in rest:
        if not last:
            return False
        if position & 1 or position == last:
            found_old, found = node_hash(sibling, found_old), node_hash(sibling, found)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    return not last and found_old == old_root and found == root


def _left_part(size: int) -> int:
    """The leaves of a tree's left child: the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _hash_of(start: int, end: int, hash_at: HashAt) -> bytes:
    """The root of leaves start to end, where `start` is a multiple of the leaves' largest power of two."""
    size = end - start
    if size.bit_count() == 1:
        level = size.bit_length() - 1
        return hash_at(level, start >> level)
    middle = start + _left_part(size)
    return node_hash(_hash_of(start, middle, hash_at), _hash_of(middle, end, hash_at))
