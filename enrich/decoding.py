"""Bytes to text: byte order mark, declared charset, `meta`, detection, and evidence against them.

The order is the WHATWG's (Encoding Standard, section 6; HTML, section 13.2.3), with two departures
that a reader wants and a browser cannot afford, because it reads before it has seen all bytes: a
label that the bytes contradict is not believed, and detection looks at the whole body. Every
result says which encoding was used and what settled it, so that a second reader can disagree.
"""

from __future__ import annotations

import codecs
import re

from enrich.detection import detected_encoding
from enrich.documents import Decoded
from enrich.encodings import CODECS, encoding_named

PRESCAN_BYTES = 1024  # HTML 13.2.3.2; pages break the rule, so the head is looked through as well
HEAD_BYTES = 64 * 1024

_BOMS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32LE"),  # before UTF-16LE, whose mark begins it
    (codecs.BOM_UTF16_LE, "UTF-16LE"),
    (codecs.BOM_UTF16_BE, "UTF-16BE"),
)
_META = re.compile(rb"<meta[\s/]([^>]{1,1000})>", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s{0,20}=\s{0,20}[\"']?\s{0,20}([\w.:+-]{1,60})", re.IGNORECASE)
_XML = re.compile(
    rb"^\s{0,20}<\?xml[^>]{1,200}?encoding\s{0,20}=\s{0,20}[\"']([\w.:+-]{1,60})", re.IGNORECASE
)
_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def decode(body: bytes, charset: str | None = None) -> Decoded:
    """The body as text, which encoding made it so, and why. Never raises."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _read(body[len(mark) :], name, "byte order mark")
    declared, labelled = encoding_named(charset), meta_encoding(body)
    candidates = [
        (declared, f"declared charset {_shown(charset)}"),
        (labelled, "named in the page"),
    ]
    if _is_utf8(body):
        return _utf8(body, declared, labelled, candidates)
    if wide := _wide_encoding(body):
        return _read(body, wide, "every other byte is zero")
    for label, why in candidates:
        if label and label != "UTF-8" and _fits(body, label):
            return _read(body, label, why)
    if "UTF-8" in (declared, labelled) and _mostly_utf8(body):
        return _read(body, "UTF-8", "labelled UTF-8, with bytes that are not")
    if declared or labelled:
        return _read_misfit(body, declared, labelled)
    return _read(body, detected_encoding(body) or "windows-1252", "detected: no label")


def meta_encoding(body: bytes) -> str | None:
    """The encoding that the page's own head names (`meta`, XML declaration), if it names one.

    A label read in ASCII cannot mean UTF-16: it is taken as UTF-8 (HTML 13.2.3.2, step 15).
    """
    head = body[:HEAD_BYTES]
    found = _XML.match(head)
    name = encoding_named(found.group(1).decode("ascii")) if found else None
    for meta in _META.finditer(_without_comments(head)):
        label = _CHARSET.search(meta.group(1))
        if label and name is None:
            name = encoding_named(label.group(1).decode("ascii"))
    return "UTF-8" if name in ("UTF-16LE", "UTF-16BE") else name


def _without_comments(head: bytes) -> bytes:
    """The head with its comments cut out, in one pass (a pattern would be quadratic)."""
    kept, *rest = head.split(b"<!--")
    return kept + b"".join(piece.partition(b"-->")[2] for piece in rest)


def cleaned(text: str) -> str:
    """The text without NULs, lone surrogates as U+FFFD: fit for JSON, SQLite and terminals."""
    if _NOT_TEXT.search(text) is None:
        return text
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text.replace("\x00", ""))


def _utf8(
    body: bytes,
    declared: str | None,
    labelled: str | None,
    candidates: list[tuple[str | None, str]],
) -> Decoded:
    """Bytes that are valid UTF-8: they are that, unless they are ASCII under another label."""
    if "UTF-8" in (declared, labelled):
        why = next(why for name, why in candidates if name == "UTF-8")
        return _read(body, "UTF-8", why if declared in ("UTF-8", None) else f"{why}, and valid")
    if body.isascii() and (disguised := _disguised(body, declared, labelled)):
        return _read(body, *disguised)
    if declared or labelled:
        label = declared or labelled
        return _read(body, "UTF-8", f"valid UTF-8, though labelled {label}")
    return _read(body, "UTF-8", "valid UTF-8, no label")


def _disguised(body: bytes, declared: str | None, labelled: str | None) -> tuple[str, str] | None:
    """The encoding, and why, of bytes that are ASCII and yet mean something else."""
    if declared in ("UTF-16LE", "UTF-16BE") and body.count(0):
        return declared, f"declared {declared}"
    if wide := _wide_encoding(body):
        return wide, "every other byte is zero"
    if "ISO-2022-JP" in (declared, labelled):
        return "ISO-2022-JP", "labelled ISO-2022-JP"
    if not (declared or labelled) and (b"\x1b$B" in body or b"\x1b$@" in body):
        return "ISO-2022-JP", "its escape sequences"
    return None


def _read_misfit(body: bytes, declared: str | None, labelled: str | None) -> Decoded:
    """Bytes that fit none of their labels: what a detector finds, else the label, with losses."""
    detected = detected_encoding(body)
    if detected:
        return _read(body, detected, f"detected: the bytes are not {declared or labelled}")
    name = declared or labelled or "windows-1252"
    return _read(body, name, f"labelled {name}, which the bytes do not all fit")


def _read(body: bytes, name: str, why: str) -> Decoded:
    codec = CODECS.get(name, "utf-32-le")
    try:
        text = body.decode(codec)
        return Decoded(cleaned(text), name, why)
    except (UnicodeDecodeError, ValueError):
        text = body.decode(codec, errors="replace")
    already = body.count("\ufffd".encode()) if name == "UTF-8" else 0
    return Decoded(cleaned(text), name, why, replaced=max(text.count("\ufffd") - already, 0))


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _fits(body: bytes, name: str) -> bool:
    """Whether the bytes are that encoding's, bar a few: web text is often cut in mid character."""
    text = body.decode(CODECS[name], errors="replace")
    return text.count("\ufffd") * 200 <= len(text)


def _mostly_utf8(body: bytes) -> bool:
    """Whether more characters are good UTF-8 than are broken."""
    good = sum(1 for _ in _MULTIBYTE.finditer(body))
    broken = body.decode("utf-8", errors="replace").count("\ufffd")
    return good >= broken


def _wide_encoding(body: bytes) -> str | None:
    """UTF-16 without a mark: nearly every even (or odd) byte of the beginning is zero."""
    sample = body[:HEAD_BYTES]
    pairs = len(sample) // 2
    if pairs < 4:
        return None
    high, low = sample[0::2].count(0) / pairs, sample[1::2].count(0) / pairs
    if low > 0.4 and high < 0.05:
        return "UTF-16LE"
    if high > 0.4 and low < 0.05:
        return "UTF-16BE"
    return None


def _shown(label: str | None) -> str:
    return (label or "")[:40].encode("ascii", "replace").decode("ascii")
