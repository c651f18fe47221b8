"""What is found by form: dates, sums, measures, document references, weapons."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.documents import Mention
from enrich.entities import LABELS, open_model
from enrich.ruler import MAX_RULED, RULER, ruled, with_rules


def found(text: str) -> list[tuple[str, str]]:
    return [(mention.text, mention.label) for mention in ruled(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("seen on Monday, 3rd of March 2026 at", [("Monday, 3rd of March 2026", "DATE")]),
        ("on Dec. 26, 2016 and 2026-11-24", [("Dec. 26, 2016", "DATE"), ("2026-11-24", "DATE")]),
        ("born 12/03/1985, since May 2020", [("12/03/1985", "DATE"), ("May 2020", "DATE")]),
        ("paid £1.1bn and 20 million euros", [
            ("£1.1bn", "MONEY"), ("20 million euros", "MONEY")]),
        ("USD 5,000 and $20", [("USD 5,000", "MONEY"), ("$20", "MONEY")]),
        ("7.5 kilometres, 3g of it, 20%", [
            ("7.5 kilometres", "QUANTITY"), ("3g", "QUANTITY"), ("20%", "QUANTITY")]),
        ("section 5(1)(a) of the Terrorism Act 2000", [
            ("section 5(1)(a) of the Terrorism Act 2000", "DOCREF")]),
        ("under Resolution 2249 and [2026] EWCA Crim 12", [
            ("Resolution 2249", "DOCREF"), ("[2026] EWCA Crim 12", "DOCREF")]),
        ("a machete, two handguns, an AK47 and IEDs", [
            ("machete", "WEAPON"), ("handguns", "WEAPON"), ("AK47", "WEAPON"), ("IEDs", "WEAPON")]),
    ],
)  # fmt: skip
def test_each_form_is_found_whole(text: str, wanted: list[tuple[str, str]]) -> None:
    assert found(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "she may 2 or march on", "version 1.2.2026.4", "192.0.2.7", "https://a.test/2026-11-24/x",
        "5G network, 3m views, 10x", "The Act of God", "Resolution was passed", "passwords",
        "12/13/14/15", "€", "the sectional sofa", "Riedl", "2026", "1/2 cup", "swordfish",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_left(text: str) -> None:
    assert found(text) == []


def test_a_form_is_no_name_and_a_weapon_within_a_name_is_none() -> None:
    text = "May 2020: Sword Street. Jane"
    names = [Mention("May", "PERSON", 0, 3, "m 1"), Mention("Sword Street", "LOC", 10, 22, "m 1"),
             Mention("Jane", "PERSON", 24, 28, "m 1")]  # fmt: skip

    merged = with_rules(text, names)

    assert [(m.text, m.label) for m in merged] == [
        ("May 2020", "DATE"),
        ("Sword Street", "LOC"),
        ("Jane", "PERSON"),
    ]
    assert {m.model for m in merged} == {"m 1", RULER}
    assert all(m.score is None for m in merged)


@given(st.text(alphabet="0123456789,. £%-/May()[]Actsection of thekg\u0661", max_size=300))
def test_offsets_hold_and_nothing_overlaps(text: str) -> None:
    end = 0
    for mention in ruled(text):
        assert text[mention.start : mention.end] == mention.text
        assert mention.start >= end
        end = mention.end


def test_hostile_text_takes_no_longer_than_ordinary_text_and_is_bounded() -> None:
    began = time.monotonic()
    for text in (
        "1," * 200_000,
        "A and " * 100_000,
        "9" * 500_000,
        "£1 " * 150_000,
        "(a)" * 99_999,
    ):
        assert len(list(ruled(text))) <= MAX_RULED
    assert time.monotonic() - began < 10


@pytest.mark.standard("DPA-6")
def test_no_label_says_what_nobody_may_infer_of_a_person() -> None:
    text = (
        "Jane Brown, a Muslim nurse with diabetes from Leeds, is gay and votes Labour; her Jewish "
        "friend Tom Green is Black, a Quaker, and an Iraqi."
    )

    assert "NORP" not in {*LABELS, *LABELS.values()}
    mentions = open_model("lantern").mentions(text)
    assert {m.label for m in mentions} <= {"PERSON", "ORG", "LOC", "PRODUCT", "WORK", "EVENT"}
    assert {"Jane Brown", "Tom Green"} <= {m.text for m in mentions}
    assert not {"Muslim", "diabetes", "gay", "Jewish", "Iraqi"} & {m.text for m in mentions}
