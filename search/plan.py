"""A query's tree brought down to what any index can answer: which tokens in which index fields.

Every word is analysed and every wildcard expanded here, once, so that an engine only has to
know terms, rows of terms, spans of time and the three operators.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from search.analysis import analyse
from search.engine import TermList
from search.errors import QueryError, shown
from search.fields import Field, Kind, searched
from search.patterns import glob, single_token, within
from search.selectors import selector_form
from search.tree import And, Captured, Fuzzy, Not, Number, Or, Phrase, Term, Tree, Wildcard

MAX_EXPANSION: Final = 1000  # terms that one word with wildcards may stand for in one field


@dataclass(frozen=True, slots=True)
class Has:
    """The field holds the token. A leaf of weight 0 is a condition that scores nothing."""

    field: str
    token: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """The field holds these tokens at successive positions: two or more."""

    field: str
    tokens: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class AnyToken:
    """The field holds at least one of these tokens: one or more."""

    field: str
    tokens: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Near:
    """One value of the field holds all `rows` close together.

    A row is one or more places side by side, each of which holds one of its tokens. There is a
    window of successive places that holds every row whole and at most `slop` places more than the
    rows are long together; rows may share places. If `ordered`, each row begins behind the end of
    the row before it. Two rows or more, unless `ordered` rows are one.
    """

    field: str
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    slop: int
    ordered: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Between:
    """The instant lies within the span; None is open. `before` itself is not counted. A document
    without one lies in none.
    """

    since: datetime | None
    before: datetime | None
    field: str = "captured"


@dataclass(frozen=True, slots=True)
class NumberBetween:
    """The number lies within both bounds, which are counted; None is open."""

    field: str
    least: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class All:
    """Every part; of no part, every document."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part; of no part, no document."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Except:
    """Every document but those of the part."""

    part: Plan


Plan = Has | Row | AnyToken | Near | Between | NumberBetween | All | Any | Except


def plan(tree: Tree, terms: TermList) -> Plan:
    """What `tree` asks of an index whose terms are `terms`.

    Raises `QueryError` where a word with wildcards stands for more than `MAX_EXPANSION` terms.
    """
    match tree:
        case And(parts):
            return All(tuple(plan(part, terms) for part in parts))
        case Or(parts):
            return Any(tuple(plan(part, terms) for part in parts))
        case Not(part):
            return Except(plan(part, terms))
        case Captured(_, since, before, field):
            return Between(since, before, field)
        case Number(_, least, most, field):
            return NumberBetween(field, least, most)
        case _:
            fields = searched(tree.field)
            return Any(tuple(part for field in fields for part in _in_field(tree, field, terms)))


def scores(asked: Plan) -> bool:
    """Whether any hit of `asked` is better than another."""
    match asked:
        case Has() | Row() | AnyToken() | Near():
            return asked.weight > 0
        case All(parts) | Any(parts):
            return any(scores(part) for part in parts)
        case Between() | NumberBetween() | Except():
            return False


def _in_field(
    leaf: Term | Phrase | Wildcard | Fuzzy, field: Field, terms: TermList
) -> Iterable[Plan]:
    match leaf:
        case Term(word) if field.kind is Kind.SELECTOR:
            return _row(field, selected(word, field))
        case Phrase(text) if field.kind is Kind.SELECTOR:
            return _row(field, selected(text, field))
        case Term(word):
            return _term(word, field)
        case Phrase(text):
            return _row(field, analyse(text).exact)
        case Wildcard() | Fuzzy():
            expanded = expansion(leaf, field, terms)
            return [AnyToken(field.exact, expanded, field.weight)] if expanded else []


def selected(value: str, field: Field) -> tuple[str, ...]:
    """The token that `value` is in a field of identifiers, or none."""
    token = selector_form(field.name, value)
    return (token,) if token else ()


def _term(word: str, field: Field) -> list[Plan]:
    """Any form of a word, those spelled as typed scoring more; of a word with marks inside, its
    parts in a row, exactly.
    """
    tokens = analyse(word)
    exact = _row(field, tokens.exact)
    if len(tokens) != 1 or field.stems is None:
        return exact
    return [Has(field.stems, tokens.stems[0], field.weight), *exact]


def _row(field: Field, tokens: tuple[str, ...]) -> list[Plan]:
    if not tokens:
        return []
    if len(tokens) == 1:
        return [Has(field.exact, tokens[0], field.weight)]
    return [Row(field.exact, tokens, field.weight)]


def expansion(leaf: Wildcard | Fuzzy, field: Field, terms: TermList) -> tuple[str, ...]:
    """The terms of `field` that `leaf` stands for, sorted. Raises `QueryError` past the bound."""
    match leaf:
        case Wildcard(pattern):
            wanted = glob(pattern, field)
            found = [
                term for term in terms.terms(field.exact, wanted.prefix) if wanted.matches(term)
            ]
            asked = pattern
        case Fuzzy(word, distance):
            token = single_token(word, field)
            if token is None:
                return ()
            near = terms.terms(field.exact, token[:1])
            found = [term for term in near if within(token, term, distance)]
            asked = f"{word}~{distance}"
    if len(found) > MAX_EXPANSION:
        raise QueryError(
            f"{shown(asked)} stands for {len(found):,} different words, "
            f"and the limit is {MAX_EXPANSION:,}",
            fix="Type more of its letters.",
        )
    return tuple(found)
