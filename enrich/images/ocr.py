"""Words in a picture, by PP-OCR models that come in rapidocr's package; nothing is fetched.

Lines are looked for in a picture scaled down to a bound, and read from the picture as it is. What
costs is the reading: some 70 to 120 ms a line of one core. So it is bounded in lines and in time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageStat
from rapidocr import RapidOCR
from rapidocr.main import RapidOCRError

from enrich.images.records import LEAST_WIDE

SIDE = 1200  # the longer side of what lines are looked for in, in pixels
SHORT = 1600  # the shorter side of what they are read from
TALL = 1.5  # a picture longer than that times its breadth is cut
MOST_STRIPS = 12
MOST_LINES = 300
READING_S = 12.0
BATCH = 6
SURE = 0.6  # a line less sure than that is left out: below it, mostly leaves and tiles
FLAT = 3.0  # a picture whose grey varies less than that holds nothing to read

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Words:
    """What was read: a line for each line of words, how surely (None where nothing), and notes."""

    text: str
    confidence: float | None
    notes: tuple[str, ...] = ()


class WordReader:
    """The models, loaded; one thread, no file opened once it has read its first picture."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.limit_type": "max",
                "Det.limit_side_len": SIDE,
            }
        )

    def read(self, image: Image.Image) -> Words:
        """The words in an RGB picture, upright as it stands."""
        if max(ImageStat.Stat(image).stddev) < FLAT:
            return Words("", None)
        end = time.monotonic() + READING_S
        read: list[tuple[str, float]] = []
        notes: list[str] = []
        found = 0
        for number, strip in enumerate(_strips(image)):
            if number == MOST_STRIPS or time.monotonic() >= end:
                notes.append(f"Only the first {number} strips of a long picture were read.")
                break
            lines = self._lines(strip)
            found += len(lines)
            read += self._read(lines[: MOST_LINES - len(read)], end)
        if len(read) < found:
            notes.append(f"Only {len(read)} of {found} lines were read.")
        kept = [(text.strip(), sure) for text, sure in read if text.strip() and sure >= SURE]
        return Words("\n".join(text for text, _ in kept), _sureness(kept), tuple(notes))

    def _lines(self, strip: Pixels) -> list[Pixels]:
        """Each line of words cut out, top to bottom, none upside down."""
        try:
            lines, _ = self._engine.detect_and_crop(strip, {})
            turned, _ = self._engine.cls_and_rotate(lines)
        except RapidOCRError:  # it found none
            return []
        return list(turned)

    def _read(self, lines: list[Pixels], end: float) -> list[tuple[str, float]]:
        """The words of the lines, those that there was time for: the short ones are read first, as
        a batch takes as long as its longest.
        """
        order = sorted(range(len(lines)), key=lambda n: lines[n].shape[1] / lines[n].shape[0])
        read: dict[int, tuple[str, float]] = {}
        for at in range(0, len(order), BATCH):
            if time.monotonic() >= end:
                break
            chosen = order[at : at + BATCH]
            said = self._engine.recognize_txt([lines[n] for n in chosen])
            for n, text, sure in zip(chosen, said.txts or (), said.scores, strict=True):
                read[n] = (str(text), float(sure))
        return [read[n] for n in sorted(read)]


def _strips(image: Image.Image) -> Iterator[Pixels]:
    """The picture scaled to its bound, in strips that are not much longer than broad, as the
    engine takes them (BGR).
    """
    scale = min(1.0, SHORT / min(image.size))
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    pixels: Pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
    height, width = pixels.shape[:2]
    longest = int(TALL * max(width, LEAST_WIDE * 8))
    top = 0
    while top < height:
        bottom = height if height - top <= longest else _calm_row(pixels, top, top + longest)
        yield pixels[top:bottom]
        top = bottom


def _calm_row(pixels: Pixels, top: int, limit: int) -> int:
    """A row near the limit that varies least from left to right: between lines, not through one."""
    first = top + (limit - top) * 3 // 4
    rows = pixels[first:limit, :, 1].astype(np.int16)
    change = np.abs(np.diff(rows, axis=1)).sum(axis=1)
    return first + int(len(change) - 1 - np.argmin(change[::-1])) + 1


def _sureness(kept: list[tuple[str, float]]) -> float | None:
    """The mean of the lines' own figures, by their length."""
    length = sum(len(text) for text, _ in kept)
    return sum(len(text) * sure for text, sure in kept) / length if length else None
