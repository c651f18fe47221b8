"""A capture in the one shape in which it is searched: what was read of it, and of its pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cases.captures import SealedCapture
from enrich import Enrichment
from enrich.images import PictureReading
from enrich.ruler import NOT_NAMES
from evidence.page_members import DOM
from search import Identifier, SearchDocument


def search_document(
    capture: SealedCapture,
    enrichment: Enrichment | None,
    pictures: Sequence[PictureReading],
    seq: int,
    case_reference: str,
    *,
    restricted: bool = False,
) -> SearchDocument:
    """The capture as it is searched; by its address alone where nothing was read of it."""
    plain = SearchDocument(
        capture=capture.capture,
        case=capture.case,
        seq=seq,
        captured=capture.started_at,
        url=capture.final_url,
        text="",
        domain=_domain(capture.final_url),
        case_reference=case_reference,
        outcome=str(capture.outcome),
        status=capture.status,
        collector="browser" if any(r.url == DOM for r in capture.records) else "http",
        image="\n".join(reading.text for reading in pictures if reading.text),
        pictures=tuple(reading.sha256 for reading in pictures),
        restricted=restricted,
    )
    return plain if enrichment is None else _with_text(plain, enrichment, pictures)


def _with_text(
    plain: SearchDocument, enrichment: Enrichment, pictures: Sequence[PictureReading]
) -> SearchDocument:
    texts = enrichment.texts
    page = texts.metadata
    mentions = [*enrichment.mentions, *(each for one in pictures for each in one.mentions)]
    found = [*enrichment.identifiers, *(each for one in pictures for each in one.identifiers)]
    names = {label: _once(m.name for m in mentions if m.label == label) for label in _NAMED}
    return replace(
        plain,
        text=texts.whole,
        body=texts.main or ("" if enrichment.kind in _WITH_SURROUNDINGS else texts.whole),
        title=page.title or "",
        author=page.author or "",
        site=page.site or "",
        language=enrichment.language.code or "",
        persons=names["PERSON"],
        orgs=names["ORG"],
        places=names["LOC"],
        names=tuple(dict.fromkeys((m.label, m.name) for m in mentions if m.label not in NOT_NAMES)),
        identifiers=tuple(
            Identifier(kind, value)
            for kind, value in dict.fromkeys((i.kind, i.value) for i in found)
        ),
        alts=texts.alts,
        links=tuple(f"{link.url} {link.text}" for link in texts.link_list),
        tables=texts.tables,
        meta=_once((page.description or "", *(value for _, value in texts.structured))),
        published=_moment(page.published),
        modified=_moment(page.modified),
        kind=enrichment.kind,
        text_sha256=hashlib.sha256(texts.whole.encode("utf-8", "replace")).hexdigest(),
    )


_WITH_SURROUNDINGS = ("html", "xml")  # of all else the whole text is what it is about
_NAMED = ("PERSON", "ORG", "LOC")


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _moment(written: str | None) -> datetime | None:
    """An instant, or the first of a day in UTC; None for what is neither."""
    try:
        moment = datetime.fromisoformat(written or "")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _domain(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
