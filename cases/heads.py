"""The heads of all objects at one tree size, and the tree over them (docs/formats.md, 4). Pure.

A head says how many leaves an object has and which is the last; proving it proves that no newer
one was left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cases.identity import Sha256
from cases.merkle import leaf_hash


@dataclass(frozen=True, slots=True)
class Head:
    """How far one object's leaves had come. `last` is the hash of the newest leaf, raw."""

    id: Sha256
    count: int
    last: bytes

    def hashed(self) -> bytes:
        """Its leaf hash in the heads tree."""
        return leaf_hash(bytes.fromhex(self.id) + self.count.to_bytes(8, "big") + self.last)


def head_hashes(heads: Iterable[Head]) -> list[bytes]:
    """The leaf hashes of the heads tree. `heads` are sorted by id."""
    return [head.hashed() for head in heads]
