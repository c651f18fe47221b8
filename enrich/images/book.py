"""Readings of pictures in `derived.db`: each picture once, and which capture holds which."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
)

from cases.identity import CaptureId, Sha256
from cases.ledger_objects import batches
from enrich.documents import Identifier, Mention
from enrich.images.records import PictureReading

PDQ_QUALITY = 50  # below it a hash tells too little apart: PDQ's authors
_CHUNK = 500

Transaction = Callable[[], AbstractContextManager[Connection]]

picture_metadata = MetaData()
readings = Table(
    "picture_readings",
    picture_metadata,
    Column("sha256", String, primary_key=True),
    Column("version", String, nullable=False),
    Column("named_by", String, nullable=False),
    Column("pdq", LargeBinary),
    Column("pdq_quality", Integer),
    Column("content", LargeBinary, nullable=False),  # the whole record: JSON, zlib
)
held = Table(
    "capture_pictures",
    picture_metadata,
    Column("capture", String, primary_key=True),
    Column("sha256", String, primary_key=True),
    Column("ordinal", Integer, nullable=False),
    Index("by_sha256", "sha256"),
)


class PictureBook:
    """The readings kept in a derived store (`DerivedStore.pictures`)."""

    def __init__(self, reading: Transaction, writing: Transaction) -> None:
        self._reading, self._writing = reading, writing

    def put(self, reading: PictureReading) -> None:
        """Keep a reading, in place of an earlier one of the same bytes."""
        pdq = bytes.fromhex(reading.pdq) if reading.pdq else None
        with self._writing() as connection:
            connection.execute(delete(readings).where(readings.c.sha256 == reading.sha256))
            connection.execute(
                insert(readings).values(
                    sha256=reading.sha256,
                    version=reading.version,
                    named_by=reading.named_by,
                    pdq=pdq,
                    pdq_quality=reading.pdq_quality,
                    content=_packed(reading),
                )
            )

    def get(self, sha256: str) -> PictureReading | None:
        """What was last read of those bytes, of whatever version."""
        return self.of([sha256]).get(Sha256(sha256))

    def of(self, digests: Iterable[str]) -> dict[Sha256, PictureReading]:
        """What was read of each of those bytes."""
        found: dict[Sha256, PictureReading] = {}
        with self._reading() as connection:
            for chunk in batches(sorted(set(digests)), _CHUNK):
                query = select(readings.c.content).where(readings.c.sha256.in_(chunk))
                for content in connection.execute(query).scalars():
                    reading = _unpacked(content)
                    found[reading.sha256] = reading
        return found

    def hold(self, capture: CaptureId, digests: Sequence[str]) -> None:
        """Write down which pictures the capture holds, in order, in place of what stood there."""
        rows = [
            {"capture": capture, "sha256": sha256, "ordinal": number}
            for number, sha256 in enumerate(dict.fromkeys(digests))
        ]
        with self._writing() as connection:
            gone = _held_by(connection, capture) - set(digests)
            connection.execute(delete(held).where(held.c.capture == capture))
            if rows:
                connection.execute(insert(held), rows)
            _forget_unheld(connection, gone)

    def held_by(self, capture: CaptureId) -> list[PictureReading]:
        """The readings of a capture's pictures, in the order in which they lie in it."""
        query = (
            select(readings.c.content)
            .join(held, held.c.sha256 == readings.c.sha256)
            .where(held.c.capture == capture)
            .order_by(held.c.ordinal)
        )
        with self._reading() as connection:
            return [_unpacked(content) for content in connection.execute(query).scalars()]

    def captures_with(self, digests: Collection[str]) -> dict[Sha256, list[CaptureId]]:
        """Every capture that holds each of the pictures. Whoever shows it keeps to a scope."""
        found: dict[Sha256, list[CaptureId]] = {}
        with self._reading() as connection:
            for chunk in batches(sorted(set(digests)), _CHUNK):
                query = select(held.c.sha256, held.c.capture).where(held.c.sha256.in_(chunk))
                for sha256, capture in connection.execute(query.order_by(held.c.capture)):
                    found.setdefault(Sha256(sha256), []).append(CaptureId(capture))
        return found

    def hashes(self, quality: int = PDQ_QUALITY) -> tuple[list[Sha256], bytes]:
        """Every picture whose PDQ is of that quality, and their hashes in a row, 32 bytes each."""
        query = (
            select(readings.c.sha256, readings.c.pdq)
            .where(readings.c.pdq_quality >= quality, readings.c.pdq.is_not(None))
            .order_by(readings.c.sha256)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [Sha256(sha256) for sha256, _ in rows], b"".join(pdq for _, pdq in rows)

    def drop(self, capture: CaptureId) -> None:
        """Forget the capture, and what was read of pictures that no other capture holds."""
        self.hold(capture, ())


def _held_by(connection: Connection, capture: CaptureId) -> set[str]:
    query = select(held.c.sha256).where(held.c.capture == capture)
    return set(connection.execute(query).scalars())


def _forget_unheld(connection: Connection, digests: Collection[str]) -> None:
    for chunk in batches(sorted(digests), _CHUNK):
        query = select(held.c.sha256).where(held.c.sha256.in_(chunk))
        gone = set(chunk) - set(connection.execute(query).scalars())
        connection.execute(delete(readings).where(readings.c.sha256.in_(gone)))


def _packed(reading: PictureReading) -> bytes:
    return zlib.compress(json.dumps(asdict(reading), ensure_ascii=False).encode(), 3)


def _unpacked(content: bytes) -> PictureReading:
    found: dict[str, Any] = json.loads(zlib.decompress(content))
    return PictureReading(
        **{
            **found,
            "sha256": Sha256(found["sha256"]),
            "turned": tuple(found["turned"]),
            "gps": tuple(found["gps"]) if found["gps"] else None,
            "notes": tuple(found["notes"]),
            "mentions": tuple(Mention(**each) for each in found["mentions"]),
            "identifiers": tuple(Identifier(**each) for each in found["identifiers"]),
        }
    )
