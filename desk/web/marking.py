"""A snippet with its hits marked, as pieces that a template escapes one by one. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def marked(text: str, highlights: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is a hit. Offsets out of order are put right."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in sorted(highlights):
        start, end = max(at, start), min(len(text), end)
        if start >= end:
            continue
        if at < start:
            pieces.append((text[at:start], False))
        pieces.append((text[start:end], True))
        at = end
    if at < len(text):
        pieces.append((text[at:], False))
    return pieces


def around(text: str, column: int, reach: int = 60) -> tuple[str, str, str]:
    """What stands before the column (which counts from 1), at it and behind it, cut to `reach`."""
    at = min(max(column - 1, 0), len(text))
    before = text[max(0, at - reach) : at]
    behind = text[at + 1 : at + 1 + reach]
    return (
        f"…{before}" if at > reach else before,
        text[at : at + 1] or " ",
        f"{behind}…" if len(text) > at + 1 + reach else behind,
    )
