"""Words with wildcards and words nearly spelled: which terms they stand for.

Both are matched against whole tokens, by us, so that every engine expands them to the same terms.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from search.analysis import analyse
from search.fields import Field, Kind
from search.folding import fold_piece
from search.selectors import asked_forms, selector_piece

MAX_WILDCARDS_IN_A_WORD: Final = 5
MAX_EDITS: Final = 2
_SHORT_STEMS: Final = frozenset({"die", "lie", "tie"})  # of dying, lying, tying


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern over folded tokens: every matching token begins with `prefix`."""

    prefix: str
    longest: str  # of its literal parts: looked for first, ten times as fast as the expression
    regex: re.Pattern[str]

    def among(self, tokens: Iterable[str]) -> tuple[str, ...]:
        """Those of `tokens` that fit: a million of them in a twentieth of a second."""
        longest, fits = self.longest, self.regex.fullmatch
        return tuple(token for token in tokens if longest in token and fits(token))

    def matches(self, token: str) -> bool:
        """Whether the whole of `token` fits."""
        return self.longest in token and self.regex.fullmatch(token) is not None


def pieces(pattern: str) -> list[str]:
    """`pattern` taken apart: `*` and `?` as pieces of their own, the literal text between them
    without its backslashes (never empty).
    """
    found: list[str] = []
    literal = ""
    escaped = False
    for character in pattern:
        if escaped or character not in "*?\\":
            literal += character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            found += [f"={literal}"] if literal else []
            literal = ""
            if not (character == "*" and found[-1:] == ["*"]):  # ** says no more than *
                found.append(character)
    return found + ([f"={literal}"] if literal else [])


def glob(pattern: str, field: Field) -> Glob:
    """The tokens of `field` that `pattern` (as in `Wildcard`) stands for."""
    folded = folded_pieces(pattern, field)
    literals = [piece[1:] for piece in folded if piece[0] == "="]
    prefix = folded[0][1:] if folded and folded[0][0] == "=" else ""
    longest = max(literals, key=len, default="")
    return Glob(prefix, longest, re.compile(_regex(folded), re.DOTALL))


def folded_pieces(pattern: str, field: Field) -> list[str]:
    """`pieces`, with the literal text in the form that `field` holds."""
    return [
        piece if piece in ("*", "?") else f"={_folded(piece[1:], field, first=index == 0)}"
        for index, piece in enumerate(pieces(pattern))
    ]


def _folded(piece: str, field: Field, *, first: bool) -> str:
    if field.kind is Kind.SELECTOR:
        return selector_piece(field.name, piece, first=first)
    return fold_piece(piece)


def _regex(folded: list[str]) -> str:
    """Every stretch between two stars is matched at the first place where it fits and never
    tried again (an atomic group), so that no pattern takes more than linear time a star.
    """
    stretches = [""]
    for piece in folded:
        if piece == "*":
            stretches.append("")
        else:
            stretches[-1] += "." if piece == "?" else re.escape(piece[1:])
    if len(stretches) == 1:
        return stretches[0]
    first, *middle, last = stretches
    return first + "".join(f"(?>.*?{each})" for each in middle) + ".*" + last


def single_token(word: str, field: Field) -> str | None:
    """The one exact token that `word` is in `field`, None where it is none or several."""
    if field.kind is Kind.SELECTOR:
        return next(iter(asked_forms(field.name, word)), None)
    tokens = analyse(word).exact
    return tokens[0] if len(tokens) == 1 else None


def form_begins(stem: str) -> str:
    """What every word with this English stem begins with: all of it but the last letter (tries of
    tri), and of `_SHORT_STEMS` the first letter alone.
    """
    return stem[: 1 if stem in _SHORT_STEMS else -1] or stem


def within(word: str, token: str, edits: int) -> bool:
    """Whether `token` begins as `word` does and is at most `edits` insertions, deletions,
    replacements or swaps of neighbours away (optimal string alignment).
    """
    if abs(len(word) - len(token)) > edits or word[:1] != token[:1]:
        return False
    before: list[int] = []
    row = list(range(len(token) + 1))
    for i, letter in enumerate(word, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(token, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == token[j - 2] and word[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > edits and min(before) > edits:
            return False
    return row[-1] <= edits


def nearly(word: str, terms: Sequence[str], edits: int) -> list[str]:
    """Those of `terms` (sorted) that `within` holds of.

    Terms that begin alike share their rows of the table, and where a beginning is already too far
    off, all that begin so are passed over: a hundred times as fast as term by term.
    """
    found: list[str] = []
    rows: list[list[int]] = [list(range(len(word) + 1))]  # one for each letter of `before`
    before, at = "", 0
    while at < len(terms):
        term = terms[at]
        shared = _shared(before, term)
        del rows[shared + 1 :]
        before, at = term, at + 1
        for depth in range(shared, len(term)):
            rows.append(_row_after(rows, word, term, depth))
            if _too_far(rows, edits) or (not depth and term[0] != word[:1]):
                before = term[: depth + 1]
                at = bisect_right(terms, before, lo=at, key=lambda each: each[: len(before)])
                break
        else:
            if rows[-1][-1] <= edits:
                found.append(term)
    return found


def _shared(one: str, other: str) -> int:
    """How many letters both begin with."""
    least = min(len(one), len(other))
    return next((at for at in range(least) if one[at] != other[at]), least)


def _row_after(rows: list[list[int]], word: str, term: str, depth: int) -> list[int]:
    """Edits between term[: depth + 1] and each beginning of `word`."""
    above, letter = rows[-1], term[depth]
    row = [depth + 1]
    for j, other in enumerate(word, 1):
        cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != other))
        if depth and j > 1 and letter == word[j - 2] and term[depth - 1] == other:
            cost = min(cost, rows[-2][j - 2] + 1)
        row.append(cost)
    return row


def _too_far(rows: list[list[int]], edits: int) -> bool:
    """Whether no term that begins so can come near: a swap reaches back two rows."""
    return min(rows[-1]) > edits and min(rows[-2]) > edits
