"""Reading what was captured: text, metadata, language, names and identifiers.

Everything here is a function of the evidence: a `SourceDocument` (bytes, and what was declared of
them) in, an `Enrichment` out; the same bytes and the same model give the same answer. Nothing here
fetches, asks a clock, or raises over a hostile body. What comes out can be thrown away and made
again: it is kept in `derived.db`, by capture and by `ENRICHER_VERSION`. All offsets count
characters of `Enrichment.texts.whole`.
"""

from __future__ import annotations

from enrich.candidates import FoundName, captures_with, names_found, shared_identifiers
from enrich.decoding import decode
from enrich.derived import DerivedStore
from enrich.documents import (
    Decoded,
    Enrichment,
    Identifier,
    Language,
    Link,
    Mention,
    Metadata,
    SourceDocument,
    Texts,
)
from enrich.enricher import ENRICHER_VERSION, MOST_FRAMES, enrich
from enrich.entities import NameModel, open_model
from enrich.errors import DerivedStoreBroken, NoModel, UnreadableFile
from enrich.files import read_file
from enrich.headers import declared_by
from enrich.identifiers import KINDS, find_identifiers

__all__ = [
    "ENRICHER_VERSION",
    "KINDS",
    "MOST_FRAMES",
    "Decoded",
    "DerivedStore",
    "DerivedStoreBroken",
    "Enrichment",
    "FoundName",
    "Identifier",
    "Language",
    "Link",
    "Mention",
    "Metadata",
    "NameModel",
    "NoModel",
    "SourceDocument",
    "Texts",
    "UnreadableFile",
    "captures_with",
    "declared_by",
    "decode",
    "enrich",
    "find_identifiers",
    "names_found",
    "open_model",
    "read_file",
    "shared_identifiers",
]
