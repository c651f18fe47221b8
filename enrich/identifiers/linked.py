"""Identifiers that a page's links lead to: who is written to, rung, paid or met there.

A link names one thing by the form of its scheme or platform, and that alone is read, never the
rest of the address: what a link would send along is nobody's identifier. A link that shares the
page, or leads about the site or platform that the page is on, gives none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final
from urllib.parse import unquote

from enrich.documents import LINK, Identifier, Link
from enrich.identifiers.coins import FORMS as COIN_FORMS
from enrich.identifiers.coins import coin_validity
from enrich.identifiers.coordinates import coordinates_form
from enrich.identifiers.digests import pgp_form
from enrich.identifiers.emails import email_form
from enrich.identifiers.names import validity_of
from enrich.identifiers.onions import service_of
from enrich.identifiers.phones import e164, phone_validity
from enrich.identifiers.profiles import invite_form, profile_form
from enrich.identifiers.urls import url_form

MOST_RECIPIENTS: Final = 20  # of one link

_MAIL = re.compile(r"(?i)mailto:(?P<to>[^?#]{3,2000})")
_TO = re.compile(r"[^,;]+")
_RING = re.compile(
    r"(?i)(?:tel|callto|sms|smsto|facetime|facetime-audio):(?://)?(?P<number>[^;?&#]{6,60})"
)
_WHATSAPP = re.compile(
    r"(?i)(?:https?://wa\.me/|(?:https?://(?:api|web)\.whatsapp\.com|whatsapp:/)/?send/?\?"
    r"(?:[^#]*&)?phone=)(?P<number>(?:\+|%2B)?[1-9]\d{7,14})(?![\w%])"
)
_PAY = re.compile(
    r"(?i)(?P<coin>bitcoin|ethereum|litecoin|monero|tron):(?://)?(?:pay-)?(?P<address>[a-z0-9]{20,120})"
    r"(?=[@/?#]|$)"
)
_COINS = {"bitcoin": "btc", "ethereum": "eth", "litecoin": "ltc", "monero": "xmr", "tron": "trx"}
_KEY = re.compile(r"(?i)openpgp4fpr:(?P<key>[0-9a-f]{40})(?![0-9a-z])")
_GEO = re.compile(r"(?i)geo:-?\d{1,2}(?:\.\d{1,16})?,-?\d{1,3}(?:\.\d{1,16})?(?=[,;?#]|$)")
_HOST = re.compile(r"(?i)[a-z]{2,6}://(?:[^/?#@]*@)?(?P<host>[^/?#:@]+)")
_OF_A_DEVICE = re.compile(r"^(?:www|m|mobile|web)\.")


def linked_identifiers(
    links: Sequence[Link], page: str | None, known: Sequence[Identifier]
) -> Iterator[Identifier]:
    """What the links name that is not among `known`, each value once, in the order of the links.

    `source` is "link:" and the place in `links`; offsets count characters of that address, and
    `original` is that slice of it. `page` is the address of the page itself.
    """
    seen = {(each.kind, each.value) for each in known}
    here = _host(page or "")
    for number, link in enumerate(links):
        for found in _named_by(link.url, here):
            if (found.kind, found.value) not in seen:
                seen.add((found.kind, found.value))
                yield replace(found, source=f"{LINK}{number}")


def _named_by(address: str, here: str) -> Iterator[Identifier]:
    if written := _MAIL.match(address):
        yield from _recipients(written)
    elif written := _RING.match(address):
        yield from _phone(written, unquote(written["number"]))
    elif written := _PAY.match(address):
        kind = _COINS[written["coin"].lower()]
        if value := COIN_FORMS[kind](written["address"]):
            validity = coin_validity(kind, value, written["address"])
            yield _found(kind, value, written, "address", validity)
    elif written := _KEY.match(address):
        if value := pgp_form(written["key"]):
            yield _found("pgp", value, written, "key", "form")
    elif written := _GEO.match(address):
        if value := coordinates_form(written.group()):
            yield _found("coordinates", value, written, 0)
    else:
        yield from _of_the_web(address, here)


def _recipients(written: re.Match[str]) -> Iterator[Identifier]:
    """Everyone to whom a mail would go: none where a page is offered to be sent on."""
    for each in islice(_TO.finditer(written["to"]), MOST_RECIPIENTS):
        start = written.start("to") + each.start()
        plain = unquote(each.group()).strip()
        value = email_form(plain) if " " not in plain and plain.count("@") == 1 else None
        if value:
            yield Identifier(
                "email",
                value,
                start,
                start + len(each.group()),
                each.group(),
                validity=validity_of(value.rpartition("@")[2]),
            )


def _phone(written: re.Match[str], number: str) -> Iterator[Identifier]:
    if value := e164(number.strip()):
        yield _found("phone", value, written, "number", phone_validity(value))


def _of_the_web(address: str, here: str) -> Iterator[Identifier]:
    """The profile, invitation, number or onion service that an address of the web is."""
    if written := _WHATSAPP.match(address):
        yield from _phone(written, "+" + unquote(written["number"]).lstrip("+"))
    host = _HOST.match(address)
    if host is None or _is_same_site(_host(address), here):
        return
    if value := service_of(host["host"]):
        yield _found("onion", value, host, "host")
    plain = url_form(address) or address
    for kind, form in (("invite", invite_form), ("profile", profile_form)):
        if value := form(plain):
            yield Identifier(kind, value, 0, len(address), address, validity="form")
            return


def _found(
    kind: str, value: str, written: re.Match[str], part: str | int, validity: str = "valid"
) -> Identifier:
    start, end = written.span(part)
    return Identifier(kind, value, start, end, written[part], validity=validity)


def _host(address: str) -> str:
    found = _HOST.match(address)
    return _OF_A_DEVICE.sub("", found["host"].lower()) if found else ""


def _is_same_site(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
