"""Which terms of the index a word with wildcards or nearly spelled stands for.

The list of terms that every engine expands from is asked for where it lies: `_validate/query`
rewrites a query to its terms and says which they are. Other ways need more: `_terms_enum` knows
no field of text and no pattern, and an aggregation over text keeps every term of every document in
memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Final

from search.elastic_client import Connection, body
from search.elastic_query import Query
from search.errors import QueryError, shown
from search.fields import Field, searched
from search.patterns import folded_pieces, single_token
from search.plan import MAX_EXPANSION
from search.tree import Fuzzy, Tree, Wildcard

_REWRITTEN: Final = "ConstantScore("
_AS_TERMS: Final = {"rewrite": "constant_score_boolean"}


class TermsOf:
    """The `TermList` of one query: what its own words with wildcards stand for, no more."""

    def __init__(self, tree: Tree, connection: Connection, index: str) -> None:
        self._held: dict[str, set[str]] = {}
        for leaf in _patterns(tree):
            for field in searched(leaf.field):
                query = _pattern_query(leaf, field)
                if query is not None:
                    says = leaf.pattern if isinstance(leaf, Wildcard) else leaf.word
                    found = rewritten(connection, index, field.exact, query, says)
                    self._held.setdefault(field.exact, set()).update(found)

    def terms(self, field: str, prefix: str) -> list[str]:
        """Those of index field `field` that begin with `prefix`, sorted."""
        return sorted(term for term in self._held.get(field, ()) if term.startswith(prefix))


def rewritten(connection: Connection, index: str, field: str, query: Query, says: str) -> list[str]:
    """The terms of `field` that a query of many terms becomes.

    Raises `QueryError` where there are more than the cluster counts.
    """
    answer = body(
        connection.ask(
            lambda client: client.indices.validate_query(
                index=index, query=query, rewrite=True, explain=True
            )
        )
    )
    if answer["_shards"]["failed"]:
        raise QueryError(
            f"{shown(says)} stands for more than {MAX_EXPANSION:,} different words",
            fix="Type more of its letters.",
        )
    told: str = answer["explanations"][0]["explanation"]
    if not told.startswith(_REWRITTEN):  # no term is like it: the query stands as it was
        return []
    lead = f"{field}:"
    inside = told.removeprefix(_REWRITTEN)[:-1].removeprefix(lead)
    return inside.split(f" {lead}")


def beginning_with(field: str, prefix: str) -> Query:
    """The query that becomes every term of `field` that begins with `prefix`."""
    return {"prefix": {field: {"value": prefix, **_AS_TERMS}}}


def _patterns(node: object) -> Iterator[Wildcard | Fuzzy]:
    """Every leaf of a tree that stands for words, wherever it lies."""
    if isinstance(node, Wildcard | Fuzzy):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from _patterns(each)
    elif is_dataclass(node):
        for part in fields(node):
            yield from _patterns(getattr(node, part.name))


def _pattern_query(leaf: Wildcard | Fuzzy, field: Field) -> Query | None:
    match leaf:
        case Wildcard(pattern):
            value = "".join(
                piece if piece in ("*", "?") else _literal(piece[1:])
                for piece in folded_pieces(pattern, field)
            )
            return {"wildcard": {field.exact: {"value": value, **_AS_TERMS}}}
        case Fuzzy(word, distance):
            token = single_token(word, field)
            if token is None:
                return None
            near = {"value": token, "fuzziness": distance, "prefix_length": 1}
            return {"fuzzy": {field.exact: {**near, **_AS_TERMS}}}


def _literal(piece: str) -> str:
    return "".join(f"\\{each}" if each in "*?\\" else each for each in piece)
