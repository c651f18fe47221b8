"""`a NEAR/5 b` and `"a b"~5`: what may stand in them, and how far apart.

`"a b c"~5` finds the words in this order with at most five others among them, in all. `a NEAR/5 b`
finds both in either order with at most five others between them; what stands on its sides are
words, quotations, words with wildcards or ~, or several of them with OR.
"""

from __future__ import annotations

import re
from math import comb
from typing import Final

from search.analysis import VALUE_GAP, analyse
from search.errors import QueryError, shown
from search.fields import Kind, field_named
from search.lexer import Lexeme
from search.tree import Beside, Fuzzy, Or, Phrase, Term, Tree, Wildcard, Words

DEFAULT_SLOP: Final = 10
MAX_SLOP: Final = VALUE_GAP - 1  # no value of a field is near the next
MAX_WAYS: Final = 300  # in which the words can stand: an engine may have to try each
MAX_QUOTED: Final = 20  # words in a quotation beside NEAR
_FIX: Final = 'Write one NEAR two, one NEAR/5 two, or (one OR "two three") NEAR/5 four'


def near_slop(sign: Lexeme) -> int:
    """How many words may stand between, as the NEAR says. Raises `QueryError`."""
    after = sign.text.removeprefix("NEAR")
    if not after:
        return DEFAULT_SLOP
    number = re.fullmatch(r"/(\d{1,4})", after, re.ASCII)
    if not number or int(number[1]) > MAX_SLOP:
        raise QueryError(
            f"{shown(sign.text)} does not say how near, from NEAR/0 to NEAR/{MAX_SLOP}",
            column=sign.column,
            fix=_FIX,
        )
    return int(number[1])


def beside(left: Tree, right: Tree, slop: int, sign: Lexeme) -> Beside:
    """The two sides of a NEAR put together. Raises `QueryError` for sides that cannot be."""
    found = Beside(_side(left, sign), _side(right, sign), slop)
    names = {words.field for words in (*found.left, *found.right)}
    if len(names) > 1:
        name = next(name for name in names if name)
        raise QueryError(
            "NEAR stands between words of different fields",
            column=sign.column,
            fix=f"Name the field once, before both: {name}:(one NEAR two)",
        )
    if found.field is not None and field_named(found.field).kind is not Kind.WORDS:
        raise QueryError(
            f"{found.field}: holds whole values, in which nothing is near anything",
            column=sign.column,
            fix="NEAR works in text: page:(one NEAR two). Write AND for both on one page.",
        )
    if set(found.left) & set(found.right):
        raise QueryError("the same word stands on both sides of NEAR", column=sign.column, fix=_FIX)
    if _ways(found) > MAX_WAYS:
        raise QueryError(
            "the quotations beside NEAR could stand in too many ways",
            column=sign.column,
            fix="Write fewer of them, or a smaller number.",
        )
    return found


def phrase_within(text: str, field: str | None, slop: Lexeme) -> Phrase:
    """The quotation with its ~5. Raises `QueryError`."""
    words, distance = len(analyse(text)), int(slop.text)
    if distance > MAX_SLOP:
        raise QueryError(
            f"~{slop.text} is more than {MAX_SLOP}", column=slop.column, fix='Write "one two"~5'
        )
    if words > 2 and comb(distance + words - 1, words - 1) > MAX_WAYS:
        raise QueryError(
            f"{words} words within ~{distance} could stand in too many ways",
            column=slop.column,
            fix="Quote fewer words, write a smaller number, or join them: one NEAR two NEAR three",
        )
    return Phrase(text, field, distance if words > 1 else 0)


def _side(tree: Tree, sign: Lexeme) -> tuple[Words, ...]:
    """The words that one side of a NEAR offers, of which one must stand there."""
    match tree:
        case Term() | Wildcard() | Fuzzy() | Phrase(slop=0):
            if _width(tree) > MAX_QUOTED:
                raise QueryError(
                    f"more than {MAX_QUOTED} words in a row stand beside NEAR",
                    column=sign.column,
                    fix="Quote fewer of them.",
                )
            return (tree,)
        case Or(parts):
            return tuple(words for part in parts for words in _side(part, sign))
        case _:
            raise QueryError(
                "NEAR stands beside what is neither words nor several of them with OR",
                column=sign.column,
                fix=_FIX + ". For what counts more: (one NEAR two)^2",
            )


def _width(words: Words) -> int:
    """How many places in a row `words` takes."""
    match words:
        case Term(text) | Phrase(text):
            return len(analyse(text))
        case _:
            return 1


def _ways(found: Beside) -> int:
    """In how many ways the sides can stand, those of single words taken together."""
    left, right = ([_width(words) for words in side] for side in (found.left, found.right))
    longest = max(left) + max(right)
    if longest == 2:
        return 1
    rows = [sum(width > 1 for width in side) + (1 in side) for side in (left, right)]
    return rows[0] * rows[1] * (2 * found.slop + longest + 1)
