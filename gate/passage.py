"""What passes the gate as text: hits, a capture's reading, a manifest. Pure.

Of pictures only their number passes here; their facts are `jobs.gating`'s. What a text writes out
of a picture (a `data:` address, Base64) does not pass either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cases.canonical import Json
from cases.identity import CaptureId
from gate.text import fold_line, fold_text, hide_written_pictures

if TYPE_CHECKING:  # the records alone: a command that prints a line loads no language model
    from enrich import Enrichment
    from enrich.documents import Identifier
    from search import Snippet


@dataclass(frozen=True, slots=True)
class GatedHit:
    """A search hit, safe to print. `highlights` are offsets into the snippet, which is of the
    page, of a frame or of a picture (`found_in`).
    """

    capture: CaptureId
    case: str
    url: str
    title: str
    captured: datetime
    score: float
    snippet: str
    highlights: tuple[tuple[int, int], ...]
    found_in: str = "page"
    outcome: str = ""  # how its capture ended


@dataclass(frozen=True, slots=True)
class GatedMention:
    """A name that a model found, and where in the gated text."""

    text: str
    label: str
    start: int
    end: int
    model: str
    score: float | None


@dataclass(frozen=True, slots=True)
class GatedIdentifier:
    """A selector found by rule, and where in the gated text, or in the address of a link
    (`source` "link:" and its place in `link_list`).
    """

    kind: str
    value: str
    start: int
    end: int
    original: str
    validity: str = "valid"
    source: str = "page"


@dataclass(frozen=True, slots=True)
class GatedReading:
    """What was read in a document, safe to print; offsets count characters of `text`."""

    title: str
    author: str
    dated: str
    language: str
    kind: str
    encoding: str
    text: str
    main: str
    entities: tuple[GatedMention, ...]
    identifiers: tuple[GatedIdentifier, ...]
    pictures: int
    links: int
    notes: tuple[str, ...]
    site: str = ""
    published: str = ""
    modified: str = ""
    alts: tuple[str, ...] = ()
    link_list: tuple[tuple[str, str], ...] = ()
    tables: tuple[str, ...] = ()
    structured: tuple[tuple[str, str], ...] = ()
    framed: str = ""


def gate_reading(enrichment: Enrichment) -> GatedReading:
    """The enrichment with every text folded and no picture written out; nothing else passes."""
    texts, meta = enrichment.texts, enrichment.texts.metadata
    text = _body(texts.whole)
    links = _folded((link.url, link.text) for link in texts.link_list)
    return GatedReading(
        title=fold_line(meta.title or ""),
        author=fold_line(meta.author or ""),
        dated=fold_line(meta.dated or ""),
        language=enrichment.language.says,
        kind=enrichment.kind,
        encoding=f"{enrichment.encoding or 'none'} ({fold_line(enrichment.encoding_why)})",
        text=text,
        main=_body(texts.main or ""),
        entities=tuple(
            GatedMention(text[m.start : m.end], m.label, m.start, m.end, m.model, m.score)
            for m in enrichment.mentions
        ),
        identifiers=tuple(
            GatedIdentifier(
                i.kind,
                fold_line(i.value),
                i.start,
                i.end,
                _original(i, text, links),
                i.validity,
                i.source,
            )
            for i in enrichment.identifiers
        ),
        pictures=texts.images,
        links=texts.links,
        notes=tuple(fold_line(note) for note in texts.notes),
        site=fold_line(meta.site or ""),
        published=fold_line(meta.published or ""),
        modified=fold_line(meta.modified or ""),
        alts=tuple(fold_line(words) for words in texts.alts),
        link_list=links,
        tables=tuple(_body(table) for table in texts.tables),
        structured=_folded(texts.structured),
        framed=_body(texts.framed),
    )


def _original(found: Identifier, text: str, links: Sequence[tuple[str, str]]) -> str:
    """The identifier as it is written, in the gated text or the gated address of its link."""
    if found.link is not None:
        text = links[found.link][0] if found.link < len(links) else ""
    return text[found.start : found.end]


def _folded(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((fold_line(one), fold_line(other)) for one, other in pairs)


def _body(text: str) -> str:
    return fold_text(hide_written_pictures(text))


@dataclass(frozen=True, slots=True)
class Found:
    """A hit as it comes from search, the catalogue and the stored text: not yet safe to print."""

    capture: CaptureId
    case: str
    url: str
    title: str
    captured: datetime
    score: float
    snippet: Snippet
    found_in: str = "page"
    outcome: str = ""


def gate_hits(found: Sequence[Found]) -> list[GatedHit]:
    """The hits with every text folded; offsets stay right, for folding keeps lengths."""
    return [
        GatedHit(
            hit.capture,
            hit.case,
            fold_line(hit.url),
            fold_line(hit.title),
            hit.captured,
            hit.score,
            fold_line(hit.snippet.text),
            tuple((start, end) for start, end in hit.snippet.hits),
            hit.found_in,
            hit.outcome,
        )
        for hit in found
    ]


def gate_document(value: Json) -> Json:
    """A JSON document with every string in it, names too, folded to one line each."""
    if isinstance(value, str):
        return fold_line(value)
    if isinstance(value, dict):
        return {fold_line(name): gate_document(item) for name, item in value.items()}
    if isinstance(value, list):
        return [gate_document(item) for item in value]
    return value
