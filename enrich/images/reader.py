"""The near side of reading pictures: asks the confined processes, and believes only what fits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cases.errors import MachineError
from cases.identity import Sha256
from enrich.confined_worker import Closing, ConfinedWorker, WorkerLost
from enrich.decoding import cleaned
from enrich.images.records import MOST_TEXT, READING_VERSION, PictureReading

ITEM_S = 30.0
LARGEST_BYTES = 128 << 20
MOST_ANSWER = MOST_TEXT * 8
DRAWN_BY_TEXT = "It is drawn by a text (SVG or the like): it is not rendered, so not read."

_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9T:Z.+-]{10,40}")


class PictureReaderUnusable(MachineError):
    """A process that reads pictures cannot be started."""

    kind = "picture-reader"


class PictureReader(Closing):
    """Reads pictures, each in a confined process of its own. Not for two threads at once.

    The process for words, which loads models, is started at the first picture that is read for any.
    """

    def __init__(self, *, item_s: float = ITEM_S) -> None:
        self._item_s = item_s
        self._facts = ConfinedWorker("enrich.images.facts_child", item_s=item_s, most_bytes=0)
        self._words = ConfinedWorker(
            "enrich.images.words_child", item_s=item_s, most_bytes=MOST_ANSWER
        )

    @property
    def confined(self) -> tuple[str, str]:
        """How the two processes are confined: for facts and for words."""
        return self._facts.confined, self._words.confined

    def facts(self, content: bytes) -> PictureReading:
        """Its EXIF facts and its hash; its words stay unread. A hostile picture never raises: the
        reading says `failed`. Raises `PictureReaderUnusable`.
        """
        digest = Sha256(hashlib.sha256(content).hexdigest())
        blank = PictureReading(digest, READING_VERSION)
        if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            return replace(blank, notes=(DRAWN_BY_TEXT,), failed=True)
        if len(content) > LARGEST_BYTES:
            says = f"It is larger than {LARGEST_BYTES >> 20} MiB: it is not read."
            return replace(blank, notes=(says,), failed=True)
        return _with_facts(blank, self._asked(self._facts, content)[0])

    def words(self, reading: PictureReading, content: bytes) -> PictureReading:
        """The reading with the words in the picture too; `content` are its bytes. As `facts`, it
        never raises for a picture.
        """
        return _with_words(reading, *self._asked(self._words, content))

    def close(self) -> None:
        """End both processes."""
        self._facts.close()
        self._words.close()

    def _asked(self, worker: ConfinedWorker, content: bytes) -> tuple[Mapping[str, Any], bytes]:
        try:
            return worker.ask({}, content)
        except WorkerLost as lost:
            slow = f"Reading it took longer than {self._item_s:.0f} s."
            return {"says": slow if lost.slow else "A decoder died of it."}, b""
        except OSError as fault:
            raise PictureReaderUnusable(
                f"Pictures cannot be read: the process for it did not start ({fault}). What was "
                "read before stands. Check with: lantern doctor"
            ) from fault


def _with_facts(blank: PictureReading, facts: Mapping[str, Any]) -> PictureReading:
    """The reading with those facts that have the form they must have."""
    says = _line(facts.get("says"))
    pdq, quality = facts.get("pdq"), _number(facts.get("pdq_quality"), 0, 100)
    turned = facts.get("turned")
    turned = turned if isinstance(turned, list) else []
    hashed = _is_hash(pdq) and quality is not None
    return replace(
        blank,
        pdq=pdq if hashed else None,
        pdq_quality=quality if hashed else None,
        turned=tuple(each for each in turned[:7] if _is_hash(each)) if hashed else (),
        taken=_time(facts.get("taken")),
        gps=_position(facts.get("gps")),
        gps_at=_time(facts.get("gps_at")),
        device=_line(facts.get("device")),
        software=_line(facts.get("software")),
        orientation=_number(facts.get("orientation"), 1, 8),
        thumbnail=facts.get("thumbnail") is True,
        width=_number(facts.get("width"), 1, 1 << 31),
        height=_number(facts.get("height"), 1, 1 << 31),
        notes=(says,) if says else (),
        failed=says is not None,
    )


def _with_words(reading: PictureReading, facts: Mapping[str, Any], text: bytes) -> PictureReading:
    says = _line(facts.get("says"))
    words = cleaned(text.decode("utf-8", "replace"))[:MOST_TEXT]
    sure = facts.get("confidence")
    sure = sure if isinstance(sure, float) and 0 <= sure <= 1 else None
    return replace(
        reading,
        text=words,
        confidence=round(sure, 4) if words and sure is not None else None,
        words_read=True,
        notes=(*reading.notes, says) if says else reading.notes,
    )


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _number(value: object, least: int, most: int) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    return value if fits else None  # type: ignore[return-value]


def _time(value: object) -> str | None:
    return value if isinstance(value, str) and _TIME.fullmatch(value) else None


def _line(value: object) -> str | None:
    return cleaned(value)[:300] or None if isinstance(value, str) else None


def _position(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    latitude, longitude = value
    if not isinstance(latitude, float) or not isinstance(longitude, float):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
