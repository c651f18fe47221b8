"""A small site of hostile and plain pictures, drawn here, and what of them may never come out."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from lantern_rig import bodies_served
from PIL import Image

WINDOW = 64  # bytes of a picture that may not appear anywhere outside the evidence
_STRIDE = 61


def noise(seed: int, width: int = 90, height: int = 70, form: str = "PNG", **how: object) -> bytes:
    """A picture like no other, in the format named."""
    dice = random.Random(seed)
    image = Image.frombytes("RGB", (width, height), dice.randbytes(width * height * 3))
    kept = io.BytesIO()
    image.save(kept, form, **how)  # type: ignore[arg-type]
    return kept.getvalue()


def jpeg_with_thumbnail(seed: int) -> tuple[bytes, bytes]:
    """A JPEG whose EXIF holds another picture, and that other one."""
    thumbnail = noise(seed + 1, 40, 30, "JPEG", quality=60)
    tiff = b"MM\0*\0\0\0\x08" + b"\0\0" + struct.pack(">I", 14)  # an empty IFD 0, then IFD 1
    tiff += struct.pack(">H", 2)
    tiff += struct.pack(">HHII", 0x0201, 4, 1, 14 + 2 + 24 + 4)
    tiff += struct.pack(">HHII", 0x0202, 4, 1, len(thumbnail)) + bytes(4) + thumbnail
    return noise(seed, form="JPEG", quality=80, exif=b"Exif\0\0" + tiff), thumbnail


def bomb() -> bytes:
    """A PNG of 50,000 x 50,000 pixels in a few kilobytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(6_251 * 2_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def data_address(content: bytes, media_type: str = "image/png") -> str:
    """The picture as a `data:` address."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


@dataclass
class PictureSite:
    """A running site: its address, its pages, and each picture by name."""

    address: str
    pages: dict[str, tuple[str, bytes]]
    pictures: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://{self.address}{path}"

    def sha256(self, name: str) -> str:
        return hashlib.sha256(self.pictures[name]).hexdigest()

    def leaks(self, blob: bytes, *names: str) -> list[str]:
        """Which pictures (all, where none is named) have bytes of theirs in the blob, and how."""
        found = []
        for name in names or tuple(self.pictures):
            for way, form in _forms(self.pictures[name]).items():
                starts = range(32, max(33, len(form) - WINDOW), _STRIDE)
                if any(form[at : at + WINDOW] in blob for at in starts):
                    found.append(f"{name}: {way}")
        return found


@cache
def _forms(content: bytes) -> dict[str, bytes]:
    """A picture as it lies in the evidence, and as it could be written or drawn elsewhere."""
    forms = {"its bytes": content, "base64": base64.b64encode(content)}
    forms["hexadecimal"] = content.hex().encode()
    try:
        with Image.open(io.BytesIO(content)) as image:
            kept = io.BytesIO()
            image.convert("RGB").save(kept, "PNG")
            forms["drawn anew"] = kept.getvalue()
    except (OSError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        pass
    return forms


def _site() -> tuple[dict[str, tuple[str, bytes]], dict[str, bytes]]:
    photo, thumbnail = jpeg_with_thumbnail(20)
    animated = io.BytesIO()
    frames = [Image.effect_noise((60, 60), 50 + n).convert("P") for n in range(3)]
    frames[0].save(animated, "GIF", save_all=True, append_images=frames[1:])
    pictures = {
        "plain": noise(1),
        "wrong name": noise(2, form="JPEG"),
        "polyglot": noise(3, form="GIF") + b"/*<script>alert(1)</script>*/",
        "animated": animated.getvalue(),
        "truncated": noise(5, form="JPEG")[:-900],
        "deep": noise(6, form="TIFF"),
        "photo": photo,
        "thumbnail": thumbnail,
        "in the page": noise(8),
        "in the text": noise(9),
        "in an answer": noise(10),
        "in a style": noise(11, form="WEBP"),
        "icon": noise(12, 8, 8),
    }
    cmyk = io.BytesIO()
    Image.effect_noise((60, 60), 60).convert("CMYK").save(cmyk, "JPEG")
    pictures["four inks"] = cmyk.getvalue()
    wide = io.BytesIO()
    Image.frombytes("I;16", (40, 40), random.Random(13).randbytes(3200)).save(wide, "PNG")
    pictures["sixteen bits"] = wide.getvalue()
    answer = b'{"about":"a harbour","avatar":"%s"}' % base64.b64encode(pictures["in an answer"])
    page = (
        "<html><title>The harbour</title><body><p>Words of the harbour.</p>"
        f"<img alt='the quay' src='{data_address(pictures['in the page'])}'>"
        f"<p>Copy of the harbour: {data_address(pictures['in the text'])}</p></body></html>"
    )
    style = f"a{{background:url({data_address(pictures['in a style'], 'image/webp')})}}"
    script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    pages = {
        "/": ("text/html", page.encode()),
        "/api": ("application/json", answer),
        "/style.css": ("text/css", style.encode()),
        "/plain.png": ("image/png", pictures["plain"]),
        "/named.txt": ("text/plain", pictures["wrong name"]),
        "/polyglot.html": ("text/html", pictures["polyglot"]),
        "/animated.gif": ("image/gif", pictures["animated"]),
        "/truncated.jpg": ("image/jpeg", pictures["truncated"]),
        "/deep.tif": ("image/tiff", pictures["deep"]),
        "/photo.jpg": ("image/jpeg", pictures["photo"]),
        "/cmyk.jpg": ("image/jpeg", pictures["four inks"]),
        "/wide.png": ("image/png", pictures["sixteen bits"]),
        "/icon.png": ("image/png", pictures["icon"]),
        "/acting.svg": ("image/svg+xml", script),
        "/bomb.png": ("image/png", bomb()),
        "/empty.png": ("image/png", b""),
        "/words": ("text/html", b"<title>No picture</title><p>Nothing but words.</p>"),
    }
    return pages, pictures


@contextmanager
def picture_site() -> Iterator[PictureSite]:
    """The site, on a free port of loopback."""
    pages, pictures = _site()
    asked: list[str] = []

    with bodies_served(pages, asked.append) as address:
        yield PictureSite(address, pages, pictures, asked)
