"""A text's tokens: the golden file, and what holds of any text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.analysis import Token, analyse, forms, stem_of, stretches
from search.folding import MAX_TOKEN_BYTES, fold_word

GOLDEN = json.loads((Path(__file__).parent / "golden" / "tokens.json").read_text("utf-8"))["texts"]
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)  # lone surrogates too


@pytest.mark.parametrize("row", GOLDEN, ids=[row["name"] for row in GOLDEN])
def test_a_text_has_the_tokens_of_the_golden_file(row: dict[str, object]) -> None:
    assert [list(token) for token in analyse(str(row["text"]))] == row["tokens"]


@given(ANY_TEXT)
def test_offsets_slice_the_source_and_rise(text: str) -> None:
    tokens = list(analyse(text))
    ends = [0, *(token.end for token in tokens)]
    for before, token in zip(ends, tokens, strict=False):
        assert before <= token.start < token.end <= len(text)
        assert next(iter(analyse(text[token.start : token.end]))).exact == token.exact


@given(ANY_TEXT)
def test_no_token_is_empty_too_long_or_holds_a_space(text: str) -> None:
    for token in analyse(text):
        for form in (token.exact, token.stem):
            assert 0 < len(form.encode()) <= MAX_TOKEN_BYTES
            assert not any(letter.isspace() for letter in form)


@given(ANY_TEXT)
def test_the_same_text_gives_the_same_tokens(text: str) -> None:
    assert analyse(text) == analyse("" + text)


@given(ANY_TEXT)
@example("_東_a_京_ 💊_x " + "y" * 100)
def test_forms_are_those_of_the_tokens(text: str) -> None:
    tokens = analyse(text)
    assert forms(text) == (tokens.exact, tokens.stems)
    assert forms(text, stretch=3) == (tokens.exact, tokens.stems)


@given(st.text("a é東 ", max_size=40), st.integers(1, 9))
def test_stretches_are_the_whole_text_cut_at_spaces(text: str, size: int) -> None:
    pieces = list(stretches(text, size))
    assert "".join(piece for _, piece in pieces) == text
    assert all(text[start:].startswith(piece) for start, piece in pieces)
    assert all(text[start] == " " for start, _ in pieces[1:])


@given(st.text(st.characters(max_codepoint=127), max_size=100))
def test_plain_ascii_is_analysed_as_any_other_text(text: str) -> None:
    among_others = list(analyse(f"{text} é"))
    assert list(analyse(text)) == among_others[:-1]


def test_a_position_is_an_index_and_none_is_skipped() -> None:
    tokens = analyse("one — two\u00ad … \u200b three")
    assert list(enumerate(tokens.exact)) == [(0, "one"), (1, "two"), (2, "three")]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("O’NEIL", "O'Neil"),
        ("ZOË", "zoe"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("ﬁre", "FIRE"),
        ("STRASSE", "straße"),
        ("Ｓｍｉｔｈ", "smith"),
        ("Smith’s", "smith"),
        ("O′Malley", "o'malley"),
        ("o`malley", "O´MALLEY"),
        ("O‛Malley", "OMalley"),
        ("Smith`s", "smith"),
    ],
)
def test_two_spellings_share_their_exact_form(typed: str, found: str) -> None:
    assert fold_word(typed) == fold_word(found)


@pytest.mark.parametrize("mark", ["'", "’", "‘", "ʼ", "＇", "‛", "′", "`", "´"])
def test_every_apostrophe_makes_one_word_of_a_name(mark: str) -> None:
    assert analyse(f"met O{mark}Malley there").exact == ("met", "omalley", "there")
    assert analyse(f"{mark}quoted{mark} é").exact == ("quoted", "e")


def test_a_hyphen_that_keeps_its_line_parts_words_as_any_other() -> None:
    assert analyse("Smith\u2011Jones").exact == analyse("Smith-Jones").exact == ("smith", "jones")


def test_only_english_words_are_stemmed() -> None:
    assert [stem_of(word) for word in ("running", "07700", "night_owl", "бегущий")] == [
        "run",
        "07700",
        "night_owl",
        "бегущий",
    ]


def test_a_word_of_a_million_letters_is_one_short_token() -> None:
    assert list(analyse("a" * 1_000_000)) == [Token("a" * 200, "a" * 200, 0, 1_000_000)]
