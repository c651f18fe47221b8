"""A WARC file's bytes as streams: one for a plain file, one for each gzip member of another.

Big pieces go in and out, so that inflating and hashing work without the interpreter's lock.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from typing import BinaryIO

from cases.identity import Sha256

READ_BYTES = 1 << 20
PIECE_BYTES = 1 << 18
FIRST_FEED_BYTES = 1 << 13  # most members are small: what is fed beyond one is copied back
GZIP_MAGIC = b"\x1f\x8b\x08"
GZIP_WINDOW = 31
TRIED_STARTS = 100_000  # places that look like a member's start, and are none, before we give up


class BrokenMember(Exception):
    """The compressed bytes cannot be followed further. `cut` says that the file ended in them."""

    def __init__(self, says: str, *, cut: bool = False) -> None:
        super().__init__(says)
        self.cut = cut


class ByteStream:
    """Reads lines and lengths from pieces that `pull` gives, an empty one at the end."""

    def __init__(self, pull: Callable[[], bytes]) -> None:
        self._pull = pull
        self._piece = b""
        self._at = 0
        self.position = 0  # how much was read

    def take(self, limit: int) -> bytes:
        """Between 1 and `limit` bytes, or none at the end."""
        if self._at >= len(self._piece):
            self._piece, self._at = self._pull(), 0
        part = self._piece[self._at : self._at + limit]
        self._at += len(part)
        self.position += len(part)
        return part

    def ahead(self, marker: bytes) -> bytes | None:
        """What comes before and with `marker`, if the piece at hand holds it. Nothing moves."""
        end = self._piece.find(marker, self._at)
        return None if end < 0 else self._piece[self._at : end + len(marker)]

    def line(self, limit: int) -> bytes:
        """Up to and with the next line feed; without one where `limit` or the end came first."""
        parts: list[bytes] = []
        while limit > 0:
            if self._at >= len(self._piece):
                self._piece, self._at = self._pull(), 0
                if not self._piece:
                    break
            end = self._piece.find(b"\n", self._at, self._at + limit)
            stop = min(self._at + limit, len(self._piece)) if end < 0 else end + 1
            parts.append(self._piece[self._at : stop])
            limit -= stop - self._at
            self.position += stop - self._at
            self._at = stop
            if end >= 0:
                break
        return b"".join(parts)


class GzipMembers:
    """The members of a gzip file in order, each as a `ByteStream`, hashed as it goes by."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._raw = b""
        self._at = 0
        self._begin(0)

    @property
    def member_bytes(self) -> int:
        """How much of the present member was gone through."""
        return self._consumed

    @property
    def member_sha256(self) -> Sha256 | None:
        """The present member's digest, None where its end was not reached."""
        return Sha256(self._digest.hexdigest()) if self._inflate.eof else None

    @property
    def ended(self) -> bool:
        """Whether the present member was gone through to its end."""
        return self._inflate.eof

    @property
    def at_end(self) -> bool:
        """Whether nothing is left in the file after what was gone through."""
        return not self._peek(1)

    def next(self) -> ByteStream | None:
        """The next member's stream; None where no member starts at the place reached."""
        if self._inflate.eof:
            self._begin(self.offset + self._consumed)
        if self._peek(len(GZIP_MAGIC)) != GZIP_MAGIC:
            return None
        return ByteStream(self._pull)

    def skip_to_next(self) -> int:
        """How many bytes lie before the next place where a WARC member starts, or the file ends.

        A member that was begun and not ended is passed over from its second byte on.
        """
        began = self.offset
        found = self._find_member(began + (1 if self._consumed else 0))
        self._file.seek(found)
        self._raw, self._at = b"", 0
        self._begin(found)
        return found - began

    def _begin(self, offset: int) -> None:
        self.offset = offset
        self._inflate = zlib.decompressobj(GZIP_WINDOW)
        self._digest = hashlib.sha256()
        self._consumed = 0
        self._feed = FIRST_FEED_BYTES
        self._left = b""  # fed, and not taken in since the output's bound came first

    def _pull(self) -> bytes:
        while not self._inflate.eof:
            piece = self._left or self._next_raw()
            try:
                part = self._inflate.decompress(piece, PIECE_BYTES)
            except zlib.error as error:
                self._consumed = max(1, self._consumed)
                raise BrokenMember(f"the gzip member is broken ({error})") from None
            after = self._inflate.unused_data
            # at a member's end zlib shows what is left as unconsumed too
            self._left = b"" if self._inflate.eof else self._inflate.unconsumed_tail
            taken = len(piece) - len(self._left) - len(after)
            self._digest.update(memoryview(piece)[:taken])
            self._consumed += taken
            self._at -= len(after)
            if part:
                return part
            if not piece and not self._inflate.eof:
                raise BrokenMember("the file ends inside a gzip member", cut=True)
        return b""

    def _next_raw(self) -> bytes:
        if self._at >= len(self._raw):
            self._raw, self._at = self._file.read(READ_BYTES), 0
        piece = self._raw[self._at : self._at + self._feed]
        self._at += len(piece)
        self._feed = min(self._feed * 4, READ_BYTES)
        return piece

    def _peek(self, count: int) -> bytes:
        if len(self._raw) - self._at < count:
            self._raw, self._at = self._raw[self._at :] + self._file.read(READ_BYTES), 0
        return self._raw[self._at : self._at + count]

    def _find_member(self, start: int) -> int:
        """The first offset from `start` on where a member inflates to a WARC record's first bytes,
        or the file's end."""
        offset, tried = start, 0
        while tried < TRIED_STARTS:
            self._file.seek(offset)
            window = self._file.read(READ_BYTES)
            at = window.find(GZIP_MAGIC)
            while at >= 0 and len(window) - at >= len(GZIP_MAGIC):
                if _starts_a_record(window[at : at + FIRST_FEED_BYTES]):
                    return offset + at
                tried += 1
                at = window.find(GZIP_MAGIC, at + 1)
            if len(window) < READ_BYTES:
                break
            offset += len(window) - FIRST_FEED_BYTES  # the overlap holds a whole start
        return self._file.seek(0, 2)


def _starts_a_record(start: bytes) -> bool:
    try:
        return zlib.decompressobj(GZIP_WINDOW).decompress(start, 5) == b"WARC/"
    except zlib.error:
        return False
