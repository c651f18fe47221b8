"""The process that reads documents: confined, a few to a fork (`enrich.fork_server`).

A request is a document's declared facts and its bytes; the answer is a `BodyRead` as JSON. Every
parser is used once before the first request, for a fork can open no file: what a library loads
when it is first needed must be there.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from datetime import date
from typing import Any

from courlan import extract_domain

from enrich.documents import SourceDocument
from enrich.fork_server import Facts, serve
from enrich.packing import packed_read
from enrich.reading import read_body

MEMORY_BYTES = 3 << 29  # 1.5 GiB, of which the libraries map a third
CPU_S = 60
IN_TURN = 32  # documents to a fork: one for each would add half to the cost of reading

_REHEARSAL = (
    '<html lang=en prefix="og: https://ogp.me/ns#"><title>A van</title>'
    '<meta property="og:title" content="A van"><script type="application/ld+json">{"a":1,}'
    "</script><article itemscope><b itemprop=name>A van</b>"
    + "<p>A red van was seen near the old bridge; its driver asked for some water.</p>" * 3
    + "</article></html>",
    "<p>Jo</p><ul><li>a<li>b</ul>",
)


def main() -> None:
    """Serve requests until stdin ends or a document kills its fork."""
    rehearse()
    serve(_read, memory=MEMORY_BYTES, cpu_s=CPU_S, in_turn=IN_TURN)


def rehearse() -> None:
    """Use each parser once, and load what they reach for in the middle of their work."""
    time.strptime("2026", "%Y")
    extract_domain("https://news.example.co.uk/", fast=False)  # the list of public suffixes
    for page in _REHEARSAL:
        read_body(SourceDocument(page.encode(), "text/html", None, "https://example.test/"))


def _read(asked: Mapping[str, Any], body: bytes) -> tuple[Facts, bytes]:
    captured = asked["captured"]
    document = SourceDocument(
        body,
        asked["media_type"],
        asked["charset"],
        asked["url"],
        date.fromisoformat(captured) if captured else None,
    )
    fault = "its reading needs more memory than is allowed"
    with contextlib.suppress(MemoryError):
        try:
            return {}, packed_read(read_body(document))
        except RecursionError:
            fault = "it is nested too deeply"
        except Exception as error:
            fault = f"a parser failed on it ({type(error).__name__})"
    return {"fault": fault}, json.dumps(None).encode()
