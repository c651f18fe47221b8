"""How a query was understood: in plain words, as an outline, and what each word of it stands for.

Counts are of what the searcher may see: how many words of the whole index a pattern stands for
would tell of cases that are not theirs. No word of a page is repeated here, only what was typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cases.times import for_people
from search.analysis import analyse
from search.engine import Engine, Scope
from search.errors import shown
from search.fields import DEFAULT_FIELDS, Field, Kind, field_named, searched
from search.plan import expansion, same_stem
from search.selectors import asked_forms
from search.tree import (
    And,
    Beside,
    Boosted,
    During,
    Fuzzy,
    Leaf,
    Not,
    Number,
    Or,
    Phrase,
    Term,
    Tree,
    Wildcard,
    Words,
    query_text,
)

MAX_READING: Final = 2_000  # characters
MAX_LEAVES_SHOWN: Final = 50
MAX_WORDS_COUNTED: Final = 50  # of those that a pattern stands for: each costs a search
_ANYWHERE: Final = " or ".join(field.name for field in DEFAULT_FIELDS)


@dataclass(frozen=True, slots=True)
class LeafReading:
    """A word, a quotation or a range of the query: the index fields that it is looked for in, how
    many different words it stands for there (None where it stands for itself; `or_more` where not
    all were counted), and how many pages hold it.
    """

    query: str
    says: str
    fields: tuple[str, ...]
    words: int | None
    or_more: bool
    hits: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A query as it was understood; `query` is it written out with every operator."""

    query: str
    reading: str
    outline: tuple[str, ...]
    leaves: tuple[LeafReading, ...]


def explain(tree: Tree, engine: Engine, scope: Scope) -> Explanation:
    """What `tree` means and what its first 50 leaves find in `scope`. Raises what a search does."""
    leaves = list(dict.fromkeys(_leaves(tree)))[:MAX_LEAVES_SHOWN]
    told = tuple(_leaf_reading(leaf, engine, scope) for leaf in leaves)
    return Explanation(shown_query(tree), read_as(tree), tuple(_outline(tree, 0)), told)


def read_as(tree: Tree) -> str:
    """The query in plain words, at most 2,000 characters."""
    said = _said(tree)
    return said if len(said) <= MAX_READING else f"{said[:MAX_READING]}…"


def shown_query(tree: Tree) -> str:
    """The query with every operator written out, without controls."""
    return "".join(each if each.isprintable() else "\ufffd" for each in query_text(tree))


def _said(tree: Tree) -> str:
    match tree:
        case And(parts):
            return " and ".join(_bracketed(part, Or) for part in parts)
        case Or(parts):
            return " or ".join(_bracketed(part, And) for part in parts)
        case Not(part):
            return f"not {_bracketed(part, And, Or)}"
        case Boosted(part, factor):
            return f"{_bracketed(part, And, Or)} (counting {factor:g} times)"
        case _:
            return _said_of_leaf(tree)


def _bracketed(part: Tree, *kinds: type[Tree]) -> str:
    return f"({_said(part)})" if isinstance(part, kinds) else _said(part)


def _said_of_leaf(leaf: Leaf | Beside) -> str:
    match leaf:
        case During(_, since, before, field):
            return f"{field} {_said_span(since, before)}"
        case Number(_, least, most, field):
            return f"{field} {_said_bounds(least, most)}"
        case Beside(left, right, slop):
            return f"{_said_side(left)} within {slop} words of {_said_side(right)}{_where(leaf)}"
        case _:
            return _said_words(leaf) + _where(leaf)


def _said_side(side: tuple[Words, ...]) -> str:
    said = " or ".join(map(_said_words, side))
    return said if len(side) == 1 else f"({said})"


def _said_words(words: Words) -> str:
    match words:
        case Wildcard(pattern):
            return f"words like {shown(pattern)}"
        case Fuzzy(word, distance):
            letters = "letter" if distance == 1 else "letters"
            return f"words within {distance} {letters} of {shown(word)}"
        case Term(text) | Phrase(text) if _kind(words) is Kind.SELECTOR:
            return " or ".join(f'"{shown(form)}"' for form in asked_forms(words.field or "", text))
        case Term(text) if len(analyse(text)) == 1 and any(f.stems for f in searched(words.field)):
            return f'"{shown(text)}" in any form'
        case Phrase(text, slop=slop) if slop:
            return f'"{_folded(text)}" in this order with at most {slop} other words'
        case Term(text) | Phrase(text):
            return f'"{_folded(text)}" as spelled'


def _folded(text: str) -> str:
    return shown(" ".join(analyse(text).exact))


def _kind(words: Words) -> Kind:
    return field_named(words.field).kind if words.field else Kind.WORDS


def _where(leaf: Words | Beside) -> str:
    return f" in {leaf.field or _ANYWHERE}"


def _said_span(since: datetime | None, before: datetime | None) -> str:
    bounds = [f"from {for_people(since)}"] if since else []
    return " ".join([*bounds, f"before {for_people(before)}"] if before else bounds)


def _said_bounds(least: int | None, most: int | None) -> str:
    if least == most:
        return f"is {least}"
    bounds = [f"at least {least}"] if least is not None else []
    return " and ".join([*bounds, f"at most {most}"] if most is not None else bounds)


def _outline(tree: Tree, depth: int) -> Iterator[str]:
    """One line for each node, what it holds two spaces further in."""
    space = "  " * depth
    match tree:
        case And(parts) | Or(parts):
            yield f"{space}{'all of' if isinstance(tree, And) else 'any of'}"
            for part in parts:
                yield from _outline(part, depth + 1)
        case Not(part) | Boosted(part):
            counting = "" if isinstance(tree, Not) else f"counting {tree.factor:g} times"
            yield space + (counting or "none of")
            yield from _outline(part, depth + 1)
        case _:
            yield space + _said_of_leaf(tree)


def _leaves(tree: Tree) -> Iterator[Leaf | Beside]:
    match tree:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part) | Boosted(part):
            yield from _leaves(part)
        case _:
            yield tree


def _leaf_reading(leaf: Leaf | Beside, engine: Engine, scope: Scope) -> LeafReading:
    fields = searched(leaf.field)
    names = tuple(name for field in fields for name in _looked_in(leaf, field))
    words, or_more = _counted(leaf, fields, engine, scope)
    hits = engine.search(leaf, scope, 0).total
    return LeafReading(shown_query(leaf), _said_of_leaf(leaf), names, words, or_more, hits)


def _looked_in(leaf: Leaf | Beside, field: Field) -> tuple[str, ...]:
    stemmed = isinstance(leaf, Term) and field.stems and len(analyse(leaf.word)) == 1
    return (field.stems, field.exact) if stemmed and field.stems else (field.exact,)


def _counted(
    leaf: Leaf | Beside, fields: tuple[Field, ...], engine: Engine, scope: Scope
) -> tuple[int | None, bool]:
    """How many different words in `scope` the leaf stands for, and whether there may be more."""
    if not isinstance(leaf, Wildcard | Fuzzy | Beside):
        return None, False
    sides = (*leaf.left, *leaf.right) if isinstance(leaf, Beside) else (leaf,)
    every = sorted(
        {(term, field.name) for words in sides for field in fields
         for term in _expanded(words, field, engine)}
    )  # fmt: skip
    seen: set[str] = set()
    for asked, (term, name) in enumerate(every):
        if len(seen) == MAX_WORDS_COUNTED or asked == 4 * MAX_WORDS_COUNTED:
            return len(seen), True
        if term not in seen and engine.search(Phrase(term, name), scope, 0).total:
            seen.add(term)
    return len(seen), False


def _expanded(words: Words, field: Field, engine: Engine) -> tuple[str, ...]:
    match words:
        case Wildcard() | Fuzzy():
            return expansion(words, field, engine)
        case Term(text) if field.stems and len(tokens := analyse(text)) == 1:
            return same_stem(tokens.stems[0], field, engine)
        case _:
            return ()
