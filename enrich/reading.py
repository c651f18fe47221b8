"""A body in, its kind and its texts out: what runs where no parser can do harm."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from enrich.decoding import decode
from enrich.documents import MAX_BYTES, BodyRead, SourceDocument, Texts
from enrich.kinds import Kind, kind_of
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
    reader = _READERS.get(kind)
    if reader is None:
        return BodyRead(kind, None, kind, Texts("", notes=(kind,)))
    decoded = decode(body, document.charset)
    return BodyRead(kind, decoded.encoding, decoded.why, reader(decoded.text, document))
