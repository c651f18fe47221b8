"""One document in, everything that reading it gives out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from enrich.confined_reader import shared_reader
from enrich.documents import (
    MAX_BYTES,
    MAX_TEXT,
    Enrichment,
    Identifier,
    Language,
    Mention,
    SourceDocument,
    Texts,
)
from enrich.entities import MAX_CHARACTERS, NameModel
from enrich.identifiers import MAX_IDENTIFIERS, identifiers_in
from enrich.identifiers.linked import linked_identifiers
from enrich.language import language_of
from enrich.page_facts import MOST_LINKS

MOST_FRAMES = 50
ENRICHER_VERSION = "4"  # raised when any output for the same bytes changes


def enrich(document: SourceDocument, *, model: NameModel | None) -> Enrichment:
    """What the document says, in which language, whom and what it names.

    A function of the document and the model alone: no clock, no network, no file but the model's.
    With no model the mentions are empty. The body is parsed in a confined process; one that breaks
    its parser gives an enrichment of kind "unreadable". Raises `NoModel` where the model cannot be
    loaded, `ReaderUnusable` where no process can be started; a hostile body never raises.
    """
    with shared_reader() as reader:
        read = reader.read(document)
        frames = [reader.read(frame).texts for frame in document.frames[:MOST_FRAMES]]
    texts = _with_frames(read.texts, frames)
    language = language_of(texts.main or texts.whole)
    foreign = _foreign(language) if model is not None else ()
    identifiers, left = _identifiers(texts, document.url)
    notes = (*document.says, *texts.notes, *foreign, *_bounds(document, texts), *left)
    return Enrichment(
        version=ENRICHER_VERSION,
        kind=read.kind,
        encoding=read.encoding,
        encoding_why=read.why,
        texts=replace(texts, notes=notes),
        language=language,
        mentions=_mentions(texts.whole, model),
        identifiers=identifiers,
    )


def _identifiers(texts: Texts, url: str | None) -> tuple[tuple[Identifier, ...], tuple[str, ...]]:
    """Those of the text, then those that links alone have; a line on what was left."""
    found, left = identifiers_in(texts.whole)
    linked = tuple(linked_identifiers(texts.link_list, url, found))
    if linked and len(found) + len(linked) > MAX_IDENTIFIERS:
        left = (*left, f"identifiers in links past the first {MAX_IDENTIFIERS:,} in all are left")
    return (*found, *linked)[:MAX_IDENTIFIERS], left


def _with_frames(texts: Texts, frames: Sequence[Texts]) -> Texts:
    """The page's texts with those lines and links of its frames that it does not hold itself."""
    links = dict.fromkeys((*texts.link_list, *(link for f in frames for link in f.link_list)))
    texts = replace(texts, link_list=tuple(links)[:MOST_LINKS])
    held = set(texts.whole.splitlines())
    lines = dict.fromkeys(line for frame in frames for line in frame.whole.splitlines())
    framed = "\n".join(line for line in lines if line and line not in held)[:MAX_TEXT]
    if not framed:
        return texts
    return replace(texts, whole=f"{texts.whole}\n{framed}".strip(), framed=framed)


def _mentions(text: str, model: NameModel | None) -> tuple[Mention, ...]:
    return model.mentions(text) if model is not None and text else ()


def _bounds(document: SourceDocument, texts: Texts) -> tuple[str, ...]:
    notes = []
    if len(document.body) > MAX_BYTES:
        more = "more than " if document.cut else ""
        notes.append(
            f"only the first {MAX_BYTES:,} of {more}{len(document.body):,} bytes were read"
        )
    if len(texts.whole) > MAX_CHARACTERS:
        notes.append(f"names were looked for in the first {MAX_CHARACTERS:,} characters only")
    return tuple(notes)


def _foreign(language: Language) -> tuple[str, ...]:
    """Names in another language are found less surely, and a reader should know."""
    if language.code in (None, "en"):
        return ()
    return (f"the name finder reads English; this text looks like {language.code}",)
