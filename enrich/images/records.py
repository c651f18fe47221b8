"""The record of one picture, read."""

from __future__ import annotations

from dataclasses import dataclass

from cases.identity import Sha256
from enrich.documents import Identifier, Mention

READING_VERSION = "pictures/1"  # raised when any output for the same bytes changes
MOST_TEXT = 20_000  # characters read in one picture


@dataclass(frozen=True, slots=True)
class PictureReading:
    """What was read of a picture's bytes; None where it has none of it, or says it wrongly.

    `text` has a line for each line of words, `confidence` is the recogniser's own, from 0 to 1, by
    length. `pdq` is the PDQ hash of the pixels as they stand in the file, in 64 hexadecimal digits,
    `pdq_quality` of 0 to 100; `turned` those of the picture rotated and mirrored in the seven other
    ways. `taken` and `gps_at` are times as the camera wrote them (ISO 8601, with an offset only
    where it states one; `gps_at` in UTC), `gps` degrees of latitude and longitude, `device` the
    camera's make and model, `orientation` EXIF's 1 to 8; `thumbnail` whether it holds another,
    smaller picture. All of these can be written by anyone: none is proven.

    `mentions` and `identifiers` were found in `text`, by the finders of `named_by`; their `source`
    is `image_source`. `notes` say what was left out, or why nothing could be read.
    """

    sha256: Sha256
    version: str
    text: str = ""
    confidence: float | None = None
    pdq: str | None = None
    pdq_quality: int | None = None
    turned: tuple[str, ...] = ()
    taken: str | None = None
    gps: tuple[float, float] | None = None
    gps_at: str | None = None
    device: str | None = None
    software: str | None = None
    orientation: int | None = None
    thumbnail: bool = False
    width: int | None = None
    height: int | None = None
    notes: tuple[str, ...] = ()
    failed: bool = False
    named_by: str = ""
    mentions: tuple[Mention, ...] = ()
    identifiers: tuple[Identifier, ...] = ()


def image_source(sha256: str) -> str:
    """The `source` of names and identifiers that were read in that picture."""
    return f"image:{sha256}"
