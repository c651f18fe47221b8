"""Lists of digests as people hand them over: CSV or text, SHA-256 and MD5, bad rows named. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_ROWS = 2_000_000
MOST_REFUSED = 10_000
_HEX = re.compile(r"[0-9a-fA-F]+")
_LENGTHS = {64: "sha256", 32: "md5"}
_HEADS = ("sha256", "sha-256", "sha_256", "md5", "hash", "digest", "checksum", "value")
# The pixel that half the web counts its visitors with, as two programs write it, and no byte at
# all: on a list they would flag, or clear, what says nothing of any picture.
_BLANK = (
    b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
    b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\1D\0;",
)


def _both(content: bytes) -> tuple[str, str]:
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return hashlib.sha256(content).hexdigest(), md5


_NOTHING = {
    **dict.fromkeys(_both(b""), "It is the digest of an empty file."),
    **{digest: "It is the digest of a blank pixel." for b in _BLANK for digest in _both(b)},
}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: its line in the file, and why."""

    line: int
    says: str


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list as read: digests in lower case with their algorithm, and the rows refused."""

    digests: dict[str, str]
    refused: tuple[RefusedRow, ...]
    duplicates: int


def read_list(content: bytes, *, clearing: bool = False) -> ReadList:
    """The digests in a file of rows. Never raises: what cannot be read is a refused row.

    Every digest of a row is taken, those of a list that clears by SHA-256 alone: two pictures of
    one MD5 can be made at will (RFC 6151). A first row of column names, empty rows and rows that
    begin with `#` are passed over.
    """
    digests: dict[str, str] = {}
    refused: list[RefusedRow] = []
    duplicates, heads = 0, True
    for line, fields, fault in _rows(_text(content)):
        if fault is not None:
            refused.append(RefusedRow(line, fault))
            continue
        if not any(fields) or fields[0].startswith("#"):
            continue
        if heads and _names(fields):
            heads = False
            continue
        heads = False
        if len(digests) >= MOST_ROWS:
            refused.append(RefusedRow(line, f"A list holds at most {MOST_ROWS} digests."))
            break
        found = {field.lower() for field in fields if _algorithm(field)}
        why = _why_none(fields, found, clearing)
        if why is not None:
            refused.append(RefusedRow(line, why))
            continue
        taken = {d for d in found if d not in _NOTHING and not (clearing and len(d) == 32)}
        duplicates += not (taken - digests.keys())
        digests.update({digest: _LENGTHS[len(digest)] for digest in taken})
    return ReadList(digests, tuple(refused[:MOST_REFUSED]), duplicates)


def _text(content: bytes) -> str:
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")  # as spreadsheets save "Unicode text"
    return content.decode("utf-16" if wide else "utf-8-sig", "replace").replace("\0", "")


def _rows(text: str) -> Iterator[tuple[int, list[str], str | None]]:
    """Each row: its line, its fields, and what is wrong with it where it cannot be read."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as fault:
            yield rows.line_num, [], f"The row cannot be read ({fault})."
            continue
        yield rows.line_num, [field.strip().strip("'\"") for field in row], None


def _delimiter(text: str) -> str:
    """What divides the fields of the first row that is no comment."""
    lines = (line for line in text[:4096].splitlines() if line.strip() and line[:1] != "#")
    first = next(lines, "")
    return max(",;\t", key=first.count)


def _why_none(fields: list[str], found: set[str], clearing: bool) -> str | None:
    """Why nothing of the row is taken; None where something is."""
    if not found:
        return _why(fields)
    nothing = next((_NOTHING[digest] for digest in sorted(found) if digest in _NOTHING), None)
    if nothing is not None:
        return nothing
    if clearing and all(len(digest) == 32 for digest in found):
        return "MD5 clears nothing: give SHA-256."
    return None


def _algorithm(field: str) -> str | None:
    return _LENGTHS.get(len(field)) if _HEX.fullmatch(field) else None


def _names(fields: list[str]) -> bool:
    """Whether the first row names its columns."""
    lowered = [field.lower() for field in fields]
    named = any(head in field for field in lowered for head in _HEADS)
    return named and not any(_algorithm(field) for field in fields)


def _why(fields: list[str]) -> str:
    longest = max(fields, key=len)[:80]
    if _HEX.fullmatch(longest) and len(longest) == 40:
        return "SHA-1 is not taken: give SHA-256 or MD5."
    if _HEX.fullmatch(longest):
        return f"{len(longest)} hexadecimal digits are no SHA-256 (64) and no MD5 (32)."
    return "There is no SHA-256 or MD5 in it."
