"""CSV that a spreadsheet opens and does not obey, and that reads back to what was written (CHT-1).

UTF-8 with a byte-order mark, CRLF, one record a line, every field quoted. Two marks, both taken off
by `read_csv`: a field that a spreadsheet would take for a formula (it begins with = + - @, a tab, a
carriage return or their full-width twins) or that begins with an apostrophe gets an apostrophe in
front; a line break in a field becomes " ⏎ ", and a ⏎ of its own becomes two. Pure.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

BOM: Final = "\N{BYTE ORDER MARK}"
RETURN: Final = "⏎"
BREAK: Final = f" {RETURN} "
_BREAKS: Final = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # as str.splitlines
_MARKS: Final = re.compile(f"{BREAK}|{RETURN}{RETURN}")
_OBEYED: Final = tuple("=+-@\t'＝＋－＠")


def csv_bytes(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The file: a line of heads, then one line for each row."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in (heads, *rows):
        writer.writerow([_plain(field) for field in row])
    return (BOM + out.getvalue()).encode("utf-8", "replace")


def read_csv(content: bytes) -> list[list[str]]:
    """The rows that `csv_bytes` was given, heads first; every line break reads as a newline."""
    text = content.decode("utf-8").removeprefix(BOM)
    return [[_meant(field) for field in row] for row in csv.reader(io.StringIO(text, newline=""))]


def _plain(field: str) -> str:
    line = _BREAKS.sub(
        BREAK, field.replace(RETURN, RETURN * 2).replace("\x00", "\N{REPLACEMENT CHARACTER}")
    )
    return f"'{line}" if line.lstrip(" ").startswith(_OBEYED) else line


def _meant(field: str) -> str:
    return _MARKS.sub(lambda mark: "\n" if mark[0] == BREAK else RETURN, field.removeprefix("'"))
