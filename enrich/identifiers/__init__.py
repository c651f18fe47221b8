"""Selectors in a text, found by rule and checked: each kind by a parser of its own.

The text is read with the disguises of single characters undone (`plain`); offsets count characters
of the text given and `original` is that slice, of a payment card masked. Where two kinds propose
the same characters the earlier in `FINDERS` wins (the URL over an e-mail or a handle in it, the
e-mail over the handle after its "@"). Kept beside are leads inside an address: the IP address or
onion service that it names, the profile, invitation or place that it is. `validity` says "valid"
where a check digit, a plan or a list held, "form" where form alone could be checked, "unchecked"
where this spelling leaves its check out, "private" or "test-range". Time is linear in the length
of the text, whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from enrich.documents import Identifier
from enrich.identifiers.coins import FORMS as COIN_FORMS
from enrich.identifiers.coins import find_chain, find_ethereum, find_monero
from enrich.identifiers.coordinates import (
    coordinates_form,
    coordinates_in_url,
    find_coordinates,
    map_form,
)
from enrich.identifiers.digests import FORMS as DIGEST_FORMS
from enrich.identifiers.digests import find_hashes, find_pgp
from enrich.identifiers.domains import domain_form, find_domains
from enrich.identifiers.emails import email_form, find_emails
from enrich.identifiers.handles import find_handles, handle_form
from enrich.identifiers.ip_addresses import find_ip_addresses, ip_form
from enrich.identifiers.money import card_form, find_cards, find_ibans, iban_form
from enrich.identifiers.onions import find_onions, onion_form
from enrich.identifiers.phones import e164, find_phones
from enrich.identifiers.plain import PlainText, plain_text
from enrich.identifiers.postcodes import find_postcodes, postcode_form
from enrich.identifiers.profiles import (
    find_profiles,
    invite_form,
    profile_form,
    profiles_in_url,
)
from enrich.identifiers.registers import FORMS as REGISTER_FORMS
from enrich.identifiers.registers import (
    find_cves,
    find_imeis,
    find_macs,
    find_ninos,
    find_vehicles,
)
from enrich.identifiers.spotting import Form, leave, noting_what_is_left
from enrich.identifiers.urls import find_urls, url_form

__all__ = [
    "FINDERS",
    "KINDS",
    "MAX_IDENTIFIERS",
    "find_identifiers",
    "identifiers_in",
    "normal_form",
]

Finder = Callable[[str], Iterator[Identifier]]

FINDERS: tuple[tuple[str, Finder], ...] = (
    ("pgp", find_pgp),
    ("url", find_urls),
    ("email", find_emails),
    ("onion", find_onions),
    ("btc", partial(find_chain, kind="btc")),
    ("eth", find_ethereum),
    ("xmr", find_monero),
    ("ltc", partial(find_chain, kind="ltc")),
    ("trx", partial(find_chain, kind="trx")),
    ("hash", find_hashes),
    ("cve", find_cves),
    ("iban", find_ibans),
    ("mac", find_macs),
    ("coordinates", find_coordinates),
    ("ip", find_ip_addresses),
    ("imei", find_imeis),
    ("card", find_cards),
    ("phone", find_phones),
    ("nino", find_ninos),
    ("vrm", find_vehicles),
    ("postcode", find_postcodes),
    ("domain", find_domains),
    ("handle", find_handles),
)
# leads that take no characters from others
_BESIDE: tuple[Finder, ...] = (find_profiles,)
_IN_URL = (profiles_in_url, coordinates_in_url)
_HOSTS = frozenset({"ip", "onion"})  # kept inside the address that names them
KINDS = (*(kind for kind, _ in FINDERS), "profile", "invite")
MAX_IDENTIFIERS = 20_000  # of one document, in the order of the text: a list of millions is no lead

_FORMS: dict[str, Form] = {
    **COIN_FORMS,
    **DIGEST_FORMS,
    **REGISTER_FORMS,
    "url": url_form,
    "email": email_form,
    "onion": onion_form,
    "iban": iban_form,
    "card": card_form,
    "coordinates": lambda written: coordinates_form(written) or _place_of(written),
    "ip": ip_form,
    "phone": e164,
    "postcode": postcode_form,
    "domain": domain_form,
    "handle": handle_form,
    "profile": lambda written: profile_form(url_form(written) or written),
    "invite": lambda written: invite_form(url_form(written) or written),
}


def normal_form(kind: str, written: str) -> str | None:
    """The one value of an identifier of `kind`, however it was written; itself for that value.

    None where `written` is none of that kind. Raises `KeyError` for a kind not in `KINDS`.
    """
    return _FORMS[kind](plain_text(written).text)


def _place_of(written: str) -> str | None:
    url = url_form(written)
    return map_form(url) if url else None


def find_identifiers(text: str) -> tuple[Identifier, ...]:
    """The identifiers of the text in order of place, the first 20,000 at most."""
    return identifiers_in(text)[0]


def identifiers_in(text: str) -> tuple[tuple[Identifier, ...], tuple[str, ...]]:
    """The identifiers of the text as `find_identifiers` gives them; a line on what was left."""
    plain = plain_text(text)
    with noting_what_is_left() as left:
        kept = _kept(plain)
    says = []
    if left:
        says.append(
            f"too many candidates of {', '.join(sorted(left))}: the later ones were not looked at"
        )
    if len(kept) > MAX_IDENTIFIERS:
        says.append(f"only the first {MAX_IDENTIFIERS:,} identifiers of the text are kept")
    first = _ordered(kept)[:MAX_IDENTIFIERS]
    return tuple(_placed(found, plain, text) for found in first), tuple(says)


def _kept(plain: PlainText) -> list[Identifier]:
    """What the finders find that stands apart, and the leads inside of it."""
    kept = [lead for side in _BESIDE for lead in _some("profile", side(plain.text))]
    taken = bytearray(len(plain.text))  # 1: taken, 2: taken by a URL
    for kind, finder in FINDERS:
        for found in _some(kind, finder(plain.text)):
            if not _is_free(found, taken):
                continue
            kept.append(found)
            _take(taken, found, 2 if kind == "url" else 1)
            if kind == "url":
                kept += [lead for inside in _IN_URL for lead in inside(found)]
    return kept


def _some(kind: str, found: Iterator[Identifier]) -> Iterator[Identifier]:
    """The first 20,000 of a kind."""
    yield from islice(found, MAX_IDENTIFIERS)
    if next(found, None) is not None:
        leave(kind)


def _placed(found: Identifier, plain: PlainText, text: str) -> Identifier:
    """With the offsets and the words of the text as it was; a card stays masked."""
    start, end = plain.span(found.start, found.end)
    original = found.original if found.kind == "card" else text[start:end]
    if original == found.original and start == found.start:
        return found
    return replace(found, start=start, end=end, original=original)


def _ordered(found: Iterable[Identifier]) -> list[Identifier]:
    return sorted(found, key=lambda each: (each.start, -each.end))


def _is_free(found: Identifier, taken: bytearray) -> bool:
    span = taken[found.start : found.end]
    if found.kind in _HOSTS and span.count(2) == len(span):
        # inside an address: `find_ip_addresses` has checked that it is the host
        return found.kind == "onion" or bool(taken[found.start - 1 : found.start])
    return not any(span)


def _take(taken: bytearray, found: Identifier, mark: int) -> None:
    taken[found.start : found.end] = bytes([mark]) * (found.end - found.start)
