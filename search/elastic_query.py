"""A plan and a scope as Elasticsearch's queries."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any as Whatever
from typing import Final

from search.document import WITHHELD_KINDS, microseconds
from search.engine import Scope
from search.plan import (
    All,
    Any,
    AnyToken,
    Between,
    Except,
    Has,
    Near,
    NumberBetween,
    Plan,
    Row,
)

Query = dict[str, Whatever]  # the JSON of a query
NOTHING: Final[Query] = {"match_none": {}}
EVERYTHING: Final[Query] = {"match_all": {}}
# tantivy's BM25 has the factor (k1 + 1), which Lucene left out: the two then weigh a word against
# a wildcard (whose score is its weight) alike.
BM25_SCALE: Final = 2.2
MOST_TERMS: Final = 50_000  # of one `terms` query: index.max_terms_count is 65,536
WRAPPED_AT: Final = 8  # operators within one another
LONG: Final = 2**63 - 1


def scoped(asked: Plan, scope: Scope) -> Query:
    """The one query that finds what `asked` describes within `scope`, for hits and for facets:
    what may be seen is a condition inside it, and changes no score.
    """
    if not scope.cases:
        return NOTHING
    within = [_any_of("case", sorted(scope.cases))]
    if scope.up_to_seq is not None or scope.after_seq is not None:
        after = None if scope.after_seq is None else scope.after_seq + 1
        within.append(_range("seq", after, scope.up_to_seq))
    hidden = [] if scope.restricted else [_term("restricted", True)]
    if reasons := sorted(WITHHELD_KINDS - scope.withheld):
        hidden.append(_any_of("withheld", reasons))
    if scope.without:
        hidden.append(_any_of("capture", sorted(map(str.casefold, scope.without))))
    return {"bool": {"must": [compiled(asked)], "filter": within, "must_not": hidden}}


def compiled(asked: Plan, depth: int = 0) -> Query:
    """The query that finds what `asked` describes.

    A cluster reads 29 nested queries (indices.query.bool.max_nested_depth) and no more; what lies
    deeper is wrapped, and then read on its own.
    """
    if depth == WRAPPED_AT:
        return {"wrapper": {"query": b64encode(json.dumps(compiled(asked)).encode()).decode()}}
    match asked:
        case Has(field, token, weight):
            if not weight:
                return _silent(_term(field, token))
            return {"term": {field: {"value": token, "boost": weight * BM25_SCALE}}}
        case Row(field, tokens, weight):
            phrase = {"query": " ".join(tokens), "boost": weight * BM25_SCALE}
            return _weighed({"match_phrase": {field: phrase}}, weight)
        case AnyToken(field, tokens, weight):
            return {"constant_score": {"filter": _any_of(field, tokens), "boost": weight}}
        case Near(weight=weight):
            return _weighed(_near(asked), weight)
        case Between(since, before, field):
            least = None if since is None else microseconds(since)
            most = None if before is None else microseconds(before) - 1
            return _silent(_range(field, least, most))
        case NumberBetween(field, least, most):
            return _silent(_range(field, least, most))
        case All(parts):
            return _all(_flat(All, parts), depth + 1)
        case Any(parts):
            return _some([compiled(part, depth + 1) for part in _flat(Any, parts)])
        case Except():
            return _all([asked], depth + 1)


def _flat(kind: type[All | Any], parts: Sequence[Plan]) -> list[Plan]:
    """The parts, those of the same kind opened."""
    flat: list[Plan] = []
    for part in parts:
        if isinstance(part, All | Any) and isinstance(part, kind):
            flat += _flat(kind, part.parts)
        else:
            flat.append(part)
    return flat


def _all(parts: Sequence[Plan], depth: int) -> Query:
    without = [compiled(part.part, depth) for part in parts if isinstance(part, Except)]
    wanted = [compiled(part, depth) for part in parts if not isinstance(part, Except)]
    if not without and len(wanted) == 1:
        return wanted[0]
    return {"bool": {"must": wanted, "must_not": without, "filter": [EVERYTHING]}}


def _some(parts: list[Query]) -> Query:
    if not parts:
        return NOTHING
    return parts[0] if len(parts) == 1 else {"bool": {"should": parts}}


def _near(asked: Near) -> Query:
    """Intervals: rows of fixed widths, so that the narrowest window is the one that counts."""
    rows = [_interval_of(row) for row in asked.rows]
    near = {"max_gaps": asked.slop, "ordered": asked.ordered, "intervals": rows}
    return {"intervals": {asked.field: {"all_of": near, "boost": asked.weight * BM25_SCALE}}}


def _interval_of(row: tuple[tuple[str, ...], ...]) -> Query:
    places = [_place(tokens) for tokens in row]
    if len(places) == 1:
        return places[0]
    return {"all_of": {"max_gaps": 0, "ordered": True, "intervals": places}}


def _place(tokens: tuple[str, ...]) -> Query:
    one = [{"match": {"query": token, "analyzer": "whitespace"}} for token in tokens]
    return one[0] if len(one) == 1 else {"any_of": {"intervals": one}}


def _term(field: str, token: str | bool) -> Query:
    return {"term": {field: {"value": token}}}


def _any_of(field: str, tokens: Iterable[str]) -> Query:
    every = list(tokens)
    parts = [every[at : at + MOST_TERMS] for at in range(0, len(every), MOST_TERMS)]
    return _some([{"terms": {field: part}} for part in parts])


def _range(field: str, least: int | None, most: int | None) -> Query:
    if least is None and most is None:
        return {"exists": {"field": field}}
    bounds = {"gte": least, "lte": most}
    held = {name: _long(bound) for name, bound in bounds.items() if bound is not None}
    return {"range": {field: held}}


def _long(bound: int) -> int:
    return max(-LONG, min(bound, LONG))


def _weighed(query: Query, weight: float) -> Query:
    return query if weight else _silent(query)


def _silent(query: Query) -> Query:
    """`query` as a condition that adds nothing to the score."""
    return {"constant_score": {"filter": query, "boost": 0}}
