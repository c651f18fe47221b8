"""Facets and bars counted by tantivy over its columns: exact, in our order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import tantivy
from tantivy import Occur, Query

from search.document import FACET_FIELDS
from search.engine import Facet, FacetAsk, Unit
from search.facets import Bars, bars, facet_fields, moment_field, ranked
from search.tantivy_queries import integer_within
from search.tantivy_rows import HELD

DAY_US: Final = 86_400_000_000
CHUNK_DAYS: Final = 60_000  # tantivy gives back 65,000 buckets at most
BEYOND: Final = 50  # values counted past those asked for: most ties end among them
EVERY_VALUE: Final = 2**31 - 1  # of a segment: so that what is merged is exact
_ALL: Final = {"value_count": {"field": "seq"}}  # every document has one
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def facets_of(
    searcher: tantivy.Searcher, query: Query, wanted: Sequence[FacetAsk]
) -> tuple[Facet, ...]:
    """Each facet that is wanted of the documents that `query` finds, all counted in one pass.

    tantivy leaves open which of the values that tie stand first. So where the last value that is
    asked for ties with more than came back, the least of them are asked for by name: among those
    at least as frequent, the first so many by code point hold every one that belongs in the answer.
    """
    fields = dict(zip(facet_fields(wanted), wanted, strict=True))
    sizes = {field: ask.size + BEYOND for field, ask in fields.items()}
    parts = {field: _terms(field, size) for field, size in sizes.items()}
    counted = searcher.aggregate(
        query, {**parts, HELD: _terms(HELD, len(FACET_FIELDS)), "all": _ALL}
    )
    found = {field: _values(counted[field]) for field in fields}
    tied = {
        field: _terms(field, ask.size + 1, least=found[field][ask.size - 1][1])
        for field, ask in fields.items()
        if len(found[field]) == sizes[field]
        and found[field][ask.size - 1][1] == found[field][-1][1]
    }
    for field, by_name in (searcher.aggregate(query, tied) if tied else {}).items():
        least = found[field][-1][1]
        above = [each for each in found[field] if each[1] > least]
        found[field] = [*above, *(each for each in _values(by_name) if each[1] == least)]
    total, holding = int(counted["all"]["value"]), dict(_values(counted[HELD]))
    return tuple(
        ranked(ask, dict(found[field]), total - holding.get(field, 0))
        for field, ask in fields.items()
    )


def _terms(field: str, size: int, least: int | None = None) -> dict[str, Any]:
    asked: dict[str, Any] = {"field": field, "size": size, "segment_size": EVERY_VALUE}
    if least is not None:
        asked |= {"min_doc_count": least, "order": {"_key": "asc"}}
    return {"terms": asked}


def _values(part: dict[str, Any]) -> list[tuple[str, int]]:
    return [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in part["buckets"]]


def bars_of(
    searcher: tantivy.Searcher, schema: tantivy.Schema, query: Query, named: str, unit: Unit
) -> Bars:
    """Bars over time, counted by day, a long while (a page may claim any year) in several parts."""
    field = moment_field(named)
    ends = searcher.aggregate(
        query, {"least": {"min": {"field": field}}, "most": {"max": {"field": field}}}
    )
    if ends["least"]["value"] is None:
        return ()
    first, last = (int(ends[end]["value"] // DAY_US) for end in ("least", "most"))
    counted: list[tuple[datetime, int]] = []
    for begin in range(first, last + 1, CHUNK_DAYS):
        part = query
        if last - first >= CHUNK_DAYS:
            within = integer_within(
                schema, field, begin * DAY_US, (begin + CHUNK_DAYS) * DAY_US - 1
            )
            part = Query.boolean_query([(Occur.Must, query), (Occur.Must, within)])
        counted += _days(searcher, part, field)
    return bars(counted, unit)


def _days(searcher: tantivy.Searcher, query: Query, field: str) -> list[tuple[datetime, int]]:
    by_day = {"field": field, "interval": DAY_US, "min_doc_count": 1}
    found = searcher.aggregate(query, {"days": {"histogram": by_day}})["days"]["buckets"]
    return [
        (_EPOCH + timedelta(days=int(bucket["key"] // DAY_US)), int(bucket["doc_count"]))
        for bucket in found
    ]
