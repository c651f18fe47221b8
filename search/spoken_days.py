"""Dates as people write them: `yesterday`, `last week`, `3 days ago`, `1/3/2026`, `1 March 2026`.

Days, weeks (from Monday), months and years are those of UK local time (CAP-10); a date in figures
with slashes or dots is day, month, year. Pure: the present instant comes in.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from cases.times import UK

Span = tuple[datetime, datetime]  # from (counted) until (not counted), UTC
OpenSpan = tuple[datetime | None, datetime | None]
LAST: Final = datetime.max.replace(tzinfo=UTC)  # its own microsecond alone lies in no closed span
_LAST_DAY: Final = date.max.toordinal()

_MONTHS_WORDS = (
    "january february march april may june july august september october november december"
)
_MONTHS: Final = _MONTHS_WORDS.split()
_WEEKDAYS_WORDS = "monday tuesday wednesday thursday friday saturday sunday"
_WEEKDAYS: Final = _WEEKDAYS_WORDS.split()
_MONTH: Final = r"(?P<month>[a-z]{3,9})\.?"
_ORDINAL: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WRITTEN: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<day>\d{1,2})[/. ](?P<number>\d{1,2})[/. ](?P<year>\d{4})",
        r"(?P<number>\d{1,2})/(?P<year>\d{4})",
        rf"{_ORDINAL} (?:of )?{_MONTH},? (?P<year>\d{{4}})",
        rf"{_MONTH} {_ORDINAL},? (?P<year>\d{{4}})",
        rf"{_MONTH} (?P<year>\d{{4}})",
    )
)
_AGO: Final = re.compile(r"(a|an|one|\d{1,4}) (minute|hour|day|week|month|year)s? ago")
_LAST: Final = re.compile(r"(?:last|past) (\d{1,4}) (minute|hour|day|week|month|year)s?")
_CALENDAR: Final = re.compile(r"(this|last) (week|month|year)")
_BETWEEN: Final = re.compile(r"(?<=[a-z0-9])[-_](?=[a-z0-9])|\s+")  # last-week, 3_days_ago


def spoken_span(text: str, now: datetime) -> OpenSpan | None:
    """The span that `text` names, None where it is no date of these. `last 7 days` is open at its
    end. Raises `ValueError` or `OverflowError` for a date that there is not.
    """
    said = _BETWEEN.sub(" ", text.strip().lower())
    today = now.astimezone(UK).date()
    if said in ("today", "yesterday"):
        return span_of_days(today - timedelta(days=said == "yesterday"), 1)
    if said == "now":
        return now, now + timedelta(microseconds=1)
    if said in _WEEKDAYS:  # the latest, today's too
        return span_of_days(
            today - timedelta(days=(today.weekday() - _WEEKDAYS.index(said)) % 7), 1
        )
    if found := _CALENDAR.fullmatch(said):
        return _of_calendar(found[2], today, last=found[1] == "last")
    if found := _AGO.fullmatch(said):
        return _ago(1 if found[1].isalpha() else int(found[1]), found[2], now)
    if found := _LAST.fullmatch(said):
        return _back(int(found[1]), found[2], now), None
    return _written(said)


def span_of_days(first: date, days: int) -> Span:
    """`days` days of UK local time from `first` on, to the last moment that there is (`LAST`)."""
    end = first.toordinal() + days
    return _midnight(first), _midnight(date.fromordinal(end)) if end <= _LAST_DAY else LAST


def span_of_month(year: int, month: int) -> Span:
    """A month of UK local time."""
    return span_of_days(date(year, month, 1), calendar.monthrange(year, month)[1])


def span_of_year(year: int) -> Span:
    """A year of UK local time."""
    return span_of_days(date(year, 1, 1), 365 + calendar.isleap(year))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UK).astimezone(UTC)


def _of_calendar(unit: str, today: date, *, last: bool) -> Span:
    match unit:
        case "week":
            monday = today - timedelta(days=today.weekday() + 7 * last)
            return span_of_days(monday, 7)
        case "month":
            within = today.replace(day=1) - timedelta(days=last)
            return span_of_month(within.year, within.month)
        case _:
            return span_of_year(today.year - last)


def _ago(count: int, unit: str, now: datetime) -> Span:
    """The day that long ago; of minutes and hours, the minute."""
    at = _back(count, unit, now)
    if unit in ("minute", "hour"):
        return at, at + timedelta(minutes=1)
    return span_of_days(at.astimezone(UK).date(), 1)


def _back(count: int, unit: str, now: datetime) -> datetime:
    """`count` units before `now`; a month ends where it must (31 March less one is 28 February)."""
    match unit:
        case "minute" | "hour":
            return now - timedelta(**{f"{unit}s": count})
        case "day" | "week":
            days = count * (7 if unit == "week" else 1)
            local = now.astimezone(UK)
            return (local - timedelta(days=days)).astimezone(UTC)
        case _:
            local = now.astimezone(UK)
            months = local.year * 12 + local.month - 1 - count * (12 if unit == "year" else 1)
            year, month = divmod(months, 12)
            day = min(local.day, calendar.monthrange(year, month + 1)[1])
            return local.replace(year=year, month=month + 1, day=day).astimezone(UTC)


def _written(said: str) -> Span | None:
    for pattern in _WRITTEN:
        if found := pattern.fullmatch(said):
            parts = found.groupdict()
            month = int(parts["number"]) if parts.get("number") else _month(parts["month"])
            if month is None:
                return None
            if parts.get("day"):
                return span_of_days(date(int(parts["year"]), month, int(parts["day"])), 1)
            return span_of_month(int(parts["year"]), month)
    return None


def _month(name: str) -> int | None:
    """The month whose name begins so (mar, sept, march)."""
    fitting = [number for number, full in enumerate(_MONTHS, 1) if full.startswith(name)]
    return fitting[0] if fitting else None
