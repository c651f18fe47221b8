"""A streaming walk over a whole WARC file, good or broken: typed records and typed damage.

Never raises for what a file holds and always ends: each step goes forward in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from cases.identity import Sha256
from evidence.block_checks import BlockChecks
from evidence.inflating import PIECE_BYTES, BrokenMember, ByteStream, GzipMembers
from evidence.read_heads import (
    LINE_LIMIT_BYTES,
    DamageKind,
    ReadHead,
    bare,
    is_blank,
    read_head,
    starts_record,
)
from evidence.warc_records import RECORD_END

KEPT_BLOCK_BYTES = 16 << 20
OTHER_FORMATS = (  # first bytes, what such a file is
    (b"PK\x03\x04", "a ZIP file, perhaps WACZ"),
    (b"\x04\x22\x4d\x18", "LZ4-compressed"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    (b"\x5d\x2a\x4d\x18", "zstd-compressed with a dictionary"),
    (b"BZh", "bzip2-compressed"),
    (b"filedesc:", "an ARC file"),
)


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing wrong with the file, and where: the offset in the file, the record if known."""

    kind: DamageKind
    offset: int
    record: str | None
    says: str


@dataclass(frozen=True, slots=True)
class WalkedRecord:
    """A record that was gone through. `block` is kept for those that the walk was asked to keep.

    `offset` is the member's in a gzip file, the record's in a plain one. `member_sha256` is None
    in a plain file and for members that hold several records or are broken.
    """

    offset: int
    head: ReadHead
    block_bytes: int
    block_sha256: Sha256
    block: bytes | None
    whole: bool  # the block had its declared length
    member_bytes: int = 0
    member_sha256: Sha256 | None = None

    @property
    def record(self) -> str | None:
        """The record's id."""
        return self.head.record

    @property
    def type(self) -> str | None:
        """WARC-Type."""
        return self.head.value("WARC-Type")

    @property
    def url(self) -> str | None:
        """WARC-Target-URI."""
        return bare(self.head.value("WARC-Target-URI"))

    @property
    def media_type(self) -> str | None:
        """Content-Type of the block."""
        return self.head.value("Content-Type")


Keep = Callable[[ReadHead], bool]


def keep_none(_: ReadHead) -> bool:
    """Keeps no block."""
    return False


def walk_warc(path: Path, keep: Keep = keep_none) -> Iterator[WalkedRecord | Damage]:
    """Each record of the file in order, and each damage where it is met.

    `.warc` and `.warc.gz`, told apart by their bytes; anything else gives one `NOT_A_WARC`.
    """
    try:
        with path.open("rb") as file:
            yield from _walk(file, keep, path.suffix == ".gz")
    except OSError as error:
        says = f"{path.name} cannot be read: {error.strerror or error}"
        yield Damage(DamageKind.UNREADABLE, 0, None, says)


def _walk(file: BinaryIO, keep: Keep, named_gzip: bool) -> Iterator[WalkedRecord | Damage]:
    start = file.read(16)
    file.seek(0)
    if not start:
        yield Damage(DamageKind.EMPTY, 0, None, "the file is empty")
        return
    for magic, what in OTHER_FORMATS:
        if start.startswith(magic):
            yield Damage(DamageKind.NOT_A_WARC, 0, None, f"not a WARC: it is {what}")
            return
    if start.startswith(b"\x1f\x8b") or (named_gzip and not starts_record(start)):
        yield from _walk_members(GzipMembers(file), keep)
    else:
        stream = ByteStream(lambda: file.read(PIECE_BYTES))
        yield from _Records(stream, 0, keep, plain=True)


def _walk_members(members: GzipMembers, keep: Keep) -> Iterator[WalkedRecord | Damage]:
    while True:
        stream = members.next()
        if stream is not None:
            offset = members.offset
            for step in _Member(members, stream, keep):
                yield step
                if isinstance(step, Damage) and step.kind is DamageKind.NOT_A_WARC:
                    return
            if members.ended:
                continue
        offset = members.offset
        skipped = members.skip_to_next()
        if stream is None and skipped:
            says = f"{skipped} bytes that are no gzip member"
            kind = DamageKind.STRAY_BYTES if offset else DamageKind.NOT_A_WARC
            yield Damage(kind, offset, None, says)
        if members.at_end:
            return


class _Member:
    """Iterates over what one gzip member holds: one record, if it is as it should be."""

    def __init__(self, members: GzipMembers, stream: ByteStream, keep: Keep) -> None:
        self._members = members
        self._records = _Records(stream, members.offset, keep, plain=False)
        self._last: WalkedRecord | None = None
        self._count = 0
        self._foreign = False

    def __iter__(self) -> Iterator[WalkedRecord | Damage]:
        offset = self._members.offset
        try:
            yield from self._steps(offset)
        except BrokenMember as broken:
            kind = DamageKind.TRUNCATED if broken.cut else DamageKind.BROKEN_MEMBER
            yield Damage(kind, offset, self._records.present, str(broken))
        if self._last is not None:
            yield replace(
                self._last,
                member_bytes=self._members.member_bytes,
                member_sha256=self._members.member_sha256 if self._count == 1 else None,
            )
        elif self._members.ended and self._foreign:
            foreign = DamageKind.STRAY_BYTES if offset else DamageKind.NOT_A_WARC
            says = "what is compressed here does not start with a WARC record"
            yield Damage(foreign, offset, None, says)

    def _steps(self, offset: int) -> Iterator[WalkedRecord | Damage]:
        """All but the last record, whose member's end is not yet known."""
        for found in self._records:
            if isinstance(found, Damage):
                if not self._count and found.kind is DamageKind.STRAY_BYTES:
                    self._foreign = True
                else:
                    yield found
                continue
            if self._count == 1:
                says = "the gzip member holds several records: none can be read by itself"
                yield Damage(DamageKind.SHARED_MEMBER, offset, None, says)
            if self._last is not None:
                yield self._last
            self._last, self._count = found, self._count + 1
        if not self._count:
            self._foreign = True


class _Records:
    """Iterates over the records and damage of one stream. `present` is the record being read."""

    def __init__(self, stream: ByteStream, offset: int, keep: Keep, *, plain: bool) -> None:
        self._stream = stream
        self._offset = offset
        self._keep = keep
        self._plain = plain
        self.present: str | None = None

    def __iter__(self) -> Iterator[WalkedRecord | Damage]:
        waiting = b""  # a line that was read as the next record's first
        started = False
        while True:
            at = self._here(len(waiting))
            line = waiting or self._stream.line(LINE_LIMIT_BYTES)
            waiting = b""
            if not line:
                return
            if is_blank(line):
                continue
            if not starts_record(line):
                kind = DamageKind.STRAY_BYTES
                if self._plain and not started:
                    kind = DamageKind.NOT_A_WARC
                shown = line[:40].decode("latin-1")
                says = f"something else stands where a record must start: {shown!r}"
                yield Damage(kind, at, None, says)
                if kind is DamageKind.NOT_A_WARC:
                    return
                waiting = self._next_start()
                continue
            started = True
            head = read_head(line, self._stream)
            self.present = head.record
            for fault in head.faults:
                yield Damage(fault.kind, at, head.record, fault.says)
            if not head.whole:
                yield Damage(DamageKind.TRUNCATED, at, head.record, "the record's head is cut off")
                return
            if head.length is None:
                waiting = self._next_start()
                continue
            yield from self._block(head, head.length, at)
            waiting, damage = self._end(head, at)
            if damage is not None:
                yield damage
            self.present = None

    def _here(self, back: int) -> int:
        return self._offset + self._stream.position - back if self._plain else self._offset

    def _next_start(self) -> bytes:
        """The next line that starts a record, empty at the end."""
        whole = True
        while line := self._stream.line(LINE_LIMIT_BYTES):
            if whole and starts_record(line):
                return line
            whole = line.endswith(b"\n")
        return b""

    def _block(self, head: ReadHead, length: int, at: int) -> Iterator[WalkedRecord | Damage]:
        checks, left = BlockChecks(head), length
        kept: list[bytes] | None = None
        if length <= KEPT_BLOCK_BYTES and self._keep(head):
            kept = []
        while left and (part := self._stream.take(min(left, PIECE_BYTES))):
            checks.feed(part)
            left -= len(part)
            if kept is not None:
                kept.append(part)
        if left:
            says = f"{left} of {length} block bytes are missing"
            yield Damage(DamageKind.TRUNCATED, at, head.record, says)
        else:
            for fault in checks.faults():
                yield Damage(fault.kind, at, head.record, fault.says)
        yield WalkedRecord(
            offset=at,
            head=head,
            block_bytes=length - left,
            block_sha256=checks.block_sha256,
            block=None if kept is None else b"".join(kept),
            whole=not left,
            member_bytes=self._stream.position - (at - self._offset) if self._plain else 0,
        )

    def _end(self, head: ReadHead, at: int) -> tuple[bytes, Damage | None]:
        """Reads the two line ends after a block. Gives the line that came in their place."""
        lines = b""
        while len(lines) < len(RECORD_END):
            line = self._stream.line(LINE_LIMIT_BYTES)
            if not is_blank(line):
                break
            lines += line
        else:
            return b"", None
        if lines == RECORD_END[:2] * 2:
            return line, None
        says = "the block is not followed by two line ends: its length or its end is wrong"
        damage = Damage(DamageKind.RECORD_END, at, head.record, says)
        if starts_record(line) or not line:
            return line, damage
        return self._next_start(), damage
