"""When a page says that it was published and changed, no later than the day it was captured.

What it tells machines comes first (JSON-LD, OpenGraph, microdata, `meta`), as precise as it is
told; then what `htmldate` finds in it. A time without a zone is a day: its instant is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

EARLIEST = date(1500, 1, 1)  # of a thing with a date of publication; year 0 and 1 are unset fields
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # what an unset field of a programme reads as
LATEST = date(2100, 1, 1)  # where no day of capture bounds the dates in a page

_PUBLISHED = (
    "jsonld.datePublished",
    "opengraph.article:published_time",
    "microdata.datePublished",
    "meta.article:published_time",
    "jsonld.uploadDate",
    "jsonld.dateCreated",
    "microdata.dateCreated",
    "meta.dcterms.created",
    "meta.dc.date.issued",
    "meta.dc.date",
    "meta.date",
    "meta.pubdate",
)
_MODIFIED = (
    "jsonld.dateModified",
    "opengraph.article:modified_time",
    "opengraph.og:updated_time",
    "microdata.dateModified",
    "meta.article:modified_time",
    "meta.og:updated_time",
    "meta.dcterms.modified",
    "meta.last-modified",
)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d{1,9})? ?(Z|[+-]\d{2}:?\d{2})",
    re.IGNORECASE | re.ASCII,
)


def published(pairs: Sequence[tuple[str, str]], captured: date | None) -> str | None:
    """The first date of publication that can be believed."""
    return _first(pairs, _PUBLISHED, captured)


def modified(pairs: Sequence[tuple[str, str]], captured: date | None) -> str | None:
    """The first date of change that can be believed."""
    return _first(pairs, _MODIFIED, captured)


def believed(value: str, captured: date | None) -> str | None:
    """The date as an RFC 3339 instant in UTC or an ISO 8601 day; None where it is neither, or
    outside what can be believed of a page that was captured on that day.
    """
    value = value.strip()
    try:
        if found := _INSTANT.match(value):
            day, clock, zone = found.groups()
            clock = clock if len(clock) == 8 else f"{clock}:00"
            instant = datetime.fromisoformat(f"{day}T{clock}{zone.upper()}").astimezone(UTC)
            if instant == EPOCH or not _within(instant.date(), captured):
                return None
            return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
        if stated := _DAY.match(value):
            day_only = date(*(int(part) for part in stated.groups()))
            return day_only.isoformat() if _within(day_only, captured) else None
    except (ValueError, OverflowError):
        return None
    return None


def _first(
    pairs: Sequence[tuple[str, str]], paths: Iterable[str], captured: date | None
) -> str | None:
    told: dict[str, list[str]] = {}
    for path, value in pairs:
        told.setdefault(path.lower(), []).append(value)
    for path in paths:
        for value in told.get(path.lower(), ()):
            if day := believed(value, captured):
                return day
    return None


def _within(day: date, captured: date | None) -> bool:
    return EARLIEST <= day <= (captured or LATEST)
