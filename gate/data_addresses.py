"""Pictures written out in text: `data:` addresses, and Base64 that begins as a picture does. Pure.

Read as a browser reads them (RFC 2397, the fetch standard): white space inside Base64 counts for
nothing, a type may be missing, characters may be escaped as HTML, a script or an address escapes.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

MOST = 2000  # looked at in one body
LOOKED_IN_BYTES = 16 << 20
LEAST_BYTES = 8
_LETTERS = r"A-Za-z0-9+/=_\-\s%\\&#;"
_BASE64 = re.compile(rf"data:([\w.+/\\-]*)((?:;[\w=.+-]*)*?);base64,([{_LETTERS}]+)", re.I | re.A)
_PLAIN = re.compile(r"data:(image\\?/[\w.+-]+)((?:;[\w=.+-]*)*),", re.I | re.A)
_ENDS = {"'": re.compile("'"), '"': re.compile('"'), "(": re.compile(r"\)")}
_ENDS_PLAIN = re.compile(r"[\s\"'<>]")
LONGEST_PLAIN = 1 << 20
# As the bytes of PNG, JPEG, GIF and RIFF (WebP) begin in Base64; a comma means a data address.
_BARE = re.compile(
    r"(?<![A-Za-z0-9+/,\\])((?:iVBORw0KGgo|\\?/9j\\?/|R0lGOD[dl]h|UklGR)[A-Za-z0-9+/=\\]{64,})"
)
_CLEAN = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_SET_WIDTH = re.compile(r"\s+[0-9.]+[wx](?![A-Za-z0-9+/=])")  # in a srcset it ends the address
_ESCAPED = re.compile(r"\\(?:u00([0-9a-fA-F]{2})|x([0-9a-fA-F]{2})|([nrt])|\r?\n|(.)?)", re.S)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """Bytes that a text holds; `media_type` is "" where it names none."""

    content: bytes
    media_type: str


def written_out(body: bytes) -> Iterator[WrittenOut]:
    """What a text writes out as data addresses, whatever their type, and as bare Base64 of a
    picture: at most `MOST` of them.
    """
    text = _as_text(body[:LOOKED_IN_BYTES])
    left = MOST
    for found in _each(text):
        if len(found.content) >= LEAST_BYTES:
            yield found
            left -= 1
        if not left:
            return


def _each(text: str) -> Iterator[WrittenOut]:
    if re.search(r"data:", text, re.I):
        for match in _BASE64.finditer(text):
            before = text[match.start() - 1 : match.start()]
            yield WrittenOut(_decoded(_payload(before, match[3])), _type(match[1]))
        yield from _each_plain(text)
    for match in _BARE.finditer(text):
        yield WrittenOut(_decoded(_unescaped(match[1])), "")


def _as_text(body: bytes) -> str:
    encoding = next((name for mark, name in _BOMS if body.startswith(mark)), "latin-1")
    if encoding == "latin-1" and body[:64].count(0) > 16:
        encoding = "utf-16-le" if body[1:64:2].count(0) > body[:64:2].count(0) else "utf-16-be"
    return body.decode(encoding, "replace")


def _payload(before: str, letters: str) -> str:
    """The address up to where it ends: white space ends one that is not quoted, or of a set."""
    if before not in ("'", '"', "("):
        letters = letters.split(maxsplit=1)[0] if letters.strip() else ""
    width = _SET_WIDTH.search(letters)
    if width:
        letters = letters[: width.start()]
    plain = _unescaped(letters)
    if "&" in plain:
        plain = html.unescape(plain)
    return re.split(r"[\"'&;]", plain, maxsplit=1)[0]


def _each_plain(text: str) -> Iterator[WrittenOut]:
    """Addresses without Base64: up to the sign that closes what was opened before them."""
    match = _PLAIN.search(text)
    while match:
        begin, last = match.end(), match.end() + LONGEST_PLAIN
        opened = text[match.start() - 1 : match.start()]
        closed = _ENDS.get(opened, _ENDS_PLAIN).search(text, begin, last)
        end = closed.start() if closed else min(last, len(text))
        if ";base64" not in match[2].lower():
            plain = html.unescape(_unescaped(text[begin:end]))
            yield WrittenOut(unquote_to_bytes(plain), _type(match[1]))
        match = _PLAIN.search(text, max(end, begin))


def _unescaped(letters: str) -> str:
    if "\\" not in letters:
        return letters

    def of(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code:
            return chr(int(code, 16))
        return "\n" if match[3] else match[4] or ""

    return _ESCAPED.sub(of, letters)


def _decoded(letters: str) -> bytes:
    if _CLEAN.fullmatch(letters) and len(letters) % 4 == 0:
        return binascii.a2b_base64(letters)
    raw = unquote_to_bytes(letters)
    plain = re.sub(rb"[^A-Za-z0-9+/=_-]", b"", raw).replace(b"-", b"+").replace(b"_", b"/")
    plain = plain.split(b"=", 1)[0]
    if len(plain) % 4 == 1:
        plain = plain[:-1]
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return b""


def _type(text: str) -> str:
    return text.replace("\\", "").lower()[:100]
