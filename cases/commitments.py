"""Salted commitments to texts, as in SD-JWT (RFC 9901, section 4.2.1). Pure: dice come in.

One scheme for the ledger's texts and the manifest's restricted fields (docs/formats.md, 1). Who
holds a disclosure can show that its digest stands in the set; who holds only the set learns
neither the value nor how many of its digests are decoys.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from cases.canonical import Json, canonical, read_canonical
from cases.ledger_errors import EntryRefused, LedgerUnreadable

Random = Callable[[int], bytes]  # that many random bytes: `secrets.token_bytes`, fixed in vectors

ALGORITHM = "sha-256"  # of the IANA registry of named information hashes, as RFC 9901 asks
SALT_BYTES = 16
DECOY_BYTES = 32
_B64U = re.compile(r"[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The opening of one commitment: who has `text` has name, value and salt."""

    name: str
    text: str  # b64u of canonical JSON [salt, name, value]

    @property
    def digest(self) -> str:
        """What stands in the commitment set."""
        return digest_of(self.text)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a disclosure says."""

    salt: bytes
    name: str
    value: Json


@dataclass(frozen=True, slots=True)
class CommitmentSet:
    """Digests and decoys, sorted: what is published in the place of texts."""

    digests: tuple[str, ...]

    def document(self) -> dict[str, Json]:
        """`{"_sd": [...], "_sd_alg": "sha-256"}`."""
        return {"_sd": list(self.digests), "_sd_alg": ALGORITHM}

    def holds(self, disclosure: str) -> bool:
        """Whether the disclosure's digest stands in this set."""
        return digest_of(disclosure) in self.digests


def b64u(raw: bytes) -> str:
    """base64url without padding (RFC 4648, section 5)."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_b64u(text: str) -> bytes:
    """The bytes that `b64u` wrote. Raises `ValueError` for any other text."""
    if not _B64U.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not base64url without padding")
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64u(raw) != text:  # stray bits in the last letter: two texts for the same bytes
        raise ValueError(f"{text[:40]!r} is not base64url in its only form")
    return raw


def disclose(name: str, value: Json, salt: bytes) -> Disclosure:
    """The disclosure of a named value under a salt of 16 bytes."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt is {SALT_BYTES} bytes, not {len(salt)}")
    return Disclosure(name, b64u(canonical([b64u(salt), name, value])))


def digest_of(disclosure: str) -> str:
    """b64u(SHA-256(ASCII of the disclosure))."""
    return b64u(sha256(disclosure.encode("ascii", "backslashreplace")).digest())


def commit(
    values: Mapping[str, Json], count: int, random: Random
) -> tuple[CommitmentSet, tuple[Disclosure, ...]]:
    """A set of `count` digests that commits to `values`, and their disclosures in order.

    Dice are drawn at once: a salt for each value, then 32 bytes for each decoy. Raises
    `EntryRefused` where there are more values than `count`.
    """
    decoys = count - len(values)
    if decoys < 0:
        raise EntryRefused(
            f"An act carries at most {count} texts, and this one has {len(values)}: "
            f"{', '.join(values)}. Record some of them in an act of their own.",
        )
    dice = random(SALT_BYTES * len(values) + DECOY_BYTES * decoys)
    salted = SALT_BYTES * len(values)
    disclosures = tuple(
        disclose(name, value, dice[start : start + SALT_BYTES])
        for (name, value), start in zip(values.items(), range(0, salted, SALT_BYTES), strict=True)
    )
    digests = [disclosure.digest for disclosure in disclosures]
    for start in range(salted, len(dice), DECOY_BYTES):
        digests.append(b64u(sha256(dice[start : start + DECOY_BYTES]).digest()))
    return CommitmentSet(tuple(sorted(digests))), disclosures


def open_disclosure(text: str) -> Opening:
    """What a disclosure says. Raises `LedgerUnreadable` where it is none.

    That it belongs to a set is `CommitmentSet.holds`'s to say.
    """
    try:
        match read_canonical(from_b64u(text)):
            case [str(salt), str(name), value] if len(raw := from_b64u(salt)) == SALT_BYTES:
                return Opening(raw, name, value)
    except ValueError:  # not base64url, or not canonical JSON
        pass
    raise LedgerUnreadable(
        f"{text[:40]!r} is not a disclosure (base64url of [salt, name, value]). "
        "It was changed or cut; its commitment still stands.",
    )


def read_set(document: object, count: int) -> CommitmentSet:
    """The commitment set of a parsed document. Raises `LedgerUnreadable` unless it has `count`."""
    match document:
        case {"_sd": [*digests], "_sd_alg": "sha-256", **rest} if not rest:
            if len(digests) == count and _are_digests(digests) and digests == sorted(set(digests)):
                return CommitmentSet(tuple(digests))
    raise LedgerUnreadable(
        f"A commitment set must hold {count} different digests in order and nothing else."
    )


def _are_digests(digests: Collection[object]) -> bool:
    return all(
        isinstance(digest, str) and len(digest) == 43 and _B64U.fullmatch(digest)
        for digest in digests
    )
