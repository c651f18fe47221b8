"""The record of one picture, read."""

from __future__ import annotations

from dataclasses import dataclass

from cases.identity import Sha256
from enrich.documents import Identifier, Mention

READING_VERSION = "pictures/1"  # raised when any output for the same bytes changes
MOST_TEXT = 20_000  # characters read in one picture
LEAST_HIGH, LEAST_WIDE = 9, 20  # pixels: no line of words is smaller


@dataclass(frozen=True, slots=True)
class PictureReading:
    """What was read of a picture's bytes; None where it has none of it, or says it wrongly.

    `text` has a line for each line of words, once reading them was tried (`words_read`), and
    `confidence` the recogniser's own figure, from 0 to 1, the mean by length.

    `pdq` is the PDQ hash of the pixels as they stand in the file, in 64 hexadecimal digits,
    `pdq_quality` of 0 to 100; `turned` those of the picture rotated and mirrored in the seven other
    ways. `taken` and `gps_at` are times as the camera wrote them (ISO 8601, with an offset only
    where it states one; `gps_at` in UTC), `gps` degrees of latitude and longitude, `device` the
    camera's make and model, `orientation` EXIF's 1 to 8; `thumbnail` whether it holds another,
    smaller picture. All of these can be written by anyone: none is proven.

    `notes` say what was left out or why nothing could be read, `failed` that it could not be
    decoded.

    `mentions` and `identifiers` were found in `text`, by the finders of `named_by`; their `source`
    is `image_source`.
    """

    sha256: Sha256
    version: str
    words_read: bool = False
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

    @property
    def can_hold_words(self) -> bool:
        """Whether it was decoded and is large enough for a line of words."""
        sides = sorted((self.width or 0, self.height or 0))
        return not self.failed and sides[0] >= LEAST_HIGH and sides[1] >= LEAST_WIDE


def image_source(sha256: str) -> str:
    """The `source` of names and identifiers that were read in that picture."""
    return f"image:{sha256}"
