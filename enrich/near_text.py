"""Near copies of a text: MinHash signatures, and the captures whose signature is like another.

A signature stands for the set of a text's runs of five words; the share of places at which two
signatures are the same estimates the share of runs that the texts have in common (Broder 1997).
Like signatures are found without comparing all by locality-sensitive hashing: each is cut into
bands, and who shares a band is compared. Two that agree in 0.8 of their places share none once in
600 times, two that agree in 0.9 once in millions.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
)

from cases.identity import CaptureId
from cases.ledger_objects import batches
from enrich.documents import Texts

if TYPE_CHECKING:
    from datasketch import MinHash  # type: ignore[import-untyped]

NEAR: Final = 0.8  # of the places of two signatures, at least
LEAST_WORDS: Final = 30  # a shorter text is like others by chance
MOST_WORDS: Final = 100_000  # looked at, of a text
MOST_CHARACTERS: Final = 600_000
RUN: Final = 5  # words
PLACES: Final = 128
BANDS, BAND_PLACES = 21, 6
_SEED: Final = 1  # another seed makes other signatures: raise `LAYOUT` of the store with it
_AT_ONCE: Final = 4_096  # runs hashed into a signature, 2 MiB of products
_CHUNK: Final = 500
_PLACE: Final = np.dtype("<u4")

_UNSEEN: Final = re.compile("[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# Scripts written without spaces: each character is a word of its own.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")

Transaction = Callable[[], AbstractContextManager[Connection]]

near_metadata = MetaData()
signatures = Table(  # each once: a page captured a thousand times is compared once
    "near_signatures",
    near_metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("signature", LargeBinary, nullable=False),
)
bands = Table(
    "near_bands",
    near_metadata,
    Column("band", Integer, primary_key=True),
    Column("hash", Integer, primary_key=True, autoincrement=False),
    Column("signature", Integer, primary_key=True),
    sqlite_with_rowid=False,
)
texts = Table(
    "near_texts",
    near_metadata,
    Column("capture", String, primary_key=True),
    Column("signature", Integer, nullable=False, index=True),
)


def signature_of(read: Texts) -> bytes | None:
    """The signature of a document's article, or of its whole text where none was told apart; the
    same in every process. None where it has too few words.
    """
    words = _words(read.main or read.whole)
    if len(words) < LEAST_WORDS:
        return None
    runs = {" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}
    sketch = _blank().copy()
    for some in batches(runs, _AT_ONCE):
        sketch.update_batch([run.encode("utf-8", "replace") for run in some])
    return bytes(sketch.hashvalues.astype(_PLACE).tobytes())


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", text[:MOST_CHARACTERS])).casefold()
    return [found.group() for found in islice(_WORD.finditer(plain), MOST_WORDS)]


@cache
def _blank() -> MinHash:
    from datasketch import MinHash  # takes a second: it brings SciPy

    return MinHash(num_perm=PLACES, seed=_SEED, scheme="affine32")


def alike(signature: bytes, others: Sequence[bytes]) -> list[float]:
    """The share of places at which the signature is the same as each of the others."""
    held = np.frombuffer(b"".join(others), _PLACE).reshape(-1, PLACES)
    same = np.count_nonzero(held == np.frombuffer(signature, _PLACE), axis=1)
    return [int(count) / PLACES for count in same]


class NearTexts:
    """The signatures kept in a derived store (`DerivedStore.near_texts`), as last committed."""

    def __init__(self, reading: Transaction) -> None:
        self._reading = reading

    def of(self, captures: Collection[CaptureId]) -> dict[CaptureId, bytes]:
        """The signatures of those of the captures that have one."""
        found: dict[CaptureId, bytes] = {}
        with self._reading() as connection:
            for chunk in batches(sorted(captures), _CHUNK):
                query = (
                    select(texts.c.capture, signatures.c.signature)
                    .join(signatures, signatures.c.id == texts.c.signature)
                    .where(texts.c.capture.in_(chunk))
                )
                found.update((CaptureId(name), kept) for name, kept in connection.execute(query))
        return found

    def near(self, wanted: Collection[bytes]) -> dict[bytes, list[CaptureId]]:
        """Every capture whose signature is near each of those, by capture id, its own among them.

        Whoever shows them keeps to a scope.
        """
        found: dict[bytes, list[CaptureId]] = {signature: [] for signature in wanted}
        with self._reading() as connection:
            near = _near(connection, _candidates(connection, found))
            for chunk in batches(sorted(near), _CHUNK):
                query = select(texts.c.capture, texts.c.signature)
                rows = connection.execute(query.where(texts.c.signature.in_(chunk)))
                for capture, number in rows:
                    for signature in near[number]:
                        found[signature].append(CaptureId(capture))
        for captures in found.values():
            captures.sort()
        return found


def _candidates(connection: Connection, wanted: Collection[bytes]) -> dict[int, set[bytes]]:
    """Of every signature kept that shares a band with one wanted: with which."""
    asked: dict[tuple[int, int], list[bytes]] = {}
    for signature in wanted:
        for band in _bands(signature):
            asked.setdefault(band, []).append(signature)
    found: dict[int, set[bytes]] = {}
    for number in range(BANDS):
        hashes = sorted(value for band, value in asked if band == number)
        for chunk in batches(hashes, _CHUNK):
            query = select(bands.c.hash, bands.c.signature)
            query = query.where(bands.c.band == number, bands.c.hash.in_(chunk))
            for value, kept in connection.execute(query):
                found.setdefault(kept, set()).update(asked[number, value])
    return found


def _near(connection: Connection, candidates: dict[int, set[bytes]]) -> dict[int, list[bytes]]:
    """Of every signature kept that is near one it was a candidate for: which."""
    near: dict[int, list[bytes]] = {}
    for chunk in batches(sorted(candidates), _CHUNK):
        query = select(signatures.c.id, signatures.c.signature).where(signatures.c.id.in_(chunk))
        for number, kept in connection.execute(query):
            asked = list(candidates[number])
            like = zip(asked, alike(kept, asked), strict=True)
            near[number] = [signature for signature, share in like if share >= NEAR]
    return near


def _bands(signature: bytes) -> list[tuple[int, int]]:
    size = BAND_PLACES * _PLACE.itemsize
    cut = (signature[at * size : (at + 1) * size] for at in range(BANDS))
    return [
        (number, int.from_bytes(_digest(part, 8), signed=True)) for number, part in enumerate(cut)
    ]


def _digest(content: bytes, size: int) -> bytes:
    return hashlib.blake2b(content, digest_size=size).digest()


def keep(connection: Connection, capture: str, signature: bytes) -> None:
    """Write the capture's signature down, of which none is kept."""
    digest = _digest(signature, 16)
    known = select(signatures.c.id).where(signatures.c.digest == digest)
    number = connection.execute(known).scalar_one_or_none()
    if number is None:
        row = insert(signatures).values(digest=digest, signature=signature)
        number = connection.execute(row.returning(signatures.c.id)).scalar_one()
        rows = [
            {"band": band, "hash": value, "signature": number} for band, value in _bands(signature)
        ]
        connection.execute(insert(bands), rows)
    connection.execute(insert(texts).values(capture=capture, signature=number))


def forget(connection: Connection, capture: str) -> None:
    """Forget the capture, and its signature where no other capture has it."""
    query = select(texts.c.signature).where(texts.c.capture == capture)
    number = connection.execute(query).scalar_one_or_none()
    connection.execute(delete(texts).where(texts.c.capture == capture))
    held = select(texts.c.capture).where(texts.c.signature == number).limit(1)
    if number is None or connection.execute(held).first() is not None:
        return
    gone = select(signatures.c.signature).where(signatures.c.id == number)
    for band, value in _bands(connection.execute(gone).scalar_one()):
        connection.execute(
            delete(bands).where(
                bands.c.band == band, bands.c.hash == value, bands.c.signature == number
            )
        )
    connection.execute(delete(signatures).where(signatures.c.id == number))
