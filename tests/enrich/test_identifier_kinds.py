"""Every kind of identifier by its checks: what is one, what is none, and that places are exact."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.quality.identifiers import MARKED, NONE_IN, Marked
from enrich.identifiers import (
    KINDS,
    MAX_IDENTIFIERS,
    find_identifiers,
    identifiers_in,
    normal_form,
)
from enrich.identifiers.money import masked
from enrich.identifiers.spotting import MAX_CHECKED
from search.selectors import selector_form


@pytest.mark.parametrize("marked", MARKED, ids=lambda m: f"{m.kind}-{m.written[:24]}")
def test_each_marked_identifier_is_found_with_its_normal_form_and_place(marked: Marked) -> None:
    before = f"{marked.before} "
    text = f"{before}{marked.written}{marked.after}"

    found = [i for i in find_identifiers(text) if i.kind == marked.kind]

    assert [i.value for i in found] == [marked.value]
    assert text[found[0].start : found[0].end] == marked.written
    if marked.validity:
        assert found[0].validity == marked.validity


@pytest.mark.parametrize("marked", MARKED, ids=lambda m: f"{m.kind}-{m.written[:24]}")
def test_what_is_written_and_its_value_are_one_token_of_the_index(marked: Marked) -> None:
    assert normal_form(marked.kind, marked.written) == marked.value
    assert normal_form(marked.kind, marked.value) in (marked.value, None)
    assert selector_form(marked.kind, marked.value)


@pytest.mark.parametrize(("kind", "text"), NONE_IN, ids=lambda value: value[:30])
def test_what_only_looks_like_one_is_none(kind: str, text: str) -> None:
    assert [i for i in find_identifiers(text) if i.kind == kind] == []


def test_every_kind_has_a_marked_example() -> None:
    assert {marked.kind for marked in MARKED} == set(KINDS)


def test_a_card_is_masked_in_value_and_original() -> None:
    text = "Card 4111 1111 1111 1111 and ４１１１-１１１１-１１１１-１１１１, exp 01/30"

    found = [i for i in find_identifiers(text) if i.kind == "card"]

    assert [i.value for i in found] == ["411111******1111"] * 2
    assert [i.original for i in found] == ["4111 11** **** 1111", "4111-11**-****-1111"]
    assert text[found[1].start : found[1].end].startswith("４１１１")


@given(st.text("0123456789 -", min_size=13, max_size=25))
def test_a_mask_never_shows_more_than_ten_digits(written: str) -> None:
    assert sum(c.isdigit() for c in masked(written)) <= 10
    assert len(masked(written)) == len(written)


@given(st.sampled_from(MARKED), st.integers(0, 200))
@settings(max_examples=300, deadline=None)
def test_one_wrong_character_in_a_checksum_is_no_identifier(marked: Marked, place: int) -> None:
    if marked.kind not in ("btc", "ltc", "trx", "xmr", "onion", "iban"):
        return
    at = place % len(marked.written)
    letter = marked.written[at]
    other = "3" if letter != "3" else "4"
    text = f"{marked.before} {marked.written[:at]}{other}{marked.written[at + 1 :]}{marked.after}"

    assert marked.value not in [i.value for i in find_identifiers(text)]


@pytest.mark.parametrize(
    "unit",
    ["1", "1 ", "a", "A1 ", "0x", "4111 ", "12:", "ab:", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
     "1.1, ", "TQ 123", "5° ", "\u200b", "аa", "@x.com ", "GB29 ", "tg://", "t.me/+a", "x (at) "],
)  # fmt: skip
def test_a_hostile_text_takes_time_in_step_with_its_length(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    began = time.perf_counter()

    find_identifiers(text)

    assert time.perf_counter() - began < 8  # measured under 2 s; a square would take minutes


def test_a_hundred_thousand_identifiers_are_cut_to_the_first_of_the_text() -> None:
    text = "\n".join(f"a{number}@example.test" for number in range(100_000))

    found = find_identifiers(text)

    assert len(found) == MAX_IDENTIFIERS
    assert found[-1].value == f"a{MAX_IDENTIFIERS - 1}@example.test"


def test_what_is_left_of_a_text_with_too_many_is_said() -> None:
    many = "\n".join(f"a{number}@example.test" for number in range(MAX_IDENTIFIERS + 1))
    mixed = "\n".join(f"a{n}@example.test 192.0.{n >> 8}.{n & 255}" for n in range(15_000))
    numbers = " ".join(f"0999{number:07}" for number in range(MAX_CHECKED + 1))

    assert identifiers_in("a@example.test 07700 900123")[1] == ()
    assert "candidates of email" in identifiers_in(many)[1][0]
    assert identifiers_in(mixed)[1] == ("only the first 20,000 identifiers of the text are kept",)
    assert identifiers_in(f"{numbers} 07700 900123")[1] == (
        "too many candidates of phone: the later ones were not looked at",
    )


# one sign, label or check digit away from an identifier of the kind
NEAR_MISSES = {
    "email": [
        "jo@example",
        "jo@@example.test",
        "@example.test",
        "jo@.example.test",
        "jo@example..test",
        "jo.example.test at noon",
        "me@home",
        "price 5@each.",
        "jo@exa mple.test",
    ],
    "phone": [
        "07700 90012",
        "07700 9001234",
        "0000 000000",
        "12:30 2026",
        "2026-11-24 10:30",
        "£07700900123",
        "0.7700900123",
        "Ref 00447700",
        "+44 0",
        "order 0123456789012345",
        "+999 123 456 789",
    ],
    "url": [
        "http://",
        "https:///path",
        "http//example.test",
        "file.txt/",
        "and/or",
        "he/she",
        "http://exa mple",
        "http:example.test",
    ],
    "domain": [
        "node.js",
        "readme.md",
        "end.The",
        "e.g.this",
        "3.14",
        "v1.2.3",
        "a.b",
        "localhost",
        "foo.invalidtld9",
        "i.e.that",
    ],
    "ip": [
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "01.02.03.04",
        "v1.2.3.4",
        "999.999.999.999",
        "2001:db8:::1",
        "12:34:56",
        ":::",
        "1.2.3.400",
    ],
    "mac": [
        "00:00:5e:00:53",
        "00:00:5e:00:53:01:02",
        "gg:00:5e:00:53:01",
        "00:00-5e:00:53:01",
        "12:34:56:78",
    ],
    "onion": [
        "expyuzz4wqqyqhjm.onion.com",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.onion",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.onion",
        "expyuzz4wqqyqhjn1.onion",
    ],
    "btc": [
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLz",
        "1111111111111111111111111111",
        "bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
    ],
    "eth": [
        "0x5aAeb6053f3E94C9b9A09f33669435E7Ef1BeAeD",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
        "0xzzaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    ],
    "xmr": [
        "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3B",
    ],
    "ltc": [
        "LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc2",
        "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n8",
    ],
    "trx": [
        "TJRabPrwbZy45sbavfcjinPJC18kjpRTv9",
        "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT",
    ],
    "iban": [
        "GB28 NWBK 6016 1331 9268 19",
        "GB29NWBK601613319268190",
        "ZZ29NWBK60161331926819",
    ],
    "card": [
        "4111 1111 1111 1112",
        "5105 1051 0510 5101",
        "1234 5678 9012 3456",
        "4111-1111-1111-111",
        "0000 0000 0000 0000",
        "card 4111 1111 1111 1112",
    ],
    "postcode": [
        "A1 1A",
        "EX1 1AAA",
        "ZZ99 9ZZZ",
        "QV1 1AA",
        "EX1 1CV",
        "M1M 1MM",
        "10 0AA",
        "Q1 1QQ",
    ],
    "vrm": [
        "AB51 ABCD",
        "A1B2C3",
        "AI51 ABC",
        "AB51 QIZ",
        "QQ",
        "AB5 1ABC",
        "car AB51AB",
    ],
    "nino": [
        "QQ 12 34 5 C",
        "BG 12 34 56 A",
        "GB123456A",
        "AO 12 34 56 B",
        "AB 12 34 56 E",
        "QQ 12 34 56 F",
    ],
    "imei": [
        "49-015420-323751-7",
        "490154203237511",
        "IMEI 490154203237519",
        "1234567890123456789",
    ],
    "coordinates": [
        "91.0, 0.0",
        "51.5, 181.0",
        "51.5,",
        "5.1, 2.3",
        "51°61'00\"N 0°07'00\"W",
        "ratio 1.5, 2.5",
    ],
    "handle": [
        "@",
        "a@b",
        "@1",
        "@media",
        "@import url",
        "user@",
        "@@x",
        "@-x",
    ],
    "pgp": [
        "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 456",
        "fingerprint: 01234567",
    ],
    "hash": [
        "d41d8cd98f00b204e9800998ecf8427",
        "d41d8cd98f00b204e9800998ecf8427e0",
        "g41d8cd98f00b204e9800998ecf8427e",
        "00000000000000000000000000000000",
        "12345678901234567890123456789012",
    ],
    "cve": [
        "CVE-26-1",
        "CVE-2026-1",
        "CVE-1900-0001",
        "CVE 2026",
        "xCVE-2026-00012",
    ],
    "profile": [
        "https://instagram.com/",
        "https://instagram.com/p/abc",
        "https://t.me/",
        "https://twitter.com/home",
        "https://facebook.com/login",
        "https://x.com/search?q=a",
        "https://youtube.com/watch?v=1",
    ],
    "invite": [
        "https://t.me/joinchat/",
        "discord.gg/",
        "https://discord.com/channels/1/2",
        "https://t.me/+",
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_nearly_an_identifier_is_none(kind: str) -> None:
    for written in NEAR_MISSES[kind]:
        for text in (written, f"He said {written} today.", f"x\n{written}\ny"):
            assert [i.value for i in find_identifiers(text) if i.kind == kind] == [], text


def test_an_address_that_no_check_holds_of_is_not_said_to_be_valid() -> None:
    wrong = f"{'a' * 56}.onion"
    told = {i.kind: i.validity for i in find_identifiers(f"see http://{wrong}/ now")}
    assert told == {"url": "form"}
    assert find_identifiers(f"see {'a' * 55}.onion now") == ()
    (domain,) = find_identifiers("see shop.example.test now")
    assert (domain.kind, domain.validity) == ("domain", "test-range")
