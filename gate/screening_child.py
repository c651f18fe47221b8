"""The screening process: `python -m gate.screening_child`. Pictures in by stdin, facts by stdout.

Each request is a line of JSON (`task`, `bytes`, `side`) and so many bytes; each answer a line of
JSON and so many bytes of PNG. The process is confined before it reads the first picture.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
from typing import BinaryIO

from PIL import AvifImagePlugin, Image, ImageOps, UnidentifiedImageError

from gate.confinement import confine

MOST_PIXELS = 64_000_000
# What is decoded, and nothing else: no reader that starts a program (EPS), reads another file or
# is seldom looked at. (A JPEG of many pictures, MPO, is opened as JPEG.)
FORMATS = (
    *("PNG", "JPEG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "AVIF", "ICO", "JPEG2000", "PPM"),
    "TGA",
)
MOST_FRAMES = 1000  # counted; more is written as that many
SAMPLES = 8  # a rendition's sides: no more than 8 x 8 samples, which no PDQ survives
_ODD = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, ArithmeticError)


def main() -> None:
    """Serve requests until stdin ends."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a confined process starts no thread
    Image.init()  # every decoder is loaded now: later nothing may be opened that is not open
    _rehearse()
    confined = confine()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    _answer(sink, {"confined": confined}, b"")
    while line := source.readline():
        asked = json.loads(line)
        content = source.read(asked["bytes"])
        facts, png = _screened(content, asked["task"], asked.get("side"))
        _answer(sink, facts, png)


def _rehearse() -> None:
    """Use each part once, so that what they load lazily is loaded before the confinement."""
    blank = Image.new("RGB", (16, 16), "white")
    for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"):
        try:
            kept = io.BytesIO()
            blank.save(kept, form)
            _screened(kept.getvalue(), "screen", None)
        except (*_ODD, UnidentifiedImageError):
            continue


def _screened(content: bytes, task: str, side: int | None) -> tuple[dict[str, object], bytes]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _measured(content) if task == "screen" else _shown(content, task, side)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        says = f"It would unfold to more than {MOST_PIXELS} pixels."
    except UnidentifiedImageError:
        says = "No decoder knows its format."
    except MemoryError:
        says = "It needs more memory than screening allows."
    except _ODD as fault:
        says = f"It cannot be decoded whole ({type(fault).__name__})."
    except Exception as fault:
        says = f"A decoder failed on it ({type(fault).__name__})."
    return {"says": says}, b""


def _measured(content: bytes) -> tuple[dict[str, object], bytes]:
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        form = str(image.format)
        frames = min(int(getattr(image, "n_frames", 1)), MOST_FRAMES)
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise Image.DecompressionBombError
        image.load()
        samples = ImageOps.exif_transpose(image).convert("RGBA")
        ground = Image.new("RGBA", samples.size, "white")
        grey = Image.alpha_composite(ground, samples).convert("L")
        small = grey.resize((SAMPLES, SAMPLES), Image.Resampling.BOX)
    return (
        {"width": width, "height": height, "format": form, "frames": frames},
        _png(small),
    )


def _shown(content: bytes, task: str, side: int | None) -> tuple[dict[str, object], bytes]:
    """The picture drawn anew: pixels alone, no metadata, no thumbnail, the first frame."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        image.load()
        drawn = ImageOps.exif_transpose(image).convert("RGBA")
    ground = Image.new("RGBA", drawn.size, "white")
    flat = Image.alpha_composite(ground, drawn).convert("L" if task == "grey" else "RGB")
    if side is not None:
        flat.thumbnail((side, side), Image.Resampling.LANCZOS)
    return {"width": flat.width, "height": flat.height}, _png(flat)


def _png(image: Image.Image) -> bytes:
    kept = io.BytesIO()
    image.save(kept, "PNG", optimize=False)
    return kept.getvalue()


def _answer(sink: BinaryIO, facts: dict[str, object], png: bytes) -> None:
    sink.write(json.dumps({**facts, "bytes": len(png)}).encode("ascii") + b"\n" + png)
    sink.flush()


if __name__ == "__main__":
    main()
