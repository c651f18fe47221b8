"""The confined process that reads a picture's EXIF and hashes its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enrich.fork_server import serve
from enrich.images.decoding import fault_of, load_decoders, on_white, opened, rehearsals
from enrich.images.exif import exif_facts
from enrich.images.hashing import pdq_of


def main() -> None:
    """Serve requests until stdin ends, or until a picture kills its fork."""
    load_decoders()
    for content in rehearsals():
        _facts({}, content)
    serve(_facts)


def _facts(_: Mapping[str, Any], content: bytes) -> tuple[dict[str, object], bytes]:
    facts: dict[str, object] = {}
    try:
        with opened(content) as image:
            facts = {"width": image.width, "height": image.height, **exif_facts(image)}
            image.load()
            hashes, quality = pdq_of(on_white(image, "RGB"))
    except Exception as fault:
        return {**facts, "says": fault_of(fault)}, b""
    return {**facts, "pdq": hashes[0], "turned": hashes[1:], "pdq_quality": quality}, b""
