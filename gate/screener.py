"""Screens pictures in a process of its own: a bomb, a hang or a crash costs that one picture."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from cases.errors import MachineError
from enrich.confined_worker import Closing, ConfinedWorker, Standing, WorkerLost
from gate.verdicts import Measured

ITEM_S = 20.0
LARGEST_BYTES = 128 << 20
MOST_PNG = 300 << 20
SIDE = 8  # of a rendition
MOST_RENDITION = 400  # 64 grey samples as PNG are less; more would be a picture
VERSION = "gate/1"
SVG = "Drawn by a text that can act (SVG or the like): it is not rendered."


class ScreenerUnusable(MachineError):
    """The screening process cannot be started: everything stays covered."""

    kind = "screener"


@dataclass(frozen=True, slots=True)
class Screened:
    """What screening made of a picture's bytes; `rendition` a PNG of at most 8 x 8 samples."""

    md5: str
    format: str | None
    measured: Measured
    rendition: bytes | None


class Screener(Closing):
    """One screening process, started when needed, replaced when it dies. Not for two threads."""

    def __init__(self, *, item_s: float = ITEM_S) -> None:
        self._item_s = item_s
        self._worker = ConfinedWorker("gate.screening_child", item_s=item_s, most_bytes=MOST_PNG)

    @property
    def confined(self) -> str:
        """How the process is confined: "seccomp", or why by limits alone."""
        return self._worker.confined

    def screen(self, content: bytes) -> Screened:
        """Size, format and rendition; `measured.says` why not, where it cannot be decoded."""
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if content.lstrip()[:1] == b"<":
            facts: dict[str, object] = {"says": SVG}
            png = b""
        else:
            facts, png = self._asked(content, "screen", None)
            if png and not is_rendition(png):
                self.close()  # what drew more than it was asked for is not asked again
                facts, png = {"says": "Its decoder gave back more than a rendition."}, b""
        return Screened(
            md5,
            _text(facts.get("format")),
            Measured(
                _number(facts.get("width")),
                _number(facts.get("height")),
                _number(facts.get("frames")),
                len(content),
                _text(facts.get("says")),
            ),
            png or None,
        )

    def show(self, content: bytes, *, grey: bool, side: int | None) -> tuple[bytes, int, int] | str:
        """The picture drawn anew as PNG with its size; or the sentence that says why not."""
        if content.lstrip()[:1] == b"<":
            return SVG
        facts, png = self._asked(content, "grey" if grey else "colour", side)
        if not png:
            return _text(facts.get("says")) or "It cannot be shown safely."
        return png, _number(facts.get("width")) or 0, _number(facts.get("height")) or 0

    def close(self) -> None:
        """End the process."""
        self._worker.close()

    def _asked(
        self, content: bytes, task: str, side: int | None
    ) -> tuple[dict[str, object], bytes]:
        if len(content) > LARGEST_BYTES:
            return {"says": f"It is larger than {LARGEST_BYTES >> 20} MiB."}, b""
        try:
            return self._worker.ask({"task": task, "side": side}, content)
        except WorkerLost as lost:
            slow = f"It took longer than {self._item_s:.0f} s."
            return {"says": slow if lost.slow else "A decoder died of it."}, b""
        except OSError as fault:
            raise ScreenerUnusable(
                f"Pictures cannot be screened: the process for it did not start ({fault}). "
                "Everything stays covered. Check with: lantern doctor"
            ) from fault


shared_screener = Standing(Screener, 4).one  # one that stands ready, or a new one


def is_rendition(png: bytes) -> bool:
    """Whether it is a PNG of at most 8 x 8 grey samples, and no bytes beside them.

    The process that drew it read a hostile picture: it is not taken at its word.
    """
    if len(png) > MOST_RENDITION or png[:16] != b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR":
        return False
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    return 0 < width <= SIDE and 0 < height <= SIDE and (depth, colour) == (8, 0)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
