"""A query's characters to lexemes: words, quoted texts, field names, operators, brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from search.errors import QueryError, shown
from search.ranges import BRACKETED

QUOTES: Final = '"“”„‟＂'  # as typed, and as pasted from a word processor
MAX_QUERY_CHARACTERS: Final = 10_000

_WORD_ENDS: Final = re.compile(rf"[\s(){QUOTES}]")
_FIELD: Final = re.compile(r"([A-Za-z_]+|ipv[46]|md5|sha1):(?!//|:)", re.IGNORECASE | re.ASCII)
_ADDRESS: Final = re.compile(  # fe80::1, 00:00:5e:00:53:01: colons, and no field
    r"(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE
)
_COMPARED: Final = re.compile(rf"(>=|<=|>|<)\s*(?=[{QUOTES}])")
_BOOST: Final = re.compile(r"\^(\d{1,4}(?:\.\d{1,3})?)\Z", re.ASCII)
_AFTER: Final = re.compile(r"([~^])([\d.]*)", re.ASCII)  # what may follow a quotation or a bracket
_LEAVES_OUT: Final = re.compile(rf"-[\w@#+({QUOTES}]")
_EXACT: Final = re.compile(rf"=[\w@#+{QUOTES}]")


class Sort(StrEnum):
    """What a lexeme is."""

    WORD = "word"
    QUOTED = "quoted"
    FIELD = "field"
    RANGE = "range"  # [a TO b]
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    NEAR = "NEAR"
    SLOP = "~"  # after a quotation
    BOOST = "^"
    OPEN = "("
    CLOSE = ")"
    END = "end"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A piece of the query. `column` counts from 1; `escaped` holds the indexes of the characters
    of `text` that stood after a backslash. The text of a boost or a slop is its number.
    """

    sort: Sort
    text: str
    column: int
    escaped: frozenset[int] = frozenset()


_BRACKETS: Final = {"(": Sort.OPEN, ")": Sort.CLOSE}
_OPERATORS: Final = {
    "AND": Sort.AND,
    "OR": Sort.OR,
    "NOT": Sort.NOT,
    "&&": Sort.AND,
    "||": Sort.OR,
}


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
        if query[at].isspace():
            at += 1
            continue
        more, at = _next(query, at, after_field=bool(found) and found[-1].sort is Sort.FIELD)
        found += more
    return [*found, Lexeme(Sort.END, "", len(query) + 1)]


def _next(query: str, at: int, *, after_field: bool) -> tuple[list[Lexeme], int]:
    """The lexemes that begin at `at` (a word or a quotation, and what hangs on it), and where they
    end.
    """
    character = query[at]
    if character in _BRACKETS:
        bracket = Lexeme(_BRACKETS[character], character, at + 1)
        return _hanging(query, at + 1, bracket) if character == ")" else ([bracket], at + 1)
    if after_field:
        if bracketed := BRACKETED.match(query, at):
            return _hanging(query, bracketed.end(), Lexeme(Sort.RANGE, bracketed[0], at + 1))
        if compared := _COMPARED.match(query, at):
            quoted, end = _quoted(query, compared.end())
            return [Lexeme(Sort.QUOTED, compared[1] + quoted.text, at + 1)], end
    elif _LEAVES_OUT.match(query, at):
        return [Lexeme(Sort.NOT, "-", at + 1)], at + 1
    if _EXACT.match(query, at):
        return _exactly(query, at)
    if character in QUOTES:
        quoted, end = _quoted(query, at)
        return _hanging(query, end, quoted)
    inside = after_field and query[at - 1] == ":"  # profile:telegram:night_owl
    if not inside and (field := _FIELD.match(query, at)) and not _ADDRESS.match(query, at):
        return [Lexeme(Sort.FIELD, field[1], at + 1)], field.end()
    return _word(query, at)


def _exactly(query: str, at: int) -> tuple[list[Lexeme], int]:
    """`=word` and `="some words"`: as if in quotes."""
    if query[at + 1] in QUOTES:
        quoted, end = _quoted(query, at + 1)
        return _hanging(query, end, quoted)
    (word, *rest), end = _word(query, at + 1)
    return [Lexeme(Sort.QUOTED, word.text, at + 1), *rest], end


def _hanging(query: str, at: int, before: Lexeme) -> tuple[list[Lexeme], int]:
    """`before` with the ~5 and the ^2 that follow it without a space."""
    found = [before]
    while follows := _AFTER.match(query, at):
        sign, number = follows.groups()
        whole = r"\d{1,4}" if sign == "~" else r"\d{1,4}(\.\d{1,3})?"
        if not re.fullmatch(whole, number, re.ASCII):
            raise QueryError(
                f"no number stands after {sign}" if not number else f"{shown(number)} is too much",
                column=at + 1,
                fix='Words near one another: "one two"~5; one that counts more: "one two"^2',
            )
        found.append(Lexeme(Sort.SLOP if sign == "~" else Sort.BOOST, number, at + 1))
        at = follows.end()
    return found, at


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


def _word(query: str, start: int) -> tuple[list[Lexeme], int]:
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
    boost = _BOOST.search(word, 1) if len(word) > 1 else None
    if boost is None or boost.start() in escaped:
        return [_named(word, start + 1, frozenset(escaped))], at
    kept = frozenset(index for index in escaped if index < boost.start())
    column = start + 1 + boost.start() + len(kept)
    bare = _named(word[: boost.start()], start + 1, kept)
    return [bare, Lexeme(Sort.BOOST, boost[1], column)], at


def _named(word: str, column: int, escaped: frozenset[int]) -> Lexeme:
    """The lexeme of a word: an operator, unless a character of it is escaped."""
    if escaped:
        return Lexeme(Sort.WORD, word, column, escaped)
    if word == "NEAR" or word.startswith("NEAR/"):
        return Lexeme(Sort.NEAR, word, column)
    return Lexeme(_OPERATORS.get(word, Sort.WORD), word, column)
