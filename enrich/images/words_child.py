"""The confined process that reads the words in a picture."""

from __future__ import annotations

import warnings

from PIL import Image, ImageDraw, ImageFont, ImageOps

from enrich.fork_server import serve
from enrich.images.decoding import fault_of, load_decoders, on_white, opened, rehearsals
from enrich.images.ocr import WordReader
from enrich.images.records import MOST_TEXT

MEMORY_BYTES = 3 << 30  # of addresses: the models and the libraries take 1 GiB of them
CPU_S = 60


def main() -> None:
    """Serve requests until stdin ends, or until a picture kills its fork."""
    load_decoders()
    reader = WordReader()
    for content in rehearsals():
        _words(reader, content)
    _rehearse(reader)
    serve(lambda _, content: _words(reader, content), memory=MEMORY_BYTES, cpu_s=CPU_S)


def _rehearse(reader: WordReader) -> None:
    """Read a line of our own: each model is loaded by it."""
    image = Image.new("RGB", (320, 64), "white")
    ImageDraw.Draw(image).text((10, 10), "lantern", "black", ImageFont.load_default(36))
    if not reader.read(image).text:
        raise RuntimeError("the models read nothing")


def _words(reader: WordReader, content: bytes) -> tuple[dict[str, object], bytes]:
    try:
        with opened(content) as image:
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            flat = on_white(image, "RGB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            words = reader.read(flat)
    except Exception as fault:
        return {"says": fault_of(fault)}, b""
    text = words.text[:MOST_TEXT]
    notes = list(words.notes)
    if len(text) < len(words.text):
        notes.append(f"Only the first {MOST_TEXT} characters were kept.")
    facts: dict[str, object] = {"confidence": words.confidence, "says": " ".join(notes)}
    return facts, text.encode("utf-8", "replace")
