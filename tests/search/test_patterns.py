"""Wildcards and near spellings, matched by us."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis import stem_of
from search.fields import NAMES, PAGE
from search.patterns import form_begins, glob, nearly, pieces, within

LETTERS = st.text("abc", max_size=5)


@pytest.mark.parametrize(
    ("pattern", "apart"),
    [
        ("smi*", ["=smi", "*"]),
        ("*a?b**c", ["*", "=a", "?", "=b", "*", "=c"]),
        (r"a\*b\?c\\", [r"=a*b?c" + "\\"]),
        ("??", ["?", "?"]),
        ("", []),
    ],
)
def test_a_pattern_comes_apart_at_its_wildcards(pattern: str, apart: list[str]) -> None:
    assert pieces(pattern) == apart


@pytest.mark.parametrize(
    ("field", "pattern", "token", "fits"),
    [
        ("text", "SMI*", "smith", True),
        ("text", "smi*", "asmith", False),
        ("text", "smith*", "smith", True),
        ("text", "sm?th", "smth", False),
        ("text", "*ith", "smith", True),
        ("text", "ÉCL*", "eclair", True),
        ("text", "o'n*", "oneil", True),
        ("text", "a.c*", "abcd", False),
        ("text", "*ab*ab", "ab", False),
        ("text", "*ab*ab", "xabab", True),
        ("email", "*@example.test", "jo@example.test", True),
        ("email", "JO.*@*.test", "jo.bloggs@example.test", True),
        ("phone", "07700 9*", "447700900123", True),
        ("postcode", "EX1 *", "ex11aa", True),
        ("handle", "@night*", "night_owl", True),
    ],
)
def test_a_pattern_fits_whole_tokens(field: str, pattern: str, token: str, fits: bool) -> None:
    wanted = glob(pattern, NAMES[field])
    assert wanted.matches(token) is fits
    assert not fits or token.startswith(wanted.prefix)


@given(st.text("ab*?", max_size=7), st.text("ab", max_size=8))
def test_a_pattern_fits_as_the_plain_expression_would(pattern: str, token: str) -> None:
    plain = pattern.replace("*", ".*").replace("?", ".")
    assert glob(pattern, PAGE).matches(token) == bool(re.fullmatch(plain, token))


def test_a_pattern_made_to_be_slow_is_not() -> None:
    wanted = glob("*a*a*a*a*b", PAGE)
    began = time.perf_counter()
    for _ in range(100):
        assert not wanted.matches("a" * 200)
    assert time.perf_counter() - began < 1


def edits(word: str, token: str) -> int:
    """Optimal string alignment, by its definition."""
    if not word or not token:
        return len(word) + len(token)
    ways = [
        edits(word[1:], token) + 1,
        edits(word, token[1:]) + 1,
        edits(word[1:], token[1:]) + (word[0] != token[0]),
    ]
    if len(word) > 1 and len(token) > 1 and word[0] == token[1] and word[1] == token[0]:
        ways.append(edits(word[2:], token[2:]) + 1)
    return min(ways)


@given(LETTERS, LETTERS, st.integers(1, 2))
def test_near_spellings_are_those_of_the_definition(word: str, token: str, distance: int) -> None:
    near = within(f"x{word}", f"x{token}", distance)
    assert near == (edits(f"x{word}", f"x{token}") <= distance)


def test_the_first_letter_is_never_wrong() -> None:
    assert within("smith", "smyth", 1)
    assert not within("smith", "zmith", 2)


SPELLINGS = st.text("abcé", min_size=1, max_size=6)


@given(SPELLINGS, st.lists(SPELLINGS, max_size=30), st.integers(1, 2))
def test_terms_walked_like_a_tree_are_those_found_one_by_one(
    word: str, terms: list[str], edits: int
) -> None:
    every = sorted(set(terms))
    assert nearly(word, every, edits) == [term for term in every if within(word, term, edits)]


ROOTS = [
    "run",
    "hop",
    "hope",
    "try",
    "die",
    "sky",
    "happi",
    "relat",
    "conflat",
    "fluent",
    "sensit",
    "possib",
    "gener",
    "commun",
    "arsen",
    "nation",
    "final",
    "digit",
    "oper",
    "vile",
    "cease",
    "agree",
    "plaster",
    "bled",
    "motor",
    "sing",
    "tann",
    "fall",
    "hiss",
    "fizz",
    "fil",
    "c",
]
ENDINGS = [
    "",
    "s",
    "ies",
    "ied",
    "ed",
    "edly",
    "ing",
    "ingly",
    "y",
    "ly",
    "li",
    "ness",
    "ful",
    "fulness",
    "ational",
    "tional",
    "ation",
    "ator",
    "alism",
    "aliti",
    "ality",
    "alli",
    "iveness",
    "iviti",
    "ivity",
    "biliti",
    "bility",
    "ogi",
    "ogy",
    "logi",
    "ousness",
    "ousli",
    "entli",
    "ently",
    "izer",
    "ization",
    "icate",
    "iciti",
    "icity",
    "ical",
    "ement",
    "ment",
    "ent",
    "ance",
    "ence",
    "able",
    "ible",
    "ion",
    "sion",
    "e",
    "es",
    "eed",
    "'s",
]


def test_every_form_of_a_word_begins_as_its_stem_says() -> None:
    made = [root + ending for root in ROOTS for ending in ENDINGS]
    odd = "skis skies dying lying tying idly gently ugly early only singly news innings outing"
    for word in (*made, *odd.split()):
        assert word.startswith(form_begins(stem_of(word))), word
