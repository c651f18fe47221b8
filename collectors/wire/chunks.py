"""Chunked coding read as browsers read it: Twisted's decoder refuses answers that they show.

Taken as they come: any chunk extension (Twisted refuses the backslash of a quoted pair, which
RFC 9112, 7.1.1, allows), spaces after a size, and line feeds without a carriage return. A size
that is no hexadecimal number, an endless size line and endless trailers are still refused.
"""

# ruff: noqa: N802 - Twisted's names
from __future__ import annotations

import re

from twisted.web.http import _ChunkedTransferDecoder, _MalformedChunkedDataError

SIZE_LINE_BYTES = 16 * 1024
TRAILER_BYTES = 64 * 1024
SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}\Z")  # 2**64 - 1 at most: beyond that is no length


class LenientChunks(_ChunkedTransferDecoder):
    """Twisted's decoder with our own reading of its lines; the body's bytes go its way."""

    def _dataReceived_CHUNK_LENGTH(self) -> bool:
        line = self._line(SIZE_LINE_BYTES)
        if line is None:
            return False
        size = line.partition(b";")[0].strip(b" \t")
        if SIZE.match(size) is None:
            raise _MalformedChunkedDataError(f"{bytes(size[:40])!r} is no chunk size")
        self.length = int(size, 16)
        self.state = "BODY" if self.length else "TRAILER"
        return True

    def _dataReceived_CRLF(self) -> bool:
        line = self._line(2)
        if line is None:
            return False
        if line:
            raise _MalformedChunkedDataError("a chunk is longer than its size says")
        self.state = "CHUNK_LENGTH"
        return True

    def _dataReceived_TRAILER(self) -> bool:
        line = self._line(TRAILER_BYTES - self._receivedTrailerHeadersSize)
        if line is None:
            return False
        self._receivedTrailerHeadersSize += len(line) + 2
        if line:
            return True
        rest = bytes(self._buffer)
        self._buffer.clear()
        self.state = "FINISHED"
        self.finishCallback(rest)
        return False

    def _line(self, limit: int) -> bytearray | None:
        """The next line without its end, taken off the buffer; None where it has not all come."""
        newline = self._buffer.find(b"\n", self._start)
        if max(newline, len(self._buffer) if newline < 0 else 0) > limit:
            raise _MalformedChunkedDataError("a line of the chunked coding is too long")
        if newline < 0:
            self._start = len(self._buffer)
            return None
        line = self._buffer[:newline]
        del self._buffer[: newline + 1]
        self._start = 0
        return line[:-1] if line.endswith(b"\r") else line
