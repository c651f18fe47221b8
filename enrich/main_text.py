"""The article of a page and what the page says of itself, by `trafilatura`.

`trafilatura` builds trees, copies them and recurses, so it is given only pages within bounds that
it was measured on; past them the main text is "not measured", with the reason, and the whole text
stands. It is called on text alone: nothing here can fetch.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date

from trafilatura import bare_extraction
from trafilatura.settings import Document

from enrich.decoding import cleaned
from enrich.documents import Metadata
from enrich.markup import Reading, tidied

MAX_CHARACTERS = 6_000_000
MAX_ELEMENTS = 40_000
MAX_DEPTH = 120  # of real pages 80 was the most; the time grows with depth times size
MAX_ATTRIBUTES = 1_000  # of one tag: libxml2's time grows with the square
# past this, no second opinion of `justext`, whose time grows with the square of paragraphs:
# 45 s for 5,000 short comments, against 3 s for 13,000 without it
SECOND_OPINION_ELEMENTS = 3_000
LATEST_DAY = date(2100, 1, 1)  # where no day of capture bounds the dates in a page

# its warnings ("discarding data") would be said for every page without an article
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class MainText:
    """The article, or None; what the page says of itself; why there is none, or None."""

    text: str | None
    metadata: Metadata
    note: str | None


def main_text(page: str, reading: Reading, url: str | None, captured: date | None) -> MainText:
    """The main text of a page that `reading` has been made of. Never raises."""
    own = Metadata(
        title=reading.title, language=reading.language or None, canonical=reading.canonical
    )
    if reason := _beyond(page, reading):
        return MainText(None, own, f"main text not measured: {reason}")
    try:
        found = bare_extraction(
            page,
            url=url,
            fast=reading.elements > SECOND_OPINION_ELEMENTS,
            with_metadata=True,
            include_comments=True,
            date_extraction_params={
                "original_date": True,
                "extensive_search": False,
                "max_date": (captured or LATEST_DAY).isoformat(),
            },
        )
    except Exception as error:
        return MainText(None, own, f"main text not measured: {type(error).__name__}")
    if not isinstance(found, Document):
        return MainText(None, own, None)
    return MainText(_joined(found), _metadata(found, own), None)


def _beyond(page: str, reading: Reading) -> str | None:
    for measured, limit, says in (
        (len(page), MAX_CHARACTERS, "characters"),
        (reading.elements, MAX_ELEMENTS, "elements"),
        (reading.depth, MAX_DEPTH, "levels of nesting"),
        (reading.attributes, MAX_ATTRIBUTES, "attributes on one element"),
    ):
        if measured > limit:
            return f"{measured:,} {says}, more than {limit:,}"
    return None


def _joined(found: Document) -> str | None:
    parts = [part for part in (found.text, found.comments) if part]
    return tidied(cleaned("\n".join(parts))) or None if parts else None


def _metadata(found: Document, own: Metadata) -> Metadata:
    return Metadata(
        title=_line(found.title) or own.title,
        author=_line(found.author),
        dated=_line(found.date),
        site=_line(found.sitename),
        description=_line(found.description),
        language=own.language,
        canonical=own.canonical,
    )


def _line(value: str | None) -> str | None:
    return " ".join(cleaned(value).split()) or None if value else None
