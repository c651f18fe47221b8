"""How a word is folded: what two spellings must share to be found by each other.

NFKC, case folded, accents of Latin, Greek and Cyrillic taken off, apostrophes and invisible
characters taken out. Marks that are letters in their script (Thai vowels, Indic signs, the
Japanese voicing mark) stay.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# typed, printed, and what keyboards and machines that read pictures put in their place: the
# reversed mark, the prime, the backtick, the acute accent
APOSTROPHES: Final = "'’‘ʼ＇‛′`´"
MAX_TOKEN_BYTES: Final = 200

# Diacritics that writers leave out: combining diacritics and enclosures, Hebrew points, Arabic
# vowel signs, tatweel, variation selectors.
_OPTIONAL_MARKS: Final = (
    (0x0300, 0x036F),
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x0640, 0x0640),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F),
    (0xE0100, 0xE01EF),
)
# Letters that Unicode does not take apart but that keyboards do.
_PLAIN_LETTERS: Final = {
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ł": "l",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "ĸ": "k",
    "ŋ": "n",
}
_TAKEN_OUT: Final[dict[int, str | None]] = {
    **{point: None for low, high in _OPTIONAL_MARKS for point in range(low, high + 1)},
    **{ord(mark): None for mark in APOSTROPHES},
    **{ord(letter): plain for letter, plain in _PLAIN_LETTERS.items()},
}
_ASCII_SPACES_AND_CONTROLS: Final = dict.fromkeys([*range(0x21), 0x7F])
_ASCII_TAKEN_OUT: Final = dict.fromkeys(map(ord, "'`"))
_HYPHENS: Final = dict.fromkeys((0x2010, 0x2011), "-")  # the printed one, one that keeps a line


def fold_word(word: str) -> str:
    """`word` as it is indexed in its exact form; empty where nothing searchable is left.

    A possessive 's goes: what was written of Smith's house is found by Smith.
    """
    if word[-2:-1] in APOSTROPHES and word[-1:] in ("s", "S") and len(word) > 2:
        word = word[:-2]
    return fold_piece(word)


def fold_piece(piece: str) -> str:
    """A part of a word (what stands beside a wildcard) folded as the whole word would be."""
    if piece.isascii():
        return piece.lower().translate(_ASCII_TAKEN_OUT)
    folded = unicodedata.normalize("NFKC", piece).casefold()
    bare = unicodedata.normalize("NFD", folded).translate(_TAKEN_OUT)
    whole = unicodedata.normalize("NFKC", bare)
    return "".join(letter for letter in whole if _searchable(letter))


def fold_selector(value: str) -> str:
    """`value` folded as a whole: NFKC, case folded, no space inside; accents stay, for they tell
    two addresses apart.
    """
    if value.isascii():
        return value.lower().translate(_ASCII_SPACES_AND_CONTROLS)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
    folded = folded.translate(_HYPHENS)
    return "".join(
        letter
        for letter in folded
        if not letter.isspace() and unicodedata.category(letter) not in ("Cc", "Cf", "Cs")
    )


def cut(token: str) -> str:
    """`token` within 200 bytes of UTF-8, cut between two characters."""
    if len(token) * 4 <= MAX_TOKEN_BYTES:
        return token
    return token.encode()[:MAX_TOKEN_BYTES].decode("utf-8", "ignore")


def _searchable(letter: str) -> bool:
    return letter == "_" or letter.isalnum() or unicodedata.category(letter)[0] == "M"
