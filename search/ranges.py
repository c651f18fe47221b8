"""Ranges as they are written: `a..b`, `[a TO b]`, `{a TO b}`, `>a`, `>=a`, `<b`, `<=b`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_COMPARED: Final = re.compile(r"(>=|<=|>|<)\s*(.*)", re.DOTALL)
BRACKETED: Final = re.compile(r"([\[{])\s*([^\[\]{}]*?)\s+TO\s+([^\[\]{}]*?)\s*([\]}])")
_OPEN: Final = ("", "*")  # an end that is not there


@dataclass(frozen=True, slots=True)
class Range:
    """A range by its two ends as typed, None where it is open. `above` leaves out all that the
    first end names, `below` all that the last one does.
    """

    first: str | None
    last: str | None
    above: bool = False
    below: bool = False


def range_of(text: str) -> Range | None:
    """The range that `text` is, None where it is none."""
    if compared := _COMPARED.fullmatch(text):
        sign, end = compared[1], compared[2]
        strict = len(sign) == 1
        return Range(end, None, above=strict) if sign[0] == ">" else Range(None, end, below=strict)
    if bracketed := BRACKETED.fullmatch(text):
        opening, first, last, closing = bracketed.groups()
        return Range(_end(first), _end(last), above=opening == "{", below=closing == "}")
    first, dots, last = text.partition("..")
    return Range(_end(first.strip()), _end(last.strip())) if dots else None


def _end(text: str) -> str | None:
    return None if text in _OPEN else text
