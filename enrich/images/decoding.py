"""Which picture formats are decoded, up to which size, and what of them counts: the pixels."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import AvifImagePlugin, Image, UnidentifiedImageError

MOST_PIXELS = 64_000_000
# What is decoded, and nothing else: no reader that starts a program (EPS), reads another file or
# is seldom looked at. (A JPEG of many pictures, MPO, is opened as JPEG.)
FORMATS = (
    *("PNG", "JPEG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "AVIF", "ICO", "JPEG2000", "PPM"),
    "TGA",
)
ODD = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, ArithmeticError)


def load_decoders() -> None:
    """Load every decoder: a confined process can open nothing later, and starts no thread."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.init()


def rehearsals() -> Iterator[bytes]:
    """A blank picture in each common format, to use each decoder once before the confinement."""
    blank = Image.new("RGB", (16, 16), "white")
    for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"):
        try:
            kept = io.BytesIO()
            blank.save(kept, form)
        except (*ODD, UnidentifiedImageError):
            continue
        yield kept.getvalue()


@contextmanager
def opened(content: bytes) -> Iterator[Image.Image]:
    """The picture, opened and not yet decoded.

    Raises what Pillow does: `fault_of` has the words for it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            yield image


def fault_of(fault: Exception) -> str:
    """Why a picture could not be decoded, as a sentence."""
    if isinstance(fault, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return f"It would unfold to more than {MOST_PIXELS} pixels."
    if isinstance(fault, UnidentifiedImageError):
        return "No decoder knows its format."
    if isinstance(fault, MemoryError):
        return "It needs more memory than screening allows."
    if isinstance(fault, ODD):
        return f"It cannot be decoded whole ({type(fault).__name__})."
    return f"A decoder failed on it ({type(fault).__name__})."


def on_white(image: Image.Image, mode: str) -> Image.Image:
    """The picture's pixels alone, in that mode, what is transparent on white."""
    if image.mode.startswith(("I", "F")):  # 16 bits and more: else all above 8 bits would be white
        low, high = (float(end) for end in image.convert("F").getextrema())  # type: ignore[arg-type]
        scale = 255 / ((high - low) or 1)
        grey = image.convert("F").point(lambda value: value * scale - low * scale)
        return grey.convert("L").convert(mode)
    if not image.has_transparency_data:
        return image.convert(mode)
    drawn = image.convert("RGBA")
    ground = Image.new("RGBA", drawn.size, "white")
    return Image.alpha_composite(ground, drawn).convert(mode)
