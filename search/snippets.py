"""The best few words of a text to show for a query, with what was found marked by offsets.

Made from the stored text and our own tokens, so a snippet marks what the query means (stems,
phrases, wildcards) and is the same whichever engine found the document. The text is given as it
lies, control characters too: the gate folds what people see.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from search.analysis import Analysed, analyse, stretches
from search.fields import (
    DEFAULT_FIELDS,
    KIND_OF_FIELD,
    PAGE,
    PLATFORM_FIELDS,
    Field,
    Kind,
    field_named,
)
from search.spans import Row, near_spans, spans, written_spans
from search.tree import Beside, Phrase, Term, Tree, Words, wanted_words

SNIPPET_CHARACTERS: Final = 240
LOOKED_AT_CHARACTERS: Final = 4_000_000  # a few seconds of analysis


@dataclass(frozen=True, slots=True)
class Snippet:
    """A stretch of a text: `source[start:start + len(text)] == text`.

    `hits` are (start, end) offsets into `text`, sorted, apart from each other. `cut_before` and
    `cut_after` say whether words of the source stand before or after it.
    """

    text: str
    start: int
    hits: tuple[tuple[int, int], ...]
    cut_before: bool
    cut_after: bool


class _Span(NamedTuple):
    """Tokens first to last (included) that a leaf of the query found."""

    first: int
    last: int
    leaf: int


def snippet(
    source: str, tree: Tree, limit: int = SNIPPET_CHARACTERS, *, field: Field = PAGE
) -> Snippet:
    """The stretch of `source` with the most of what `tree` looks for; at most `limit` characters.

    It begins and ends at whole words, unless one word is longer than `limit`. Where nothing is
    found (the match lies in another field) it is the beginning. `field` says what `source` is. Of
    a long text it is of the first quarter of a million characters in which anything is found;
    what lies past the first four million is not looked at.
    """
    if limit < 1:
        raise ValueError(f"a snippet of {limit} characters")
    begin, piece, tokens, spans = _place(source, tree, field)
    if not len(tokens):
        text = source.strip()[:limit]
        return Snippet(text, source.find(text), (), cut_before=False, cut_after=False)
    first, last = _widened(tokens, *_densest(tokens, spans, limit), limit)
    start, end = _with_marks(piece, tokens, first, last, limit)
    return Snippet(
        piece[start:end],
        begin + start,
        _marked(tokens, spans, first, last, start, end),
        cut_before=begin > 0 or first > 0,
        cut_after=begin + len(piece) < len(source)
        or last < len(tokens) - 1
        or end < tokens.ends[last],
    )


def _place(source: str, tree: Tree, field: Field) -> tuple[int, str, Analysed, list[_Span]]:
    """The first stretch of `source` in which anything is found, where it begins, its tokens and
    what was found; the very first where nothing is.
    """
    chosen = None
    leaves = [leaf for leaf in dict.fromkeys(wanted_words(tree)) if _shown_in(leaf.field, field)]
    for begin, piece in stretches(source[:LOOKED_AT_CHARACTERS]):
        tokens = analyse(piece)
        spans = _found(leaves, tokens, field)
        if spans or (len(tokens) and not leaves):  # nothing can be found in what follows
            return begin, piece, tokens, spans
        if chosen is None or not len(chosen[2]):
            chosen = begin, piece, tokens, spans
    assert chosen is not None  # noqa: S101 (a text has one stretch at least)
    return chosen


def _found(leaves: list[Words | Beside], tokens: Analysed, field: Field) -> list[_Span]:
    """Every span that one of the leaves finds, in order."""
    row = Row.of(tokens)
    return sorted(
        _Span(first, last, number)
        for number, leaf in enumerate(leaves)
        for first, last in _spans(leaf, row, field)
    )


def _spans(words: Words | Beside, tokens: Row, field: Field) -> Iterator[tuple[int, int]]:
    """First and last token of each place where `words` is found."""
    if isinstance(words, Beside):
        return near_spans(words, field, tokens)
    asked = field if words.field is None else field_named(words.field)
    if isinstance(words, Term | Phrase) and asked.kind is Kind.SELECTOR:
        return written_spans(words, asked, tokens)
    if isinstance(words, Term) and asked.stems is None:  # of a name: as spelled
        words = Phrase(words.word, words.field)
    return spans(words, field, tokens)


def _shown_in(name: str | None, field: Field) -> bool:
    """Whether a leaf that names field `name` can be seen in a text that is `field`: names and
    identifiers were found in the text, titles and addresses stand elsewhere.
    """
    if name is None:
        return field in DEFAULT_FIELDS
    asked = field_named(name)
    if asked.kind is Kind.WORDS:
        return asked == field or asked not in DEFAULT_FIELDS
    return asked.name in KIND_OF_FIELD or asked in PLATFORM_FIELDS or asked.name == "identifier"


def _densest(tokens: Analysed, spans: list[_Span], limit: int) -> tuple[int, int]:
    """First and last token of the stretch that holds most of the leaves, then most of the spans.

    The first such stretch; (0, 0) where there are no spans. A span too long for `limit` stands
    alone and is cut.
    """
    best, chosen = (0, 0), (0, 0)
    inside: Counter[int] = Counter()
    left = 0
    for right, span in enumerate(spans):
        inside[span.leaf] += 1
        while left < right and tokens.ends[span.last] - tokens.starts[spans[left].first] > limit:
            inside[spans[left].leaf] -= 1
            if not inside[spans[left].leaf]:
                del inside[spans[left].leaf]
            left += 1
        worth = (len(inside), right - left + 1)
        if worth > best:
            best, chosen = worth, (spans[left].first, span.last)
    first, last = chosen
    fitting = bisect_right(tokens.ends, tokens.starts[first] + limit) - 1
    return first, max(first, min(last, fitting))


def _widened(tokens: Analysed, first: int, last: int, limit: int) -> tuple[int, int]:
    """The stretch grown by whole words to fill `limit`: a third of what is to spare before it, the
    rest after.
    """
    spare = limit - (tokens.ends[last] - tokens.starts[first])
    if spare <= 0:
        return first, last
    first = bisect_left(tokens.starts, tokens.starts[first] - spare // 3)
    last = max(last, bisect_right(tokens.ends, tokens.starts[first] + limit) - 1)
    if last == len(tokens) - 1:
        first = min(first, bisect_left(tokens.starts, tokens.ends[last] - limit))
    return first, last


def _with_marks(
    source: str, tokens: Analysed, first: int, last: int, limit: int
) -> tuple[int, int]:
    """Offsets of the stretch in `source`, with the marks that touch its ends while they fit."""
    start = tokens.starts[first]
    end = min(tokens.ends[last], start + limit)
    floor = tokens.ends[first - 1] if first else 0
    ceiling = tokens.starts[last + 1] if last + 1 < len(tokens) else len(source)
    while end - start < limit and end < ceiling and not source[end].isspace():
        end += 1
    while end - start < limit and start > floor and not source[start - 1].isspace():
        start -= 1
    return start, end


def _marked(
    tokens: Analysed, spans: list[_Span], first: int, last: int, start: int, end: int
) -> tuple[tuple[int, int], ...]:
    """What was found within the stretch, as offsets into it; spans that overlap are joined."""
    joined: list[tuple[int, int]] = []
    for span in spans:
        if span.last < first or span.first > last:
            continue
        low = tokens.starts[max(span.first, first)] - start
        high = min(tokens.ends[min(span.last, last)], end) - start
        if joined and low < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)
