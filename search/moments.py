"""What may stand after `captured:`, `published:` or `modified:`: a time, or a range of them.

A time without a zone is UK local time, as everywhere that a person types one (CAP-10).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import date as day_of
from typing import Final

from cases.errors import UsageError
from cases.times import entered
from search.errors import QueryError, shown
from search.ranges import Range, range_of
from search.spoken_days import (
    LAST,
    OpenSpan,
    span_of_days,
    span_of_month,
    span_of_year,
    spoken_span,
)
from search.tree import During

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,6})?)?(?:[Zz]|[+-]\d{2}:\d{2})?", re.ASCII
)
FIX: Final = (
    "Write a day, a month or a range: {0}:2026-03-01, {0}:2026-03, {0}:1/3/2026, {0}:yesterday, "
    '{0}:"3 days ago", {0}:2026-01-01..2026-02-01, {0}:>=2026-01-01T09:00'
)


def during(
    text: str, field: str = "captured", *, now: datetime | None = None, column: int | None = None
) -> During:
    """The span of time that `text` names as of `now` (the present where none is given).

    Raises `QueryError` for one that is no time, or ends before it begins.
    """
    now = now or datetime.now(UTC)
    text, fix = text.strip(), FIX.format(field)

    def span(part: str) -> OpenSpan:
        return _span(part, now, column, fix)

    asked = range_of(text)
    since, before = span(text) if asked is None else _within(asked, span)
    if since is None and before is None:
        raise QueryError(f"the range {shown(text)} has no end at all", column=column, fix=fix)
    if since is not None and before is not None and since >= before:
        raise QueryError(f"the range {shown(text)} ends before it begins", column=column, fix=fix)
    return During(text, since, before, field)


def _within(asked: Range, span: Callable[[str], OpenSpan]) -> OpenSpan:
    first = (None, None) if asked.first is None else span(asked.first)
    last = (None, None) if asked.last is None else span(asked.last)
    return first[asked.above], last[not asked.below]


def _span(text: str, now: datetime, column: int | None, fix: str) -> OpenSpan:
    text = text.strip()
    try:
        date = _DATE.fullmatch(text)
        if date:
            return _span_of_date(date)
        return spoken_span(text, now) or _span_of_instant(text)
    except (ValueError, OverflowError):
        raise QueryError(f"{shown(text)!r} is no time", column=column, fix=fix) from None
    except UsageError as error:  # a local time that does not exist, or exists twice
        raise QueryError(error.says.rstrip("."), column=column, fix=fix) from None


def _span_of_date(date: re.Match[str]) -> OpenSpan:
    year, month, day = (int(part) if part else None for part in date.groups())
    assert year is not None  # noqa: S101 (the pattern has it)
    if month is None:
        return span_of_year(year)
    return span_of_days(day_of(year, month, day), 1) if day else span_of_month(year, month)


def _span_of_instant(text: str) -> OpenSpan:
    instant = _INSTANT.fullmatch(text)
    if not instant:
        raise ValueError(text)
    datetime.fromisoformat(text.upper())  # refuses 25:00 before the zones are asked
    since = entered(text.upper())
    seconds = instant[2]
    if seconds is None:
        step = timedelta(minutes=1)
    else:
        step = timedelta(microseconds=1) if "." in seconds else timedelta(seconds=1)
    return since, since + min(step, LAST - since)
