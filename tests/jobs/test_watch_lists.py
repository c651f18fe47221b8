"""Lists of identifiers and terms as people paste and export them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.watchlists import WatchedValue
from enrich import SourceDocument, enrich
from jobs.watch_lists import ListUnreadable, list_tree, read_watchlist, rows_held, watchlist
from search.tree import Or, Phrase


def items(text: str) -> list[tuple[int, str, str]]:
    return [(item.number, item.field, item.value) for item in watchlist(text).items]


def test_an_identifier_is_known_by_its_form_and_words_are_words() -> None:
    found = items("07700 900123\n# a remark\n\n@night_owl\nTawny Owl\nemail:Jo@Example.test\n")

    assert found == [
        (1, "phone", "+447700900123"),
        (4, "handle", "@night_owl"),
        (5, "", "Tawny Owl"),
        (6, "email", "jo@example.test"),
    ]


def test_what_is_said_twice_is_counted_and_taken_once() -> None:
    held = watchlist("07700 900123\n+44 7700 900123\n")

    assert (len(held.items), held.duplicates) == (1, 1)


def test_csv_names_its_columns_and_a_bad_row_is_named_with_its_reason() -> None:
    held = watchlist('note,Value,Field\nx,"a, b",page\ny,,page\nz,q,hat\nw,2026,captured\n')

    assert [(item.number, item.field, item.value) for item in held.items] == [(2, "page", "a, b")]
    assert [(row.number, row.why.split(" ")[0]) for row in held.refused] == [
        (3, "a"),
        (4, "there"),
        (5, "captured:"),
    ]


def test_a_list_of_one_is_its_value_and_of_more_any_of_them() -> None:
    one, two = WatchedValue(1, "phone", "+447700900123"), WatchedValue(2, "", "owl")

    assert list_tree([one]) == Phrase("+447700900123", "phone")
    assert list_tree([one, two]) == Or((Phrase("+447700900123", "phone"), Phrase("owl", None)))


@pytest.mark.parametrize(
    "text",
    ["", "# only\n", "value\n", "\x00\n", "…\n***\n", "x" * 301],
)
def test_a_list_with_nothing_in_it_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ListUnreadable, match=r"\.$"):
        watchlist(text)


def test_files_of_other_encodings_and_sizes_are_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("café\r\n@night_owl\r\n".encode("utf-16"))
    assert len(read_watchlist(path).items) == 2
    for content in (b"caf\xe9\n", b"a\n" * (9 * 2**20), b"\xff\xfe\x00"):
        path.write_bytes(content)
        with pytest.raises(ListUnreadable):
            read_watchlist(path)
    with pytest.raises(ListUnreadable):
        read_watchlist(tmp_path)


def test_more_phrases_or_items_than_the_index_can_be_asked_are_refused() -> None:
    for many in (
        "\n".join(f"two words{n}" for n in range(2001)),
        "\n".join(f"w{n}" for n in range(50_001)),
    ):
        with pytest.raises(ListUnreadable, match="Split it"):
            watchlist(many)


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        held = watchlist(text)
    except ListUnreadable:
        return
    assert held.items
    list_tree(held.items)


def test_a_row_is_told_wherever_the_index_finds_its_identifier() -> None:
    read = enrich(
        SourceDocument(b"See https://bad.example.test/x or t.me/night_owls", "text/plain"),
        model=None,
    )
    named = [("found_domain", "bad.example.test"), ("found_domain", "example.test")]
    others = [("found_domain", "other.test"), ("found_url", "https://bad.example.test/x")]
    items = [WatchedValue(n, *each) for n, each in enumerate([*named, *others], start=1)]

    assert rows_held(items, read) == (1, 2, 4)
