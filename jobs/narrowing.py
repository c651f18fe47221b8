"""A query taken apart and put together at the desk: narrowed, widened again, turned round. Pure.

The query is parsed once, whatever the number of values that could be added to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cases.pole import is_name
from search import Tree, parse_query, query_text
from search.fields import IDENTIFIER_FIELDS, QUERY_FIELDS
from search.tree import And, Not, Phrase

_NAMES: Final = {"PERSON": "person", "ORG": "org", "LOC": "place"}  # of any other kind: entity

MOST_PARTS: Final = 50
COUNTED: Final = tuple(name for name, field in QUERY_FIELDS.items() if field.facet)  # as facets


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that all hold of what is found, and the query without it."""

    text: str
    without: str


class Narrowing:
    """What can be done to a query. Raises `QueryError` for one that cannot be read."""

    def __init__(self, query: str) -> None:
        self._parts = _parts(parse_query(query))

    def parts(self) -> list[Part]:
        """Its parts where there are several, each with the query that is left without it; none of
        a query of more than 50, which nobody takes apart by hand: each names all the others.
        """
        if not 1 < len(self._parts) <= MOST_PARTS:
            return []
        return [Part(query_text(part), self.without(part)) for part in self._parts]

    def without(self, part: Tree) -> str:
        """The query without that part; empty where nothing is left."""
        return _together([each for each in self._parts if each != part])

    def also(self, part: Tree) -> str:
        """The query that finds what both find; what it turns round is taken out first."""
        other = part.part if isinstance(part, Not) else Not(part)
        kept = [each for each in self._parts if each not in (part, other)]
        return _together([*kept, part])

    def holds(self, part: Tree) -> bool:
        """Whether that is one of its parts."""
        return part in self._parts

    def within(self, other: str) -> str:
        """The query that finds what both find. Raises `QueryError`."""
        added = [part for part in _parts(parse_query(other)) if part not in self._parts]
        return _together([*self._parts, *added])


def value_of(field: str, value: str) -> Tree:
    """The part that holds for whatever has that value in that field. Raises `QueryError`."""
    return parse_query(query_text(Phrase(value, field)))


def turned_round(part: Tree) -> Tree:
    """The part that holds for whatever has it not."""
    return Not(part)


def query_for(kind: str, value: str) -> str:
    """The query that finds an identifier of that kind, or a name of that label, wherever it is;
    empty for a kind that no field has.
    """
    found = IDENTIFIER_FIELDS.get(kind)
    field = found.name if found else _NAMES.get(kind, "entity" if is_name(kind) else "")
    return query_text(Phrase(value, field)) if field and value.strip() else ""


def _parts(tree: Tree) -> list[Tree]:
    return list(tree.parts) if isinstance(tree, And) else [tree]


def _together(parts: list[Tree]) -> str:
    if not parts:
        return ""
    return query_text(And(tuple(parts)) if len(parts) > 1 else parts[0])
