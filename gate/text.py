"""Collected text made safe to print: a character for a character, so that offsets stay right.
Pure.

A title is written by whoever owns the page. Printed as it came, it could clear the screen,
rewrite the line above it, set the window's title or turn the reading order round (terminal
escapes, C1 controls, bidirectional overrides). Each such character is replaced by one visible
sign, never removed: a mention's `start` and `end` in the text still point at the mention, and the
reader sees that something stood there.
"""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Unicode's own pictures for C0 controls (U+2400 …) and DEL say which control stood there.
C0_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\N{SYMBOL FOR DELETE}"}
# Bidirectional embeddings, overrides, isolates and marks (UAX 9), and the deprecated format
# characters beside them; tag characters, which carry text that nobody sees.
HIDDEN = (
    set(range(0x202A, 0x202F))
    | set(range(0x2060, 0x2070))
    | set(range(0xE0000, 0xE0080))
    | {0x061C, 0x200E, 0x200F, 0xFEFF, 0x00AD}
)


C1 = range(0x80, 0xA0)
SURROGATES = range(0xD800, 0xE000)
NONCHARACTERS = [*range(0xFDD0, 0xFDF0)] + [
    (plane << 16) | low for plane in range(17) for low in (0xFFFE, 0xFFFF)
]

COVER = "\N{MEDIUM SHADE}"
HIDDEN_FROM = 80  # signs of Base64: 60 bytes (our own limit)
LONGEST_DIGEST = 128  # hexadecimal digits: SHA-512
_ADDRESS = re.compile(r"(data:(?:image|video)/[^,\s]{0,100},)(\S{8,})", re.IGNORECASE)
_STRETCH = re.compile(r"[A-Za-z0-9+/=\\]{40,}(?:\s{1,8}[A-Za-z0-9+/=\\]{40,})*")
RUN_FROM = 86  # signs: 64 bytes of Base64 (our own limit)
_RUN = re.compile(r"[A-Za-z0-9_+/=%-]{86,}")
_BETWEEN = "-_/+=%"
_HEX_SIGNS = frozenset("0123456789abcdefABCDEF")
_HEX = re.compile(r"[0-9a-fA-F]+")

_ALL = {
    **C0_PICTURES,
    **dict.fromkeys([*C1, *SURROGATES, *NONCHARACTERS, *HIDDEN], REPLACEMENT),
    0x2028: "\n",
    0x2029: "\n",
}
_LINES = {**_ALL, 0x0A: "\n", 0x09: "\t"}
_ONE_LINE = {**_ALL, 0x0A: " ", 0x0D: " ", 0x09: " ", 0x2028: " ", 0x2029: " "}


def fold_text(text: str) -> str:
    """The text with every control, override and hidden character made visible; the same length.

    Newlines and tabs stay. A carriage return is one of the replaced: alone it would let a line
    overwrite itself.
    """
    return text.translate(_LINES)


def hide_written_pictures(text: str) -> str:
    """The text with what writes out a picture replaced, sign by sign; the same length.

    Data addresses of pictures, and long stretches of Base64 or hexadecimal digits: a page's text
    is no way round the gate. Digests, up to 128 hexadecimal digits, stay.
    """
    if len(text) < HIDDEN_FROM:
        return text
    text = _ADDRESS.sub(lambda found: found[1] + _covered(found[2]), text)
    return _STRETCH.sub(lambda found: _covered(found[0]) if _writes(found[0]) else found[0], text)


def _covered(text: str) -> str:
    return "".join(sign if sign.isspace() else COVER for sign in text)


def _writes(stretch: str) -> bool:
    """Whether a stretch can write out bytes: it is long and mixed, or longer than any digest."""
    words = stretch.split()
    if all(_HEX.fullmatch(word) for word in words):
        return max(map(len, words)) > LONGEST_DIGEST
    plain = "".join(words)
    if len(plain) < HIDDEN_FROM:
        return False
    return all(any(test(sign) for sign in plain) for test in (str.isupper, str.islower))


def fold_line(text: str) -> str:
    """As `fold_text`, for what must stand on one line (a title, an address): newlines become
    spaces. A picture written out in it is hidden: an address too can hold a whole one.
    """
    line = hide_written_pictures(text.translate(_ONE_LINE))
    if len(line) < RUN_FROM:
        return line
    return _RUN.sub(lambda run: _covered(run[0]) if _is_noise(run[0]) else run[0], line)


def _is_noise(run: str) -> bool:
    """Whether a run of an address is code and not words: mixed case with digits throughout, or
    hexadecimal. A title in an address (`long-words-of-an-article`) is not.
    """
    signs = [sign for sign in run if sign not in _BETWEEN]
    if len(signs) < RUN_FROM:
        return False
    count = len(signs)
    digits = sum(map(str.isdigit, signs)) / count
    upper = sum(map(str.isupper, signs)) / count
    lower = sum(map(str.islower, signs)) / count
    hexadecimal = sum(sign in _HEX_SIGNS for sign in signs) / count
    mixed = digits >= 0.05 and upper >= 0.1 and lower >= 0.1
    return mixed or (hexadecimal >= 0.95 and digits >= 0.2)
