"""How a body is to be read, from its first bytes and what was declared of it.

The bytes are believed before the label (WHATWG MIME Sniffing, sections 7 and 8, in spirit): a
picture that is called a page gives no text, and a page that is called a picture does.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from typing import Literal

Office = Literal["docx", "xlsx", "pptx", "odt", "ods", "odp", "rtf"]
Kind = Office | Literal["html", "xml", "json", "text", "pdf", "empty", "not text"]

SNIFFED_BYTES = 8192
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")  # MIME Sniffing, section 3
_TERMINAL = b"\x1b\x08\x07"  # in texts that were meant for a terminal
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE, codecs.BOM_UTF32_LE)
_MAGIC = (
    *(b"\x89PNG", b"GIF87a", b"GIF89a", b"\xff\xd8\xff", b"RIFF", b"BM\x00", b"\x00\x00\x01\x00"),
    *(
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"BZh",
        b"\xfd7zXZ",
        b"7z\xbc\xaf",
        b"Rar!",
        b"\x7fELF",
    ),
    *(
        b"MZ\x90",
        b"OggS",
        b"fLaC",
        b"ID3",
        b"wOFF",
        b"wOF2",
        b"\xd0\xcf\x11\xe0",
        b"SQLite format 3",
    ),
)
MOST_NAMES = 10_000  # of a zip file that are looked at
_OFFICE_PARTS: dict[str, Office] = {
    "word/document.xml": "docx",
    "xl/workbook.xml": "xlsx",
    "ppt/presentation.xml": "pptx",
}
_OPEN_DOCUMENTS: dict[bytes, Office] = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,4096}(?:<!--.{0,4096}?-->\s{0,4096}){0,8}"
    rb"<(?:!doctype\s+html|html|head|script|iframe|h1|div|font|table|style|title|body|br|p|a|meta)"
    rb"[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,4096}<(?:\?xml|rss|feed|urlset|svg)[\s>]", re.IGNORECASE)
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,4096}[\[{]\s{0,4096}[\[{\"\]}\-0-9tfn]")
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_XML_TYPES = frozenset({"text/xml", "application/xml"})
_JSON_TYPES = frozenset({"application/json", "text/json", "application/x-ndjson"})


def kind_of(body: bytes, media_type: str | None) -> Kind:
    """The way to read this body."""
    declared = (media_type or "").strip().lower()
    sample = body[:SNIFFED_BYTES]
    if not sample.strip():
        return "empty"
    if document := _document_kind(body):
        return document
    if sample.startswith(_MAGIC) or _is_binary(sample, declared):
        return "not text"
    if declared in _HTML_TYPES:
        return "html"
    if declared in _JSON_TYPES or declared.endswith("+json"):
        return "json"
    if declared in _XML_TYPES or declared.endswith("+xml"):
        return "html" if _HTML.match(sample) else "xml"
    if declared.startswith("text/"):
        return "text"
    return _sniffed(sample)


def _document_kind(body: bytes) -> Kind | None:
    """A PDF or an office document by its own marks; None where it is neither."""
    if b"%PDF-" in body[:1024]:  # PDF 32000-1, annex H: readers take it within the first 1024
        return "pdf" if not _HTML.match(body[:SNIFFED_BYTES]) else None
    if body.startswith(b"{\\rtf"):
        return "rtf"
    if not body.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = set(archive.namelist()[:MOST_NAMES])
            declared = archive.open("mimetype").read(100) if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error):
        return None
    for name, kind in _OFFICE_PARTS.items():
        if name in names:
            return kind
    return _OPEN_DOCUMENTS.get(declared.strip().removesuffix(b"-template"))


def _sniffed(sample: bytes) -> Kind:
    """The kind of a body that nothing useful was declared of."""
    plain = sample.replace(b"\x00", b"") if _is_wide(sample) else sample
    plain = plain.removeprefix(codecs.BOM_UTF16_LE).removeprefix(codecs.BOM_UTF16_BE)
    for pattern, kind in ((_HTML, "html"), (_XML, "xml"), (_JSON, "json")):
        if pattern.match(plain):
            return kind  # type: ignore[return-value]  # a literal of the tuple above
    return "text"


def _is_wide(sample: bytes) -> bool:
    """Whether the bytes are UTF-16 or UTF-32 by their mark or by their pattern of zeros."""
    if sample.startswith(_WIDE_MARKS):
        return True
    pairs = max(len(sample) // 2, 1)
    even, odd = sample[0::2].count(0) / pairs, sample[1::2].count(0) / pairs
    return (odd > 0.4 and even < 0.05) or (even > 0.4 and odd < 0.05)


def _is_binary(sample: bytes, declared: str) -> bool:
    """Whether the bytes are no text: a page is allowed a few stray control bytes, a text none."""
    if _is_wide(sample):
        return False
    odd = sum(1 for found in _BINARY.finditer(sample) if found.group() not in _TERMINAL)
    allowed = len(sample) // 20 if declared.startswith("text/") or declared in _HTML_TYPES else 0
    return odd > allowed
