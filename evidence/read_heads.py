"""WARC record heads read strictly, every fault named, and tolerantly, none of them fatal.

The grammar is ISO 28500:2017, section 4 and 5 (WARC/1.1), with what 1.0 and 0.17 wrote allowed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from evidence.inflating import ByteStream

LINE_LIMIT_BYTES = 1 << 20
HEAD_LIMIT_BYTES = 4 << 20
FAULTS = 50  # told of the lines of one head: a million say no more
VERSIONS = frozenset({"WARC/1.1", "WARC/1.0", "WARC/0.18", "WARC/0.17"})
REPEATABLE = frozenset({"warc-concurrent-to", "warc-protocol"})
MANDATORY = ("WARC-Type", "WARC-Record-ID", "WARC-Date", "Content-Length")
_UNUSUAL = re.compile(rb"\A\r?\n|\n\r*\n(?!\Z)|\r\r")  # an empty line of another kind comes first
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # a token
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?)?)?", re.IGNORECASE)
_URI = re.compile(r"<?[A-Za-z][A-Za-z0-9+.\-]*:[!-;=?-~]*>?")  # visible ASCII (RFC 3986)
_ABOUT_VALUES = {
    "warc-date": _DATE,
    **dict.fromkeys(
        (
            "warc-record-id",
            "warc-target-uri",
            "warc-concurrent-to",
            "warc-refers-to",
            "warc-refers-to-target-uri",
            "warc-warcinfo-id",
            "warc-segment-origin-id",
            "warc-profile",
        ),
        _URI,
    ),
    "warc-segment-number": re.compile("[0-9]+"),
    "warc-segment-total-length": re.compile("[0-9]+"),
}


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
    faults: list[Fault] = []
    lines, whole = _lines(stream)
    text, encoded = _text(first_line)
    version = text.strip().upper()
    if not encoded or version not in VERSIONS:
        faults.append(Fault(DamageKind.VERSION, f"{version[:60]!r} is no known version line"))
    fields = tuple(_fields(lines, faults))
    first = {name.lower(): value for name, value in reversed(fields)}
    head = ReadHead(version, fields, (), whole, first)
    faults += _field_faults(head)
    return replace(head, faults=tuple(faults)) if faults else head


def _lines(stream: ByteStream) -> tuple[list[bytes], bool]:
    """The lines up to the first empty one, and whether it was met."""
    usual = stream.ahead(b"\r\n\r\n")
    if usual is not None and len(usual) <= LINE_LIMIT_BYTES and not _UNUSUAL.search(usual):
        stream.take(len(usual))
        return usual.split(b"\n")[:-2], True
    lines: list[bytes] = []
    size = 0
    while size <= HEAD_LIMIT_BYTES:
        line = stream.line(LINE_LIMIT_BYTES)
        if is_blank(line):
            return lines, True
        if not line:
            break
        lines.append(line)
        size += len(line)
    return lines, False


def _text(raw: bytes) -> tuple[str, bool]:
    """The text of a line and whether it was UTF-8, as the format wants."""
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        return raw.decode("latin-1"), False


def _fields(lines: list[bytes], faults: list[Fault]) -> list[tuple[str, str]]:
    fields: list[tuple[str, list[str]]] = []
    for raw in lines:
        line, encoded = _text(raw)
        line = line.rstrip("\r\n")
        if not encoded and len(faults) < FAULTS:
            faults.append(Fault(DamageKind.HEADER_ENCODING, f"{line[:60]!r} is not UTF-8"))
        if line[:1] in (" ", "\t") and fields:
            fields[-1][1].append(line.strip())
            continue
        name, colon, value = line.partition(":")
        if not colon or _NAME.fullmatch(name) is None:
            if len(faults) < FAULTS:
                faults.append(Fault(DamageKind.HEADER_LINE, f"{line[:60]!r} is no header line"))
            continue
        fields.append((name, [value.strip()]))
    return [(name, " ".join(parts).strip()) for name, parts in fields]


def _field_faults(head: ReadHead) -> list[Fault]:
    faults = []
    if len(head.first) < len(head.fields):
        times = Counter(name.lower() for name, _ in head.fields)
        for name in sorted(times.keys() - REPEATABLE):
            if times[name] > 1 and name.startswith(("warc-", "content-")):
                says = f"{name} stands {times[name]} times"
                faults.append(Fault(DamageKind.REPEATED_FIELD, says))
    for name in MANDATORY:
        if name.lower() not in head.first:
            faults.append(Fault(DamageKind.MISSING_FIELD, f"there is no {name}"))
    length = head.first.get("content-length")
    if length is not None and head.length is None:
        faults.append(Fault(DamageKind.LENGTH, f"Content-Length is {length!r:.60}"))
    for name, value in head.first.items():
        wanted = _ABOUT_VALUES.get(name)
        if wanted is not None and wanted.fullmatch(value) is None:
            faults.append(Fault(DamageKind.FIELD_VALUE, f"{name} is {value!r:.80}"))
    return faults + _segment_faults(head)


def _segment_faults(head: ReadHead) -> list[Fault]:
    """Only a `continuation` may have a segment number above 1 (ISO 28500, 7.4)."""
    number = head.first.get("warc-segment-number", "1")
    kind = head.first.get("warc-type", "")
    above = number.isdigit() and number.lstrip("0") not in ("", "1")
    if not above or kind.lower() == "continuation":
        return []
    says = f"a {kind[:20]} record cannot be segment {number!r:.20}"
    return [Fault(DamageKind.FIELD_VALUE, says)]
