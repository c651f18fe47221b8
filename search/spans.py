"""Where in a row of tokens the words of a query stand: for snippets, and to say what is right.

An index answers plans; this reads the tokens themselves, from the same definitions.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Final

from search.analysis import Analysed, analyse, stem_of
from search.fields import Field, Kind
from search.nearness import MAX_QUOTED
from search.patterns import form_begins, glob, single_token, within
from search.selectors import asked_forms
from search.tree import Beside, Fuzzy, Phrase, Term, Wildcard, Words

MAX_WRITTEN: Final = 24  # tokens in one identifier
_MARKS: Final = re.compile(r"\W")
Span = tuple[int, int]  # first and last place, both counted


class Row(tuple[str, ...]):
    """Tokens in a row, and where each of them stands, found out once however much is asked for."""

    stems: tuple[str, ...] = ()

    @classmethod
    def of(cls, tokens: Analysed) -> Row:
        """The exact forms of analysed tokens, their stems beside them."""
        row = cls(tokens.exact)
        row.stems = tokens.stems
        return row

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Of each token its places, in order."""
        return _places(self)

    @cached_property
    def places_of_stems(self) -> dict[str, list[int]]:
        """The same of each stem."""
        return _places(self.stems)


def _places(tokens: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, token in enumerate(tokens):
        found.setdefault(token, []).append(at)
    return found


def spans(words: Words, field: Field, tokens: Sequence[str]) -> Iterator[Span]:
    """Each stretch of `tokens` (exact forms of one value) in which `words` stands, in order; of
    words with others among them the shortest from each beginning.
    """
    match words:
        case Term(text) | Phrase(text) if field.kind is Kind.SELECTOR:
            return _each(tokens, asked_forms(field.name, text).__contains__)
        case Term(text) | Phrase(text):
            asked = analyse(text)
            if isinstance(words, Term) and len(asked) == 1 and field.stems:
                if isinstance(tokens, Row) and tokens.stems:
                    return ((at, at) for at in tokens.places_of_stems.get(asked.stems[0], ()))
                return _each(tokens, _has_stem(asked.stems[0]))
            return _in_order(tokens, asked.exact, words.slop if isinstance(words, Phrase) else 0)
        case Wildcard(pattern):
            return _each(tokens, glob(pattern, field).matches)
        case Fuzzy(word, distance):
            alone = single_token(word, field) or ""
            return _each(tokens, lambda token: within(alone, token, distance))


def near_spans(beside: Beside, field: Field, tokens: Sequence[str]) -> Iterator[Span]:
    """Each stretch in which a word of either side stands that has one of the other side near."""
    left, right = (
        sorted({span for words in side for span in spans(words, field, tokens)})
        for side in (beside.left, beside.right)
    )
    for ours, theirs in ((left, right), (right, left)):
        firsts = [first for first, _ in theirs]
        for first, last in ours:
            at = bisect_left(firsts, first - 1 - beside.slop - MAX_QUOTED)
            while at < len(theirs) and firsts[at] <= last + 1 + beside.slop:
                if theirs[at][1] >= first - 1 - beside.slop:
                    yield first, last
                    break
                at += 1


def _has_stem(stem: str) -> Callable[[str], bool]:
    begins = form_begins(stem)  # asking for a stem takes a hundred times as long
    return lambda token: token.startswith(begins) and stem_of(token) == stem


def written_spans(words: Term | Phrase, field: Field, tokens: Sequence[str]) -> Iterator[Span]:
    """Each stretch of a text in which the identifier stands, however it is spaced and marked."""
    text = words.word if isinstance(words, Term) else words.text
    forms = {_MARKS.sub("", form) for form in (text.lower(), *asked_forms(field.name, text))}
    forms |= {lead + form[2:] for form in forms if form.startswith("44") for lead in ("0", "440")}
    firsts = tuple(filter(None, forms))
    for first, token in enumerate(tokens):
        joined, last = token, first
        while joined not in forms and any(form.startswith(joined) for form in firsts):
            last += 1
            if last == len(tokens) or last - first == MAX_WRITTEN:
                break
            joined += tokens[last]
        else:
            if joined in forms:
                yield first, last


def _each(tokens: Sequence[str], fits: Callable[[str], bool]) -> Iterator[Span]:
    places = (tokens if isinstance(tokens, Row) else Row(tokens)).places
    return (
        (at, at) for at in sorted(at for token in places if fits(token) for at in places[token])
    )


def _in_order(tokens: Sequence[str], row: tuple[str, ...], slop: int) -> Iterator[Span]:
    places = (tokens if isinstance(tokens, Row) else Row(tokens)).places
    for first in places.get(row[0], ()) if row else ():
        at, furthest = first, first + len(row) - 1 + slop
        for wanted in row[1:]:
            at += 1
            while at <= furthest and at < len(tokens) and tokens[at] != wanted:
                at += 1
        if at <= furthest and at < len(tokens):
            yield first, at
