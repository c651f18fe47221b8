"""What finders share: candidates by pattern, words that must stand near, a bound on the work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from enrich.documents import Identifier

MAX_CHECKED = 50_000  # candidates of one kind in one document: a table of millions is no lead
NEAR = 48  # characters before a candidate in which a word explains it

Form = Callable[[str], str | None]
_LEFT: ContextVar[set[str] | None] = ContextVar("kinds of which something was left", default=None)


@contextmanager
def noting_what_is_left() -> Iterator[set[str]]:
    """The kinds of which the finders that run within leave candidates unlooked at."""
    left: set[str] = set()
    token = _LEFT.set(left)
    try:
        yield left
    finally:
        _LEFT.reset(token)


def leave(kind: str) -> None:
    """Note that candidates of the kind are left unlooked at: there are too many."""
    noted = _LEFT.get()
    if noted is not None:
        noted.add(kind)


def bounded(kind: str, candidates: Iterator[re.Match[str]]) -> Iterator[re.Match[str]]:
    """The first 50,000 candidates of a kind."""
    for nth, found in enumerate(candidates):
        if nth == MAX_CHECKED:
            leave(kind)
            return
        yield found


def spotted(
    kind: str, pattern: re.Pattern[str], form: Form, text: str, validity: str = "valid"
) -> Iterator[Identifier]:
    """The candidates of the pattern that have a normal form."""
    for found in bounded(kind, pattern.finditer(text)):
        original = found.group()
        if value := form(original):
            yield Identifier(kind, value, found.start(), found.end(), original, validity=validity)


def stands_near(
    cue: re.Pattern[str], text: str, start: int, end: int, *, before: int = NEAR, after: int = 0
) -> bool:
    """Whether a word of the cue stands shortly before `start` (or after `end`)."""
    if cue.search(text, max(0, start - before), start):
        return True
    return bool(after and cue.search(text, end, end + after))


def digits_of(written: str) -> str:
    """The ASCII digits alone."""
    return "".join(c for c in written if "0" <= c <= "9")


def luhn_holds(digits: str) -> bool:
    """Whether the last digit is the check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 * (number > 9)
    return total % 10 == 0
