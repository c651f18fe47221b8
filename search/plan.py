"""A query's tree brought down to what any index can answer: which tokens in which index fields.

Every word is analysed and every wildcard expanded here, once, so that an engine only has to
know terms, rows of terms, spans of time and the three operators.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from search.analysis import analyse, stem_of
from search.engine import TermList
from search.errors import QueryError, shown
from search.fields import Field, Kind, field_named, searched
from search.patterns import form_begins, glob, nearly, single_token
from search.selectors import asked_forms
from search.tree import (
    And,
    Beside,
    Boosted,
    During,
    Fuzzy,
    Not,
    Number,
    Or,
    Phrase,
    Term,
    Tree,
    Wildcard,
    Words,
)

MAX_EXPANSION: Final = 1000  # terms that one word with wildcards may stand for in one field
MAX_APART: Final = 100  # alternatives that are weighed one by one: engines bound their clauses


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


def plan(tree: Tree, terms: TermList, factor: float = 1.0) -> Plan:
    """What `tree` asks of an index whose terms are `terms`; its hits count `factor` times.

    Raises `QueryError` where a word with wildcards stands for more than `MAX_EXPANSION` terms.
    """
    match tree:
        case And(parts):
            return All(tuple(plan(part, terms, factor) for part in parts))
        case Or(parts):
            planned = tuple(plan(part, terms, factor) for part in parts)
            return Any(planned if len(parts) <= MAX_APART else gathered(planned))
        case Not(part):
            return Except(plan(part, terms, factor))
        case Boosted(part, times):
            return plan(part, terms, factor * times)
        case During(_, since, before, field):
            return Between(since, before, field_named(field).exact)
        case Number(_, least, most, field):
            return NumberBetween(field_named(field).exact, least, most)
        case _:
            fields = [_times(field, factor) for field in searched(tree.field)]
            return Any(tuple(part for field in fields for part in _in_field(tree, field, terms)))


def gathered(parts: tuple[Plan, ...]) -> tuple[Plan, ...]:
    """The same alternatives, single tokens of one field and weight as one set: a watchlist of
    thousands is a few sets. Its hits are no longer told apart by how rare the token is.
    """
    flat = [one for part in parts for one in (part.parts if isinstance(part, Any) else (part,))]
    sets: dict[tuple[str, float], set[str]] = {}
    rest: list[Plan] = []
    for one in flat:
        match one:
            case Has(field, token, weight):
                sets.setdefault((field, weight), set()).add(token)
            case AnyToken(field, tokens, weight):
                sets.setdefault((field, weight), set()).update(tokens)
            case _:
                rest.append(one)
    joined = [AnyToken(field, tuple(sorted(held)), w) for (field, w), held in sets.items()]
    return (*joined, *dict.fromkeys(rest))


def _times(field: Field, factor: float) -> Field:
    return field if factor == 1 else replace(field, weight=field.weight * factor)


def scores(asked: Plan) -> bool:
    """Whether any hit of `asked` is better than another."""
    match asked:
        case Has() | Row() | AnyToken() | Near():
            return asked.weight > 0
        case All(parts) | Any(parts):
            return any(scores(part) for part in parts)
        case Between() | NumberBetween() | Except():
            return False


def _in_field(leaf: Words | Beside, field: Field, terms: TermList) -> Iterable[Plan]:
    match leaf:
        case Term(text) | Phrase(text) if field.kind is Kind.SELECTOR:
            return _selected(asked_forms(field.name, text), field)
        case Term(word):
            return _term(word, field)
        case Phrase(text, slop=0):
            return _row(field, analyse(text).exact)
        case Phrase(text, slop=slop):
            rows = tuple(((token,),) for token in analyse(text).exact)
            return [Near(field.exact, rows, slop, ordered=True, weight=field.weight)]
        case Wildcard() | Fuzzy():
            expanded = expansion(leaf, field, terms)
            return [AnyToken(field.exact, expanded, field.weight)] if expanded else []
        case Beside(left, right, slop):
            return [
                _near(one, other, slop, field)
                for one in _rows(left, field, terms)
                for other in _rows(right, field, terms)
            ]


Places = tuple[tuple[str, ...], ...]


def _near(one: Places, other: Places, slop: int, field: Field) -> Plan:
    """Two rows near one another; of two that are alike either is there alone, as rows may share
    places (Lucene would ask for two of them).
    """
    if one != other:
        return Near(field.exact, (one, other), slop, ordered=False, weight=field.weight)
    if len(one) == 1:
        return AnyToken(field.exact, one[0], field.weight)
    return Row(field.exact, tuple(token for (token,) in one), field.weight)


def _rows(side: tuple[Words, ...], field: Field, terms: TermList) -> list[Places]:
    """The rows of which one must stand on this side of a NEAR; words that take one place each are
    one row of choices.
    """
    single: set[str] = set()
    rows: list[Places] = []
    for words in side:
        match words:
            case Term(text) | Phrase(text):
                tokens = analyse(text)
                if len(tokens) > 1:
                    rows.append(tuple((token,) for token in tokens.exact))
                elif isinstance(words, Phrase) or field.stems is None:
                    single.update(tokens.exact)
                else:
                    single.update(same_stem(tokens.stems[0], field, terms))
            case Wildcard() | Fuzzy():
                single.update(expansion(words, field, terms))
    return [*([(tuple(sorted(single)),)] if single else []), *rows]


def same_stem(stem: str, field: Field, terms: TermList) -> tuple[str, ...]:
    """The terms of `field` that are forms of one word. Raises `QueryError` past the bound.

    The fields of stems know no places, so what is near is looked for by every form in the index.
    """
    every = terms.terms(field.exact, form_begins(stem))
    found = tuple(term for term in every if stem_of(term) == stem)
    return _bounded(found, stem)


def _selected(tokens: tuple[str, ...], field: Field) -> list[Plan]:
    return [AnyToken(field.exact, tokens, field.weight)] if len(tokens) > 1 else _row(field, tokens)


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
            every = terms.terms(field.exact, wanted.prefix)
            return _bounded(wanted.among(every), pattern)
        case Fuzzy(word, distance):
            token = single_token(word, field)
            if token is None:
                return ()
            near = nearly(token, terms.terms(field.exact, token[:1]), distance)
            return _bounded(tuple(near), f"{word}~{distance}")


def _bounded(found: tuple[str, ...], asked: str) -> tuple[str, ...]:
    if len(found) > MAX_EXPANSION:  # how many more is not said: they may be of other cases
        raise QueryError(
            f"{shown(asked)} stands for more than {MAX_EXPANSION:,} different words",
            fix="Type more of its letters.",
        )
    return found
