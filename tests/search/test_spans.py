"""Where words stand in a row of tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search.analysis import analyse
from search.fields import PAGE, TITLE
from search.spans import Row, spans
from search.tree import Fuzzy, Phrase, Term, Wildcard

WORDS = ("run", "running", "runs", "owl", "owls", "o'neil", "東京", "💊", "smith")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)
ASKED = st.one_of(
    st.sampled_from(WORDS).map(lambda word: Term(word, None)),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(
        lambda words: Phrase(" ".join(words), None)
    ),
    st.sampled_from([Wildcard("run*", None), Wildcard("*wls", None), Fuzzy("smyth", 1, None)]),
)


@given(TEXTS, ASKED)
def test_a_row_that_knows_its_places_finds_what_reading_it_finds(
    text: str, asked: Term | Phrase | Wildcard | Fuzzy
) -> None:
    tokens = analyse(text)
    for field in (PAGE, TITLE):
        assert list(spans(asked, field, Row.of(tokens))) == list(spans(asked, field, tokens.exact))
