"""Words with wildcards and words nearly spelled: which terms they stand for.

Both are matched against whole tokens, by us, so that every engine expands them to the same terms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from search.analysis import analyse
from search.fields import Field, Kind
from search.folding import fold_piece
from search.selectors import selector_form, selector_piece

MAX_WILDCARDS_IN_A_WORD: Final = 5
MAX_EDITS: Final = 2


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern over folded tokens: every matching token begins with `prefix`."""

    prefix: str
    longest: str  # of its literal parts: looked for first, ten times as fast as the expression
    regex: re.Pattern[str]

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
    folded = [
        piece if piece in ("*", "?") else f"={_folded(piece[1:], field, first=index == 0)}"
        for index, piece in enumerate(pieces(pattern))
    ]
    literals = [piece[1:] for piece in folded if piece[0] == "="]
    prefix = folded[0][1:] if folded and folded[0][0] == "=" else ""
    longest = max(literals, key=len, default="")
    return Glob(prefix, longest, re.compile(_regex(folded), re.DOTALL))


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
        return selector_form(field.name, word) or None
    tokens = analyse(word).exact
    return tokens[0] if len(tokens) == 1 else None


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
