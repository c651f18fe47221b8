"""Whether a capture could hold pictures at all, seen without decoding one: errs towards yes."""

from __future__ import annotations

from pathlib import Path

from cases.captures import SealedCapture, SealedRecord
from evidence.page_members import SAFE_SCREENSHOT, SCREENSHOT
from evidence.reader import SealedBody, read_body

# What a browser draws no picture from by itself; whatever else came may be one.
_TEXT = ("text/", "application/json", "application/xml", "application/javascript")
_INSIDE_TEXT = (b"data:image", b"data:video", b"data:application", b"<svg", b"%PDF")
_TILES = (SCREENSHOT, SAFE_SCREENSHOT)


def may_hold_pictures(evidence: Path, capture: SealedCapture) -> bool:
    """False only where every body is whole text without a picture in it, and none was drawn.

    Raises `EvidenceMissing` and `EvidenceDamaged`.
    """
    return any(_may_hold(evidence, record) for record in capture.records[:-1])


def _may_hold(evidence: Path, record: SealedRecord) -> bool:
    if record.type in ("request", "metadata", "warcinfo"):
        return False
    if (record.url or "").startswith(_TILES):
        return True
    return _pictorial(read_body(evidence, record))


def _pictorial(body: SealedBody) -> bool:
    if not body.content:
        return False
    if body.cut or not (body.media_type or "").startswith(_TEXT):
        return True
    lowered = body.content.lower()
    return b"\0" in lowered or any(sign.lower() in lowered for sign in _INSIDE_TEXT)
