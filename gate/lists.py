"""Lists of digests as people hand them over: CSV or text, SHA-256 and MD5, bad rows named. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass

MOST_ROWS = 2_000_000
MOST_REFUSED = 10_000
_HEX = re.compile(r"[0-9a-fA-F]+")
_LENGTHS = {64: "sha256", 32: "md5"}
_HEADS = ("sha256", "sha-256", "md5", "hash", "digest", "checksum", "value")
# Of nothing at all: on a list it would flag every empty body, or clear it.
_EMPTY = {hashlib.sha256(b"").hexdigest(), hashlib.md5(b"", usedforsecurity=False).hexdigest()}


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


def read_list(content: bytes) -> ReadList:
    """The digests in a file of rows. Never raises: what cannot be read is a refused row.

    The digest of a row is the first field that is one; a first row of column names, empty rows
    and rows that begin with `#` are passed over.
    """
    text = content.decode("utf-8-sig", "replace").replace("\0", "")
    digests: dict[str, str] = {}
    refused: list[RefusedRow] = []
    duplicates = 0
    dialect = csv.excel_tab if "\t" in text[:4096] else csv.excel
    if ";" in text[:4096] and "," not in text[:4096]:
        text = text.replace(";", ",")
    rows = csv.reader(io.StringIO(text, newline=""), dialect, strict=False)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error as fault:
            refused.append(RefusedRow(rows.line_num, f"The row cannot be read ({fault})."))
            continue
        line = rows.line_num
        fields = [field.strip().strip("'\"") for field in row]
        if not any(fields) or fields[0].startswith("#") or _names(fields, line):
            continue
        if len(digests) >= MOST_ROWS:
            refused.append(RefusedRow(line, f"A list holds at most {MOST_ROWS} digests."))
            break
        found = next((field.lower() for field in fields if _algorithm(field)), None)
        if found is None:
            refused.append(RefusedRow(line, _why(fields)))
        elif found in _EMPTY:
            refused.append(RefusedRow(line, "It is the digest of an empty file."))
        elif found in digests:
            duplicates += 1
        else:
            digests[found] = _LENGTHS[len(found)]
    return ReadList(digests, tuple(refused[:MOST_REFUSED]), duplicates)


def _algorithm(field: str) -> str | None:
    return _LENGTHS.get(len(field)) if _HEX.fullmatch(field) else None


def _names(fields: list[str], line: int) -> bool:
    """Whether the first row names its columns."""
    return line == 1 and any(field.lower() in _HEADS for field in fields)


def _why(fields: list[str]) -> str:
    longest = max(fields, key=len)[:80]
    if _HEX.fullmatch(longest) and len(longest) == 40:
        return "SHA-1 is not taken: give SHA-256 or MD5."
    if _HEX.fullmatch(longest):
        return f"{len(longest)} hexadecimal digits are no SHA-256 (64) and no MD5 (32)."
    return "There is no SHA-256 or MD5 in it."
