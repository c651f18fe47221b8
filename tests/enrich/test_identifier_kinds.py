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
