"""Where a page of hits ended, as a word that goes back and forth: the next page begins behind it.

It holds the state of the index at the first page, so that what is indexed in between moves
nothing, and says which question it belongs to.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from cases.errors import UsageError

LONGEST = 400  # signs of a cursor


@dataclass(frozen=True, slots=True)
class Cursor:
    """The key of the last hit shown, the newest document that the first page could hold, and how
    many hits stand on the pages so far.
    """

    up_to_seq: int
    key: tuple[float | int, ...]
    shown: int = 0


def written(cursor: Cursor, question: tuple[str, ...]) -> str:
    """The cursor as a word."""
    numbers = [cursor.up_to_seq, cursor.shown, *cursor.key]
    raw = json.dumps([_digest(question), *numbers], separators=(",", ":"))
    return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def read(word: str, question: tuple[str, ...]) -> Cursor:
    """The cursor that `written` wrote for that question. Raises `UsageError` for any other word."""
    try:
        if len(word) > LONGEST:
            raise ValueError(word[:10])
        raw = urlsafe_b64decode(word + "=" * (-len(word) % 4))
        digest, up_to, seen, *key = json.loads(raw)
        numbers = [*key, up_to, seen]
        known = all(type(n) in (int, float) and abs(n) < 2**63 for n in numbers)
        if digest != _digest(question) or not known:
            raise ValueError(digest)
        if type(up_to) is not int or type(seen) is not int or seen < 0:
            raise ValueError(digest)
        if not 1 <= len(key) <= 2 or type(key[-1]) is not int:
            raise ValueError(digest)
    except (ValueError, TypeError, RecursionError):
        raise UsageError(
            "The --after given does not continue this search: it is the word that the page before "
            "ended with, for the same query, case and sort. Leave it out to begin again."
        ) from None
    return Cursor(up_to, tuple(key), seen)


def _digest(question: tuple[str, ...]) -> str:
    return hashlib.sha256("\x00".join(question).encode("utf-8", "backslashreplace")).hexdigest()[
        :16
    ]
