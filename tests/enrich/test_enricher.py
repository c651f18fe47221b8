from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich import ENRICHER_VERSION, NameModel, SourceDocument, UnreadableFile, enrich, read_file
from enrich.documents import MAX_BYTES

PAGE = b"""<!doctype html><html lang="en-GB"><head><title>A van was seen</title>
<meta name="author" content="Jo Smith"><meta property="og:site_name" content="Example News">
<meta name="description" content="What was seen."><link rel="canonical" href="https://example.test/a">
<meta property="article:published_time" content="2026-02-28T10:00:00Z"></head>
<body><nav><a href="/">Home</a></nav><article><h1>A van was seen</h1>
<p>A red van was seen by Barack Obama in London on Friday, near the old bridge, and the driver
asked for water. Anyone who knows more is asked to ring 07700 900123 or to write to
jo@example.test, and to say when and where it was seen and by whom, as well as what the weather was
like at that hour.</p>
<img src="van.jpg" alt="the van"></article></body></html>"""


def document(body: bytes, media_type: str | None = "text/html") -> SourceDocument:
    return SourceDocument(body, media_type, None, "https://example.test/a")


def test_a_page_gives_text_metadata_language_names_and_identifiers(model: NameModel) -> None:
    read = enrich(document(PAGE), model=model)

    assert (read.version, read.kind, read.encoding) == (ENRICHER_VERSION, "html", "UTF-8")
    assert read.texts.whole.startswith("A van was seen\n\nHome\nA van was seen\nA red van")
    assert read.texts.main is not None
    assert read.texts.main.startswith("A van was seen\nA red van")
    assert "Home" not in read.texts.main
    meta = read.texts.metadata
    assert (meta.title, meta.author, meta.site) == ("A van was seen", "Jo Smith", "Example News")
    assert (meta.dated, meta.language) == ("2026-02-28", "en-GB")
    assert (meta.description, meta.canonical) == ("What was seen.", "https://example.test/a")
    assert (read.texts.images, read.texts.links) == (1, 1)
    assert read.language.code == "en"
    assert ("London", "LOC") in {(m.text, m.label) for m in read.mentions}
    assert [(i.kind, i.value) for i in read.identifiers] == [
        ("phone", "+447700900123"),
        ("email", "jo@example.test"),
    ]


def test_the_same_bytes_give_the_same_enrichment(model: NameModel) -> None:
    assert enrich(document(PAGE), model=model) == enrich(document(PAGE), model=model)


@pytest.mark.parametrize(
    ("body", "media_type", "kind", "text"),
    [
        pytest.param(b"", "text/html", "empty", "", id="empty"),
        pytest.param(b" \n\t", None, "empty", "", id="only spaces"),
        pytest.param(b"a < b\r\nc", "text/plain", "text", "a < b\nc", id="plain"),
        pytest.param(b"a,b\n1,2", "text/csv", "text", "a,b\n1,2", id="csv"),
        pytest.param(
            b'{"name": "Jo", "n": [1.50, null, "\\ud83d"]}',
            "application/json",
            "json",
            "name: Jo\nn: 1.50\nn: \ufffd",
            id="json",
        ),
        pytest.param(b"[1, 2", "application/json", "json", "[1, 2", id="broken json"),
        pytest.param(
            b"<rss><channel><title>T</title></channel></rss>",
            "application/rss+xml",
            "xml",
            "T",
            id="feed",
        ),
        pytest.param(b"<p>a</p>", "application/octet-stream", "html", "a", id="page unlabelled"),
        pytest.param(b"<!doctype html><p>a", "image/png", "html", "a", id="page as picture"),
        pytest.param(b"just words", None, "text", "just words", id="text unlabelled"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0", "text/html", "not text", "", id="picture as page"),
        pytest.param(bytes(range(256)) * 16, "text/plain", "not text", "", id="binary as text"),
        pytest.param(bytes(range(256)) * 16, None, "not text", "", id="binary"),
        pytest.param(b"%PDF-1.7\n", "application/pdf", "unreadable", "", id="broken pdf"),
        pytest.param("<p>é</p>".encode("utf-16"), None, "html", "é", id="utf-16 page"),
    ],
)
def test_each_kind_of_body_is_read_its_own_way(
    body: bytes, media_type: str | None, kind: str, text: str
) -> None:
    read = enrich(document(body, media_type), model=None)

    assert (read.kind, read.texts.whole) == (kind, text)
    if kind in ("not text", "empty"):
        assert read.texts.notes == (kind,)
        assert read.encoding is None


def test_short_texts_have_no_language() -> None:
    read = enrich(document(b"<p>OK, 5 GBP"), model=None)

    assert (read.language.code, read.language.score) == (None, None)
    assert read.language.says == "not determined"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The driver of the red van asked for water near the old bridge.", "en"),
        ("Der Fahrer des roten Wagens bat an der alten Brücke um Wasser.", "de"),
        ("Водитель красного фургона попросил воды у старого моста.", "ru"),
        ("赤いバンの運転手が古い橋の近くで水を求めた。", "ja"),
        ("سأل سائق الشاحنة الحمراء عن الماء قرب الجسر القديم", "ar"),
    ],
)
def test_languages_are_told_with_a_score(text: str, code: str) -> None:
    read = enrich(SourceDocument(text.encode(), "text/plain", "utf-8"), model=None)

    assert read.language.code == code
    assert read.language.score is not None
    assert read.language.model.startswith("py3langid ")


def test_a_text_in_another_language_says_that_its_names_are_less_sure(model: NameModel) -> None:
    german = "Der Fahrer des roten Wagens bat an der alten Brücke um Wasser."
    document = SourceDocument(german.encode(), "text/plain", "utf-8")

    assert enrich(document, model=None).texts.notes == ()
    assert enrich(document, model=model).texts.notes == (
        "the name finder reads English; this text looks like de",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/bomb/deep",
        "/bomb/attributes",
        "/bomb/xml",
        "/bomb/json",
        "/huge-html",
        "/nul",
        "/nul/binary",
        "/nul/controls",
    ],
)
def test_the_test_servers_hostile_pages_are_read_in_bounded_time(
    fetched: Callable[[str], SourceDocument], path: str
) -> None:
    hostile = fetched(path)
    began = time.perf_counter()

    read = enrich(hostile, model=None)

    assert time.perf_counter() - began < 60  # measured 0.01 to 8 s on one core
    assert "\0" not in read.texts.whole
    assert len(read.texts.whole) <= len(hostile.body)


def test_a_page_past_a_bound_has_its_whole_text_and_says_what_was_not_measured(
    fetched: Callable[[str], SourceDocument],
) -> None:
    read = enrich(fetched("/bomb/deep"), model=None)

    assert read.texts.main is None
    assert "main text not measured" in read.texts.notes[0]
    assert read.texts.whole


def test_a_body_past_the_bound_is_read_to_there_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("enricher", "confined_reader"):
        monkeypatch.setattr(f"enrich.{module}.MAX_BYTES", 1000)

    long = document(b"a " * 500 + b"end", "text/plain")
    read = enrich(long, model=None)
    more = enrich(replace(long, cut=True, says=("the gzip stream ends",)), model=None)

    assert read.texts.whole == "a " * 500
    assert read.texts.notes == ("only the first 1,000 of 1,003 bytes were read",)
    assert more.texts.notes == (
        "the gzip stream ends",
        "only the first 1,000 of more than 1,003 bytes were read",
    )


@given(
    st.binary(max_size=400),
    st.sampled_from([None, "text/html", "text/plain", "application/json", "application/xml"]),
    st.sampled_from([None, "utf-8", "shift_jis", "nonsense"]),
)
@settings(max_examples=80, deadline=None)
def test_no_body_whatever_makes_reading_fail(
    body: bytes, media_type: str | None, charset: str | None
) -> None:
    read = enrich(SourceDocument(b"<p>" + body, media_type, charset), model=None)

    read.texts.whole.encode("utf-8")
    assert read.version == ENRICHER_VERSION


def test_a_local_file_becomes_a_document(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(PAGE)
    (tmp_path / "notes").write_bytes(b"ring 07700 900123")

    page = enrich(read_file(tmp_path / "page.html"), model=None)
    notes = enrich(read_file(tmp_path / "notes"), model=None)

    assert (page.kind, page.texts.metadata.title) == ("html", "A van was seen")
    assert (notes.kind, notes.identifiers[0].value) == ("text", "+447700900123")


def test_files_that_cannot_be_read_are_one_clear_line_each(tmp_path: Path) -> None:
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)

    for path, says in (
        (tmp_path / "none.html", "There is no file"),
        (tmp_path, "is not a plain file"),
        (huge, "more than"),
        (Path("a\0b"), "no file"),
    ):
        with pytest.raises(UnreadableFile) as caught:
            read_file(path)
        assert says in caught.value.says
        assert "\n" not in caught.value.says


def test_what_frames_showed_ends_the_whole_text_once() -> None:
    frames = tuple(document(each) for each in (b"<p>Home</p><p>Ring 07700 900123", b"<p>Home</p>"))

    read = enrich(SourceDocument(b"<p>Home</p>", "text/html", frames=frames), model=None)

    assert read.texts.whole == "Home\nRing 07700 900123"
    assert read.texts.framed == "Ring 07700 900123"
    found = read.identifiers[0]
    assert read.texts.whole[found.start : found.end] == "07700 900123"
