"""What may stand after `status:`: a number, a hundred (`4xx`), or a range of them."""

from __future__ import annotations

import re
from typing import Final

from search.errors import QueryError, shown
from search.tree import Number

_WHOLE: Final = re.compile(r"(\d{1,9}?)(x{0,2}|\*)", re.IGNORECASE | re.ASCII)
_COMPARED: Final = re.compile(r"(>=|<=|>|<)\s*(.+)", re.DOTALL)
_BRACKETED: Final = re.compile(r"\[\s*(\S+)\s+TO\s+(\S+)\s*\]", re.IGNORECASE)
_FIX: Final = "Write a number or a range: status:404, status:4xx, status:>=400, status:400..499"

Bounds = tuple[int | None, int | None]  # both counted; None is open


def number_within(text: str, field: str, column: int | None = None) -> Number:
    """The numbers that `text` names. Raises `QueryError` for what is no number or no range."""
    text = text.strip()
    least, most = _bounds(text, column)
    if least is not None and most is not None and least > most:
        raise QueryError(f"the range {shown(text)} ends before it begins", column=column, fix=_FIX)
    return Number(text, least, most, field)


def _bounds(text: str, column: int | None) -> Bounds:
    if compared := _COMPARED.fullmatch(text):
        low, high = _whole(compared[2], column)
        match compared[1]:
            case ">=":
                return low, None
            case ">":
                return high + 1, None
            case "<=":
                return None, high
            case _:
                return None, low - 1
    bracketed = _BRACKETED.fullmatch(text)
    first, dots, last = (bracketed[1], "..", bracketed[2]) if bracketed else text.partition("..")
    if not dots:
        return _whole(text, column)
    least, most = _end(first, 0, column), _end(last, 1, column)
    if least is None and most is None:
        raise QueryError(f"the range {shown(text)} has no end at all", column=column, fix=_FIX)
    return least, most


def _end(text: str, which: int, column: int | None) -> int | None:
    return None if text in ("", "*") else _whole(text, column)[which]


def _whole(text: str, column: int | None) -> tuple[int, int]:
    found = _WHOLE.fullmatch(text.strip())
    if not found:
        raise QueryError(f"{shown(text)!r} is no number", column=column, fix=_FIX)
    wild = 2 if found[2] == "*" else len(found[2])
    scale: int = 10**wild
    return int(found[1]) * scale, int(found[1]) * scale + scale - 1
