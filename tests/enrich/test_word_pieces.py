"""The name finder's network as a component: words to pieces, likelihoods to names."""

from __future__ import annotations

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.entities import NameModel
from enrich.word_pieces import Pieces, _best_path, _grammar, _names, _windows, case_of

TAGS = ("O", "B-PERSON", "I-PERSON", "B-LOC", "I-LOC")
VOCABULARY = ["[CLS]", "[SEP]", "[UNK]", "jo", "##an", "'", "leeds", "caf", "##e", "東", "京"]


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("Joan", ["jo", "##an"]),
        ("LEEDS", ["leeds"]),
        ("café", ["caf", "##e"]),
        ("Jo'", ["jo", "'"]),
        ("東京", ["東", "京"]),
        ("jozz", ["[UNK]"]),
        ("x" * 5000, ["[UNK]"]),
        ("\u200b", []),
    ],
)
def test_a_word_is_cut_into_the_longest_pieces_from_the_left(word: str, pieces: list[str]) -> None:
    assert [VOCABULARY[at] for at in Pieces(VOCABULARY).of(word)] == pieces


@pytest.mark.parametrize(
    ("word", "case"),
    [("jo", 0), ("Jo", 1), ("JO", 2), ("McKay", 3), ("2026", 4), ("!", 5), ("I", 6), ("iPhone", 7)],
)
def test_case_is_told_apart_from_the_pieces(word: str, case: int) -> None:
    assert case_of(word) == case


@given(st.integers(0, 700))
def test_each_word_counts_in_exactly_one_window(words: int) -> None:
    found = list(_windows(0, ["w"] * words))

    counted = [w.start + at for w in found for at in range(w.first, w.last)]

    assert counted == list(range(words))


@given(st.integers(0, 2**32), st.integers(1, 30))
@settings(deadline=None)
def test_the_path_spells_names_alone_and_is_the_likeliest(seed: int, length: int) -> None:
    likelihoods = np.random.default_rng(seed).normal(size=(length, len(TAGS))).astype(np.float32)

    path = _best_path(likelihoods, *_grammar(TAGS))

    spelled = [TAGS[at] for at in path]
    for before, tag in zip(["O", *spelled], spelled, strict=False):
        assert not tag.startswith("I-") or before[2:] == tag[2:]
    named = [at for start, end, _ in _names(path, TAGS) for at in range(start, end)]
    assert named == [at for at, tag in enumerate(spelled) if tag != "O"]
    outside = likelihoods[:, 0].sum()
    assert likelihoods[np.arange(length), path].sum() >= outside - 1e-3


def test_names_have_scores_and_a_text_of_no_words_has_none() -> None:
    model = NameModel()
    text = "Ann Example of Leeds met officers of Avon and Somerset Police in Bristol."

    found = model.names(text)

    assert {("Leeds", "LOC"), ("Bristol", "LOC")} <= {(m.text, m.label) for m in found}
    assert all(m.score is not None and 0 < m.score <= 1 for m in found)
    assert model.names("") == model.names("\u200b !!! \n\n") == ()


def test_a_name_is_found_wherever_it_stands_in_a_long_line() -> None:
    filler = "The river was high and the road was shut to all traffic that day. "
    model = NameModel()

    for before in range(0, 24, 3):
        text = filler * before + "Police arrested John Smith in Manchester. " + filler * 12
        assert "Manchester" in {m.text for m in model.names(text)}, before


def test_offsets_are_those_of_the_text() -> None:
    text = "\U0001f6a8 Café “Zoë Example” left Paris – for Łódź."

    for mention in NameModel().names(text):
        assert text[mention.start : mention.end] == mention.text


def test_stock_spacy_reads_the_folder_once_the_component_is_known() -> None:
    from enrich.entities import OUR_FOLDER

    assert spacy.load(OUR_FOLDER).pipe_names == ["names"]
