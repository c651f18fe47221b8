"""WARC record heads read strictly, every fault named, and tolerantly, none of them fatal.

The grammar is ISO 28500:2017, section 4 and 5 (WARC/1.1), with what 1.0 and 0.17 wrote allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from evidence.inflating import ByteStream

LINE_LIMIT_BYTES = 1 << 20
HEAD_LIMIT_BYTES = 4 << 20
VERSIONS = frozenset({"WARC/1.1", "WARC/1.0", "WARC/0.18", "WARC/0.17"})
REPEATABLE = frozenset({"warc-concurrent-to", "warc-protocol"})
MANDATORY = ("WARC-Type", "WARC-Record-ID", "WARC-Date", "Content-Length")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # a token
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?)?)?", re.IGNORECASE)
_URI = re.compile(r"<?[A-Za-z][A-Za-z0-9+.\-]*:[!-;=?-~]*>?")  # visible ASCII (RFC 3986)
_NUMBERS = ("WARC-Segment-Number", "WARC-Segment-Total-Length")
_URIS = (
    "WARC-Record-ID",
    "WARC-Target-URI",
    "WARC-Concurrent-To",
    "WARC-Refers-To",
    "WARC-Warcinfo-ID",
    "WARC-Segment-Origin-ID",
    "WARC-Refers-To-Target-URI",
    "WARC-Profile",
)


class DamageKind(StrEnum):
    """What can be wrong with a WARC file read by itself."""

    NOT_A_WARC = "not-a-warc"
    EMPTY = "empty-file"
    UNREADABLE = "unreadable-file"
    TRUNCATED = "truncated"
    BROKEN_MEMBER = "broken-member"
    SHARED_MEMBER = "shared-member"
    STRAY_BYTES = "stray-bytes"
    VERSION = "version"
    HEADER_LINE = "header-line"
    HEADER_ENCODING = "header-encoding"
    MISSING_FIELD = "missing-field"
    REPEATED_FIELD = "repeated-field"
    FIELD_VALUE = "field-value"
    LENGTH = "length"
    RECORD_END = "record-end"
    BLOCK_DIGEST = "block-digest"
    PAYLOAD_DIGEST = "payload-digest"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a head."""

    kind: DamageKind
    says: str


@dataclass(frozen=True, slots=True)
class ReadHead:
    """A head as read: fields in order, folded lines joined; `whole` if its empty line was met."""

    version: str
    fields: tuple[tuple[str, str], ...]
    faults: tuple[Fault, ...]
    whole: bool
    first: Mapping[str, str]  # the first value of each field, by its name in lower case

    def value(self, name: str) -> str | None:
        """The first value of a field, its name in any case."""
        return self.first.get(name.lower())

    @property
    def record(self) -> str | None:
        """The record's id without its angle brackets."""
        return bare(self.value("WARC-Record-ID"))

    @property
    def length(self) -> int | None:
        """Content-Length, None where it is no number."""
        value = self.value("Content-Length")
        if value is None or not (value.isascii() and value.isdigit()) or len(value) > 18:
            return None
        return int(value)


def bare(value: str | None) -> str | None:
    """A URI without the angle brackets that WARC puts around some."""
    return None if value is None else value.strip().removeprefix("<").removesuffix(">")


def is_blank(line: bytes) -> bool:
    """Whether a line that was read is empty: some writers end lines with `\\r\\r\\n`."""
    return bool(line) and not line.strip(b"\r\n")


def starts_record(line: bytes) -> bool:
    """Whether a line can be a record's first. Version lines are in any case (RFC 822, in ABNF)."""
    return line[:5].upper() == b"WARC/"


def read_head(first_line: bytes, stream: ByteStream) -> ReadHead:
    """The head that `first_line` begins and the stream goes on with, up to its empty line."""
    lines, whole, size = [], False, len(first_line)
    faults: list[Fault] = []
    while size <= HEAD_LIMIT_BYTES:
        line = stream.line(LINE_LIMIT_BYTES)
        size += len(line)
        if is_blank(line):
            whole = True
            break
        if not line:
            break
        lines.append(line)
    text, encoded = _text(first_line)
    version = text.strip().upper()
    if not encoded or version not in VERSIONS:
        faults.append(Fault(DamageKind.VERSION, f"{version[:60]!r} is no known version line"))
    fields = tuple(_fields(lines, faults))
    first = {name.lower(): value for name, value in reversed(fields)}
    head = ReadHead(version, fields, (), whole, first)
    faults += _field_faults(head)
    return replace(head, faults=tuple(faults)) if faults else head


def _text(raw: bytes) -> tuple[str, bool]:
    """The text of a line and whether it was UTF-8, as the format wants."""
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        return raw.decode("latin-1"), False


def _fields(lines: list[bytes], faults: list[Fault]) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for raw in lines:
        line, encoded = _text(raw)
        line = line.rstrip("\r\n")
        if not encoded:
            faults.append(Fault(DamageKind.HEADER_ENCODING, f"{line[:60]!r} is not UTF-8"))
        if line[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}".strip())
            continue
        name, colon, value = line.partition(":")
        if not colon or _NAME.fullmatch(name) is None:
            faults.append(Fault(DamageKind.HEADER_LINE, f"{line[:60]!r} is no header line"))
            continue
        fields.append((name, value.strip()))
    return fields


def _field_faults(head: ReadHead) -> list[Fault]:
    faults = []
    names = [name.lower() for name, _ in head.fields] if len(head.first) < len(head.fields) else []
    for name in sorted({name for name in names if names.count(name) > 1} - REPEATABLE):
        if name.startswith(("warc-", "content-")):
            says = f"{name} stands {names.count(name)} times"
            faults.append(Fault(DamageKind.REPEATED_FIELD, says))
    for name in MANDATORY:
        if head.value(name) is None:
            faults.append(Fault(DamageKind.MISSING_FIELD, f"there is no {name}"))
    if head.value("Content-Length") is not None and head.length is None:
        says = f"Content-Length is {head.value('Content-Length')!r:.60}"
        faults.append(Fault(DamageKind.LENGTH, says))
    date = head.value("WARC-Date")
    if date is not None and _DATE.fullmatch(date) is None:
        faults.append(Fault(DamageKind.FIELD_VALUE, f"WARC-Date is {date!r:.60}"))
    for name in _URIS:
        value = head.value(name)
        if value is not None and _URI.fullmatch(value) is None:
            faults.append(Fault(DamageKind.FIELD_VALUE, f"{name} is {value!r:.80}"))
    for name in _NUMBERS:
        value = head.value(name)
        if value is not None and not value.isdigit():
            faults.append(Fault(DamageKind.FIELD_VALUE, f"{name} is {value!r:.60}"))
    number, kind = head.value("WARC-Segment-Number"), head.value("WARC-Type") or ""
    if (
        number is not None
        and number.isdigit()
        and int(number) > 1
        and kind.lower() != "continuation"
    ):
        says = f"a {kind[:20]} record cannot be segment {number!r:.20}"
        faults.append(Fault(DamageKind.FIELD_VALUE, says))
    return faults
