"""A query's characters to lexemes: words, quoted texts, field names, operators, brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from search.errors import QueryError

QUOTES: Final = '"“”„‟＂'  # as typed, and as pasted from a word processor
MAX_QUERY_CHARACTERS: Final = 10_000

_WORD_ENDS: Final = re.compile(rf"[\s(){QUOTES}]")
_FIELD: Final = re.compile(r"([A-Za-z_]+):(?!//)")


class Sort(StrEnum):
    """What a lexeme is."""

    WORD = "word"
    QUOTED = "quoted"
    FIELD = "field"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    OPEN = "("
    CLOSE = ")"
    END = "end"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A piece of the query. `column` counts from 1; `escaped` holds the indexes of the characters
    of `text` that stood after a backslash.
    """

    sort: Sort
    text: str
    column: int
    escaped: frozenset[int] = frozenset()


_BRACKETS: Final = {"(": Sort.OPEN, ")": Sort.CLOSE}
_OPERATORS: Final = {"AND": Sort.AND, "OR": Sort.OR, "NOT": Sort.NOT}


def lexemes(query: str) -> list[Lexeme]:
    """The lexemes of `query`, an END last. Raises `QueryError`."""
    if len(query) > MAX_QUERY_CHARACTERS:
        raise QueryError(
            f"it has {len(query):,} characters and the limit is {MAX_QUERY_CHARACTERS:,}",
            fix="Split it into several searches.",
        )
    found: list[Lexeme] = []
    at = 0
    while at < len(query):
        character = query[at]
        if character.isspace():
            at += 1
            continue
        if character in _BRACKETS:
            lexeme, at = Lexeme(_BRACKETS[character], character, at + 1), at + 1
        elif character in QUOTES:
            lexeme, at = _quoted(query, at)
        elif field := _FIELD.match(query, at):
            lexeme, at = Lexeme(Sort.FIELD, field[1], at + 1), field.end()
        else:
            lexeme, at = _word(query, at)
        found.append(lexeme)
    return [*found, Lexeme(Sort.END, "", len(query) + 1)]


def _quoted(query: str, start: int) -> tuple[Lexeme, int]:
    text: list[str] = []
    at = start + 1
    while at < len(query):
        character = query[at]
        if character in QUOTES:
            return Lexeme(Sort.QUOTED, "".join(text), start + 1), at + 1
        if character == "\\" and at + 1 < len(query):
            at += 1
            character = query[at]
        text.append(character)
        at += 1
    raise QueryError(
        "a quotation mark opens there and never closes",
        column=start + 1,
        fix='Close it: "the words"; for the mark itself type \\"',
    )


def _word(query: str, start: int) -> tuple[Lexeme, int]:
    text: list[str] = []
    escaped: set[int] = set()
    at = start
    while at < len(query) and not _WORD_ENDS.match(query, at):
        character = query[at]
        if character == "\\":
            at += 1
            if at == len(query):
                raise QueryError(
                    "a backslash stands at the end with nothing after it",
                    column=at,
                    fix="Take it out, or type two for a backslash itself.",
                )
            character = query[at]
            escaped.add(len(text))
        text.append(character)
        at += 1
    word = "".join(text)
    sort = Sort.WORD if escaped else _OPERATORS.get(word, Sort.WORD)
    return Lexeme(sort, word, start + 1, frozenset(escaped)), at
