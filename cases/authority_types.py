"""The kinds of authority and how long each can last. Pure: the statute's arithmetic and nothing
else.

Periods "beginning with the day" end at the last instant of the day before the same date, in UK
local time (AUT-2). What a person entered never becomes an approval of ours: this module only
refuses an end later than the law's.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cases.errors import UsageError
from cases.times import UK


@dataclass(frozen=True, slots=True)
class AuthorityType:
    """A kind of authority. At most one of `months`, `days`, `hours` is set; none means no limit
    in statute.
    """

    name: str
    says: str
    months: int | None = None
    days: int | None = None
    hours: int | None = None
    needs_grant: bool = True  # somebody other than the person entering it must have granted it
    source: str = ""


TYPES = {
    kind.name: kind
    for kind in (
        AuthorityType(
            "research", "research that needs no authorisation", needs_grant=False, source="AUT-1"
        ),
        AuthorityType(
            "directed-surveillance",
            "directed surveillance, in writing",
            months=3,
            source="RIPA 2000 s.43(3)(c)",
        ),
        AuthorityType(
            "urgent-oral",
            "urgent oral authorisation",
            hours=72,
            source="RIPA 2000 s.43(3)(a)",
        ),
        AuthorityType(
            "chis", "covert human intelligence source", months=12, source="RIPA 2000 s.43(3)(b)"
        ),
        AuthorityType("comms-data", "communications data", months=1, source="IPA 2016 s.65"),
        AuthorityType(
            "comms-data-urgent", "communications data, urgent", days=3, source="IPA 2016 s.65"
        ),
        AuthorityType("consent", "consent of the person concerned"),
        AuthorityType("court-order", "order of a court"),
        AuthorityType(
            "immediate",
            "immediate response to events; flagged for review",
            hours=1,
            needs_grant=False,
            source="AUT-5; the hour is ours, not the law's",
        ),
    )
}


def authority_type(name: str) -> AuthorityType:
    """The kind of that name. Raises `UsageError` that lists them."""
    try:
        return TYPES[name]
    except KeyError:
        listed = ", ".join(sorted(TYPES))
        raise UsageError(f"There is no authority type {name!r}. Choose one of: {listed}.") from None


@dataclass(frozen=True, slots=True)
class Limit:
    """The last instant at which an authority can be live, in UTC.

    `confirm` is true where the start falls at a month's end and two readings exist: the earlier
    is taken, and the authorising officer should confirm it.
    """

    until: datetime
    confirm: bool


def limit_of(kind: AuthorityType, granted_at: datetime) -> Limit | None:
    """The latest end for an authority granted at that instant; None where the law sets none
    (AUT-2).
    """
    if kind.hours is not None:
        return Limit(granted_at.astimezone(UTC) + timedelta(hours=kind.hours), confirm=False)
    first_day = granted_at.astimezone(UK).date()
    if kind.days is not None:
        return Limit(_end_of(first_day + timedelta(days=kind.days - 1)), confirm=False)
    if kind.months is None:
        return None
    same_date, clipped = _months_on(first_day, kind.months)
    return Limit(_end_of(same_date - timedelta(days=1)), confirm=clipped)


def _months_on(day: date, months: int) -> tuple[date, bool]:
    """The same date some months on, and whether that month was too short to have it."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    length = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, length)), day.day > length


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), tzinfo=UK).astimezone(UTC)
