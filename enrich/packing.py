"""What was read as bytes: for the disposable store, and on the way out of the confined process.

What comes back is checked field by field: a process that read a hostile body is not taken at its
word, and a store can be damaged.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields
from typing import Any

from enrich.decoding import cleaned
from enrich.documents import (
    BodyRead,
    Enrichment,
    Identifier,
    Language,
    Link,
    Mention,
    Metadata,
    Texts,
)

LEVEL = 3  # zlib: a third of the time of its default for a tenth more bytes


def packed(enrichment: Enrichment) -> bytes:
    """The enrichment as bytes: JSON, compressed."""
    return zlib.compress(_json(enrichment), LEVEL)


def unpacked(content: bytes) -> Enrichment:
    """The enrichment that `packed` made these bytes of.

    Raises ValueError, TypeError, KeyError, AttributeError or zlib.error where it made none.
    """
    found: dict[str, Any] = json.loads(zlib.decompress(content))
    return Enrichment(
        version=found["version"],
        kind=found["kind"],
        encoding=found["encoding"],
        encoding_why=found["encoding_why"],
        texts=_texts(found["texts"]),
        language=Language(**found["language"]),
        mentions=tuple(Mention(**each) for each in found["mentions"]),
        identifiers=tuple(Identifier(**each) for each in found["identifiers"]),
    )


def packed_read(read: BodyRead) -> bytes:
    """What was read of a body, as JSON."""
    return _json(read)


def unpacked_read(content: bytes) -> BodyRead:
    """What was read of a body, from bytes that anything may have written.

    Raises ValueError, TypeError, KeyError or AttributeError where they are no such thing.
    """
    found: dict[str, Any] = json.loads(content)
    return BodyRead(
        kind=_text(found["kind"]),
        encoding=_text_or_none(found["encoding"]),
        why=_text(found["why"]),
        texts=_texts(found["texts"]),
    )


def _json(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False, default=_members).encode()


def _members(record: Any) -> dict[str, object]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def _texts(found: dict[str, Any]) -> Texts:
    return Texts(
        whole=_text(found["whole"]),
        main=_text_or_none(found["main"]),
        metadata=Metadata(
            **{str(key): _text_or_none(value) for key, value in found["metadata"].items()}
        ),
        images=_count(found["images"]),
        links=_count(found["links"]),
        notes=_each_text(found["notes"]),
        alts=_each_text(found.get("alts", ())),
        link_list=tuple(
            Link(_text(each["url"]), _text(each["text"])) for each in found.get("link_list", ())
        ),
        tables=_each_text(found.get("tables", ())),
        structured=tuple(
            (_text(path), _text(value)) for path, value in found.get("structured", ())
        ),
        framed=_text(found.get("framed", "")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return cleaned(value)


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _each_text(values: Any) -> tuple[str, ...]:
    return tuple(_text(value) for value in values)


def _count(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < 1 << 40:
        raise ValueError("a count was expected")
    return value
