"""One document in, everything that reading it gives out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from enrich.decoding import decode
from enrich.documents import Enrichment, Language, Mention, SourceDocument, Texts
from enrich.entities import MAX_CHARACTERS, NameModel
from enrich.identifiers import find_identifiers
from enrich.kinds import Kind, kind_of
from enrich.language import language_of
from enrich.readers import json_texts, page_texts, plain_texts, xml_texts

ENRICHER_VERSION = "2"  # raised when any output for the same bytes changes
MAX_BYTES = 32 * 2**20  # of a body; what is past it stays in the evidence, unread

_READERS: dict[Kind, Callable[[str, SourceDocument], Texts]] = {
    "html": page_texts,
    "xml": xml_texts,
    "json": json_texts,
    "text": plain_texts,
}


def enrich(document: SourceDocument, *, model: NameModel | None) -> Enrichment:
    """What the document says, in which language, whom and what it names.

    A function of the document and the model alone: no clock, no network, no file but the model's.
    With no model the mentions are empty. Raises `NoModel` where the model cannot be loaded; a
    hostile body never raises.
    """
    body = document.body[:MAX_BYTES]
    kind = kind_of(body, document.media_type)
    encoding, why, texts = None, "", Texts(whole="")
    if kind in _READERS:
        decoded = decode(body, document.charset)
        encoding, why = decoded.encoding, decoded.why
        texts = _READERS[kind](decoded.text, document)
    language = language_of(texts.main or texts.whole)
    foreign = _foreign(language) if model is not None else ()
    notes = (*texts.notes, *foreign, *_bounds(document, texts), *_nothing_read(kind))
    return Enrichment(
        version=ENRICHER_VERSION,
        kind=kind,
        encoding=encoding,
        encoding_why=why or kind,
        texts=replace(texts, notes=notes),
        language=language,
        mentions=_mentions(texts.whole, model),
        identifiers=find_identifiers(texts.whole),
    )


def _mentions(text: str, model: NameModel | None) -> tuple[Mention, ...]:
    return model.mentions(text) if model is not None and text else ()


def _bounds(document: SourceDocument, texts: Texts) -> tuple[str, ...]:
    notes = []
    if len(document.body) > MAX_BYTES:
        notes.append(f"only the first {MAX_BYTES:,} of {len(document.body):,} bytes were read")
    if len(texts.whole) > MAX_CHARACTERS:
        notes.append(f"names were looked for in the first {MAX_CHARACTERS:,} characters only")
    return tuple(notes)


def _nothing_read(kind: Kind) -> tuple[str, ...]:
    return {"not text": ("not text",), "empty": ("empty",)}.get(kind, ())


def _foreign(language: Language) -> tuple[str, ...]:
    """Names in another language are found less surely, and a reader should know."""
    if language.code in (None, "en"):
        return ()
    return (f"the name finder reads English; this text looks like {language.code}",)
