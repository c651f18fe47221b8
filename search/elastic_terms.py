"""Which terms of the index a word with wildcards or nearly spelled stands for.

The list of terms that every engine expands from is asked for where it lies: `_validate/query`
rewrites a query to its terms and says which they are. Other ways need more: `_terms_enum` knows
no field of text and no pattern, and an aggregation over text keeps every term of every document in
memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Final

from search.analysis import analyse
from search.elastic_client import Connection, body
from search.elastic_query import Query
from search.errors import QueryError, shown
from search.fields import Field, searched
from search.patterns import folded_pieces, form_begins, single_token
from search.plan import MAX_EXPANSION
from search.tree import Beside, Fuzzy, Term, Tree, Wildcard

_REWRITTEN: Final = "ConstantScore("
_AS_TERMS: Final = {"rewrite": "constant_score_boolean"}


class TermsOf:
    """The `TermList` of one query: what its own words with wildcards stand for, no more."""

    def __init__(self, tree: Tree, connection: Connection, index: str) -> None:
        self._held: dict[str, set[str]] = {}
        for leaf in _expanded(tree):
            for field in searched(leaf.field):
                if isinstance(leaf, Term):
                    found = _forms(leaf.word, field, connection, index)
                elif query := _pattern_query(leaf, field):
                    says = leaf.pattern if isinstance(leaf, Wildcard) else leaf.word
                    found = rewritten(connection, index, field.exact, query, says)
                else:
                    continue
                self._held.setdefault(field.exact, set()).update(found)

    def terms(self, field: str, prefix: str) -> list[str]:
        """Those of index field `field` that begin with `prefix`, sorted."""
        return sorted(term for term in self._held.get(field, ()) if term.startswith(prefix))


def _forms(word: str, field: Field, connection: Connection, index: str) -> list[str]:
    """The terms among which the other forms of a word beside NEAR are looked for."""
    stems = analyse(word).stems
    if field.stems is None or len(stems) != 1:
        return []
    return beginning_with(connection, index, field.exact, form_begins(stems[0]))


def beginning_with(connection: Connection, index: str, field: str, prefix: str) -> list[str]:
    """Every term of `field` that begins with `prefix`, sorted.

    Where they are more than the cluster counts at once, it is asked again for those whose next
    letter lies in one half of all letters, and in the other.
    """
    try:
        query = {"prefix": {field: {"value": prefix, **_AS_TERMS}}}
        return sorted(rewritten(connection, index, field, query, prefix))
    except QueryError:
        same = {"wildcard": {field: {"value": _literal(prefix), **_AS_TERMS}}}
        found = rewritten(connection, index, field, same, prefix)
        return found + _with_next(connection, index, field, prefix, (0, sys.maxunicode))


def _with_next(
    connection: Connection, index: str, field: str, prefix: str, letters: tuple[int, int]
) -> list[str]:
    """The terms that go on after `prefix` with one of the letters from the first to the last."""
    first, last = letters
    if first == last:
        return beginning_with(connection, index, field, prefix + chr(first))
    literal = "".join(f"\\{each}" for each in prefix)
    one_of = f"[\\{chr(first)}-\\{chr(last)}]"
    query = {"regexp": {field: {"value": f"{literal}{one_of}.*", **_AS_TERMS}}}
    try:
        return sorted(rewritten(connection, index, field, query, prefix))
    except QueryError:
        middle = (first + last) // 2
        halves = ((first, middle), (middle + 1, last))
        below, above = (_with_next(connection, index, field, prefix, half) for half in halves)
        return below + above


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


def _expanded(node: object) -> Iterator[Wildcard | Fuzzy | Term]:
    """Every leaf of a tree that stands for other words than its own, wherever it lies."""
    if isinstance(node, Wildcard | Fuzzy):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from _expanded(each)
    elif is_dataclass(node):
        if isinstance(node, Beside):
            yield from (word for word in (*node.left, *node.right) if isinstance(word, Term))
        for part in fields(node):
            yield from _expanded(getattr(node, part.name))


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
