"""Identifiers in their normal form: however one is written, it is one token."""

from __future__ import annotations

import pytest

from search.selectors import selector_form, selector_piece, with_parents


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
