from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from enrich.identifiers import find_identifiers
from enrich.identifiers.postcodes import AREAS


def found(text: str, kind: str | None = None) -> list[tuple[str, str]]:
    """Original and value of each identifier (of one kind)."""
    return [(i.original, i.value) for i in find_identifiers(text) if kind in (None, i.kind)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail jo.smith+x@example.test.", [("jo.smith+x@example.test",) * 2]),
        ("mailto:Jo@Example.test?subject=x", [("Jo@Example.test", "jo@example.test")]),
        ("<jo@mail.example.co.uk>,", [("jo@mail.example.co.uk",) * 2]),
        ("jo (at) example [dot] com", [("jo (at) example [dot] com", "jo@example.com")]),
        ("jo AT example DOT com", [("jo AT example DOT com", "jo@example.com")]),
        ("Email: jo at example dot com", [("jo at example dot com", "jo@example.com")]),
        ("Contact us at example.com, look at example dot com", []),
        ("jo\u200b@exam\u00adple.test", [("jo\u200b@exam\u00adple.test", "jo@example.test")]),
        ("ｊｏ＠ｅｘａｍｐｌｅ．ｔｅｓｔ", [("ｊｏ＠ｅｘａｍｐｌｅ．ｔｅｓｔ", "jo@example.test")]),
        ("аdmin@еxample.test", [("аdmin@еxample.test", "admin@example.test")]),
        ("jo(at)example[dot]com", [("jo(at)example[dot]com", "jo@example.com")]),
        ("логин@почта.рф", [("логин@почта.рф",) * 2]),
        ("logo@2x.png", []),
        ("jo@localhost and a@b.c", []),
        ("jo..smith@example.test", []),
        ("x" * 65 + "@example.test", [("x" * 64 + "@example.test",) * 2]),
        ("email=jo@example.test", [("jo@example.test",) * 2]),
    ],
)
def test_e_mail_addresses(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text, "email") == expected


@pytest.mark.parametrize(
    "original",
    [
        "07700 900123",
        "+447700900123",
        "00447700900123",
        "447700900123",
        "(07700) 900123",
        "+44 (0)7700 900 123",
        "07700-900-123",
        "07700\u00a0900123",
    ],
)
def test_one_number_has_one_value_however_it_is_written(original: str) -> None:
    assert found(f"Ring {original}, today.") == [(original, "+447700900123")]


@pytest.mark.standard("TEL-1")
def test_three_spellings_of_a_number_keep_their_originals() -> None:
    text = "07700 900123 or +447700900123 or 00447700900123"

    assert found(text) == [
        ("07700 900123", "+447700900123"),
        ("+447700900123", "+447700900123"),
        ("00447700900123", "+447700900123"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("020 7946 0958", ["+442079460958"]),
        ("0161 496 0123 07700900123", ["+441614960123", "+447700900123"]),
        ("+1 202-555-0143", ["+12025550143"]),
        ("+33 1 99 00 12 34", ["+33199001234"]),
        ("tel:+441614960123", ["+441614960123"]),
        ("ref 1234 07700 900123", ["+447700900123"]),
    ],
)
def test_telephone_numbers_of_several_plans(text: str, expected: list[str]) -> None:
    assert [value for _, value in found(text, "phone")] == expected


@pytest.mark.parametrize(
    "text",
    [
        "born 12/03/1985, 01-03-1985, 2026-03-01 12:30:45, 01.03.1985 12:30",
        "£1,234,567.89 and $07700900123 and 07700900123.50 and 01614960123%",
        "51.5074, -0.1278 and 53.480759,-2.242631 and 0.1614960123",
        "1234567890123456 and 9780306406157 and 0000000000 and 01614960123456",
        "ISBN 978-3-16-148410-0, 4111 1111 1111 1111, id=07700900123, x07700900123",
        "192.0.2.1 and 10.0.0.255",
    ],
)
def test_dates_prices_coordinates_and_long_numbers_are_no_telephones(text: str) -> None:
    assert found(text, "phone") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://example.test/a_(b)?q=1#f.", ["https://example.test/a_(b)?q=1#f"]),
        ("(http://example.test/x)", ["http://example.test/x"]),
        ("HTTP://EXAMPLE.TEST:80", ["http://example.test/"]),
        ("https://example.test:8443/x", ["https://example.test:8443/x"]),
        ("hxxps://bad[.]example[.]test/p", ["https://bad.example.test/p"]),
        ("hxxp[:]//bad[.]example.test", ["http://bad.example.test/"]),
        ("www.example.test, and", ["http://www.example.test/"]),
        ("t.me/somebody", ["http://t.me/somebody"]),
        ("a" * 56 + ".onion", ["http://" + "a" * 56 + ".onion/"]),
        ("http://[2001:db8::1]/x", ["http://[2001:db8::1]/x"]),
        ("“https://example.test/x”", ["https://example.test/x"]),
        ("http://localhost:8080/x", ["http://localhost:8080/x"]),
        ("http://x and http:// and http://a..test/ and http://example.test:99999/", []),
        ("and/or 1.2/3 e.g. and n/a", []),
    ],
)
def test_addresses_of_the_web(text: str, expected: list[str]) -> None:
    assert [value for _, value in found(text, "url")] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1, 192.0.2.10.", ["192.0.2.1", "192.0.2.10"]),
        ("192[.]0[.]2[.]7:8080", ["192.0.2.7"]),
        ("203.0.113.0/24", ["203.0.113.0"]),
        ("2001:db8:0:0:0:0:0:1 and 2001:DB8::1", ["2001:db8::1", "2001:db8::1"]),
        ("::ffff:192.0.2.5", ["192.0.2.5"]),
        ("::1 and fe80::1%eth0", ["::1", "fe80::1"]),
        ("http://192.0.2.1/x", ["192.0.2.1"]),
        ("v1.2.3.4, version 1.2.3.4, Chrome/142.0.0.0, 1.2.3.4.5, 1.2.3.4-5", []),
        ("300.1.1.1 192.168.001.001 0.1.2.3", []),
        ("12:30:45 std::max a::b 00:1A:2B:3C:4D:5E ::", []),
    ],
)
def test_ip_addresses_but_not_versions_times_or_hardware(text: str, expected: list[str]) -> None:
    assert [value for _, value in found(text, "ip")] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Jo_Smith, (@jo.smith) and @jo's", ["@jo_smith", "@jo.smith", "@jo"]),
        ("@user@example.test", ["@user@example.test"]),
        ("@bob-smith.bsky.example", ["@bob-smith.bsky.example"]),
        ("@media (min-width: 1px) @font-face {} @Override @param x", []),
        ("jo@example.test a@b @123 @@x https://example.test/@jo", []),
    ],
)
def test_handles_but_not_style_sheets_mail_or_paths(text: str, expected: list[str]) -> None:
    assert [value for _, value in found(text, "handle")] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SW1A 1AA, M1 1AA, B33 8TH", ["SW1A 1AA", "M1 1AA", "B33 8TH"]),
        ("DN551PT and sw1a 1aa", ["DN55 1PT", "SW1A 1AA"]),
        ("W1A 0AX EC1A 1BB GIR 0AA GY1 1AA", ["W1A 0AX", "EC1A 1BB", "GIR 0AA", "GY1 1AA"]),
        ("QX1 1AA ZZ1 1ZZ A1 1AA", []),
        ("M1A 1AA", []),
        ("SW1A 1CI", []),
        ("e1 2nd edition, m25 1st, M11AAB, XM1 1AA, $M1 1AA", []),
    ],
)
def test_postcodes_of_real_areas(text: str, expected: list[str]) -> None:
    assert [value for _, value in found(text, "postcode")] == expected


def test_there_are_124_postcode_areas() -> None:
    assert len(AREAS) == 124


def test_an_address_hides_the_e_mail_and_the_handle_inside_it() -> None:
    text = "https://example.test/@jo?mail=jo@example.test jo@example.test"

    assert [i.kind for i in find_identifiers(text)] == ["url", "email"]


def test_offsets_give_the_original_back() -> None:
    text = "ā 🔦 jo@example.test 07700 900123 @jo https://example.test SW1A 1AA 192.0.2.1"

    identifiers = find_identifiers(text)

    assert {"email", "phone", "handle", "url", "postcode", "ip"} <= {i.kind for i in identifiers}
    assert [text[i.start : i.end] for i in identifiers] == [i.original for i in identifiers]


WRITTEN = (
    "@ . a 07700 900123 +44 http:// www. [.] (at) example.test / 192.0.2.1 :: : 2001:db8 SW1A 1AA"
    " - 0 9 ( ) é @jo \n"
)
PIECES = st.sampled_from([" ", *WRITTEN.split(" ")])


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join)))
@settings(max_examples=300, deadline=None)
@example("http://[")
@example("+٤٤٧٧٠٠٩٠٠١٢٣")
def test_any_text_is_searched_without_failing_and_offsets_slice_it(text: str) -> None:
    taken = 0
    for identifier in find_identifiers(text):
        assert text[identifier.start : identifier.end] == identifier.original
        assert identifier.value
        assert identifier.start >= taken or identifier.kind == "ip"
        taken = max(taken, identifier.end)


@pytest.mark.parametrize(
    "unit",
    [
        *("a@", "1", "0 ", "+1", "0(", "a.", "::", "1.", "www.", "@a", "A1", "a-", "a[.]"),
        *("(at)", "[ ", "a.a/", "http://a", "\u00a0", "07700 9001"),
    ],
)
def test_a_hundred_thousand_hostile_characters_take_less_than_seconds(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    began = time.perf_counter()

    find_identifiers(text)

    assert time.perf_counter() - began < 5  # measured under 0.4 s; a square would take minutes
