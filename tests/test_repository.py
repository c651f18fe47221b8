"""What this repository holds, and what it must never hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PICTURES_AND_FILMS = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",  # TIFF
    b"\0\0\x01\0",  # ICO
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"%PDF",
)
# Pictures made of a few flat shapes, drawn for this repository by its own code.
DRAWN = {"desk/demo_site/stall.png", "tests/collectors/pages/dot.png"}
HASH_LINE = re.compile(rb"^(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})[,;\t\r\n]", re.M)


@pytest.fixture(scope="module")
def kept() -> list[Path]:
    """Every file under version control."""
    asked = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(asked, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("needs the repository's history: this is an unpacked archive")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if (ROOT / name).is_file()]


@pytest.mark.standard("CSA-3")
def test_the_only_pictures_are_drawings_of_our_own(kept: list[Path]) -> None:
    starts = {path: path.read_bytes()[:16] for path in kept}
    found = [
        path.relative_to(ROOT).as_posix()
        for path, start in starts.items()
        if start.startswith(PICTURES_AND_FILMS)
        or start[4:8] == b"ftyp"
        or (start[:4] == b"RIFF" and start[8:12] in (b"WEBP", b"AVI "))
    ]
    assert set(found) <= DRAWN
    for name in found:  # flat shapes: a photograph has thousands of colours
        with Image.open(ROOT / name) as drawing:
            assert len(set(drawing.convert("RGB").get_flattened_data())) <= 64, name
    drawn = [path for path in kept if path.suffix == ".svg"]
    assert {path.parent.name for path in drawn} <= {"demo_site", "static", "pages"}
    assert [path for path in drawn if b"data:" in path.read_bytes()] == []


@pytest.mark.standard("CSA-3")
def test_no_list_of_hashes_is_kept(kept: list[Path]) -> None:
    lists = [path for path in kept if len(HASH_LINE.findall(path.read_bytes())) > 3]
    assert lists == []
