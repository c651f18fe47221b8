"""Selectors in a text, found by rule and checked: e-mail, phone, URL, IP address, handle, postcode.

Each finder proposes; where two propose the same characters the earlier in `FINDERS` wins (the URL
over an e-mail or a handle in it, the e-mail over the handle after its "@"). One overlap is kept,
because both are leads: the IP address that stands in a URL. Offsets count characters of the text
given; `original` is that slice. Time is linear in the length of the text, whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from enrich.documents import Identifier
from enrich.identifiers.emails import find_emails
from enrich.identifiers.handles import find_handles
from enrich.identifiers.ip_addresses import find_ip_addresses
from enrich.identifiers.phones import find_phones
from enrich.identifiers.postcodes import find_postcodes
from enrich.identifiers.urls import find_urls

__all__ = ["FINDERS", "KINDS", "MAX_IDENTIFIERS", "find_identifiers"]

FINDERS: tuple[tuple[str, Callable[[str], Iterator[Identifier]]], ...] = (
    ("url", find_urls),
    ("email", find_emails),
    ("ip", find_ip_addresses),
    ("phone", find_phones),
    ("postcode", find_postcodes),
    ("handle", find_handles),
)
KINDS = tuple(kind for kind, _ in FINDERS)
MAX_IDENTIFIERS = 20_000  # of one document, in the order of the text: a list of millions is no lead


def find_identifiers(text: str) -> tuple[Identifier, ...]:
    """The identifiers of the text in order of place."""
    kept: list[Identifier] = []
    taken = bytearray(len(text))  # 1: taken, 2: taken by a URL
    for kind, finder in FINDERS:
        for found in finder(text):
            if _is_free(found, taken):
                kept.append(found)
                _take(taken, found, 2 if kind == "url" else 1)
    return _ordered(kept)[:MAX_IDENTIFIERS]


def _ordered(found: Iterable[Identifier]) -> tuple[Identifier, ...]:
    return tuple(sorted(found, key=lambda each: (each.start, -each.end)))


def _is_free(found: Identifier, taken: bytearray) -> bool:
    span = taken[found.start : found.end]
    if found.kind == "ip" and span.count(2) == len(span):
        before = taken[found.start - 1 : found.start]
        return bool(before)  # inside a URL: `find_ip_addresses` has checked that it is the host
    return not any(span)


def _take(taken: bytearray, found: Identifier, mark: int) -> None:
    taken[found.start : found.end] = bytes([mark]) * (found.end - found.start)
