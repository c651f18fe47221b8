"""Identifiers that stand in links alone."""

from __future__ import annotations

import time

import pytest

from enrich import SourceDocument, enrich
from enrich.documents import Identifier, Link
from enrich.identifiers import find_identifiers
from enrich.identifiers.linked import linked_identifiers

ONION = "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion"
BTC = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
ETH = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
KEY = "0123456789ABCDEF0123456789ABCDEF01234567"
HERE = "https://www.shop.example.test/vans"


def named_by(*addresses: str, page: str | None = HERE) -> list[Identifier]:
    return list(linked_identifiers([Link(each, "words") for each in addresses], page, ()))


@pytest.mark.parametrize(
    ("address", "kind", "value", "written"),
    [
        ("mailto:Jo@Example.test?subject=x@y.test", "email", "jo@example.test", "Jo@Example.test"),
        ("MAILTO:jo%40example.test", "email", "jo@example.test", "jo%40example.test"),
        ("tel:+44-7700-900123;ext=5", "phone", "+447700900123", "+44-7700-900123"),
        ("tel:07700%20900123", "phone", "+447700900123", "07700%20900123"),
        ("sms:07700900123?body=hi", "phone", "+447700900123", "07700900123"),
        ("whatsapp://send?phone=447700900123", "phone", "+447700900123", "447700900123"),
        (
            "https://api.whatsapp.com/send?text=a&phone=%2B447700900123",
            "phone",
            "+447700900123",
            "%2B447700900123",
        ),
        (f"bitcoin:{BTC}?amount=0.1", "btc", BTC, BTC),
        (f"ethereum:pay-{ETH}@1", "eth", ETH, ETH),
        ("geo:51.50735,-0.12776?z=9", "coordinates", "51.50735,-0.12776", "geo:51.50735,-0.12776"),
        (f"http://forum.{ONION}/t/1", "onion", ONION, f"forum.{ONION}"),
        ("openpgp4fpr:" + KEY.lower(), "pgp", KEY, KEY.lower()),
        ("https://t.me/+AbCdEfGhIjKlMnOp", "invite", "telegram:AbCdEfGhIjKlMnOp", None),
        ("https://discord.gg/AbC123", "invite", "discord:AbC123", None),
        ("tg://resolve?domain=night_owl", "profile", "telegram:night_owl", None),
        ("https://twitter.com/Night_Owl?lang=en", "profile", "x:night_owl", None),
    ],
)
def test_a_link_names_what_its_scheme_or_platform_says(
    address: str, kind: str, value: str, written: str | None
) -> None:
    (found,) = named_by("https://elsewhere.test/", address)
    assert (found.kind, found.value, found.source) == (kind, value, "link:1")
    assert found.original == (written or address) == address[found.start : found.end]


def test_what_a_link_names_is_checked_as_it_is_in_a_text() -> None:
    of_a_test_network = "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"  # BIP 173
    for scheme, address, validity in (
        ("bitcoin", of_a_test_network, "test-range"),
        ("bitcoin", BTC, "valid"),
        ("ethereum", ETH.lower(), "unchecked"),
        ("ethereum", ETH, "valid"),
    ):
        (found,) = named_by(f"{scheme}:{address}")
        (written,) = find_identifiers(f"Pay {address} today")
        assert found.validity == written.validity == validity


def test_a_number_on_whatsapp_is_a_number_and_an_account() -> None:
    assert {(i.kind, i.value) for i in named_by("https://wa.me/447700900123")} == {
        ("phone", "+447700900123"),
        ("profile", "whatsapp:447700900123"),
    }


@pytest.mark.parametrize(
    "address",
    [
        "mailto:?subject=Look&body=jo@example.test",
        "mailto:jo",
        "mailto:Jo Smith <jo@example.test>",
        "https://wa.me/?text=447700900123",
        "https://api.whatsapp.com/send?text=447700900123",
        "https://www.facebook.com/sharer/sharer.php?u=https://x.com/night_owl",
        "https://twitter.com/intent/tweet?url=https://t.me/night_owl",
        "https://t.me/share/url?url=https://t.me/night_owl",
        "https://pinterest.com/pin/create/button/?url=a",
        "https://www.shop.example.test/go?to=mailto:jo@example.test",
        "tel:999",
        "tel:" + "0" * 30,
        f"bitcoin:{BTC[:-1]}b",
        "bitcoin:buy",
        "http://" + "a" * 56 + ".onion/",
        "geo:north",
        "geo:91.5,0.1",
        "https://[x",
        "http://",
    ],
)
def test_what_shares_a_page_or_only_looks_like_an_identifier_gives_none(address: str) -> None:
    assert named_by(address) == []


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("https://mobile.twitter.com/night_owl", "https://twitter.com/someone"),
        ("https://t.me/night_owl", "https://t.me/s/owls"),
        (f"http://{ONION}/about", f"http://www.{ONION}/"),
    ],
)
def test_a_site_s_way_about_itself_gives_none(address: str, page: str) -> None:
    assert named_by(address, page=page) == []
    assert named_by(address)
    assert named_by(address, page=None)


def test_what_the_text_has_and_what_was_met_in_a_link_is_not_given_again() -> None:
    links = [Link(f"mailto:{name}@example.test", "") for name in ("jo", "ann", "ann")]
    known = [Identifier("email", "jo@example.test", 0, 15, "jo@example.test")]
    found = list(linked_identifiers(links, HERE, known))
    assert [(i.value, i.source) for i in found] == [("ann@example.test", "link:1")]


def test_links_of_a_page_and_of_its_frames_are_read_after_the_text() -> None:
    page = (
        b"<p>Ring 07700 900123</p><a href='tel:07700900123'>x</a>"
        b"<a href='mailto:jo@example.test'>y</a>"
    )
    frame = SourceDocument(b'<a href="https://t.me/night_owl">chat</a>', "text/html", url=HERE)
    read = enrich(SourceDocument(page, "text/html", url=HERE, frames=(frame,)), model=None)
    assert [(i.kind, i.value, i.source) for i in read.identifiers] == [
        ("phone", "+447700900123", "page"),
        ("email", "jo@example.test", "link:1"),
        ("profile", "telegram:night_owl", "link:2"),
    ]
    assert read.texts.link_list[2].url == "https://t.me/night_owl"


def test_five_thousand_hostile_links_take_seconds_at_most() -> None:
    worst = ["mailto:" + "a@b.test," * 220, "https://api.whatsapp.com/send?" + "phone=&" * 280]
    worst += ["tel:+" + "1(" * 29, "https://facebook.com/people/" + "a/" * 900]
    began = time.perf_counter()
    linked = linked_identifiers([Link(each, "") for each in worst * 1_250], HERE, ())
    assert [i.value for i in linked] == ["a@b.test"]
    assert time.perf_counter() - began < 10
