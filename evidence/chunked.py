"""HTTP's chunked transfer coding taken off a body as it goes by (RFC 9112, section 7.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

LINE_LIMIT_BYTES = 65_536  # a chunk's size line with extensions, or one trailer
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")


class _State(Enum):
    SIZE = auto()
    CONTENT = auto()
    AFTER_CONTENT = auto()
    TRAILERS = auto()
    COMPLETE = auto()
    BROKEN = auto()


class ChunkedBody:
    """Feeds on a body with chunk framing and yields what it carries.

    Bare line feeds are taken as line ends, as servers and parsers do. `complete` once the last
    chunk and its trailers were seen; `broken` once a byte stood where none may; what follows
    either is not yielded, and stands in `left_over_bytes` as a count.
    """

    def __init__(self) -> None:
        self._state = _State.SIZE
        self._line = bytearray()
        self._chunk_left = 0
        self.left_over_bytes = 0

    @property
    def complete(self) -> bool:
        """Whether the body's end was seen."""
        return self._state is _State.COMPLETE

    @property
    def broken(self) -> bool:
        """Whether the framing cannot be followed further."""
        return self._state is _State.BROKEN

    def feed(self, piece: bytes) -> Iterator[memoryview]:
        """The parts of the carried content that `piece` holds."""
        view, at = memoryview(piece), 0
        while at < len(piece):
            if self._state is _State.CONTENT:
                part = view[at : at + self._chunk_left]
                self._chunk_left -= len(part)
                at += len(part)
                if not self._chunk_left:
                    self._state = _State.AFTER_CONTENT
                yield part
            elif self._state in (_State.COMPLETE, _State.BROKEN):
                self.left_over_bytes += len(piece) - at
                return
            else:
                at = self._take_line(piece, at)

    def _take_line(self, piece: bytes, at: int) -> int:
        end = piece.find(b"\n", at)
        stop = len(piece) if end < 0 else end + 1
        if len(self._line) + stop - at > LINE_LIMIT_BYTES:
            self._state = _State.BROKEN
            return at
        self._line += piece[at:stop]
        if end >= 0:
            line = bytes(self._line[:-1]).removesuffix(b"\r")
            self._line.clear()
            self._on_line(line)
        return stop

    def _on_line(self, line: bytes) -> None:
        if self._state is _State.AFTER_CONTENT:
            self._state = _State.BROKEN if line else _State.SIZE
        elif self._state is _State.TRAILERS:
            if not line:
                self._state = _State.COMPLETE
        else:
            size = line.partition(b";")[0].strip(b" \t")
            if _SIZE.fullmatch(size) is None:
                self._state = _State.BROKEN
                return
            self._chunk_left = int(size, 16)
            self._state = _State.CONTENT if self._chunk_left else _State.TRAILERS
