"""A run of sealed members read once from their file, each re-hashed against the catalogue's row."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cases.captures import SealedCapture, SealedRecord
from cases.identity import Sha256
from evidence.problems import Problem, ProblemKind
from evidence.warc_records import RECORD_END

SMALL_BYTES = 8 << 20  # a member, and its block, that is held in memory
STREAM_BYTES = 1 << 20
HEAD_LIMIT_BYTES = 1 << 20
GZIP_WINDOW = 31


@dataclass(slots=True)
class RunChecked:
    """What came of a run. `broken` where a member's bytes are not those that were sealed."""

    problems: list[Problem] = field(default_factory=list)
    manifests: list[tuple[SealedCapture, bytes]] = field(default_factory=list)
    broken: bool = False
    records: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a member's bytes turned out to be."""

    member_sha256: Sha256
    head: bytes
    block_bytes: int
    block_sha256: Sha256
    block: bytes | None
    sound: bool  # one whole gzip member, one record with its end


def check_run(path: Path, captures: Sequence[SealedCapture]) -> RunChecked:
    """Every member of `captures`, which lie one after the other in the file. Raises `OSError`."""
    checked = RunChecked()
    number = os.open(path, os.O_RDONLY)
    try:
        run = _Run(number, captures)
        for capture in captures:
            for record in capture.records:
                seen = run.see(record)
                checked.records += 1
                checked.bytes += record.member_bytes
                if seen.member_sha256 != record.member_sha256:
                    checked.broken = True
                    continue
                checked.problems += _differences(record, seen, capture)
                if record is capture.records[-1] and seen.block is not None:
                    checked.manifests.append((capture, seen.block))
    finally:
        os.close(number)
    return checked


class _Run:
    """Reads small members out of one slice of the file, large ones by themselves."""

    def __init__(self, number: int, captures: Sequence[SealedCapture]) -> None:
        self._number = number
        records = [record for capture in captures for record in capture.records]
        self._start = min(record.offset for record in records)
        end = max(record.offset + record.member_bytes for record in records)
        small = end - self._start <= 2 * SMALL_BYTES
        self._slice = memoryview(self._read(self._start, end - self._start) if small else b"")

    def see(self, record: SealedRecord) -> _Seen:
        """What lies where the catalogue says that `record` does."""
        if max(record.member_bytes, record.block_bytes) > SMALL_BYTES:
            return _streamed(self._pieces(record))
        at = record.offset - self._start
        member = self._slice[at : at + record.member_bytes]
        if len(member) < record.member_bytes:
            member = memoryview(self._read(record.offset, record.member_bytes))
        return _small(member, record)

    def _pieces(self, record: SealedRecord) -> Iterator[bytes]:
        offset, left = record.offset, record.member_bytes
        while left and (piece := os.pread(self._number, min(left, STREAM_BYTES), offset)):
            yield piece
            offset += len(piece)
            left -= len(piece)

    def _read(self, offset: int, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0 and (part := os.pread(self._number, size, offset)):
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _small(member: memoryview, record: SealedRecord) -> _Seen:
    digest = Sha256(hashlib.sha256(member).hexdigest())
    inflate = zlib.decompressobj(GZIP_WINDOW)
    try:
        whole = inflate.decompress(member, record.block_bytes + HEAD_LIMIT_BYTES)
    except zlib.error:
        whole = b""
    end = whole.find(RECORD_END)
    block = memoryview(whole)[end + 4 : -4] if end >= 0 else memoryview(b"")
    sound = inflate.eof and not inflate.unused_data and whole[-4:] == RECORD_END and end >= 0
    return _Seen(
        member_sha256=digest,
        head=whole[: max(end, 0)],
        block_bytes=len(block),
        block_sha256=Sha256(hashlib.sha256(block).hexdigest()),
        block=bytes(block) if record.type == "metadata" else None,
        sound=sound,
    )


def _streamed(pieces: Iterator[bytes]) -> _Seen:
    member, block = hashlib.sha256(), hashlib.sha256()
    inflate, head, held, size, in_block = zlib.decompressobj(GZIP_WINDOW), b"", b"", 0, False
    sound = True
    for piece in pieces:
        member.update(piece)
        waiting = piece
        while waiting and sound and not inflate.eof:
            try:
                held += inflate.decompress(waiting, STREAM_BYTES)
            except zlib.error:
                sound = False
                break
            waiting = inflate.unconsumed_tail
            if not in_block:
                end = held.find(RECORD_END)
                if end < 0:
                    sound = len(held) <= HEAD_LIMIT_BYTES
                    continue
                head, held, in_block = held[:end], held[end + 4 :], True
            block.update(memoryview(held)[:-4])  # the last four may be the record's end
            size += max(0, len(held) - 4)
            held = held[-4:]
        sound = sound and not inflate.unused_data
    while sound and not inflate.eof and (part := inflate.decompress(b"", STREAM_BYTES)):
        held += part
        block.update(memoryview(held)[:-4])
        size += max(0, len(held) - 4)
        held = held[-4:]
    return _Seen(
        member_sha256=Sha256(member.hexdigest()),
        head=head,
        block_bytes=size,
        block_sha256=Sha256(block.hexdigest()),
        block=None,
        sound=sound and inflate.eof and held == RECORD_END,
    )


def _differences(record: SealedRecord, seen: _Seen, capture: SealedCapture) -> list[Problem]:
    """Where the catalogue's row of a record differs from the record, whose member is as sealed."""
    if (
        seen.sound
        and seen.block_sha256 == record.block_sha256
        and seen.block_bytes == record.block_bytes
        and _head_fits(seen.head, record)
    ):
        return []
    fields = _fields(seen.head)
    compared: list[tuple[str, object, object]] = [
        ("one whole record", seen.sound, True),
        ("block bytes", seen.block_bytes, record.block_bytes),
        ("block digest", seen.block_sha256, record.block_sha256),
        ("head's block digest", fields.get("warc-block-digest"), f"sha256:{record.block_sha256}"),
        ("id", fields.get("warc-record-id"), f"<{record.record}>"),
        ("type", fields.get("warc-type"), record.type),
        ("address", fields.get("warc-target-uri"), record.url),
        ("media type", fields.get("content-type"), record.media_type),
    ]
    return [
        Problem(
            ProblemKind.CATALOGUE_RECORD,
            f"the record's {name} is {here!r:.120}, the catalogue's {there!r:.120}",
            record.file,
            record.offset,
            record.record,
            capture.capture,
        )
        for name, here, there in compared
        if here != there
    ]


def _head_fits(head: bytes, record: SealedRecord) -> bool:
    """Whether the lines that the catalogue knows stand in the head: quicker than reading it all."""
    lines = [
        f"WARC-Type: {record.type}",
        f"WARC-Record-ID: <{record.record}>",
        f"WARC-Block-Digest: sha256:{record.block_sha256}",
        f"Content-Type: {record.media_type}",
    ]
    if record.url is not None:
        lines.append(f"WARC-Target-URI: {record.url}")
    standing = set(head.split(b"\r\n"))
    return all(line.encode() in standing for line in lines)


def _fields(head: bytes) -> dict[str, str]:
    lines = head.decode("utf-8", "replace").split("\r\n")[1:]
    return {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
