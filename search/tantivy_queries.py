"""A plan and a scope as tantivy's queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import tantivy
from tantivy import FieldType, Occur, Query

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
from search.tantivy_near import near

FEW_TERMS: Final = 16


def scoped(schema: tantivy.Schema, query: Query, scope: Scope, every_case: Iterable[str]) -> Query:
    """`query` narrowed to what may be seen, without a change to any score.

    `every_case` is all that the index holds: where none is left out, none need be asked for.
    """
    parts = [(Occur.Must, query)]
    if not scope.cases.issuperset(every_case):
        parts.append((Occur.Must, silent(_among(schema, "case", sorted(scope.cases)))))
    if not scope.restricted:
        parts.append((Occur.MustNot, Query.term_query(schema, "restricted", True)))
    hidden = sorted(WITHHELD_KINDS - scope.withheld)
    if hidden:
        parts.append((Occur.MustNot, _among(schema, "withheld", hidden)))
    if scope.without:
        gone = Query.term_set_query(schema, "capture", sorted(scope.without))
        parts.append((Occur.MustNot, gone))
    if scope.up_to_seq is not None or scope.after_seq is not None:
        after = None if scope.after_seq is None else scope.after_seq + 1
        parts.append((Occur.Must, silent(seq_within(schema, after, scope.up_to_seq))))
    return Query.boolean_query(parts)


def _among(schema: tantivy.Schema, field: str, values: list[str]) -> Query:
    """Documents with any of `values`.

    A set of terms is gone through whole before the first hit; a few terms are looked up only where
    the rest of the query leads.
    """
    if len(values) > FEW_TERMS:
        return Query.term_set_query(schema, field, values)
    terms = [Query.term_query(schema, field, value) for value in values]
    return terms[0] if len(terms) == 1 else Query.boolean_query([(Occur.Should, t) for t in terms])


def seq_within(schema: tantivy.Schema, least: int | None, most: int | None) -> Query:
    """Documents whose `seq` lies within both bounds."""
    least = None if least is None else max(least, 0)
    if most is not None and most < (least or 0):
        return Query.empty_query()
    return Query.range_query(schema, "seq", FieldType.Unsigned, least, most)


def integer_within(
    schema: tantivy.Schema, field: str, least: int | None, most: int | None
) -> Query:
    """Documents whose integer `field` lies within both bounds."""
    if least is None and most is None:
        return Query.exists_query(field)
    if least is not None and most is not None and least > most:
        return Query.empty_query()
    return Query.range_query(schema, field, FieldType.Integer, least, most)


def compiled(schema: tantivy.Schema, asked: Plan) -> Query:
    """The query that finds what `asked` describes."""
    match asked:
        case Has(field, token, weight):
            return _weighed(Query.term_query(schema, field, token), weight)
        case Row(field, tokens, weight):
            return _weighed(Query.phrase_query(schema, field, list(tokens)), weight)
        case AnyToken(field, tokens, weight):
            return _weighed(Query.term_set_query(schema, field, list(tokens)), weight)
        case Near(weight=weight):
            return _weighed(near(schema, asked), weight)
        case Between(since, before, field):
            least = None if since is None else microseconds(since)
            most = None if before is None else microseconds(before) - 1
            return silent(integer_within(schema, field, least, most))
        case NumberBetween(field, least, most):
            return silent(integer_within(schema, field, least, most))
        case All(parts):
            return _all([(Occur.Must, compiled(schema, part)) for part in parts])
        case Any(parts):
            if not parts:
                return Query.empty_query()
            return Query.boolean_query([(Occur.Should, compiled(schema, part)) for part in parts])
        case Except(part):
            return _all([(Occur.MustNot, compiled(schema, part))])


def silent(query: Query) -> Query:
    """`query` as a condition that adds nothing to the score."""
    return Query.const_score_query(query, 0.0)


def _weighed(query: Query, weight: float) -> Query:
    return Query.boost_query(query, weight) if weight else silent(query)


def _all(parts: list[tuple[Occur, Query]]) -> Query:
    """A conjunction; one that only leaves out is of all documents."""
    if all(occur == Occur.MustNot for occur, _ in parts):
        parts = [(Occur.Must, silent(Query.all_query())), *parts]
    return Query.boolean_query(parts)
