"""Counts of what was found: the values of a field, and its bars over time. Pure.

Every engine counts in its own way; what is asked, how values are ranked and where a bar begins is
said here, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from search.engine import Facet, FacetAsk, Unit
from search.errors import QueryError, shown
from search.fields import QUERY_FIELDS, Kind, field_named

MOST_VALUES: Final = 1000  # of one facet: our own limit
MOST_FACETS: Final = 64  # in one question
Bars = tuple[tuple[datetime, int], ...]


def facet_fields(wanted: Sequence[FacetAsk]) -> list[str]:
    """The index field of each facet that is wanted.

    Raises `QueryError` for a field that is none or has no facet, and for too much at once.
    """
    if len(wanted) > MOST_FACETS:
        raise QueryError(f"{len(wanted)} facets at once", fix=f"Ask for {MOST_FACETS} at most.")
    return [_facet_field(ask) for ask in wanted]


def _facet_field(ask: FacetAsk) -> str:
    field = field_named(ask.field)
    if field.facet is None:
        there_are = ", ".join(name for name, each in QUERY_FIELDS.items() if each.facet)
        raise QueryError(f"{shown(ask.field)} has no facet", fix=f"There are: {there_are}.")
    if not 1 <= ask.size <= MOST_VALUES:
        raise QueryError(
            f"{ask.size} values of {shown(ask.field)}", fix=f"Ask for 1 to {MOST_VALUES}."
        )
    return field.facet


def moment_field(name: str) -> str:
    """The index field of instants called `name`. Raises `QueryError` for any other."""
    field = field_named(name)
    if field.kind is not Kind.MOMENT:
        there_are = ", ".join(n for n, each in QUERY_FIELDS.items() if each.kind is Kind.MOMENT)
        raise QueryError(f"{shown(name)} is no time", fix=f"Times are {there_are}.")
    return field.exact


def ranked(ask: FacetAsk, counts: Mapping[str, int], missing: int) -> Facet:
    """The facet of these counts: the most frequent first, then by code points."""
    order = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return Facet(ask.field, tuple(order[: ask.size]), missing, more=len(order) > ask.size)


def bar_of(moment: datetime, unit: Unit) -> datetime:
    """When the bar that holds `moment` begins, in UTC; a week on its Monday."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case Unit.DAY:
            return day
        case Unit.WEEK:
            # The Monday before the first day of year 1 is that day itself: it was one.
            return day - timedelta(days=day.weekday())
        case Unit.MONTH:
            return day.replace(day=1)
        case Unit.YEAR:
            return day.replace(day=1, month=1)


def bars(counted: Iterable[tuple[datetime, int]], unit: Unit) -> Bars:
    """Counts by moment (or by day) as bars of `unit`, rising, without empty ones."""
    found: Counter[datetime] = Counter()
    for moment, count in counted:
        found[bar_of(moment, unit)] += count
    return tuple(sorted((start, count) for start, count in found.items() if count))
