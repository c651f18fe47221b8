"""What was read of pictures, through the gate: shown before any pixel, and in place of one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from enrich import DerivedStore
from enrich.images import PictureReading
from evidence.acting import Acting
from gate.text import fold_line, fold_text, hide_written_pictures


@dataclass(frozen=True, slots=True)
class PictureRead:
    """A picture's words and its camera's claims, folded as any collected text. What is None it does
    not say; `words_read` is whether reading its words was tried.
    """

    words_read: bool
    text: str
    confidence: float | None
    taken: str | None
    place: str | None  # degrees north and east, as "51.50000, -0.12000"
    gps_at: str | None
    device: str | None
    software: str | None
    orientation: int | None
    thumbnail: bool
    notes: tuple[str, ...]


def pictures_read(acting: Acting, digests: Collection[str]) -> dict[str, PictureRead]:
    """What was read of each of those pictures, by digest; those not read yet are left out."""
    if not digests:
        return {}
    with DerivedStore(acting.vault.derived) as store:
        return {sha256: _gated(each) for sha256, each in store.pictures.of(digests).items()}


def _gated(reading: PictureReading) -> PictureRead:
    place = None
    if reading.gps is not None:
        place = f"{reading.gps[0]:.5f}, {reading.gps[1]:.5f}"
    return PictureRead(
        reading.words_read,
        fold_text(hide_written_pictures(reading.text)),
        reading.confidence,
        reading.taken,
        place,
        reading.gps_at,
        _line(reading.device),
        _line(reading.software),
        reading.orientation,
        reading.thumbnail,
        tuple(fold_line(note) for note in reading.notes),
    )


def _line(text: str | None) -> str | None:
    return None if text is None else fold_line(text)
