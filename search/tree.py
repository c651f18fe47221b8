"""A query as a typed tree, and the text that says the same.

Every node is a value; `query_text` and `parse_query` are each other's inverse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_MEANINGFUL: Final = re.compile(r'([\\()"“”„‟＂:~*?^\s])')
_MEANINGFUL_IN_PATTERN: Final = re.compile(r'([()"“”„‟＂:~^\s])')
_FIRST: Final = re.compile(r"^((?:AND|OR|NOT|&&|\|\|)$|NEAR(?:$|/)|[-!=])")


@dataclass(frozen=True, slots=True)
class Term:
    """A bare word as typed: any form of it is found. One with marks inside (`o'neil-smith`,
    `example.test`) is a row of words.
    """

    word: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Quoted words: exactly these, in this order, with at most `slop` other words among them."""

    text: str
    field: str | None = None
    slop: int = 0


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
class During:
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


Words = Term | Phrase | Wildcard | Fuzzy


@dataclass(frozen=True, slots=True)
class Beside:
    """One of `left` and one of `right` stand in one value of one field, in either order, with at
    most `slop` other words between them. All name the same field, or none.
    """

    left: tuple[Words, ...]
    right: tuple[Words, ...]
    slop: int

    @property
    def field(self) -> str | None:
        """The field that both sides name."""
        return self.left[0].field


@dataclass(frozen=True, slots=True)
class Boosted:
    """What `part` finds counts `factor` times as much for the order of hits."""

    part: Tree
    factor: float


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


Leaf = Words | During | Number
Tree = Leaf | Beside | Boosted | And | Or | Not


def wanted_words(tree: Tree) -> Iterator[Words | Beside]:
    """The words of which something must or may hold: none that is to be left out."""
    match tree:
        case And(parts) | Or(parts):
            for part in parts:
                yield from wanted_words(part)
        case Boosted(part):
            yield from wanted_words(part)
        case Not() | During() | Number():
            return
        case _:
            yield tree


def query_text(tree: Tree) -> str:
    """The query that parses to `tree`."""
    match tree:
        case And(parts):
            return " AND ".join(_within(part, (And, Or)) for part in parts)
        case Or(parts):
            return " OR ".join(_within(part, (Or,)) for part in parts)
        case Not(part):
            return f"NOT {_within(part, (And, Or))}"
        case Boosted(part, factor):
            return f"{_within(part, (And, Or, Not, Beside, Boosted))}^{factor:.10g}"
        case Beside(left, right, slop):
            return f"{_side(left)} NEAR/{slop} {_side(right)}"
        case During(text, field=field) | Number(text, field=field):
            return f"{field}:{_range_text(text)}"
        case _:
            field = "" if tree.field is None else f"{tree.field}:"
            return field + _leaf_text(tree)


def _within(part: Tree, bracketed: tuple[type[Tree], ...]) -> str:
    text = query_text(part)
    return f"({text})" if isinstance(part, bracketed) else text


def _side(words: tuple[Words, ...]) -> str:
    return query_text(words[0]) if len(words) == 1 else f"({query_text(Or(words))})"


def _range_text(text: str) -> str:
    return text if not re.search(r"\s", text) else f'"{text}"'


def _leaf_text(leaf: Words) -> str:
    match leaf:
        case Phrase(text, slop=slop):
            quoted = '"' + re.sub(r'([\\"“”„‟＂])', r"\\\1", text) + '"'
            return f"{quoted}~{slop}" if slop else quoted
        case Wildcard(pattern):
            return _FIRST.sub(r"\\\1", _MEANINGFUL_IN_PATTERN.sub(r"\\\1", pattern))
        case Fuzzy(word, distance):
            return f"{_word_text(word)}~{distance}"
        case Term(word):
            return _word_text(word)


def _word_text(word: str) -> str:
    return _FIRST.sub(r"\\\1", _MEANINGFUL.sub(r"\\\1", word))
