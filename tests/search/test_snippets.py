"""Snippets: the best words to show, marked by offsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import parse_query, snippet
from search.analysis import Analysed, analyse
from search.fields import TITLE

FILLER = "Nothing of note here. " * 30
STORY = (
    FILLER
    + "Then Jo Smith's brother was running to Smithfield (near “Leeds”), 東京 💊, "
    + "with jo.bloggs@example.test. "
    + FILLER
)


def marked(source: str, query: str, limit: int = 120) -> list[str]:
    """The marked parts of the snippet of `source` for `query`."""
    shown = snippet(source, parse_query(query), limit)
    return [shown.text[start:end] for start, end in shown.hits]


@pytest.mark.parametrize("query", ["captured:>2020", "NOT lang:en", "title:zebra", "status:200"])
def test_a_long_text_is_not_looked_through_for_what_cannot_be_marked_in_it(
    query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(text: str) -> Analysed:
        read.append(text)
        return analyse(text)

    monkeypatch.setattr("search.snippets.analyse", noted)
    shown = snippet("an owl sat there " * 50_000, parse_query(query))

    assert shown.text.startswith("an owl sat")
    assert len(read) == 1


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("runs", ["running"]),
        ('"runs"', []),
        ('"jo smith"', ["Jo Smith's"]),
        ("smith", ["Smith's"]),
        ("smith smithfield", ["Smith's", "Smithfield"]),
        ("smi*", ["Smith's", "Smithfield"]),
        ("smyth~1", ["Smith's"]),
        ("LEEDS", ["Leeds"]),
        ('"jo running"~4', ["Jo Smith's brother was running"]),
        ('"jo running"~2', []),
        ("jo NEAR/3 run", ["Jo", "running"]),
        ("jo NEAR/2 run", []),
        ('"jo smith" NEAR/9 (leeds OR run)', ["Jo Smith's", "running", "Leeds"]),
        ("leeds^3", ["Leeds"]),
        ("body:runs", ["running"]),
        ("captured:2026 status:200", []),
        ("email:JO.BLOGGS@example.test", ["jo.bloggs@example.test"]),
        ("東京", ["東京"]),
        ("💊", ["💊"]),
        ("jo.bloggs@example.test", ["jo.bloggs@example.test"]),
        ("email:jo.bloggs@example.test", ["jo.bloggs@example.test"]),
        ('person:"jo smith"', ["Jo Smith's"]),
        ("person:smith", ["Smith's"]),
        ('"jo smith" OR smith', ["Jo Smith's"]),
        ("smith NOT leeds", ["Smith's"]),
        ("brother AND captured:2026 AND lang:en", ["brother"]),
        ("title:smith", []),
        ("domain:example.test", []),
        ("absent", []),
    ],
)
def test_what_the_query_means_is_marked(query: str, parts: list[str]) -> None:
    assert marked(STORY, query) == parts


def test_the_stretch_with_most_of_the_query_is_shown() -> None:
    source = "owl. " + FILLER + "owl owl owl owl. " + FILLER + "an owl in a barn. " + FILLER
    assert marked(source, "owl barn", 60) == ["owl", "barn"]


def test_a_snippet_says_what_was_cut_off() -> None:
    middle, start = (snippet(STORY, parse_query(query), 80) for query in ("running", "absent"))
    assert (middle.cut_before, middle.cut_after) == (True, True)
    assert (start.start, start.cut_before, start.cut_after) == (0, False, True)
    whole = snippet("A short text.", parse_query("text"))
    assert (whole.text, whole.cut_before, whole.cut_after) == ("A short text.", False, False)


def test_marks_that_touch_the_ends_are_kept_when_they_fit() -> None:
    assert snippet("“Stop!” he said.", parse_query("stop")).text == "“Stop!” he said."


def test_control_characters_stay_and_offsets_stay_right() -> None:
    source = "\x1b]0;x\x07 red \x00owl\u202e\x1b[0m here"
    shown = snippet(source, parse_query("owl"))
    assert source[shown.start :].startswith(shown.text)
    assert [shown.text[start:end] for start, end in shown.hits] == ["owl\u202e"]


def test_a_phrase_longer_than_the_snippet_is_marked_as_far_as_it_goes() -> None:
    query = '"was running to Smithfield near Leeds"'
    assert marked(STORY, query, 20) == ["was running to"]


def test_a_word_longer_than_the_snippet_is_cut() -> None:
    shown = snippet("start " + "x" * 500, parse_query("x*x" + "x" * 9), 100)
    assert (shown.text, shown.hits, shown.cut_after) == ("x" * 100, ((0, 100),), True)


def test_a_find_deep_in_a_long_text_is_shown_where_it_stands() -> None:
    source = "word " * 100_000 + "then an owl " + "word " * 100_000
    shown = snippet(source, parse_query("owl"))
    assert source[shown.start : shown.start + len(shown.text)] == shown.text
    assert [shown.text[start:end] for start, end in shown.hits] == ["owl"]
    assert (shown.cut_before, shown.cut_after) == (True, True)
    assert snippet(source, parse_query("absent")).start == 0


def test_a_title_shows_what_was_sought_in_titles() -> None:
    shown = snippet("The night owls", parse_query("title:owl"), field=TITLE)
    assert shown.hits == ((10, 14),)


@pytest.mark.parametrize("source", ["", " \n ", "… — !?"])
def test_a_text_without_words_gives_what_there_is(source: str) -> None:
    shown = snippet(source, parse_query("owl"), 3)
    assert (shown.text, shown.hits) == (source.strip()[:3], ())


@pytest.mark.parametrize(
    ("source", "query", "part"),
    [
        ("call 07700 900 123 now", "phone:+447700900123", "07700 900 123"),
        ("call +44 (0)7700 900-123 now", "phone:07700900123", "44 (0)7700 900-123"),
        ("live at ex1 1aa there", "postcode:EX11AA", "ex1 1aa"),
        ("ask night_owl of it", "handle:@Night_Owl", "night_owl"),
        ("pay GB29 NWBK 6016 1331 9268 19 at once", "iban:gb29nwbk60161331926819",
         "GB29 NWBK 6016 1331 9268 19"),
        ("call 07700 900 123 now", 'identifier:"07700 900123"', "07700 900 123"),
    ],
)  # fmt: skip
def test_an_identifier_is_marked_as_it_was_written(source: str, query: str, part: str) -> None:
    assert marked(source, query) == [part]


QUERIES = st.sampled_from(
    ["owl", '"owl barn"', "ow*", "owl~1", "owl OR barn OR smith", "smith AND owl", "東", "NOT owl"]
)
SOURCES = st.lists(
    st.sampled_from(
        ["owl", "barn", "o'wl's", "Smith", "東京", "💊", ".", " ", "\n", "\x00", "(", "-"]
    )
    | st.text(max_size=12)
).map("".join)


@given(SOURCES, QUERIES, st.integers(1, 40))
def test_a_snippet_is_a_bounded_piece_of_its_source_and_marks_stay_inside(
    source: str, query: str, limit: int
) -> None:
    shown = snippet(source, parse_query(query), limit)
    assert source[shown.start : shown.start + len(shown.text)] == shown.text
    assert len(shown.text) <= limit
    ends = [0, *(end for _, end in shown.hits)]
    for before, (start, end) in zip(ends, shown.hits, strict=False):
        assert before <= start < end <= len(shown.text)


@given(SOURCES, QUERIES, st.integers(1, 40))
def test_a_snippet_is_cut_between_words(source: str, query: str, limit: int) -> None:
    shown = snippet(source, parse_query(query), limit)
    tokens = list(analyse(source))
    if shown.text and all(token.end - token.start <= limit for token in tokens):
        end = shown.start + len(shown.text)
        assert not [token for token in tokens if token.start < shown.start < token.end]
        assert not [token for token in tokens if token.start < end < token.end]


@given(st.lists(st.sampled_from(["filler", "words", "owl"]), min_size=1, max_size=60).map(" ".join))
def test_a_text_that_holds_the_word_shows_it(source: str) -> None:
    parts = marked(source, "owl", 30)
    assert bool(parts) == ("owl" in source)
    assert set(parts) <= {"owl"}
