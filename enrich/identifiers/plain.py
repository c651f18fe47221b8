"""The text as finders read it: disguises of single characters undone, places kept.

Invisible characters go, wide and styled letters, hyphens, dots and digits of other scripts become
ASCII, and in a word that mixes Latin with Cyrillic or Greek letters that look like Latin ones,
those become Latin. All but the first put one character for one, so that places are counted back
exactly.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

# zero-width and soft marks; the bidirectional embeddings stay, as what stands between two texts
_INVISIBLE = re.compile("[\u00ad\u034f\u180e\u200b-\u200f\u2060-\u2064\ufeff]")


def _one_for_one() -> dict[int, str]:
    table = {0x3002: ".", 0xFF61: ".", 0x2010: "-", 0x2011: "-"}
    table |= dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F), " ")
    table |= {0xFF01 + step: chr(0x21 + step) for step in range(94)}
    for point in (*range(0x660, 0xFFFF), *range(0x1D400, 0x1D800), *range(0x1FBF0, 0x1FBFA)):
        letter = chr(point)
        if unicodedata.category(letter) == "Nd":
            table[point] = str(unicodedata.decimal(letter))
        elif point >= 0x1D400 and (plain := unicodedata.normalize("NFKC", letter)).isascii():
            table[point] = plain
    return table


_PLAIN = _one_for_one()
# Cyrillic and Greek letters that most typefaces draw as Latin ones (Unicode TS 39, confusables)
_ALIKE_FROM = "аеорсухіјѕԁһӏԛԝАВЕКМНОРСТУХІЈЅԌορνιαΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
_ALIKE_TO = "aeopcyxijsdhlqwABEKMHOPCTYXIJSGopviaABEZHIKMNOPTYX"
_ALIKE = str.maketrans(_ALIKE_FROM, _ALIKE_TO)
_MIXED = re.compile(f"[A-Za-z][{_ALIKE_FROM}]|[{_ALIKE_FROM}][A-Za-z]")
_WORD_BEFORE = re.compile(r"[^\W_]{1,64}\Z")
_WORD_AFTER = re.compile(r"[^\W_]{0,64}")


@dataclass(frozen=True, slots=True)
class PlainText:
    """`text` as finders read it; `cuts` are its places before which a character was left out."""

    text: str
    cuts: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The same characters' places in the text as it was."""
        if not self.cuts:
            return start, end
        return start + bisect_right(self.cuts, start), end + bisect_right(self.cuts, end - 1)


def plain_text(written: str) -> PlainText:
    """The text to look in. Time is linear in its length."""
    if written.isascii():
        return PlainText(written)
    text = written.translate(_PLAIN)
    cuts = tuple(found.start() - nth for nth, found in enumerate(_INVISIBLE.finditer(text)))
    return PlainText(_latin(_INVISIBLE.sub("", text) if cuts else text), cuts)


def _latin(text: str) -> str:
    """Words that mix alphabets to deceive, in Latin letters; a word with others stays."""
    pieces, done, at = [], 0, 0
    while found := _MIXED.search(text, at):
        before = _WORD_BEFORE.search(text, max(done, found.start() - 63), found.start() + 1)
        start = before.start() if before else found.start()
        after = _WORD_AFTER.match(text, found.end())
        at = max(found.end(), after.end() if after else 0)
        word = text[start:at].translate(_ALIKE)
        if word.isascii():
            pieces += [text[done:start], word]
            done = at
    return "".join([*pieces, text[done:]])
