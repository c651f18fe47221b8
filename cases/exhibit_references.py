"""Exhibit references: initials, a running number, perhaps a sub-number; and their safe names. Pure.

`JS/1`, `JS/1/2`, `AP/001` (standards EXH-1 and EXH-2). Leading zeros are kept for display, and do
not make another reference: `AP/1` and `AP/001` clash.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from cases.errors import UsageError

INITIALS = re.compile(r"[A-Z]{2,4}")
_REFERENCE = re.compile(r"([A-Z]{2,4})/([0-9]{1,9})(?:/([0-9]{1,9}))?")
_SAFE = re.compile(r"[A-Z]{2,4}_[0-9]{1,9}(?:_[0-9]{1,9})?")
_WORD = re.compile(r"[^\W\d_]+")


class ReferenceRefused(UsageError):
    """A text that is no exhibit reference."""

    kind = "exhibit-reference"


@dataclass(frozen=True, slots=True)
class ExhibitReference:
    """A reference as it was written, and its parts. `sub` is 0 where there is no sub-number."""

    text: str
    initials: str
    number: int
    sub: int = 0

    @property
    def safe_name(self) -> str:
        """The reference as a file's name can hold it: JS/1/1 is JS_1_1 (EXH-2)."""
        return self.text.replace("/", "_")

    @property
    def place(self) -> tuple[str, int, int]:
        """What may stand once in a case: the same for `AP/1` and `AP/001`."""
        return (self.initials, self.number, self.sub)


def read_reference(text: str) -> ExhibitReference:
    """The reference that was typed. Raises `ReferenceRefused` with an example."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise ReferenceRefused(
            f"{text!r} is not an exhibit reference. Write 2 to 4 capital initials, a stroke and a "
            "number, as in JS/1, or JS/1/2 for a part of it."
        )
    number, sub = int(found[2]), int(found[3] or 0)
    if number == 0 or (found[3] is not None and sub == 0):
        raise ReferenceRefused(f"{text!r} has the number 0: exhibits are counted from 1.")
    return ExhibitReference(text, found[1], number, sub)


def reference_of_safe_name(name: str) -> ExhibitReference:
    """The reference whose safe name this is (EXH-2). Raises `ReferenceRefused`."""
    if _SAFE.fullmatch(name) is None:
        raise ReferenceRefused(f"{name!r} is not the safe name of an exhibit, such as JS_1.")
    return read_reference(name.replace("_", "/"))


def numbered(initials: str, number: int) -> ExhibitReference:
    """The plain reference of a number."""
    return ExhibitReference(f"{initials}/{number}", initials, number)


def own_initials(code: str, name: str) -> str | None:
    """A person's initials: their code where it is 2 to 4 capitals, else of their name's first and
    last words; None where neither gives any.
    """
    if INITIALS.fullmatch(code):
        return code
    words = [word for word in _WORD.findall(name) if word[0].isascii()]
    if len(words) < 2:
        return None
    made = (words[0][0] + words[-1][0]).upper()
    return made if INITIALS.fullmatch(made) else None


def could_be_of(initials: str, own: str | None) -> bool:
    """Whether a person may use these initials: their own, or with middle initials put between."""
    return own is None or (initials[0], initials[-1]) == (own[0], own[-1])


def gaps_in(used: Collection[int]) -> list[int]:
    """The numbers below the highest used that are not used, in order."""
    held = set(used)
    return [number for number in range(1, max(held, default=0)) if number not in held]
