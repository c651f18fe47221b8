"""What may stand after `status:`: a number, a hundred (`4xx`), or a range of them."""

from __future__ import annotations

import re
from typing import Final

from search.errors import QueryError, shown
from search.ranges import range_of
from search.tree import Number

_WHOLE: Final = re.compile(r"(\d{1,9}?)(x{0,2}|\*)", re.IGNORECASE | re.ASCII)
_FIX: Final = "Write a number or a range: {0}:404, {0}:4xx, {0}:>=400, {0}:400..499"


def number_within(text: str, field: str, column: int | None = None) -> Number:
    """The numbers that `text` names. Raises `QueryError` for what is no number or no range."""
    text, fix = text.strip(), _FIX.format(field)

    def span(part: str | None) -> tuple[int | None, int | None]:
        if part is None:
            return None, None
        found = _WHOLE.fullmatch(part.strip())
        if not found:
            raise QueryError(f"{shown(part)!r} is no number", column=column, fix=fix)
        scale = 10 ** (2 if found[2] == "*" else len(found[2]))
        return int(found[1]) * scale, int(found[1]) * scale + scale - 1

    asked = range_of(text)
    if asked is None:
        least, most = span(text)
    elif asked.first is None and asked.last is None:
        raise QueryError(f"the range {shown(text)} has no end at all", column=column, fix=fix)
    else:
        least, most = span(asked.first)[asked.above], span(asked.last)[not asked.below]
        least = least + 1 if least is not None and asked.above else least
        most = most - 1 if most is not None and asked.below else most
    if least is not None and most is not None and least > most:
        raise QueryError(f"the range {shown(text)} ends before it begins", column=column, fix=fix)
    return Number(text, least, most, field)
