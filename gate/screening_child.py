"""The screening process: pictures in by stdin, facts by stdout (`enrich.fork_server`).

A request names its `task` and `side`; the answer is facts and PNG. Each picture is read in a fork
of its own, so a decoder that is taken over by one sees no other.
"""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from enrich.fork_server import serve
from enrich.images.decoding import fault_of, load_decoders, on_white, opened, rehearsals

MOST_FRAMES = 1000  # counted; more is written as that many
SAMPLES = 8  # a rendition's sides: no more than 8 x 8 samples, which no PDQ survives


def main() -> None:
    """Serve requests until stdin ends, or until a picture kills its fork."""
    load_decoders()
    for content in rehearsals():
        _screened(content, "screen", None)
    serve(lambda asked, content: _screened(content, asked["task"], asked.get("side")))


def _screened(content: bytes, task: str, side: int | None) -> tuple[dict[str, object], bytes]:
    try:
        return _measured(content) if task == "screen" else _shown(content, task, side)
    except Exception as fault:
        return {"says": fault_of(fault)}, b""


def _measured(content: bytes) -> tuple[dict[str, object], bytes]:
    with opened(content) as image:
        form = str(image.format)
        frames = min(int(getattr(image, "n_frames", 1)), MOST_FRAMES)
        width, height = image.size
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        small = on_white(image, "L").resize((SAMPLES, SAMPLES), Image.Resampling.BOX)
    return (
        {"width": width, "height": height, "format": form, "frames": frames},
        _png(small),
    )


def _shown(content: bytes, task: str, side: int | None) -> tuple[dict[str, object], bytes]:
    """The picture drawn anew: pixels alone, no metadata, no thumbnail, the first frame."""
    with opened(content) as image:
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        flat = on_white(image, "L" if task == "grey" else "RGB")
    if side is not None:
        flat.thumbnail((side, side), Image.Resampling.LANCZOS)
    return {"width": flat.width, "height": flat.height}, _png(flat)


def _png(image: Image.Image) -> bytes:
    """As PNG, without what came with it: no colour profile, no text, no metadata."""
    kept = io.BytesIO()
    image.info.clear()
    image.save(kept, "PNG", compress_level=1)
    return kept.getvalue()
