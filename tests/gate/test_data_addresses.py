"""A picture that a page writes out is found however the page writes it."""

from __future__ import annotations

import base64
import io
import time

import pytest
from PIL import Image

from gate.data_addresses import MOST, written_out


def _drawn() -> bytes:
    kept = io.BytesIO()
    Image.effect_noise((60, 50), 90).save(kept, "PNG")
    return kept.getvalue()


PNG = _drawn()
B64 = base64.b64encode(PNG).decode()
WRAPPED = "\n  ".join(B64[at : at + 76] for at in range(0, len(B64), 76))
ENTITIES = B64.replace("+", "&#43;").replace("/", "&#x2F;").replace("=", "&equals;")
SCRIPT = B64.replace("/", "\\/")
PERCENT = B64.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


@pytest.mark.parametrize(
    "text",
    [
        f"<img src='data:image/png;base64,{B64}'>",
        f"<img src=data:image/png;base64,{B64} width=60>",
        f'<img src="DATA:image/png;charset=x;Base64,{B64}">',
        f'<img src="data:;base64,{B64}">',
        f'<img src="data:application/octet-stream;base64,{B64}">',
        f'<img src="data:image/png;base64,{WRAPPED}">',
        f'<img src="data:image/png;base64,{ENTITIES}">',
        f'<img src="data:image/png;base64,{PERCENT}">',
        f'<img srcset="data:image/png;base64,{B64} 2x, /other.png 1x">',
        f"<p style=&quot;background:url(&quot;data:image/png;base64,{B64}&quot;)&quot;>",
        f"a{{background:url(data:image/png;base64,{B64})}}",
        f'{{"avatar":"data:image\\/png;base64,{SCRIPT}","next":"x"}}',
        f'{{"avatar":"{B64}"}}',
        f'{{"avatar":"{SCRIPT}"}}',
        B64,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_very_bytes_of_the_picture_are_found(text: str, encoding: str) -> None:
    found = [each.content for each in written_out(text.encode(encoding))]
    assert PNG in found


def test_a_picture_in_percent_signs_is_found() -> None:
    letters = "".join(f"%{byte:02X}" for byte in PNG)
    found = [each.content for each in written_out(f"<img src='data:image/png,{letters}'>".encode())]
    assert found == [PNG]


def test_a_drawing_written_as_it_is_keeps_its_type() -> None:
    found = list(written_out(b"<img src=\"data:image/svg+xml,%3Csvg onload='a()'/%3E\">"))
    assert [(each.media_type, each.content) for each in found] == [
        ("image/svg+xml", b"<svg onload='a()'/>")
    ]


def test_a_text_without_pictures_has_none() -> None:
    digest = "0a" * 32
    assert list(written_out(f"<p>data: {digest}, base64, words</p>".encode())) == []


@pytest.mark.parametrize(
    "body",
    [
        b"data:" * 400_000,
        b"data:image/png;base64," * 100_000,
        b"data:;a=b" * 200_000,
        b"data:image/png;base64," + b"&#x2F;\\/" * 300_000,
        b"iVBORw0KGgo" * 200_000,
        b"'data:image/svg+xml,%3Csvg" * 100_000,
        b"data:image/svg+xml," * 100_000,
    ],
)
def test_a_hostile_text_is_read_in_bounded_time(body: bytes) -> None:
    began = time.monotonic()
    assert len(list(written_out(body))) <= MOST
    assert time.monotonic() - began < 10
