"""A word or a quoted text of a query to the leaf that it stands for, or one clear error."""

from __future__ import annotations

import difflib
import re
from datetime import datetime
from typing import Final

from search.analysis import analyse
from search.errors import QueryError, shown
from search.fields import DEFAULT_FIELDS, Field, Kind
from search.lexer import Lexeme, Sort
from search.moments import during
from search.nearness import phrase_within
from search.numbers import number_within
from search.patterns import MAX_EDITS, MAX_WILDCARDS_IN_A_WORD, pieces, single_token
from search.selectors import asked_forms
from search.tree import Fuzzy, Leaf, Phrase, Term, Wildcard

_NO_WEIGHT: Final = re.compile(  # the lexer took each ^2 and ^0.5 off already
    r"(?<=.)\^(?:[+-]?[\d.]+(?:e[+-]?\d+)?|[+-]?(?:nan|inf|infinity))\Z", re.IGNORECASE | re.DOTALL
)


def leaf_of(lexeme: Lexeme, field: Field | None, slop: Lexeme | None, now: datetime) -> Leaf:
    """What a word or a quoted text (with its `slop`) stands for in `field`, as of `now`."""
    name = field.name if field else None
    if field is not None and field.kind in (Kind.MOMENT, Kind.NUMBER):
        if slop is not None:
            raise _no_slop(slop, field)
        if field.kind is Kind.NUMBER:
            return number_within(lexeme.text, field.name, lexeme.column)
        return during(lexeme.text, field.name, now=now, column=lexeme.column)
    if lexeme.sort is Sort.RANGE:
        raise QueryError(
            f"{shown(lexeme.text)} is a range, and there is no order in {name}:",
            column=lexeme.column,
            fix="Ranges work on captured:, published:, modified: and status:. "
            "To search for the words, quote them.",
        )
    if lexeme.sort is Sort.QUOTED:
        _must_have_tokens(lexeme, field)
        if slop is None:
            return Phrase(lexeme.text, name)
        if field is not None and field.kind is Kind.SELECTOR:
            raise _no_slop(slop, field)
        return phrase_within(lexeme.text, name, slop)
    return _word(lexeme, field)


def _no_slop(slop: Lexeme, field: Field) -> QueryError:
    return QueryError(
        f"~ stands after a quotation in {field.name}:, which holds whole values",
        column=slop.column,
        fix='Words near one another are found in text: page:"one two"~5',
    )


def _word(lexeme: Lexeme, field: Field | None) -> Leaf:
    text, bare = lexeme.text, _unescaped(lexeme)
    if near := re.fullmatch(r"(?:near|w|within)/(\d{1,3})", bare, re.IGNORECASE | re.ASCII):
        raise QueryError(
            f"{shown(text)} is read as words",
            column=lexeme.column,
            fix=f'For words near one another write one NEAR/{near[1]} two; for the words, "{text}"',
        )
    if re.match(r"!\w", bare):
        raise QueryError(
            f"{shown(text)} begins with !",
            column=lexeme.column,
            fix=f'To leave it out write NOT {shown(text[1:])}; to search for it, "{shown(text)}"',
        )
    if weight := _NO_WEIGHT.search(bare):
        backslashes = sum(index < weight.start() for index in lexeme.escaped)
        raise QueryError(
            f"{shown(weight[0])} is no weight from 0 to 1000",
            column=lexeme.column + weight.start() + backslashes,
            fix=f'Write {shown(text[: weight.start()])}^2, or quote it: "{shown(text)}"',
        )
    if "*" in bare or "?" in bare:
        return _wildcard(lexeme, bare, field)
    near = re.search(r"(?<=.)~([0-9.]*)\Z", bare, re.DOTALL)
    if near:
        return _fuzzy(lexeme, field, near)
    _must_have_tokens(lexeme, field)
    return Term(text, field.name if field else None)


def _unescaped(lexeme: Lexeme) -> str:
    """The word with each escaped character blanked out: what may still mean something."""
    return "".join(
        "\x00" if index in lexeme.escaped else character
        for index, character in enumerate(lexeme.text)
    )


def _must_have_tokens(lexeme: Lexeme, field: Field | None) -> None:
    if field is not None and field.kind is Kind.SELECTOR:
        found = bool(asked_forms(field.name, lexeme.text))
    else:
        found = len(analyse(lexeme.text)) > 0
    if not found:
        raise QueryError(
            f"{shown(lexeme.text)!r} has no letter or digit to search for",
            column=lexeme.column,
            fix="Take it out, or type a word; operators are AND, OR and NOT.",
        )
    if field is not None and field.values and lexeme.text.lower() not in field.values:
        near = difflib.get_close_matches(lexeme.text.lower()[:40], field.values, n=1, cutoff=0.5)
        guess = f"Did you mean {field.name}:{near[0]}? " if near else ""
        raise QueryError(
            f"there is no {field.name} {shown(lexeme.text)}",
            column=lexeme.column,
            fix=f"{guess}There are {', '.join(field.values)}.",
        )


def _wildcard(lexeme: Lexeme, bare: str, field: Field | None) -> Wildcard:
    pattern = "".join(
        f"\\{character}" if index in lexeme.escaped and character in "*?\\" else character
        for index, character in enumerate(lexeme.text)
    )
    apart = pieces(pattern)
    wild = sum(piece in ("*", "?") for piece in apart)
    if wild > MAX_WILDCARDS_IN_A_WORD:
        raise QueryError(
            f"{shown(lexeme.text)} has more than {MAX_WILDCARDS_IN_A_WORD} wildcards",
            column=lexeme.column,
            fix="Type more of its letters.",
        )
    letters = sum(len(piece) - 1 for piece in apart if piece not in ("*", "?"))
    least = 3 if bare[0] in "*?" else 2
    if letters < least:
        raise QueryError(
            f"{shown(lexeme.text)} would stand for too many words",
            column=lexeme.column,
            fix=f"Type at least {least} letters beside the wildcard: smi*, *smith",
        )
    if field is None or field.kind is Kind.WORDS:
        _must_be_within_a_word(lexeme, bare)
    return Wildcard(pattern, field.name if field else None)


def _must_be_within_a_word(lexeme: Lexeme, bare: str) -> None:
    """A pattern in text stands for one word: `jo.bl*` would be two."""
    filled = "".join("x" if character in "*?" else character for character in bare)
    token = analyse(filled.replace("\x00", " ")).exact
    if len(token) != 1:
        raise QueryError(
            f"{shown(lexeme.text)} is more than one word, and a wildcard works inside one",
            column=lexeme.column,
            fix="Write the words apart (jo AND bl*), quote it if the mark is meant as a mark, or "
            "name a field of whole values: email:jo.bl*",
        )


def _fuzzy(lexeme: Lexeme, field: Field | None, near: re.Match[str]) -> Fuzzy:
    distance = int(near[1][:3]) if near[1].isdigit() else 1  # a long number is refused below
    word = lexeme.text[: near.start()]
    token = single_token(word, field or DEFAULT_FIELDS[0])
    if not 1 <= distance <= MAX_EDITS or "." in near[1]:
        raise QueryError(
            f"~{shown(near[1])} asks for that many wrong letters",
            column=lexeme.column,
            fix=f"Write {shown(word)}~1 or {shown(word)}~2",
        )
    if token is None:
        raise QueryError(
            f"{shown(word)} is not one word, and ~ works on one",
            column=lexeme.column,
            fix="Write the words apart, each with its ~",
        )
    if len(token) <= 2 * distance:
        raise QueryError(
            f"{shown(word)} is too short for ~{distance}",
            column=lexeme.column,
            fix=f"With ~{distance} type at least {2 * distance + 1} letters",
        )
    return Fuzzy(word, distance, field.name if field else None)
