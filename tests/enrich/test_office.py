"""PDF and office documents, good and hostile, read by the confined process."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date

import docx
import openpyxl
import pptx
import pytest

from enrich.confined_reader import ConfinedReader
from enrich.documents import MAX_TEXT, BodyRead, Link, SourceDocument


@pytest.fixture(scope="module")
def reader() -> Iterator[ConfinedReader]:
    reader = ConfinedReader()
    yield reader
    reader.close()


def saved(document: object) -> bytes:
    held = io.BytesIO()
    document.save(held)  # type: ignore[attr-defined]
    return held.getvalue()


def word_file() -> bytes:
    word = docx.Document()
    word.core_properties.title = "A van"
    word.core_properties.author = "Jo Smith"
    word.add_paragraph("A red van was seen.")
    table = word.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "plate", "none"
    word.sections[0].header.paragraphs[0].text = "Head of the page"
    return saved(word)


def book_file() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Vans"
    book.active.append(["colour", "seen"])
    book.active.append(["red", 3])
    return saved(book)


def slides_file() -> bytes:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Vans"
    slide.placeholders[1].text = "A red one"
    slide.notes_slide.notes_text_frame.text = "Say this"
    return saved(show)


def zipped(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


OPEN_TEXT = (
    b'<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    b'xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    b'xmlns:x="http://www.w3.org/1999/xlink"><t:h>Vans</t:h><t:p>A red '
    b'<t:a x:href="https://example.test/van">van</t:a></t:p></o:document-content>'
)


def open_file(content: bytes = OPEN_TEXT) -> bytes:
    kind = b"application/vnd.oasis.opendocument.text"
    return zipped({"mimetype": kind, "content.xml": content})


def pdf_file(text: str = "A red van", pages: int = 1, more: str = "") -> bytes:
    """A PDF by hand, so that its words and its faults are ours."""
    stream = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {pages} /Kids [{' '.join(['3 0 R'] * pages)}] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> /Annots [<< /Type /Annot /Subtype /Link "
        "/Rect [0 0 9 9] /A << /S /URI /URI (https://example.test/van) >> >>] >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Title (A van) /Author (Jo Smith) /ModDate (D:20260102030405+01'00') >>",
    ]
    body, at = "%PDF-1.7\n", []
    for number, each in enumerate(objects, start=1):
        at.append(len(body))
        body += f"{number} 0 obj\n{each}\nendobj\n"
    rows = "".join(f"{each:010d} 00000 n \n" for each in at)
    return (
        f"{body}xref\n0 7\n0000000000 65535 f \n{rows}trailer << /Size 7 /Root 1 0 R /Info 6 0 R "
        f"{more}>>\nstartxref\n{len(body)}\n%%EOF\n"
    ).encode()


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        pytest.param(pdf_file(), "pdf", "A red van", id="pdf"),
        pytest.param(b"junk\n" + pdf_file(), "pdf", "A red van", id="pdf after junk"),
        pytest.param(
            word_file(), "docx", "A red van was seen.\nplate\nnone\nHead of the page", id="word"
        ),
        pytest.param(book_file(), "xlsx", "Vans\ncolour\tseen\nred\t3", id="excel"),
        pytest.param(slides_file(), "pptx", "Vans\nA red one\nSay this", id="powerpoint"),
        pytest.param(open_file(), "odt", "Vans\nA red van", id="opendocument"),
        pytest.param(rb"{\rtf1\ansi A red \b van\b0\par}", "rtf", "A red van", id="rtf"),
    ],
)
def test_a_document_is_known_by_its_bytes_and_read(
    reader: ConfinedReader, body: bytes, kind: str, text: str
) -> None:
    read = reader.read(SourceDocument(body, "application/octet-stream"))

    assert (read.kind, read.texts.whole) == (kind, text)
    assert read.texts.notes == ()


def test_a_document_says_who_made_it_and_when_it_changed(reader: ConfinedReader) -> None:
    pdf = reader.read(SourceDocument(pdf_file(), captured=date(2026, 2, 1))).texts
    word = reader.read(SourceDocument(word_file())).texts

    assert (pdf.metadata.title, pdf.metadata.author) == ("A van", "Jo Smith")
    assert pdf.metadata.modified == "2026-01-02T02:04:05Z"
    assert ("pdf.ModDate", "D:20260102030405+01'00'") in pdf.structured
    assert (word.metadata.title, word.metadata.author) == ("A van", "Jo Smith")
    early = reader.read(SourceDocument(pdf_file(), captured=date(2025, 1, 1))).texts
    assert early.metadata.modified is None  # no file changed after it was captured


@pytest.mark.parametrize(
    ("body", "words"), [(open_file(), "van"), (pdf_file(pages=3), "")], ids=["odt", "pdf"]
)
def test_links_of_a_document_are_kept_once(reader: ConfinedReader, body: bytes, words: str) -> None:
    texts = reader.read(SourceDocument(body)).texts

    assert texts.link_list == (Link("https://example.test/van", words),)


def test_pages_past_the_bound_are_counted(reader: ConfinedReader) -> None:
    read = reader.read(SourceDocument(pdf_file(pages=2_100)))

    assert "only the first 2,000 of 2,100 pages were read" in read.texts.notes


def unreadable(read: BodyRead, says: str) -> None:
    assert (read.kind, read.texts.whole) == ("unreadable", "")
    assert says in read.texts.notes[0]


def test_what_would_unfold_without_end_is_not_unfolded(reader: ConfinedReader) -> None:
    part = bytes(30 * 2**20)
    bomb = zipped({"word/document.xml": part} | {f"word/{n}.xml": part for n in range(9)})

    unreadable(reader.read(SourceDocument(bomb)), "it would unfold to 314,572,800 bytes")


def test_entities_of_an_open_document_are_not_expanded(reader: ConfinedReader) -> None:
    laughs = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "/etc/passwd">]>'
    text = OPEN_TEXT.replace(b"A red", b"&b; &c; A red")

    read = reader.read(SourceDocument(open_file(laughs + text)))

    assert read.texts.whole == "Vans\n&b; &c; A red van"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"%PDF-1.7 and nothing", "a parser failed on it", id="no pdf"),
        pytest.param(
            zipped({"word/document.xml": b"<a"}), "a parser failed on it", id="no document"
        ),
        pytest.param(open_file(b"<a>" * 100_000), "a parser failed on it", id="deep"),
        pytest.param(open_file(b""), "a parser failed on it", id="empty part"),
    ],
)
def test_a_broken_document_is_recorded_as_such(
    reader: ConfinedReader, body: bytes, says: str
) -> None:
    unreadable(reader.read(SourceDocument(body)), says)


def test_an_archive_that_is_no_document_is_not_opened(reader: ConfinedReader) -> None:
    read = reader.read(SourceDocument(zipped({"a.txt": b"words"})))

    assert (read.kind, read.texts.notes) == ("not text", ("not text",))


def test_a_sheet_of_endless_text_is_read_to_a_bound(reader: ConfinedReader) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("s")
    for _ in range(300):
        sheet.append(["word " * 6_000])

    read = reader.read(SourceDocument(saved(book)))

    assert len(read.texts.whole) <= MAX_TEXT
    assert read.texts.notes == ("only the first part of its text was read",)
