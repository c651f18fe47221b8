"""The process that reads documents: confined, a few to a fork (`enrich.fork_server`).

A request is a document's declared facts and its bytes; the answer is a `BodyRead` as JSON. Every
parser is used once before the first request, for a fork can open no file: what a library loads
when it is first needed must be there.
"""

from __future__ import annotations

import codecs
import io
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from charset_normalizer.constant import IANA_SUPPORTED
from courlan import extract_domain

from enrich.documents import SourceDocument
from enrich.encodings import CODECS
from enrich.fork_server import Facts, serve
from enrich.office import PastBound
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
_UNDECLARED = (  # bytes whose encoding has to be found out, and some that are in none
    ("Встреча у старого моста в пятницу. ".encode("cp1251"), None),
    ("Grüße aus Köln. ".encode("latin-1"), None),
    ("横浜の倉庫で会いましょう。".encode("shift_jis"), None),
    (b"<p>a\xc0\xafetc\xc0\xafb ", "utf-8"),
    (bytes(range(128, 256)), "utf-32"),
)


def main() -> None:
    """Serve requests until stdin ends or a document kills its fork."""
    rehearse()
    serve(_read, memory=MEMORY_BYTES, cpu_s=CPU_S, in_turn=IN_TURN)


def rehearse() -> None:
    """Use each parser once, and load what they reach for in the middle of their work."""
    time.strptime("2026", "%Y")
    extract_domain("https://news.example.co.uk/", fast=False)  # the list of public suffixes
    for name in {*CODECS.values(), *IANA_SUPPORTED, "utf_32", "utf_32_le", "utf_32_be"}:
        codecs.lookup(name)  # each is a module of its own, loaded when it is first asked for
    for sample, charset in _UNDECLARED:
        read_body(SourceDocument(sample * 40, "text/html", charset))
    for page in _REHEARSAL:
        read_body(SourceDocument(page.encode(), "text/html", None, "https://example.test/"))
    for file in _blank_files():
        read_body(SourceDocument(file))


def _blank_files() -> Iterator[bytes]:
    """An empty file of each kind that a library of its own reads."""
    import docx
    import openpyxl  # type: ignore[import-untyped]
    import pptx
    import pypdfium2  # type: ignore[import-untyped]

    yield b"{\\rtf1 a}"
    pdf = pypdfium2.PdfDocument.new()
    pdf.new_page(100, 100)
    word, book, show = docx.Document(), openpyxl.Workbook(), pptx.Presentation()
    word.core_properties.modified = datetime(2026, 1, 1, tzinfo=UTC)
    for kept in (pdf, word, book, show):
        held = io.BytesIO()
        kept.save(held)
        yield held.getvalue()


def _read(asked: Mapping[str, Any], body: bytes) -> tuple[Facts, bytes]:
    captured = asked["captured"]
    document = SourceDocument(
        body,
        asked["media_type"],
        asked["charset"],
        asked["url"],
        date.fromisoformat(captured) if captured else None,
    )
    try:
        return {}, packed_read(read_body(document))
    except MemoryError:
        fault = "its reading needs more memory than is allowed"
    except RecursionError:
        fault = "it is nested too deeply"
    except PastBound as error:
        fault = str(error)
    except Exception as error:
        fault = f"a parser failed on it ({type(error).__name__})"
        if "password" in str(error).lower():
            fault = "it is locked with a password"
    return {"fault": fault}, json.dumps(None).encode()
