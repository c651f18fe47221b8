"""Which pictures look alike, by PDQ: every hash within so many bits of another, none left out.

PDQ hashes of near copies differ in few of 256 bits. Each is compared with each hash that is asked
for (exclusive or, then bits counted), a block at a time: exact, and 300,000 take some 10 ms a hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MATCH_BITS = 31  # of 256: the threshold of PDQ's authors
HASH_BYTES = 32
_WORDS = HASH_BYTES // 8


@dataclass(frozen=True, slots=True)
class Near:
    """A picture that looks like the one asked for: by how many bits it differs, and whether it is
    nearest as it stands (0) or to the n-th turned or mirrored form that was asked for.
    """

    sha256: str
    bits: int
    form: int


class NearPictures:
    """The hashes of so many pictures, to be asked which are near."""

    def __init__(self, digests: Sequence[str], hashes: bytes) -> None:
        """`hashes` are the PDQ hashes of the pictures in a row, 32 bytes each."""
        if len(hashes) != HASH_BYTES * len(digests):
            raise ValueError("a hash of 32 bytes is wanted for each picture")
        self._digests = digests
        self._words = np.frombuffer(hashes, dtype=np.uint64).reshape(-1, _WORDS)

    def near(self, forms: Sequence[str], most_bits: int = MATCH_BITS) -> list[Near]:
        """Every picture within `most_bits` of one of the forms (hashes of 64 hexadecimal digits),
        the nearest first, then by digest.
        """
        best = np.full(len(self._digests), HASH_BYTES * 8 + 1, dtype=np.uint16)
        form = np.zeros(len(self._digests), dtype=np.uint8)
        for number, each in enumerate(forms):
            wanted = np.frombuffer(bytes.fromhex(each), dtype=np.uint64)
            bits = np.bitwise_count(self._words ^ wanted).sum(axis=1, dtype=np.uint16)
            nearer = bits < best
            best[nearer], form[nearer] = bits[nearer], number
        found = [
            Near(self._digests[int(at)], int(best[at]), int(form[at]))
            for at in np.flatnonzero(best <= most_bits)
        ]
        return sorted(found, key=lambda near: (near.bits, near.sha256))
