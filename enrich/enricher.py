"""One document in, everything that reading it gives out."""

from __future__ import annotations

from dataclasses import replace

from enrich.confined_reader import shared_reader
from enrich.documents import MAX_BYTES, Enrichment, Language, Mention, SourceDocument, Texts
from enrich.entities import MAX_CHARACTERS, NameModel
from enrich.identifiers import find_identifiers
from enrich.language import language_of

ENRICHER_VERSION = "2"  # raised when any output for the same bytes changes


def enrich(document: SourceDocument, *, model: NameModel | None) -> Enrichment:
    """What the document says, in which language, whom and what it names.

    A function of the document and the model alone: no clock, no network, no file but the model's.
    With no model the mentions are empty. The body is parsed in a confined process; one that breaks
    its parser gives an enrichment of kind "unreadable". Raises `NoModel` where the model cannot be
    loaded, `ReaderUnusable` where no process can be started; a hostile body never raises.
    """
    with shared_reader() as reader:
        read = reader.read(document)
    texts = read.texts
    language = language_of(texts.main or texts.whole)
    foreign = _foreign(language) if model is not None else ()
    notes = (*texts.notes, *foreign, *_bounds(document, texts))
    return Enrichment(
        version=ENRICHER_VERSION,
        kind=read.kind,
        encoding=read.encoding,
        encoding_why=read.why,
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


def _foreign(language: Language) -> tuple[str, ...]:
    """Names in another language are found less surely, and a reader should know."""
    if language.code in (None, "en"):
        return ()
    return (f"the name finder reads English; this text looks like {language.code}",)
