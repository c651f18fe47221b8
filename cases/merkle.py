"""The Merkle tree of RFC 6962 (section 2.1): hashes, growth, proofs and their checks. No I/O.

A tree of `size` leaves is kept as its complete subtrees, each named by a `Node`: level 0 holds
the leaf hashes, node (level, number) covers the 2**level leaves from number * 2**level. A complete
subtree never changes, so nothing is ever recomputed. `Growth` gives the nodes that each new leaf
completes (two on average); proofs read at most 2 log2(size) of them through a `HashReader`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = sha256(b"").digest()


class Node(NamedTuple):
    """The name of a complete subtree: 2**level leaves, group `number` from the left, from 0."""

    level: int
    number: int


class LeafOutOfRange(ValueError):
    """A proof was asked for a leaf or a size that the tree does not have."""


class HashReader(Protocol):
    """Reads stored hashes of complete subtrees, many at once: one query for a whole proof."""

    def __call__(self, nodes: Sequence[Node]) -> Sequence[bytes]:
        """The 32-byte hash of each of `nodes`, in the same order."""
        ...


Range = tuple[int, int]  # leaves [start, end), as the recursion of RFC 6962 cuts them


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return sha256(LEAF_PREFIX + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(NODE_PREFIX + left + right).digest()


class Growth:
    """A growing tree, remembered by its right edge alone: the complete subtrees, largest first."""

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        """`edge` holds the hashes of `edge_nodes(size)`, in that order."""
        if len(edge) != size.bit_count():
            raise ValueError(
                f"a tree of {size} has {size.bit_count()} edge hashes, not {len(edge)}"
            )
        self.size = size
        self._edge = list(edge)

    def append(self, leaf: bytes) -> list[tuple[Node, bytes]]:
        """The nodes that the new leaf hash completes, level 0 (itself) first."""
        index, level = self.size, 0
        grown = [(Node(0, index), leaf)]
        while index & 1:
            leaf = node_hash(self._edge.pop(), leaf)
            index, level = index >> 1, level + 1
            grown.append((Node(level, index), leaf))
        self._edge.append(leaf)
        self.size += 1
        return grown

    @property
    def root(self) -> bytes:
        """The root hash at the present size."""
        return _folded(self._edge) if self._edge else EMPTY_ROOT


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in their order.

    Level by level, an odd last node carried up as it is: the tree of RFC 6962, a third of the time
    of growing it leaf by leaf.
    """
    level = list(leaves)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        above = [
            sha256(NODE_PREFIX + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        if len(level) & 1:
            above.append(level[-1])
        level = above
    return level[0]


def edge_nodes(size: int) -> list[Node]:
    """The complete subtrees that make up a tree of `size` leaves, largest (leftmost) first."""
    return _subtrees(0, size)


def root_at(size: int, hashes: HashReader) -> bytes:
    """The root of the first `size` leaves."""
    return _folded(hashes(edge_nodes(size))) if size else EMPTY_ROOT


def inclusion_proof(leaf: int, size: int, hashes: HashReader) -> list[bytes]:
    """The sibling hashes, leaf upward, that tie leaf number `leaf` to the tree of `size` leaves.

    Each is 32 bytes; at most ceil(log2 size) of them. Raises `LeafOutOfRange`. RFC 6962, 2.1.1.
    """
    if not 0 <= leaf < size:
        raise LeafOutOfRange(f"there is no leaf {leaf} in a tree of {size}")
    start, end = 0, size
    siblings: list[Range] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if leaf < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return _range_hashes(siblings[::-1], hashes)


def consistency_proof(old: int, new: int, hashes: HashReader) -> list[bytes]:
    """The hashes that show the tree of `new` leaves to begin with the tree of `old` leaves.

    Empty where `old` equals `new`. Raises `LeafOutOfRange` unless 0 < old <= new. RFC 6962, 2.1.2.
    """
    if not 0 < old <= new:
        raise LeafOutOfRange(f"no consistency proof leads from a tree of {old} to one of {new}")
    start, end, whole = 0, new, True  # whole: the old tree is the subtree, its root is known
    siblings: list[Range] = []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start, whole = middle, False
    if not whole:
        siblings.append((start, end))
    return _range_hashes(siblings[::-1], hashes)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether `proof` ties the leaf hash to the root. RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            if not place & 1:
                place, last = _to_next_left_turn(place, last)
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether the tree of `new` leaves begins with the tree of `old`. RFC 9162, section 2.1.4.2."""
    if old == new:
        return not proof and old_root == new_root and old > 0
    if not 0 < old < new or not proof:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    was = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
            if not place & 1:
                place, last = _to_next_left_turn(place, last)
        else:
            now = node_hash(now, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def _to_next_left_turn(place: int, last: int) -> tuple[int, int]:
    """Both shifted until `place` is odd or zero: the right edge skips levels without a sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _subtrees(start: int, end: int) -> list[Node]:
    """The complete subtrees of a range that the recursion cut: its start is aligned."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def _range_hashes(ranges: Sequence[Range], hashes: HashReader) -> list[bytes]:
    """The hash of each range, after one reading of all the nodes they are made of."""
    parts = [_subtrees(start, end) for start, end in ranges]
    flat = [node for part in parts for node in part]
    read = iter(hashes(flat) if flat else ())
    return [_folded([next(read) for _ in part]) for part in parts]


def _folded(edge: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, largest first: folded from the right."""
    found = edge[-1]
    for left in edge[-2::-1]:
        found = node_hash(left, found)
    return found


def reader_of(leaves: Sequence[bytes]) -> HashReader:
    """A `HashReader` over leaf hashes held in memory; the tree is hashed once, here."""
    levels = [list(leaves)]
    while len(below := levels[-1]) > 1:
        levels.append([node_hash(a, b) for a, b in zip(below[::2], below[1::2], strict=False)])

    def read(nodes: Sequence[Node]) -> list[bytes]:
        return [levels[level][number] for level, number in nodes]

    return read
