"""Writing the training texts in ways that they are rarely written in, names kept in their places.

Web text shouts and mumbles, police writing puts the surname first in capitals with a date of birth,
and names that the training texts lack are what the model will meet: so some names are exchanged for
others of their kind. Dice come in as an argument: the same seed gives the same texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random

from enrich.training.british import FORCES_AND_AGENCIES, TOWNS
from enrich.training.corpus import LABELS, MarkedText

LOWER_SHARE = 0.06
UPPER_SHARE = 0.03
EXCHANGED_SHARE = 0.15  # of all names, for another of the training texts' own
BRITISH_SHARE = 0.03  # of places and organisations, for one of the lists in `british`
POLICE_SHARE = 0.06  # of the names of two or three words


@dataclass(frozen=True, slots=True)
class Augmenter:
    """Changes texts at random: `names` are the names of each label to exchange with."""

    names: Mapping[str, tuple[str, ...]]
    dice: Random

    def __call__(self, marked: MarkedText) -> MarkedText:
        """The text with some names exchanged or in police usage, perhaps in one case throughout."""
        marked = with_names(marked, self._name)
        throw = self.dice.random()
        if throw < LOWER_SHARE:
            return recased(marked, str.lower)
        if throw < LOWER_SHARE + UPPER_SHARE:
            return recased(marked, str.upper)
        return marked

    def _name(self, name: str, label: str) -> tuple[str, str]:
        """The name to write in this one's place, and what stands after it outside the name."""
        throw = self.dice.random()
        if label in self.names and throw < EXCHANGED_SHARE:
            name = self.dice.choice(self.names[label])
        elif label == "LOC" and throw > 1 - BRITISH_SHARE:
            name = self.dice.choice(TOWNS)
        elif label == "ORG" and throw > 1 - BRITISH_SHARE:
            name = self.dice.choice(FORCES_AND_AGENCIES)
        words = name.split(" ")
        if label == "PERSON" and 2 <= len(words) <= 3 and self.dice.random() < POLICE_SHARE:
            return police_usage(words, self.dice)
        return name, ""


def names_of(texts: Iterable[MarkedText]) -> dict[str, tuple[str, ...]]:
    """The different names of each label that begin with a capital and hold no odd characters."""
    found: dict[str, set[str]] = {label: set() for label in LABELS}
    for marked in texts:
        for start, end, label in marked.spans:
            name = marked.text[start:end]
            if label in found and name[0].isupper() and name.replace(" ", "").isalpha():
                found[label].add(name)
    return {label: tuple(sorted(names)) for label, names in found.items()}


def with_names(marked: MarkedText, written: Callable[[str, str], tuple[str, str]]) -> MarkedText:
    """The text with each name as `written` gives it, spans moved along."""
    pieces: list[str] = []
    spans: list[tuple[int, int, str]] = []
    length = done = 0
    for start, end, label in sorted(marked.spans):
        before = marked.text[done:start]
        name, after = written(marked.text[start:end], label)
        begins = length + len(before)
        spans.append((begins, begins + len(name), label))
        pieces += [before, name, after]
        length = begins + len(name) + len(after)
        done = end
    pieces.append(marked.text[done:])
    return replace(marked, text="".join(pieces), spans=tuple(spans))


def recased(marked: MarkedText, change: Callable[[str], str]) -> MarkedText:
    """The text in one case; as it was where that would move the offsets ("ß", "İ")."""
    text = change(marked.text)
    return replace(marked, text=text) if len(text) == len(marked.text) else marked


def police_usage(words: list[str], dice: Random) -> tuple[str, str]:
    """The name as an officer may write it, and what stands after it outside the name."""
    first, last = " ".join(words[:-1]), words[-1].upper()
    born = f" ({dice.randint(1, 28):02}/{dice.randint(1, 12):02}/{dice.randint(1940, 2008)})"
    surname_first = dice.random() < 0.5
    name = f"{last}, {first}" if surname_first else f"{first} {last}"
    return name, born if dice.random() < 0.5 else ""
