"""What may stand after `captured:`: a year, month, day or instant, or a range of them.

A time without a zone is UK local time, as everywhere that a person types one (CAP-10).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from cases.errors import UsageError
from cases.times import UK, entered
from search.errors import QueryError, shown
from search.tree import Captured

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,6})?)?(?:[Zz]|[+-]\d{2}:\d{2})?"
)
_COMPARED: Final = re.compile(r"(>=|<=|>|<)\s*(.+)", re.DOTALL)
_FIX: Final = (
    "Write a day, a month or a range: captured:2026-03-01, captured:2026-03, "
    "captured:2026-01-01..2026-02-01, captured:>=2026-01-01T09:00"
)

Span = tuple[datetime, datetime]  # from (counted) until (not counted)


def captured_within(text: str, column: int | None = None, field: str = "captured") -> Captured:
    """The span of time that `text` names. Raises `QueryError` for one that is no time, or ends
    before it begins.
    """
    text = text.strip()
    compared = _COMPARED.fullmatch(text)
    if compared:
        since, before = _beside(compared[1], _span(compared[2], column))
    elif ".." in text:
        first, last = text.split("..", 1)
        since = _span(first, column)[0] if first else None
        before = _span(last, column)[1] if last else None
        if since is None and before is None:
            raise QueryError("the range .. has no end at all", column=column, fix=_FIX)
    else:
        since, before = _span(text, column)
    if since is not None and before is not None and since >= before:
        raise QueryError(f"the range {shown(text)} ends before it begins", column=column, fix=_FIX)
    return Captured(text, since, before, field)


def _beside(sign: str, span: Span) -> tuple[datetime | None, datetime | None]:
    since, before = span
    match sign:
        case ">=":
            return since, None
        case ">":
            return before, None
        case "<=":
            return None, before
        case _:
            return None, since


def _span(text: str, column: int | None) -> Span:
    text = text.strip()
    try:
        date = _DATE.fullmatch(text)
        return _span_of_date(date) if date else _span_of_instant(text)
    except (ValueError, OverflowError):
        raise QueryError(f"{shown(text)!r} is no time", column=column, fix=_FIX) from None
    except UsageError as error:  # a local time that does not exist, or exists twice
        raise QueryError(error.says.rstrip("."), column=column, fix=_FIX) from None


def _span_of_date(date: re.Match[str]) -> Span:
    year, month, day = (int(part) if part else None for part in date.groups())
    assert year is not None  # noqa: S101 (the pattern has it)
    first = datetime(year, month or 1, day or 1, tzinfo=UK)
    if day:
        after = first + timedelta(days=1)
    elif month:
        after = first.replace(year=year + month // 12, month=month % 12 + 1)
    else:
        after = first.replace(year=year + 1)
    return first.astimezone(UTC), after.astimezone(UTC)


def _span_of_instant(text: str) -> Span:
    instant = _INSTANT.fullmatch(text)
    if not instant:
        raise ValueError(text)
    datetime.fromisoformat(text.upper())  # refuses 25:00 before the zones are asked
    since = entered(text.upper())
    seconds = instant[2]
    if seconds is None:
        return since, since + timedelta(minutes=1)
    step = timedelta(microseconds=1) if "." in seconds else timedelta(seconds=1)
    return since, since + step
