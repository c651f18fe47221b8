"""A document as Elasticsearch holds it: our tokens over `whitespace`, under a strict mapping.

Nothing is analysed there and no text is stored (`_source` is off): what is shown comes from the
evidence, and a new index is made from it too.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Final

from cases.canonical import Json
from search.analysis import ANALYSIS_VERSION, VALUE_GAP
from search.document import (
    FACET_FIELDS,
    MOMENT_FIELDS,
    NUMBER_FIELDS,
    STEM_FIELDS,
    TOKEN_FIELDS,
    WORD_FIELDS,
    SearchDocument,
    facet_values,
    index_tokens,
    microseconds,
    moments,
    numbers,
)

FORMAT: Final = "darklantern-elastic/1"
INDEX_SETTINGS: Final = {
    "number_of_shards": 1,  # totals, facets and scores are then those of one index, exactly
    "auto_expand_replicas": "0-1",
    "refresh_interval": "-1",  # a commit refreshes; nothing is seen before it
}


def time_of(field: str) -> str:
    """The column in which a field of instants stands for histograms, in milliseconds."""
    return f"{field}_time"


_WORDS: Final[dict[str, Json]] = {
    "type": "text",
    "analyzer": "whitespace",
    "position_increment_gap": VALUE_GAP,
}
_STEMS: Final[dict[str, Json]] = {
    "type": "text",
    "analyzer": "whitespace",
    "index_options": "freqs",
}
_TOKEN: Final[dict[str, Json]] = {"type": "keyword", "doc_values": False}
_COLUMN: Final[dict[str, Json]] = {"type": "keyword", "index": False}
_NUMBER: Final[dict[str, Json]] = {"type": "long"}
_TIME: Final[dict[str, Json]] = {"type": "date", "format": "strict_date_time", "index": False}

PROPERTIES: Final[dict[str, dict[str, Json]]] = {
    **dict.fromkeys(WORD_FIELDS, _WORDS),
    **dict.fromkeys(STEM_FIELDS, _STEMS),
    **dict.fromkeys((*TOKEN_FIELDS, "case", "withheld"), _TOKEN),
    **dict.fromkeys(FACET_FIELDS, _COLUMN),
    **dict.fromkeys((*MOMENT_FIELDS, *NUMBER_FIELDS, "seq"), _NUMBER),  # moments in microseconds
    **dict.fromkeys(map(time_of, MOMENT_FIELDS), _TIME),
    "restricted": {"type": "boolean"},
}


def made_by() -> dict[str, str]:
    """The stamp in the mapping's `_meta`: an index with another is made anew."""
    fields = json.dumps(PROPERTIES, sort_keys=True).encode()
    digest = hashlib.sha256(fields).hexdigest()[:16]
    return {"format": FORMAT, "analysis": ANALYSIS_VERSION, "fields": digest}


def mappings() -> dict[str, Any]:
    """The whole mapping. A field that it does not name is refused."""
    return {
        "dynamic": "strict",
        "_source": {"enabled": False},
        "_meta": made_by(),
        "properties": PROPERTIES,
    }


def row_of(document: SearchDocument) -> dict[str, Json]:
    """`document` as the mapping has it. Fields without a value are left out."""
    row: dict[str, Json] = {
        "case": str(document.case),
        "seq": document.seq,
        "restricted": document.restricted,
        "withheld": list(document.withheld),
    }
    for field, values in index_tokens(document).items():
        rows = [" ".join(value) for value in values]
        if any(rows):
            row[field] = list(rows)
    row |= {field: list(values) for field, values in facet_values(document).items() if values}
    for field, moment in moments(document).items():
        row[field] = microseconds(moment)
        row[time_of(field)] = _iso(moment)
    return row | dict(numbers(document))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
