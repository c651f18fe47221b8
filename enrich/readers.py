"""Each kind of body as texts: a page, a feed, JSON, plain text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from enrich.dates import believed, modified, published
from enrich.decoding import cleaned
from enrich.documents import Metadata, SourceDocument, Texts
from enrich.main_text import MainText, main_text, own_metadata, tree_of
from enrich.markup import read_html, read_xml
from enrich.page_facts import PageFacts
from enrich.structured import structured_pairs


def page_texts(page: str, document: SourceDocument) -> Texts:
    """A page: whole text, article, metadata, links, tables, structured facts."""
    facts = PageFacts(document.url)
    reading = read_html(page, facts)
    tree = tree_of(page, reading)
    known = None if isinstance(tree, str) else tree
    structured, note = structured_pairs(known, facts)
    if isinstance(tree, str):
        article = MainText(None, own_metadata(reading), f"main text not measured: {tree}")
    else:
        article = main_text(tree, reading, document.url, document.captured)
    return Texts(
        whole=reading.text,
        main=article.text,
        metadata=_dated(article.metadata, structured, document.captured),
        images=reading.images,
        links=reading.links,
        notes=tuple(each for each in (article.note, note) if each),
        alts=facts.alts(),
        link_list=facts.links(),
        tables=facts.tables(),
        structured=structured,
    )


def _dated(
    metadata: Metadata, structured: tuple[tuple[str, str], ...], captured: date | None
) -> Metadata:
    """With the dates that the page tells machines before those that were found in its text."""
    found = believed(metadata.dated or "", captured)
    first = published(structured, captured) or found
    return replace(
        metadata,
        dated=first[:10] if first else None,
        published=first,
        modified=modified(structured, captured),
    )


def xml_texts(markup: str, document: SourceDocument) -> Texts:  # noqa: ARG001 - one signature
    """A feed or another XML document: its text; entities are never expanded."""
    reading = read_xml(markup)
    return Texts(
        whole=reading.text,
        metadata=Metadata(title=reading.title),
        images=reading.images,
        links=reading.links,
    )


def json_texts(text: str, document: SourceDocument) -> Texts:
    """JSON: a line for each value, after its key; as it stands where it is not JSON."""
    try:
        value = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        plain = plain_texts(text, document)
        return Texts(whole=plain.whole, notes=("not JSON: read as plain text",))
    return Texts(whole=cleaned("\n".join(_lines(value))))


def plain_texts(text: str, document: SourceDocument) -> Texts:  # noqa: ARG001 - one signature
    """Plain text as it stands, line ends as newlines."""
    return Texts(whole=text.replace("\r\n", "\n").replace("\r", "\n"))


def _lines(value: object) -> Iterator[str]:
    """The values of a JSON document in order, without recursion."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        key, item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend((str(name), each) for name, each in reversed(item.items()))
        elif isinstance(item, list):
            waiting.extend((key, each) for each in reversed(item))
        elif item is not None:
            yield f"{key}: {item}" if key else str(item)
