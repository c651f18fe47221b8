"""One sealed record read back: its block as sealed, and its body decoded within a bound."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cases.captures import SealedRecord
from evidence.chunked import ChunkedBody
from evidence.content_coding import decoded
from evidence.digests import PIECE_BYTES, pieces
from evidence.errors import EvidenceDamaged, EvidenceMissing
from evidence.http_head import HEAD_LIMIT_BYTES, ResponseHead, response_head
from evidence.warc_records import HTTP_RESPONSE, RECORD_END

BODY_LIMIT_BYTES = 64 << 20
WARC_HEAD_LIMIT_BYTES = 1_048_576
GZIP_WINDOW = 31
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([^\s"';]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SealedBody:
    """A body as the server meant it, as far as it could be decoded.

    `media_type` (lower case, without parameters) and `charset` are as declared, None where they
    are not: the bytes may be something else. `cut` says that the limit ended the content;
    `whole` that the server's body is all here; `says` has a line for each thing not right.
    """

    url: str | None
    status: int | None
    media_type: str | None
    charset: str | None
    headers: tuple[tuple[str, str], ...]
    content: bytes
    cut: bool
    says: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing was cut off and nothing went wrong in decoding."""
        return not self.cut and not self.says


def read_member(evidence: Path, record: SealedRecord) -> bytes:
    """The record's compressed member as it lies in the file, not yet checked.

    Raises `EvidenceMissing`, `EvidenceDamaged` where the file ends before it does.
    """
    with _open(evidence, record) as file:
        member = b"".join(pieces(file, record.member_bytes))
    if len(member) != record.member_bytes:
        raise _damaged(record, "the file ends inside it")
    return member


def block_pieces(evidence: Path, record: SealedRecord) -> Iterator[bytes]:
    """The record's block, a piece at a time: exactly `block_bytes` bytes in all.

    Raises `EvidenceMissing`, and `EvidenceDamaged` where the member does not hold that block.
    """
    waiting, left, in_block = b"", record.block_bytes, False
    with _open(evidence, record) as file:
        for part in _inflated(pieces(file, record.member_bytes), record):
            if not in_block:
                waiting += part
                end = waiting.find(RECORD_END)
                if end < 0:
                    if len(waiting) > WARC_HEAD_LIMIT_BYTES:
                        raise _damaged(record, "its head has no end")
                    continue
                in_block, part, waiting = True, waiting[end + len(RECORD_END) :], b""
            if part and left:
                yield part[:left]
            left -= min(left, len(part))
    if left or not in_block:
        raise _damaged(record, f"{left} of its {record.block_bytes} block bytes are not there")


def read_block(evidence: Path, record: SealedRecord) -> bytes:
    """The whole block: for records known to be small. Raises as `block_pieces` does."""
    return b"".join(block_pieces(evidence, record))


def read_body(
    evidence: Path, record: SealedRecord, limit_bytes: int = BODY_LIMIT_BYTES
) -> SealedBody:
    """The body of a sealed response, transfer and content codings taken off, at most the limit.

    A block that was not HTTP gives its raw bytes. Raises `EvidenceMissing` and `EvidenceDamaged`
    for the evidence itself; whatever the server sent raises nothing.
    """
    head = _http_head(evidence, record) if record.media_type == HTTP_RESPONSE else None
    if head is None:
        plain = decoded(lambda: block_pieces(evidence, record), [], limit_bytes)
        unparsed = record.media_type in (HTTP_RESPONSE, "application/octet-stream")
        declared = None if unparsed else record.media_type
        return SealedBody(record.url, None, declared, None, (), plain.content, plain.cut, ())
    body = _Body(evidence, record, head)
    found = decoded(body.pieces, head.listed("content-encoding"), limit_bytes)
    declared = (head.values("content-type") or [""])[-1]
    charset = _CHARSET.search(declared)
    framing = () if found.cut else body.says()
    return SealedBody(
        url=record.url,
        status=head.status,
        media_type=declared.partition(";")[0].strip().lower() or None,
        charset=charset[1] if charset else None,
        headers=head.headers,
        content=found.content,
        cut=found.cut,
        says=framing + found.says,
    )


class _Body:
    """A response's body with chunk framing taken off; after a pass it knows how that went."""

    def __init__(self, evidence: Path, record: SealedRecord, head: ResponseHead) -> None:
        self._evidence = evidence
        self._record = record
        self._head = head
        self._framing: ChunkedBody | None = None
        self._seen = 0

    def pieces(self) -> Iterator[bytes]:
        """The body from its start. Framing that breaks gives what was carried up to there."""
        chunked = "chunked" in self._head.listed("transfer-encoding")
        self._framing = ChunkedBody() if chunked else None
        self._seen = 0
        skip = self._head.head_bytes
        for piece in block_pieces(self._evidence, self._record):
            part = piece[skip:]
            skip -= min(skip, len(piece))
            if not part:
                continue
            self._seen += len(part)
            if self._framing is None:
                yield part
            else:
                yield from map(bytes, self._framing.feed(part))

    def says(self) -> tuple[str, ...]:
        """What was not right with the framing or the length."""
        if self._framing is not None:
            if self._framing.broken:
                return ("the chunk framing breaks off",)
            return () if self._framing.complete else ("the last chunk is missing",)
        declared = self._head.values("content-length")
        if self._head.status in (204, 304) or not declared or not declared[-1].isdigit():
            return ()
        if self._seen and int(declared[-1]) > self._seen:
            return (f"{self._seen} of {declared[-1]} declared bytes came",)
        return ()


def _http_head(evidence: Path, record: SealedRecord) -> ResponseHead | None:
    start = b""
    blocks = block_pieces(evidence, record)
    for piece in blocks:
        start += piece
        head = response_head(start)
        if head is not None or len(start) > HEAD_LIMIT_BYTES:
            blocks.close()  # type: ignore[attr-defined]  # a generator, which holds the file
            return head
    return None


def _inflated(compressed: Iterator[bytes], record: SealedRecord) -> Iterator[bytes]:
    inflate = zlib.decompressobj(GZIP_WINDOW)
    for piece in compressed:
        waiting = piece
        while waiting:
            try:
                part = inflate.decompress(waiting, PIECE_BYTES)
            except zlib.error as error:
                raise _damaged(record, str(error)) from error
            if part:
                yield part
            if inflate.eof:
                return
            waiting = inflate.unconsumed_tail
    while part := inflate.decompress(b"", PIECE_BYTES):
        yield part
    if not inflate.eof:
        raise _damaged(record, "the compressed member has no end")


def lies_inside(file: str) -> bool:
    """Whether a catalogue's file name stays in the evidence folder: rows can be edited."""
    path = PurePosixPath(file)
    return bool(file) and not path.is_absolute() and ".." not in path.parts and "\0" not in file


def _open(evidence: Path, record: SealedRecord) -> BinaryIO:
    if not lies_inside(record.file):
        raise _damaged(record, "the catalogue names a file outside the evidence folder")
    path = evidence / record.file
    try:
        file = path.open("rb")
        file.seek(record.offset)
    except OSError as error:
        raise EvidenceMissing(
            f"{record.record} cannot be read, for {path} cannot be opened ({error.strerror}). "
            "Put the file back from a copy, then run: lantern verify",
            record=record.record,
            file=str(path),
        ) from error
    return file


def _damaged(record: SealedRecord, why: str) -> EvidenceDamaged:
    return EvidenceDamaged(
        f"{record.record} in {record.file} at {record.offset} is not as it was sealed: {why}. "
        "See what else is wrong with: lantern verify",
        record=record.record,
        file=record.file,
        offset=record.offset,
    )
