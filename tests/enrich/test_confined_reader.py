"""Hostile documents cost themselves alone: each answer is bounded, and the next one is read."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from enrich.confined_reader import ConfinedReader
from enrich.documents import MAX_TEXT, SourceDocument, Texts
from enrich.packing import unpacked_read

ROOT = Path(__file__).resolve().parents[2]
GOOD = SourceDocument(b"<title>A van</title><p>A red van.", "text/html")

# What reading reaches for after the rehearsal, told by the interpreter's own audit events.
OPENED = """
import json, sys
sys.path.insert(0, sys.argv[1])
from enrich.documents import SourceDocument
from enrich.reading import read_body
from enrich.reading_child import rehearse
rehearse()
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
for file in sys.argv[2:]:
    kept = len(opened)
    body = open(file, "rb").read()
    del opened[kept:]
    read_body(SourceDocument(body, "text/html", None, "https://www.example.co.uk/a"))
print(json.dumps(opened))
"""


@pytest.fixture(scope="module")
def reader() -> Iterator[ConfinedReader]:
    reader = ConfinedReader()
    yield reader
    reader.close()


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_the_reading_process_is_confined(reader: ConfinedReader) -> None:
    assert reader.read(GOOD).texts.whole == "A van\n\nA red van."
    assert reader.confined == "seccomp"


def test_reading_opens_no_file_once_it_has_begun(shared: Path) -> None:
    pages = sorted((shared / "corpora" / "pages").glob("*/*.html"))[::6]

    ran = subprocess.run(
        [sys.executable, "-c", OPENED, str(ROOT), *map(str, pages)],
        capture_output=True,
        check=True,
        text=True,
    )

    assert len(pages) > 12
    assert json.loads(ran.stdout) == []


def deep_json(depth: int) -> bytes:
    nested = '{"a":' * depth + "1" + "}" * depth
    return f'<script type="application/ld+json">{nested}</script><p>deep end'.encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xf8\x88\x80 " * 200_000 + b"<p>deep end", id="no text"),
        pytest.param(deep_json(10), id="JSON-LD past our depth"),
        pytest.param(deep_json(100_000), id="JSON-LD past any depth"),
        pytest.param(
            b"<div itemscope itemprop=a>" * 20_000 + b"<p>deep end", id="nested microdata"
        ),
        pytest.param(
            b"<a href=//[x]>x</a>" * 20_000 + b"<p>deep end", id="addresses that are none"
        ),
        pytest.param(b"<table><tr><td>" * 20_000 + b"<p>deep end", id="nested tables"),
        pytest.param(
            b"<table>" + b"<tr><td>a<td>b" * 100_000 + b"</table><p>deep end", id="long table"
        ),
        pytest.param(b'<!DOCTYPE a [<!ENTITY a "ha">]><html><p>&a;</p><p>deep end', id="entities"),
    ],
)
def test_a_hostile_page_gives_its_text_in_bounded_time(reader: ConfinedReader, body: bytes) -> None:
    began = time.perf_counter()

    read = reader.read(SourceDocument(body, "text/html", None, "https://example.test/"))

    assert time.perf_counter() - began < 60  # measured 0.01 to 3 s
    assert read.kind == "html"
    assert "deep end" in read.texts.whole
    assert len(read.texts.link_list) <= 5_000
    assert len(read.texts.structured) <= 600
    assert reader.read(GOOD).kind == "html"


def test_a_text_past_the_bound_is_kept_to_there_and_says_so(reader: ConfinedReader) -> None:
    texts = reader.read(SourceDocument(b"words " * 5_000_000, "text/plain")).texts

    assert len(texts.whole) == MAX_TEXT
    assert texts.notes == ("only the first 8,000,000 of 30,000,000 characters are kept",)


# A reading process in which some bodies do what a taken parser could.
BROKEN = """
import os, sys, time
from enrich import reading_child
from enrich.reading import read_body
def main():
    def read(document):
        if b"crash" in document.body:
            os.abort()
        if b"hang" in document.body:
            time.sleep(600)
        if b"spin" in document.body:
            while True:
                pass
        if b"memory" in document.body:
            bytearray(8 << 30)
        if b"deep" in document.body:
            raise RecursionError
        return read_body(document)
    reading_child.read_body = read
    reading_child.CPU_S = 2
    reading_child.main()
"""


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"crash", "not read: the parser died of it"),
        (b"hang", "not read: it took too long"),
        (b"spin", "not read: it took too long"),
        (b"memory", "not read: its reading needs more memory than is allowed"),
        (b"deep", "not read: it is nested too deeply"),
    ],
)
def test_what_breaks_its_parser_is_recorded_so_and_the_next_is_read(
    body: bytes, says: str, broken: ConfinedReader
) -> None:
    read = broken.read(SourceDocument(body, "text/plain"))

    assert (read.kind, read.texts) == ("unreadable", Texts("", notes=(says,)))
    assert broken.read(SourceDocument(b"words", "text/plain")).texts.whole == "words"


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConfinedReader]:
    (tmp_path / "broken_child.py").write_text(BROKEN)
    start = (
        "import sys; sys.path[:0] = [sys.argv[1], sys.argv[2]]; import broken_child as b; b.main()"
    )
    monkeypatch.setattr("enrich.confined_worker._START", start)
    reader = ConfinedReader(item_s=3)
    monkeypatch.setattr(reader._worker, "_module", str(tmp_path))
    yield reader
    reader.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"null",
        b"[]",
        b'{"kind": 1, "encoding": null, "why": "", "texts": {}}',
        b'{"kind": "html", "encoding": null, "why": "", "texts": {"whole": 5}}',
        b'{"kind": "html", "encoding": null, "why": "", "texts": {"whole": "", "main": null, '
        b'"metadata": {"x": ""}, "images": 0, "links": 0, "notes": []}}',
        b'{"kind": "html", "encoding": null, "why": "", "texts": {"whole": "", "main": null, '
        b'"metadata": {}, "images": -1, "links": 0, "notes": []}}',
    ],
)
def test_an_answer_of_another_shape_is_not_believed(answer: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        unpacked_read(answer)


def test_an_answer_brings_no_character_that_a_store_cannot_hold() -> None:
    read = unpacked_read(
        b'{"kind": "html", "encoding": null, "why": "", "texts": {"whole": "a\\u0000\\ud800b", '
        b'"main": null, "metadata": {}, "images": 0, "links": 0, "notes": []}}'
    )

    assert read.texts.whole == "a\ufffdb"
