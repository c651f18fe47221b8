"""The pictures of a sealed capture: every place where one can lie, told apart by bytes.

A picture is what its bytes say or what it was served as, whichever says so: an HTML page that is
also a GIF is one, and so is anything served as `image/…`. Data addresses in what a page is made
of, and thumbnails inside a JPEG, are pictures of their own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cases.captures import SealedCapture, SealedRecord
from cases.identity import Sha256
from evidence.page_members import DOM, PICTURES, SAFE_SCREENSHOT, SCREENSHOT
from evidence.reader import read_block, read_body
from gate.data_addresses import written_out

_MAGIC: tuple[tuple[int, bytes], ...] = (
    *((0, mark) for mark in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM")),
    *((0, mark) for mark in (b"II*\0", b"MM\0*", b"\0\0\1\0", b"\0\0\2\0", b"\xff\x0a", b"8BPS")),
    *((0, mark) for mark in (b"\0\0\0\x0cJXL ", b"\0\0\0\x0cjP  ", b"qoif", b"%PDF-")),
    (0, b"\x76\x2f\x31\x01"),  # OpenEXR
    *((8, mark) for mark in (b"WEBP",)),
    *((4, b"ftyp" + brand) for brand in (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")),
    *((4, mark) for mark in (b"ftypisom", b"ftypmp4", b"ftypqt", b"ftypM4V", b"ftypiso")),
    *((0, mark) for mark in (b"\x1aE\xdf\xa3", b"OggS")),
)
_LONGEST_URL = 4096
_SERVED = ("image/", "video/", "audio/", "application/pdf")
_SVG = re.compile(rb"<(?:[a-z0-9]+:)?svg[\s>/]", re.IGNORECASE)
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the page it was shown, in CSS pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a capture. `kind` is where it lay: "response", "data", "embedded" in another
    picture, or a "screenshot" of ours. `url` and `alt` are collected text, not yet folded.
    """

    sha256: Sha256
    content: bytes
    kind: str
    url: str
    media_type: str
    alt: str = ""
    place: Place | None = None

    def without_content(self) -> Picture:
        """The same facts, the bytes let go."""
        return replace(self, content=b"")


def is_picture(content: bytes, media_type: str | None) -> bool:
    """Whether bytes, or what they were served as, make a picture (film, sound and PDF too)."""
    if (media_type or "").startswith(_SERVED):
        return True
    head = content[:64]
    if any(head[at : at + len(mark)] == mark for at, mark in _MAGIC):
        return True
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start[:5].lower() in (b"<?xml", b"<svg ", b"<svg>") and bool(_SVG.search(start))


def pictures_in(
    evidence: Path, capture: SealedCapture, *, lying_in: str | None = None
) -> Iterator[Picture]:
    """Every picture of the capture, each distinct digest of each kind once. With `lying_in`, a
    picture's own `url`, only what lies where it does: no other record is read.

    Raises `EvidenceMissing`, `EvidenceDamaged` for the evidence itself.
    """
    boxes = _boxes(evidence, capture)
    seen: set[tuple[str, str]] = set()
    address = None if lying_in is None else _address(lying_in)
    for record in capture.records:
        if address is not None and (record.url or "")[:_LONGEST_URL] != address:
            continue
        for picture in _in_record(evidence, record, boxes):
            if (picture.sha256, picture.kind) not in seen:
                seen.add((picture.sha256, picture.kind))
                yield picture


def _address(url: str) -> str:
    """The address of the record that a picture of that `url` lies in."""
    return url.removeprefix("inside ").removeprefix("data: in ")


def safe_tiles(capture: SealedCapture) -> list[SealedRecord]:
    """The safe screenshot's tiles, from top to bottom."""
    return _tiles(capture, SAFE_SCREENSHOT)


def _tiles(capture: SealedCapture, name: str) -> list[SealedRecord]:
    held = [r for r in capture.records if r.type == "resource" and (r.url or "").startswith(name)]
    return sorted(held, key=lambda record: (len(record.url or ""), record.url or ""))


def _in_record(
    evidence: Path, record: SealedRecord, boxes: Mapping[str, Mapping[str, Any]]
) -> Iterator[Picture]:
    url = (record.url or "")[:_LONGEST_URL]
    if record.type == "resource":
        if url.startswith(SCREENSHOT):
            content = read_block(evidence, record)
            yield _picture(content, "screenshot", url, "image/png", {})
        elif url == DOM:
            yield from _data_pictures(read_block(evidence, record), url, boxes)
        return
    if record.type != "response":
        return
    body = read_body(evidence, record)
    if not body.content:
        return
    if is_picture(body.content, body.media_type):
        box = boxes.get(url, {})
        yield _picture(body.content, "response", url, body.media_type or "not declared", box)
        yield from _embedded(body.content, url)
    yield from _data_pictures(body.content, url, boxes)


def _picture(
    content: bytes, kind: str, url: str, media_type: str, box: Mapping[str, Any]
) -> Picture:
    sides = [box.get(name) for name in ("x", "y", "width", "height")]
    place = Place(*sides) if all(isinstance(side, int) for side in sides) else None  # type: ignore[arg-type]
    return Picture(
        Sha256(hashlib.sha256(content).hexdigest()),
        content,
        kind,
        url,
        media_type[:100],
        str(box.get("alt") or "")[:500],
        place,
    )


def _data_pictures(
    content: bytes, url: str, boxes: Mapping[str, Mapping[str, Any]]
) -> Iterator[Picture]:
    """Pictures written out in a page, a style sheet or an answer of the page's own."""
    for found in written_out(content):
        if is_picture(found.content, found.media_type):
            box = boxes.get(hashlib.sha256(found.content).hexdigest(), {})
            media_type = found.media_type or "not declared"
            yield _picture(found.content, "data", f"data: in {url}", media_type, box)
            yield from _embedded(found.content, f"data: in {url}")


def _embedded(content: bytes, url: str) -> Iterator[Picture]:
    """Thumbnails inside a picture: whole JPEGs that begin after its own start."""
    at = content.find(_JPEG_START, 2)
    for _ in range(16):
        if at < 0:
            return
        end = content.find(_JPEG_END, at)
        if end < 0:
            return
        thumbnail = content[at : end + 2]
        if len(thumbnail) > 200:
            yield _picture(thumbnail, "embedded", f"inside {url}", "image/jpeg", {})
        at = content.find(_JPEG_START, end + 2)


def _boxes(evidence: Path, capture: SealedCapture) -> dict[str, Mapping[str, Any]]:
    """Where the browser saw each picture, by its address and by its digest."""
    record = next((r for r in capture.records if r.url == PICTURES), None)
    if record is None:
        return {}
    try:
        listed = json.loads(read_block(evidence, record))
    except ValueError:
        return {}
    boxes: dict[str, Mapping[str, Any]] = {}
    for box in listed if isinstance(listed, list) else ():
        if isinstance(box, dict):
            boxes.setdefault(str(box.get("url")), box)
            boxes.setdefault(str(box.get("sha256")), box)
    return boxes
