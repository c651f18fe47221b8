"""A query as a typed tree, and the text that says the same.

Every node is a value; `query_text` and `parse_query` are each other's inverse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_MEANINGFUL: Final = re.compile(r'([\\()"“”„‟＂:~*?\s])')
_MEANINGFUL_IN_PATTERN: Final = re.compile(r'([()"“”„‟＂:~\s])')
_OPERATOR: Final = re.compile(r"^((?:AND|OR|NOT)$|-)")


@dataclass(frozen=True, slots=True)
class Term:
    """A bare word as typed: any form of it is found. One with marks inside (`o'neil-smith`,
    `example.test`) is a row of words.
    """

    word: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Quoted words: exactly these, next to each other, in this order."""

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A word with `*` (any letters) or `?` (one letter); a literal one stands after a backslash,
    as does a backslash.
    """

    pattern: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A word and the words that are at most `distance` edits away with the same first letter."""

    word: str
    distance: int
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Captured:
    """The instant in `field` is at or after `since` and before `before` (aware, UTC; None is
    open). `text` is what was typed.
    """

    text: str
    since: datetime | None
    before: datetime | None
    field: str = "captured"


@dataclass(frozen=True, slots=True)
class Number:
    """The number in `field` lies within both bounds, which are counted; None is open."""

    text: str
    least: int | None
    most: int | None
    field: str


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds: two parts or more."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds: two parts or more."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Tree


Leaf = Term | Phrase | Wildcard | Fuzzy | Captured | Number
Tree = Leaf | And | Or | Not


def query_text(tree: Tree) -> str:
    """The query that parses to `tree`."""
    match tree:
        case And(parts):
            return " AND ".join(_within(part, (And, Or)) for part in parts)
        case Or(parts):
            return " OR ".join(_within(part, (Or,)) for part in parts)
        case Not(part):
            return f"NOT {_within(part, (And, Or))}"
        case Captured(text, field=field) | Number(text, field=field):
            return f"{field}:{text}" if not re.search(r"\s", text) else f'{field}:"{text}"'
        case _:
            field = "" if tree.field is None else f"{tree.field}:"
            return field + _leaf_text(tree)


def _within(part: Tree, bracketed: tuple[type[And] | type[Or], ...]) -> str:
    text = query_text(part)
    return f"({text})" if isinstance(part, bracketed) else text


def _leaf_text(leaf: Term | Phrase | Wildcard | Fuzzy) -> str:
    match leaf:
        case Phrase(text):
            return '"' + re.sub(r'([\\"“”„‟＂])', r"\\\1", text) + '"'
        case Wildcard(pattern):
            return _OPERATOR.sub(r"\\\1", _MEANINGFUL_IN_PATTERN.sub(r"\\\1", pattern))
        case Fuzzy(word, distance):
            return f"{_word_text(word)}~{distance}"
        case Term(word):
            return _word_text(word)


def _word_text(word: str) -> str:
    return _OPERATOR.sub(r"\\\1", _MEANINGFUL.sub(r"\\\1", word))
