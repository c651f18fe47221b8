"""The screening process: pictures in by stdin, facts by stdout (`enrich.fork_server`).

A request names its `task` and `side`; the answer is facts and PNG. Each picture is read in a fork
of its own, so a decoder that is taken over by one sees no other.
"""

from __future__ import annotations

import io
import warnings

from PIL import AvifImagePlugin, Image, ImageOps, UnidentifiedImageError

from enrich.fork_server import serve

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
    """Serve requests until stdin ends, or until a picture kills its fork."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a confined process starts no thread
    Image.init()  # every decoder is loaded now: later nothing may be opened that is not open
    _rehearse()
    serve(lambda asked, content: _screened(content, asked["task"], asked.get("side")))


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
        ImageOps.exif_transpose(image, in_place=True)
        small = _on_white(image, "L").resize((SAMPLES, SAMPLES), Image.Resampling.BOX)
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
        ImageOps.exif_transpose(image, in_place=True)
        flat = _on_white(image, "L" if task == "grey" else "RGB")
    if side is not None:
        flat.thumbnail((side, side), Image.Resampling.LANCZOS)
    return {"width": flat.width, "height": flat.height}, _png(flat)


def _on_white(image: Image.Image, mode: str) -> Image.Image:
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


def _png(image: Image.Image) -> bytes:
    """As PNG, without what came with it: no colour profile, no text, no metadata."""
    kept = io.BytesIO()
    image.info.clear()
    image.save(kept, "PNG", compress_level=1)
    return kept.getvalue()
