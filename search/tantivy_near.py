"""Words close together, as tantivy's phrases.

A phrase of tantivy may have gaps, each word at an offset, and a slop: for two words, how far the
second may stand from its offset, either way. So two words are one phrase or two; more, or rows
of several places, are one phrase for each way in which they can stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import tantivy
from tantivy import Query

from search.plan import Near

Places = dict[int, frozenset[str]]  # of each offset, the tokens of which one stands there


def near(schema: tantivy.Schema, asked: Near) -> Query:
    """The query that `asked` describes; of several ways to stand, the best one scores."""
    first, *others = asked.rows
    if len(others) == 1 and len(first) == len(others[0]) == 1:
        ways = [
            _phrase(schema, asked.field, [(0, first[0]), (offset, others[0][0])], slop)
            for offset, slop in _pair(asked)
        ]
    else:
        ways = [
            _phrase(schema, asked.field, [(at, tuple(places[at])) for at in sorted(places)], 0)
            for places in arrangements(asked)
        ]
    return Query.disjunction_max_query(ways) if ways else Query.empty_query()


def _pair(asked: Near) -> list[tuple[int, int]]:
    """Offset and slop of phrases that cover every distance between two words."""
    if not asked.ordered:
        return [(0, asked.slop + 1)]
    half = asked.slop // 2
    whole = [(half + 1, half)]
    return whole if asked.slop % 2 == 0 else [*whole, (asked.slop + 1, 0)]


def arrangements(asked: Near) -> Iterator[Places]:
    """Every way in which the rows can stand, from the first place that one of them takes."""
    widest = sum(map(len, asked.rows)) + asked.slop
    return _placed(asked, 0, {}, widest)


def _placed(asked: Near, number: int, taken: Places, widest: int) -> Iterator[Places]:
    """`taken` with the rows from `number` on added in every way that fits."""
    if number == len(asked.rows):
        least = min(taken)
        yield {at - least: tokens for at, tokens in taken.items()}
        return
    row = asked.rows[number]
    low, high = (min(taken), max(taken)) if taken else (0, 0)
    first = high + 1 if asked.ordered else high + 1 - widest
    for start in range(first if taken else 0, low + widest - len(row) + 1 if taken else 1):
        added: Places = dict(taken)
        for at, tokens in enumerate(row, start):
            added[at] = added.get(at, frozenset(tokens)) & frozenset(tokens)
        if max(added) - min(added) < widest and all(added.values()):
            yield from _placed(asked, number + 1, added, widest)


def _phrase(
    schema: tantivy.Schema, field: str, places: list[tuple[int, tuple[str, ...]]], slop: int
) -> Query:
    """Each place holds one of its tokens. A row of one place is no phrase."""
    if len(places) == 1:
        return Query.term_set_query(schema, field, list(places[0][1]))
    if all(len(tokens) == 1 for _, tokens in places):
        words: list[str | tuple[int, str]] = [(at, tokens[0]) for at, tokens in places]
        return Query.phrase_query(schema, field, words, slop)
    choices: list[str | tuple[int, str]] = [
        (at, "|".join(re.escape(token) for token in tokens)) for at, tokens in places
    ]
    return Query.regex_phrase_query(schema, field, choices, slop)
