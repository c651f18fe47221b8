"""The text of a PDF by `pypdfium2`, page by page, within bounds. Called in the confined process."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from enrich.dates import believed
from enrich.decoding import cleaned
from enrich.documents import MAX_TEXT, Link, Metadata, SourceDocument, Texts
from enrich.markup import tidied
from enrich.page_facts import LONGEST_ADDRESS, MOST_LINKS

MOST_PAGES = 2_000
_DATE = re.compile(
    r"D:(\d{4})(\d{2})?(\d{2})?(?:(\d{2})(\d{2})(\d{2})?)?(?:(Z)|([+-]\d{2})'?(\d{2})?)?"
)  # PDF 32000-1, 7.9.4
_SAYS = ("Title", "Author", "Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate")


def pdf_texts(document: SourceDocument) -> Texts:
    """The pages' texts, a page after the other, and what the file says of itself.

    A page that cannot be read is left out and counted. Raises `pypdfium2.PdfiumError` where the
    file is none, is broken, or is locked with a password.
    """
    from pypdfium2 import PdfDocument  # type: ignore[import-untyped]

    with PdfDocument(document.body) as pdf:
        pages, broken, left = [], 0, MAX_TEXT
        links: dict[Link, None] = {}
        for number in range(min(len(pdf), MOST_PAGES)):
            text = _page_text(pdf, number, left, links)
            broken += text is None
            pages.append(text or "")
            left -= len(pages[-1])
            if left <= 0:
                break
        said = {key: cleaned(value)[:1000] for key, value in pdf.get_metadata_dict().items()}
        total = len(pdf)
    notes = []
    if len(pages) < total:
        notes.append(f"only the first {len(pages):,} of {total:,} pages were read")
    if broken:
        notes.append(f"{broken:,} pages could not be read")
    whole = "\n".join(page for page in pages if page)
    if not whole:
        notes.append("there is no text in it: its pages may be pictures")
    return Texts(
        whole=whole,
        metadata=_metadata(said, document.captured),
        links=len(links),
        link_list=tuple(links),
        notes=tuple(notes),
        structured=tuple((f"pdf.{key}", said[key]) for key in _SAYS if said.get(key)),
    )


def _page_text(pdf: object, number: int, most: int, links: dict[Link, None]) -> str | None:
    """The page's text, None where it cannot be read; its links are added to `links`."""
    from pypdfium2 import PdfiumError

    try:
        page = pdf[number]  # type: ignore[index]  # a PdfDocument: the library comes late
        try:
            links.update((link, None) for link in _links(pdf, page, MOST_LINKS - len(links)))
            held = page.get_textpage()
            return tidied(cleaned(held.get_text_range(0, min(most, held.count_chars()))))
        finally:
            page.close()
    except (PdfiumError, ValueError, UnicodeError):
        return None


def _links(pdf: Any, page: Any, most: int) -> Iterator[Link]:
    """The addresses that the page's link annotations lead to (PDF 32000-1, 12.6.4.7)."""
    from pypdfium2 import raw

    at, found = ctypes.c_int(0), raw.FPDF_LINK()
    for _ in range(most):
        if not raw.FPDFLink_Enumerate(page.raw, at, found):
            return
        action = raw.FPDFLink_GetAction(found)
        size = raw.FPDFAction_GetURIPath(pdf.raw, action, None, 0) if action else 0
        if 1 < size <= LONGEST_ADDRESS:
            held = ctypes.create_string_buffer(size)
            raw.FPDFAction_GetURIPath(pdf.raw, action, held, size)
            yield Link(cleaned(held.value.decode("utf-8", "replace")), "")


def _metadata(said: dict[str, str], captured: date | None) -> Metadata:
    return Metadata(
        title=" ".join(said.get("Title", "").split()) or None,
        author=" ".join(said.get("Author", "").split()) or None,
        description=" ".join(said.get("Subject", "").split()) or None,
        modified=_moment(said.get("ModDate", ""), captured),
    )


def _moment(written: str, captured: date | None) -> str | None:
    found = _DATE.match(written)
    if found is None:
        return None
    year, month, day, hour, minute, second, zulu, zone, zone_minutes = found.groups()
    stated = f"{year}-{month or '01'}-{day or '01'}"
    if hour and (zulu or zone):
        offset = "Z" if zulu else f"{zone}:{zone_minutes or '00'}"
        stated += f"T{hour}:{minute}:{second or '00'}{offset}"
    return believed(stated, captured)
