"""A job's restricted fields, committed to anew for each capture. Pure: dice come in.

The same scheme as `cases.commitments.commit`, which the tests hold this equal to. A job's values
are the same in all its captures, so their JSON is made once: 40 us a capture in place of 150.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Container, Mapping
from functools import lru_cache
from hashlib import sha256

from cases.canonical import Json, canonical
from cases.commitments import DECOY_BYTES, SALT_BYTES, CommitmentSet, Disclosure, Random

COUNT = 16  # fields and decoys: docs/formats.md, section 7
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
NAME_AT = 36


class RestrictedFields:
    """The fields of restricted set 1 with a job's values."""

    def __init__(self, values: Mapping[str, Json]) -> None:
        """Raises `cases.canonical.NotCanonical` for a value that has no JSON."""
        self._names = tuple(values)
        # The JSON array [salt, name, value] without its salt.
        self._ends = tuple(b'",' + canonical([name, value])[1:] for name, value in values.items())
        self._salted = SALT_BYTES * len(self._names)
        self._dice = self._salted + DECOY_BYTES * (COUNT - len(self._names))

    def commit(self, random: Random) -> tuple[CommitmentSet, tuple[Disclosure, ...]]:
        """A fresh commitment set and the disclosures that open it, in the fields' order."""
        dice = random(self._dice)
        texts = [
            _b64u(b'["' + _b64u(dice[at : at + SALT_BYTES]) + end)
            for at, end in zip(range(0, self._salted, SALT_BYTES), self._ends, strict=True)
        ]
        committed = texts + [
            dice[at : at + DECOY_BYTES] for at in range(self._salted, self._dice, DECOY_BYTES)
        ]
        digests = sorted(_b64u(sha256(each).digest()).decode("ascii") for each in committed)
        disclosures = tuple(
            Disclosure(name, text.decode("ascii"))
            for name, text in zip(self._names, texts, strict=True)
        )
        return CommitmentSet(tuple(digests)), disclosures


def opens(disclosure: str, name: str, committed: Container[str]) -> bool:
    """Whether a disclosure is of the field `name` and its digest is one of `committed`.

    What was committed to is in our own form, `["`, a salt of 22 letters, `","` and the name: 27
    bytes, which are 36 of base64, so the name's letters always look the same.
    """
    try:
        digest = _b64u(sha256(disclosure.encode("ascii")).digest()).decode("ascii")
    except ValueError:  # not ASCII
        return False
    return digest in committed and disclosure.startswith(_named(name), NAME_AT)


@lru_cache(maxsize=64)
def _named(name: str) -> str:
    """How the name and its closing quote look in base64, up to their last whole three bytes."""
    ending = f'{name}",'.encode()
    return _b64u(ending[: len(ending) // 3 * 3]).decode("ascii")


def _b64u(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False).translate(_URL_SAFE).rstrip(b"=")
