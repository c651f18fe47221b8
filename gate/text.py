"""Collected text made safe to print: a character for a character, so that offsets stay right.
Pure.

A title is written by whoever owns the page. Printed as it came, it could clear the screen,
rewrite the line above it, set the window's title or turn the reading order round (terminal
escapes, C1 controls, bidirectional overrides). Each such character is replaced by one visible
sign, never removed: a mention's `start` and `end` in the text still point at the mention, and the
reader sees that something stood there.
"""

from __future__ import annotations

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


def fold_line(text: str) -> str:
    """As `fold_text`, for what must stand on one line (a title, an address): newlines become
    spaces.
    """
    return text.translate(_ONE_LINE)
