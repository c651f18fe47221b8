"""Screens pictures in a process of its own: a bomb, a hang or a crash costs that one picture."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import queue
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from cases.errors import MachineError
from gate.verdicts import Measured

ITEM_S = 20.0
START_S = 60.0
LARGEST_BYTES = 128 << 20
MOST_LINE = 4096
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


class Screener:
    """One screening process, started when needed, replaced when it dies. Not for two threads."""

    def __init__(self, *, item_s: float = ITEM_S) -> None:
        self._item_s = item_s
        self._child: subprocess.Popen[bytes] | None = None
        self.confined = "not started"

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
        child, self._child = self._child, None
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # the fork that has a picture in hand, too
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _asked(
        self, content: bytes, task: str, side: int | None
    ) -> tuple[dict[str, object], bytes]:
        if len(content) > LARGEST_BYTES:
            return {"says": f"It is larger than {LARGEST_BYTES >> 20} MiB."}, b""
        child = self._running()
        head = json.dumps({"task": task, "bytes": len(content), "side": side}).encode() + b"\n"
        try:
            return self._exchanged(child, head + content)
        except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired):
            slow = child.poll() is None
            self.close()
            why = f"It took longer than {self._item_s:.0f} s." if slow else "A decoder died of it."
            return {"says": why}, b""

    def _exchanged(
        self, child: subprocess.Popen[bytes], asked: bytes
    ) -> tuple[dict[str, object], bytes]:
        assert child.stdin is not None  # noqa: S101 - it was asked for
        end = time.monotonic() + self._item_s
        waiting = memoryview(asked)
        while waiting:
            if not select.select([], [child.stdin], [], max(0.0, end - time.monotonic()))[1]:
                raise TimeoutError
            waiting = waiting[os.write(child.stdin.fileno(), waiting[:65536]) :]
        facts = json.loads(self._line(child, end))
        size = int(facts["bytes"])
        if not 0 <= size <= MOST_PNG:
            raise ValueError("more than any picture")
        png = bytearray()
        while len(png) < size:
            png += self._read(child, size - len(png), end)
        return facts, bytes(png)

    def _line(self, child: subprocess.Popen[bytes], end: float) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n"):
            if len(line) > MOST_LINE:
                raise ValueError("no answer of ours")
            line += self._read(child, 1, end)
        return bytes(line)

    def _read(self, child: subprocess.Popen[bytes], most: int, end: float) -> bytes:
        assert child.stdout is not None  # noqa: S101 - asked for
        if not select.select([child.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
            raise TimeoutError
        piece = os.read(child.stdout.fileno(), most)
        if not piece:
            child.wait(5)
            raise ValueError("the process ended")
        return piece

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        root = Path(__file__).parent.parent
        self._child = subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours
            [sys.executable, "-I", "-c", _START, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
        )
        if self._child.stdin is not None:
            os.set_blocking(self._child.stdin.fileno(), False)  # a hang cannot hang us in turn
        try:
            line = self._line(self._child, time.monotonic() + START_S)
            self.confined = str(json.loads(line)["confined"])
        except (OSError, ValueError, TimeoutError) as fault:
            self.close()
            raise ScreenerUnusable(
                f"Pictures cannot be screened: the process for it did not start ({fault}). "
                "Everything stays covered. Check with: lantern doctor"
            ) from fault
        return self._child


_IDLE: queue.LifoQueue[Screener] = queue.LifoQueue(4)


@contextlib.contextmanager
def shared_screener() -> Iterator[Screener]:
    """A screening process that stands ready, or a new one; kept for the next who asks."""
    try:
        screener = _IDLE.get_nowait()
    except queue.Empty:
        screener = Screener()
    try:
        yield screener
    finally:
        try:
            _IDLE.put_nowait(screener)
        except queue.Full:
            screener.close()


@atexit.register
def _close_idle() -> None:
    while not _IDLE.empty():
        _IDLE.get_nowait().close()


def is_rendition(png: bytes) -> bool:
    """Whether it is a PNG of at most 8 x 8 grey samples, and no bytes beside them.

    The process that drew it read a hostile picture: it is not taken at its word.
    """
    if len(png) > MOST_RENDITION or png[:16] != b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR":
        return False
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    return 0 < width <= SIDE and 0 < height <= SIDE and (depth, colour) == (8, 0)


# -I leaves the caller's folder and environment out of the path; ours is put in by name.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from gate.screening_child import main; main()"
)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
