"""Identifiers in their normal form: however one is written, it is one token."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cases.identity import CaptureId, CaseId
from enrich.identifiers import KINDS, find_identifiers
from search.document import Identifier, SearchDocument, index_tokens
from search.fields import IDENTIFIER_FIELDS, QUERY_FIELDS
from search.selectors import asked_forms, selector_form, selector_piece, with_parents


@pytest.mark.parametrize(
    ("kind", "value", "token"),
    [
        ("email", "Jo.Bloggs@Example.TEST", "jo.bloggs@example.test"),
        ("email", "mailto:jo@example.test", "jo@example.test"),
        ("handle", "@Night_Owl", "night_owl"),
        ("phone", "07700 900123", "447700900123"),
        ("phone", "+44 7700 900123", "447700900123"),
        ("phone", "+44 (0)7700 900-123", "447700900123"),
        ("phone", "0044 7700 900123", "447700900123"),
        ("phone", "+1 202 555 0123", "12025550123"),
        ("ip", "192.0.2.7", "192.0.2.7"),
        ("ip", "2001:DB8:0:0::1", "2001:db8::1"),
        ("ip", "[2001:db8::1]", "2001:db8::1"),
        ("postcode", "ex1 1aa", "ex11aa"),
        ("domain", "WWW.Example.test.", "www.example.test"),
        ("domain", "xn--bcher-kva.example", "bücher.example"),
        ("domain", "xn--é.example", "xn--é.example"),
        ("wallet", "AbC 12", "abc12"),
        ("handle", "@", ""),
    ],
)
def test_a_value_has_one_token(kind: str, value: str, token: str) -> None:
    assert selector_form(kind, value) == token


def test_a_value_too_long_is_cut_as_every_token_is() -> None:
    assert len(selector_form("email", "é" * 150).encode()) == 200


def test_a_domain_is_found_by_each_that_it_lies_in() -> None:
    assert with_parents("www.example.test", ".") == ("www.example.test", "example.test", "test")


def test_a_language_is_found_without_its_country() -> None:
    assert with_parents("en-gb", "-") == ("en-gb", "en")


def test_a_number_begun_with_nought_is_sought_with_the_countrys_code() -> None:
    assert selector_piece("phone", "07700", first=True) == "447700"
    assert selector_piece("phone", "0123", first=False) == "0123"


@pytest.mark.parametrize(
    ("written", "field", "typed"),
    [
        ("Write to Jo.Bloggs (at) example[.]test now", "email", "JO.BLOGGS@example.test"),
        ("call 07700 900123 tonight", "phone", "+44 (0)7700 900-123"),
        ("call +44 7700 900123 tonight", "phone", "07700900123"),
        ("call 07700 900123 tonight", "phone", "٠٧٧٠٠٩٠٠١٢٣"),
        ("call ٠٧٧٠٠ ٩٠٠١٢٣ tonight", "phone", "07700900123"),
        ("see hxxps://Shop.Example[.]test/a", "found_url", "https://shop.example.test/a"),
        ("from shop.example[.]com today", "found_domain", "example.com"),
        ("see hxxps://bad.Example[.]test/a now", "found_domain", "bad.example.test"),
        ("see https://bad.example.test:8443/a now", "found_domain", "example.test"),
        ("see https://bad.example.test/a now", "identifier", "bad.example.test"),
        ("write to jo@mail.example.test now", "found_domain", "mail.example.test"),
        ("write to jo@mail.example.test now", "found_domain", "EXAMPLE.test"),
        ("see https://bücher.example/a now", "found_domain", "xn--bcher-kva.example"),
        ("write to night\u2011owl@ex\u2010ample.test", "email", "night-owl@ex-ample.test"),
        ("write to night-owl@example.test now", "email", "night\u2011owl@example.test"),
        ("call 07700 900123 tonight", "phone", "07700 900123 ext 5"),
        ("call 07700 900123 ext. 5 tonight", "phone", "+44 7700 900123 x5"),
        ("call 07700 900123 tonight", "phone", "tel:+447700900123;ext=5"),
        ("from 2001:db8::7 there", "ip", "2001:0DB8:0:0:0:0:0:7"),
        ("adapter 00-00-5E-00-53-01 seen", "mac", "0000.5e00.5301"),
        ("pay to GB29 NWBK 6016 1331 9268 19 please", "iban", "gb29nwbk60161331926819"),
        ("debit card 5105 1051 0510 5100 there", "card", "5105105105105100"),
        ("live at EX1 1AA there", "postcode", "ex11aa"),
        ("reg AB51 ABC parked", "vrm", "ab51abc"),
        ("as @Night_Owl said", "handle", "night_owl"),
        ("as @Night_Owl said", "handle", "@night_owl"),
        ("at https://t.me/night_owls now", "profile", "telegram:night_owls"),
        ("at https://t.me/night_owls now", "telegram", "@Night_Owls"),
        ("at https://t.me/night_owls now", "telegram", "https://t.me/night_owls"),
        ("join discord.gg/abc123 now", "discord", "abc123"),
        ("join discord.gg/abc123 now", "invite", "https://discord.gg/abc123"),
        ("md5 D41D8CD98F00B204E9800998ECF8427E", "hash", "d41d8cd98f00b204e9800998ecf8427e"),
        ("see CVE-2026-0001 there", "cve", "cve-2026-0001"),
        ("pay bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq now", "btc",
         "BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ"),
        ("pay 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed now", "eth",
         "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
        ("at 51.5074, -0.1278 exactly", "coordinates", "51.5074,-0.1278"),
        ("call 07700 900123 tonight", "identifier", "+44 7700 900123"),
        ("live at EX1 1AA there", "identifier", "ex11aa"),
    ],
)  # fmt: skip
def test_what_the_enricher_found_is_found_however_it_is_typed(
    written: str, field: str, typed: str
) -> None:
    found = find_identifiers(written)
    page = SearchDocument(
        CaptureId("c-1"),
        CaseId("c-linden"),
        1,
        datetime(2026, 1, 1, tzinfo=UTC),
        "https://example.test/",
        written,
        identifiers=tuple(Identifier(each.kind, each.value) for each in found),
    )
    held = {token for (token,) in index_tokens(page)[QUERY_FIELDS[field].exact]}
    assert held & set(asked_forms(field, typed)), (found, held, asked_forms(field, typed))


def test_every_kind_that_the_enricher_finds_has_a_field() -> None:
    assert set(KINDS) == set(IDENTIFIER_FIELDS)
