"""Writing the training texts in ways that they are rarely written in, names kept in their places.

Web text shouts and mumbles, and police writing puts the surname first in capitals with a date of
birth. Dice come in as an argument: the same seed gives the same texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from enrich.training.corpus import MarkedText

LOWER_SHARE = 0.08
UPPER_SHARE = 0.04
POLICE_SHARE = 0.08  # of the names of two or three words

TITLES = ("PC", "DC", "DS", "DI", "Sgt", "Mr", "Mrs", "Ms", "Dr", "PCSO")


def augmented(marked: MarkedText, dice: Random) -> MarkedText:
    """The text, perhaps with names in police usage, perhaps in one case throughout."""
    marked = in_police_usage(marked, dice)
    throw = dice.random()
    if throw < LOWER_SHARE:
        return recased(marked, str.lower)
    if throw < LOWER_SHARE + UPPER_SHARE:
        return recased(marked, str.upper)
    return marked


def recased(marked: MarkedText, change: Callable[[str], str]) -> MarkedText:
    """The text in one case; as it was where that would move the offsets ("ß", "İ")."""
    text = change(marked.text)
    return replace(marked, text=text) if len(text) == len(marked.text) else marked


def in_police_usage(marked: MarkedText, dice: Random) -> MarkedText:
    """The text with some of its full names as "SMITH, John (12/03/1985)" and the like."""
    pieces: list[str] = []
    spans: list[tuple[int, int, str]] = []
    length = done = 0
    for start, end, label in sorted(marked.spans):
        before, name, after = marked.text[done:start], marked.text[start:end], ""
        words = name.split(" ")
        if label == "PERSON" and 2 <= len(words) <= 3 and dice.random() < POLICE_SHARE:
            name, after = _police_name(words, dice)
        begins = length + len(before)
        spans.append((begins, begins + len(name), label))
        pieces += [before, name, after]
        length = begins + len(name) + len(after)
        done = end
    pieces.append(marked.text[done:])
    return replace(marked, text="".join(pieces), spans=tuple(spans))


def _police_name(words: list[str], dice: Random) -> tuple[str, str]:
    """The name as an officer may write it, and what stands after it outside the name."""
    first, last = " ".join(words[:-1]), words[-1].upper()
    born = f" ({dice.randint(1, 28):02}/{dice.randint(1, 12):02}/{dice.randint(1940, 2008)})"
    form = dice.randrange(4)
    if form == 0:
        return f"{last}, {first}", born
    if form == 1:
        return f"{last}, {first}", ""
    if form == 2:
        return f"{first} {last}", born
    return f"{first} {last}", ""
