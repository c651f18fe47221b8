"""A bomb, a hang or a crash costs the one picture, and the real corpus is decoded."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from picture_site import bomb, jpeg_with_thumbnail, noise
from PIL import Image

from gate.screener import Screener, is_rendition, shared_screener

# What of the corpus no decoder of ours can make whole: each stays covered.
BROKEN = {
    *("truncated.jpg", "truncated_jpeg.jpg", "broken_data_stream.png", "truncated_image.png"),
    *("ultrahdr.jpg", "samplefilehub.heif", "broken.png", "zero_width.gif", "reallybig.bmp"),
    *("decompression_bomb.gif", "png_decompression_dos.png"),
    "plum-blossom-small.profile0.8bpc.yuv420.alpha-full.avif",
}
SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".avif", ".avifs", ".heif"}


def test_the_corpus_is_measured_and_only_what_is_broken_is_not(shared: Path) -> None:
    corpus = [p for p in (shared / "corpora" / "images").rglob("*") if p.suffix.lower() in SUFFIXES]
    if not corpus:
        pytest.skip("the corpus of pictures is not there")
    undecoded = set()
    with Screener() as screener:
        for path in corpus:
            found = screener.screen(path.read_bytes())
            if found.measured.decoded:
                assert found.rendition is not None
                assert is_rendition(found.rendition)
            else:
                assert found.rendition is None
                assert found.measured.says
                undecoded.add(path.name)
    assert undecoded <= BROKEN
    assert len(undecoded) < len(corpus) / 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (bomb(), "would unfold to more than"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>a()</script></svg>", "not rendered"),
        (b" \n<?xml version='1.0'?><svg/>", "not rendered"),
        ("<svg/>".encode("utf-16"), "No decoder"),
        (b"", "No decoder"),
        (noise(5, form="JPEG")[:-900], "cannot be decoded whole"),
        (b"%PDF-1.4\n%%EOF", "No decoder"),
    ],
)
def test_what_cannot_be_decoded_says_why_and_the_next_is_screened(
    content: bytes, says: str
) -> None:
    with Screener() as screener:
        found = screener.screen(content)
        assert not found.measured.decoded
        assert says in (found.measured.says or "")
        assert screener.screen(noise(1)).measured.decoded
        assert isinstance(screener.show(content, grey=True, side=240), str)


def test_a_crash_costs_one_picture_and_a_hang_no_more_than_its_time() -> None:
    with Screener(item_s=2) as screener:
        screener.screen(noise(1))
        child = screener._worker.child
        assert child is not None
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        assert screener.screen(noise(1)).measured.decoded  # a dead process is replaced
        child = screener._worker.child
        assert child is not None
        os.kill(child.pid, signal.SIGSTOP)
        began = time.monotonic()
        found = screener.screen(noise(2))
        assert time.monotonic() - began < 8
        assert found.measured.says == "It took longer than 2 s."
        assert screener.screen(noise(2)).measured.decoded


def test_each_picture_is_read_in_a_process_of_its_own_that_is_gone_after_it() -> None:
    with Screener() as screener:
        screener.screen(noise(1))
        child = screener._worker.child
        assert child is not None
        children = Path(f"/proc/{child.pid}/task/{child.pid}/children")
        if not children.exists():
            pytest.skip("this system does not list a process's children")
        end = time.monotonic() + 5  # it answers, then ends
        while children.read_text().split() and time.monotonic() < end:
            time.sleep(0.01)
        assert children.read_text().split() == []
        assert child.poll() is None


def test_sixteen_bits_are_shown_as_they_look_and_not_all_white() -> None:
    kept = io.BytesIO()
    ramp = Image.frombytes("I;16", (64, 64), b"".join(n.to_bytes(2, "little") for n in range(4096)))
    ramp.save(kept, "PNG")
    with shared_screener() as screener:
        shown = screener.show(kept.getvalue(), grey=True, side=None)
    assert not isinstance(shown, str)
    with Image.open(io.BytesIO(shown[0])) as drawn:
        assert drawn.getextrema() == (0, 255)


def test_what_is_shown_is_pixels_alone_and_the_first_frame() -> None:
    photo, thumbnail = jpeg_with_thumbnail(3)
    moving = io.BytesIO()
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    with shared_screener() as screener:
        shown = screener.show(photo + b"<script>alert(1)</script>", grey=False, side=None)
        first = screener.show(moving.getvalue(), grey=False, side=None)
        small = screener.show(photo, grey=True, side=40)
    assert not isinstance(shown, str)
    assert not isinstance(first, str)
    assert not isinstance(small, str)
    assert thumbnail[100:164] not in shown[0]
    assert b"script" not in shown[0]
    with Image.open(io.BytesIO(shown[0])) as drawn:
        assert (drawn.format, drawn.info, drawn.getexif()) == ("PNG", {}, {})
    with Image.open(io.BytesIO(first[0])) as drawn:
        assert drawn.getpixel((5, 5)) == (255, 0, 0)
    with Image.open(io.BytesIO(small[0])) as drawn:
        assert (drawn.mode, max(drawn.size)) == ("L", 40)


def test_several_threads_each_get_a_process_and_their_own_answer() -> None:
    found: dict[int, object] = {}

    def ask(seed: int) -> None:
        with shared_screener() as screener:
            drawn = screener.show(noise(seed, 20 + seed, 30), grey=False, side=None)
            found[seed] = drawn if isinstance(drawn, str) else drawn[1]

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {seed: 20 + seed for seed in range(6)}
