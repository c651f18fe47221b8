"""The text of office documents: Word, Excel, PowerPoint, OpenDocument, RTF. Called confined.

All but RTF are zip files of XML, so a small file can unfold without end: the whole is measured
before any part of it is read.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Any

from lxml import etree

from enrich.dates import believed
from enrich.decoding import cleaned
from enrich.documents import MAX_TEXT, Link, Metadata, SourceDocument, Texts
from enrich.markup import tidied
from enrich.page_facts import MOST_LINKS

MOST_UNFOLDED = 256 * 2**20  # bytes of all members together
MOST_MEMBERS = 10_000
MOST_CELLS = 1_000_000
_WORD_TEXT = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BREAKS = frozenset(f"{_WORD_TEXT}{name}" for name in ("p", "br", "cr"))
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class PastBound(ValueError):
    """The file would unfold to more than is read."""


def office_texts(kind: str, document: SourceDocument) -> Texts:
    """The document's text in its order, and what it says of itself.

    Raises what its library raises over a broken file, `PastBound` over a bomb.
    """
    if kind == "rtf":
        return _rtf(document)
    with zipfile.ZipFile(io.BytesIO(document.body)) as archive:
        members = archive.infolist()
        unfolded = sum(member.file_size for member in members)
        if len(members) > MOST_MEMBERS or unfolded > MOST_UNFOLDED:
            raise PastBound(f"it would unfold to {unfolded:,} bytes in {len(members):,} parts")
    lines, metadata, links = _READERS[kind](document)
    text, cut = _bounded(lines)
    return Texts(
        whole=text,
        metadata=metadata,
        links=len(links),
        link_list=tuple(links[:MOST_LINKS]),
        notes=("only the first part of its text was read",) if cut else (),
    )


Read = tuple[Iterable[str], Metadata, list[Link]]


def _bounded(lines: Iterable[str]) -> tuple[str, bool]:
    kept, left = [], MAX_TEXT
    for line in lines:
        kept.append(line[:left])
        left -= len(line) + 1
        if left <= 0:
            return tidied(cleaned("\n".join(kept))), True
    return tidied(cleaned("\n".join(kept))), False


def _word(document: SourceDocument) -> Read:
    from docx import Document

    word = Document(io.BytesIO(document.body))
    parts = [word.part, *(relation.target_part for relation in _own_parts(word.part))]
    links = [
        Link(cleaned(relation.target_ref)[:2000], "")
        for relation in word.part.rels.values()
        if relation.is_external and relation.reltype.endswith("/hyperlink")
    ]
    trees = (part.element if hasattr(part, "element") else _tree(part.blob) for part in parts)
    lines = (line for tree in trees for line in _word_lines(tree))
    return lines, _core(word.core_properties, document.captured), links


def _own_parts(part: Any) -> Iterator[Any]:
    """Headers, footers, notes and comments: where a clue is as good as in the body."""
    for relation in part.rels.values():
        kind = relation.reltype.rpartition("/")[2]
        if not relation.is_external and kind in (
            *("header", "footer", "footnotes", "endnotes", "comments"),
        ):
            yield relation


def _word_lines(tree: Any) -> Iterator[str]:
    """Text in the order of the document, deleted text that is still in the file, too."""
    pieces: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start" and element.tag in (f"{_WORD_TEXT}t", f"{_WORD_TEXT}delText"):
            pieces.append(element.text or "")
        elif event == "start" and element.tag == f"{_WORD_TEXT}tab":
            pieces.append("\t")
        elif event == "end" and element.tag in _BREAKS:
            yield "".join(pieces)
            pieces.clear()
    yield "".join(pieces)


def _sheets(document: SourceDocument) -> Read:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    book = load_workbook(
        io.BytesIO(document.body), read_only=True, data_only=True, keep_links=False
    )

    def lines() -> Iterator[str]:
        left = MOST_CELLS
        for sheet in book.worksheets:
            yield str(sheet.title)
            for row in sheet.iter_rows(values_only=True, max_col=1_000):
                left -= len(row)
                if left < 0:
                    return
                cells = ["" if value is None else str(value) for value in row]
                yield "\t".join(cells).rstrip()

    return lines(), _core(book.properties, document.captured), []


def _slides(document: SourceDocument) -> Read:
    from pptx import Presentation

    show = Presentation(io.BytesIO(document.body))

    def lines() -> Iterator[str]:
        for slide in islice(show.slides, 5_000):
            yield from _shape_lines(slide.shapes)
            if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
                yield slide.notes_slide.notes_text_frame.text

    return lines(), _core(show.core_properties, document.captured), []


def _shape_lines(shapes: Iterable[Any]) -> Iterator[str]:
    waiting = list(shapes)[::-1]
    while waiting:
        shape = waiting.pop()
        if hasattr(shape, "shapes"):  # a group
            waiting.extend(list(shape.shapes)[::-1])
        elif getattr(shape, "has_text_frame", False):
            yield shape.text_frame.text
        elif getattr(shape, "has_table", False):
            for row in shape.table.rows:
                yield "\t".join(cell.text for cell in row.cells)


def _open_document(document: SourceDocument) -> Read:
    """OpenDocument 1.3, part 3: paragraphs and headings of content.xml, facts of meta.xml."""
    with zipfile.ZipFile(io.BytesIO(document.body)) as archive:
        content = _tree(archive.read("content.xml"))
        meta = _tree(archive.read("meta.xml")) if "meta.xml" in archive.namelist() else None
    links = [
        Link(cleaned(str(each.get("{http://www.w3.org/1999/xlink}href")))[:2000], _text_of(each))
        for each in content.iter("{urn:oasis:names:tc:opendocument:xmlns:text:1.0}a")
    ]
    text = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
    lines = (_text_of(each) for each in content.iter(f"{text}p", f"{text}h"))
    said = {} if meta is None else {_local(each): each.text or "" for each in meta.iter("{*}*")}
    return (
        lines,
        Metadata(
            title=_line(said.get("title")),
            author=_line(said.get("initial-creator") or said.get("creator")),
            description=_line(said.get("subject")),
            modified=believed(said.get("date", ""), document.captured),
        ),
        links,
    )


def _rtf(document: SourceDocument) -> Texts:
    from striprtf.striprtf import rtf_to_text

    text: str = rtf_to_text(  # type: ignore[no-untyped-call]
        document.body.decode("latin-1"), errors="replace"
    )
    return Texts(whole=tidied(cleaned(text[:MAX_TEXT])))


def _tree(content: bytes) -> Any:
    """XML as a tree: entities not resolved, nothing fetched, libxml2's own limits kept."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(content, parser)


def _text_of(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _line(value: object) -> str | None:
    return " ".join(cleaned(str(value)).split())[:1000] or None if value else None


def _core(core: Any, captured: date | None) -> Metadata:
    changed = getattr(core, "modified", None)
    stated = changed.isoformat() if isinstance(changed, datetime) else ""
    return Metadata(
        title=_line(core.title),
        author=_line(getattr(core, "author", None) or getattr(core, "creator", None)),
        description=_line(core.subject),
        modified=believed(stated, captured),
    )


_READERS: Mapping[str, Callable[[SourceDocument], Read]] = {
    "docx": _word,
    "xlsx": _sheets,
    "pptx": _slides,
    "odt": _open_document,
    "ods": _open_document,
    "odp": _open_document,
}
