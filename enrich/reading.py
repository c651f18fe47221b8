"""A body in, its kind and its texts out: what runs where no parser can do harm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import get_args

from enrich.decoding import decode
from enrich.documents import MAX_BYTES, MAX_TEXT, BodyRead, SourceDocument, Texts
from enrich.kinds import Kind, Office, kind_of
from enrich.office import office_texts
from enrich.pdf import pdf_texts
from enrich.readers import json_texts, page_texts, plain_texts, xml_texts

Reader = Callable[[str, SourceDocument], Texts]
_READERS: Mapping[Kind, Reader] = {
    "html": page_texts,
    "xml": xml_texts,
    "json": json_texts,
    "text": plain_texts,
}


def read_body(document: SourceDocument) -> BodyRead:
    """What the body says, in this very process: call it where a hostile body can do no harm.

    Raises MemoryError where there is too little, and whatever a parser raises.
    """
    body = document.body[:MAX_BYTES]
    kind = kind_of(body, document.media_type)
    if kind == "pdf":
        return BodyRead(kind, None, kind, pdf_texts(replace(document, body=body)))
    if kind in get_args(Office):
        return BodyRead(kind, None, kind, office_texts(kind, replace(document, body=body)))
    reader = _READERS.get(kind)
    if reader is None:
        return BodyRead(kind, None, kind, Texts("", notes=(kind,)))
    decoded = decode(body, document.charset)
    texts = reader(decoded.text, document)
    return BodyRead(kind, decoded.encoding, decoded.why, _within(texts))


def _within(texts: Texts) -> Texts:
    if len(texts.whole) <= MAX_TEXT:
        return texts
    note = f"only the first {MAX_TEXT:,} of {len(texts.whole):,} characters are kept"
    return replace(texts, whole=texts.whole[:MAX_TEXT], notes=(*texts.notes, note))
