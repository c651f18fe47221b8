"""Content codings taken off within a bound: what could be decoded, and what was wrong with it.

A server may lie about its coding, break off, or send a bomb: each layer gives at most the limit,
and nothing here raises for bytes, whatever they are (RFC 9110, section 8.4.1).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import brotlicffi as brotli  # type: ignore[import-untyped]  # no types
import zstandard

LAYERS = 6  # more codings than that are a trick, not a page
PIECE_BYTES = 65_536
ZSTD_WINDOW_BYTES = 8 << 20  # RFC 8878, 3.1.1.1.2: what a decoder should support, and RFC 9659


class _Decoder(Protocol):
    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What `piece` decodes to, in bounded parts. Raises `_Broken`."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the coded stream came to its end."""
        ...


class _Broken(Exception):
    """The bytes are not of the coding from here on."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came out: at most the limit. `says` has a line for each thing that was not right."""

    content: bytes
    cut: bool
    says: tuple[str, ...]


class _Zlib:
    """gzip with all its members, or one zlib or raw deflate stream."""

    def __init__(self, *windows: int, members: bool = False) -> None:
        self._windows = windows
        self._members = members
        self._inflate = zlib.decompressobj(windows[0])
        self._first = b""  # what came before any output, to try the next window on
        self.ended = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        if len(self._windows) > 1:
            self._first += piece
            if len(self._first) > len(piece) + PIECE_BYTES:  # so much without an error: it holds
                self._windows, self._first = self._windows[:1], b""
        while piece:
            if self.ended:
                if not self._members:
                    return
                if not piece.strip(b"\0"):  # padding, as gzip(1) allows
                    return
                self._inflate, self.ended = zlib.decompressobj(self._windows[0]), False
            try:
                part = self._inflate.decompress(piece, PIECE_BYTES)
            except zlib.error as error:
                if len(self._windows) < 2:
                    raise _Broken(str(error)) from None
                self._windows = self._windows[1:]
                self._inflate = zlib.decompressobj(self._windows[0])
                piece, self._first = self._first, b""
                continue
            if part:
                self._windows = self._windows[:1]
                yield part
            self.ended = self._inflate.eof
            piece = self._inflate.unused_data if self.ended else self._inflate.unconsumed_tail
        while not self.ended and (part := self._inflate.decompress(b"", PIECE_BYTES)):
            yield part


class _Brotli:
    def __init__(self) -> None:
        self._inflate = brotli.Decompressor()

    @property
    def ended(self) -> bool:
        finished: bool = self._inflate.is_finished()
        return finished

    def feed(self, piece: bytes) -> Iterator[bytes]:
        if self.ended:
            return
        try:
            part = self._inflate.process(piece, output_buffer_limit=PIECE_BYTES)
            while part or not self._inflate.can_accept_more_data():
                yield part
                if self.ended:
                    return
                part = self._inflate.process(b"", output_buffer_limit=PIECE_BYTES)
        except brotli.error as error:
            raise _Broken(str(error)) from None


class _Zstd:
    """zstd, frame after frame. Fed in drops: a 4-byte block can stand for 128 KiB, and the
    library gives all of it at once."""

    DROP_BYTES = 128

    def __init__(self) -> None:
        self._library = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
        self._inflate = self._library.decompressobj()
        self.ended = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        for start in range(0, len(piece), self.DROP_BYTES):
            drop = piece[start : start + self.DROP_BYTES]
            while drop:
                if self.ended:
                    self._inflate, self.ended = self._library.decompressobj(), False
                try:
                    part = self._inflate.decompress(drop)
                except zstandard.ZstdError as error:
                    raise _Broken(str(error)) from None
                if part:
                    yield part
                self.ended = self._inflate.eof
                drop = self._inflate.unused_data if self.ended else b""


_RAW_DEFLATE = -zlib.MAX_WBITS
_DECODERS: dict[str, Callable[[], _Decoder]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS + 16, members=True),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS + 16, members=True),
    # "deflate" is zlib (RFC 1950) by the standard and raw deflate at some servers
    "deflate": lambda: _Zlib(zlib.MAX_WBITS, _RAW_DEFLATE),
    "br": _Brotli,
    "zstd": _Zstd,
}


class _Layer:
    """One coding taken off: iterates over decoded parts, at most `limit_bytes` in all."""

    def __init__(self, coding: str, source: Iterable[bytes], limit_bytes: int) -> None:
        self._coding = coding
        self._decoder = _DECODERS[coding]()
        self._source = source
        self._limit = limit_bytes
        self.says: list[str] = []
        self.cut = False
        self.refused = False
        self.given = 0

    def __iter__(self) -> Iterator[bytes]:
        took = False
        try:
            for piece in self._source:
                took = took or bool(piece)
                for part in self._decoder.feed(piece):
                    if self.given + len(part) > self._limit:
                        self.cut = True
                        yield part[: self._limit - self.given]
                        self.given = self._limit
                        return
                    self.given += len(part)
                    yield part
        except _Broken as error:
            self.refused = not self.given
            where = "does not hold" if self.refused else f"broke off after {self.given} bytes"
            self.says.append(f"the declared coding {self._coding} {where}: {error}")
            return
        if took and not self._decoder.ended:
            self.says.append(f"the {self._coding} stream ends before its end")


def decoded(pieces: Callable[[], Iterable[bytes]], codings: list[str], limit_bytes: int) -> Decoded:
    """What the body in `pieces` holds once `codings` (as the server listed them) are taken off.

    `pieces` gives the body from its start each time it is called. A coding that does not hold at
    all leaves the body as it came; one that breaks off gives what came before.
    """
    wanted = [coding for coding in codings if coding not in ("identity", "none")]
    says: list[str] = []
    unknown = [coding for coding in wanted if coding not in _DECODERS]
    if unknown or len(wanted) > LAYERS:
        why = f"unknown coding {unknown[0]!r:.60}" if unknown else f"{len(wanted)} codings"
        return _plain(pieces(), limit_bytes, (f"{why}: the body is left as it came",))
    layers: list[_Layer] = []
    source: Iterable[bytes] = pieces()
    for coding in reversed(wanted):
        layers.append(_Layer(coding, source, limit_bytes))
        source = layers[-1]
    if not layers:
        return _plain(source, limit_bytes, ())
    content = b"".join(source)
    for layer in layers:
        says += layer.says
    if not content and any(layer.refused for layer in layers):
        return _plain(pieces(), limit_bytes, (*says, "the body is left as it came"))
    return Decoded(content, any(layer.cut for layer in layers), tuple(says))


def _plain(pieces: Iterable[bytes], limit_bytes: int, says: tuple[str, ...]) -> Decoded:
    parts: list[bytes] = []
    left = limit_bytes
    for piece in pieces:
        if len(piece) > left:
            parts.append(piece[:left])
            return Decoded(b"".join(parts), True, says)
        parts.append(piece)
        left -= len(piece)
    return Decoded(b"".join(parts), False, says)
