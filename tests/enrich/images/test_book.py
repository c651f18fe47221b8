"""Readings are kept once a picture, and go with the last capture that holds it."""

from __future__ import annotations

from pathlib import Path

from cases.identity import CaptureId, Sha256
from enrich import DerivedStore
from enrich.documents import Identifier, Mention
from enrich.images import PictureReading, image_source

ONE, TWO = Sha256("1" * 64), Sha256("2" * 64)
A, B = CaptureId("x-a"), CaptureId("x-b")


def reading(sha256: Sha256, quality: int = 100) -> PictureReading:
    source = image_source(sha256)
    return PictureReading(
        sha256, "v", words_read=True, text="Ada Quill 07700 900461", confidence=0.9,
        pdq=sha256, pdq_quality=quality, turned=(sha256,) * 7, gps=(51.5, -0.12), notes=("a",),
        mentions=(Mention("Ada Quill", "PERSON", 0, 9, "m", source=source),),
        identifiers=(Identifier("phone", "+447700900461", 10, 22, "07700 900461", source=source),),
    )  # fmt: skip


def test_what_was_put_comes_back_the_same_and_in_the_order_held(tmp_path: Path) -> None:
    with DerivedStore(tmp_path / "derived.db") as store:
        for sha256 in (ONE, TWO):
            store.pictures.put(reading(sha256))
        store.pictures.hold(A, [TWO, ONE, TWO])
    with DerivedStore(tmp_path / "derived.db") as store:
        assert store.pictures.held_by(A) == [reading(TWO), reading(ONE)]
        assert store.pictures.get(ONE) == reading(ONE)
        assert store.pictures.captures_with([ONE]) == {ONE: [A]}


def test_a_picture_is_forgotten_with_the_last_capture_that_holds_it(tmp_path: Path) -> None:
    with DerivedStore(tmp_path / "derived.db") as store:
        for sha256 in (ONE, TWO):
            store.pictures.put(reading(sha256))
        store.pictures.hold(A, [ONE, TWO])
        store.pictures.hold(B, [TWO])
        store.drop(A)
        assert store.pictures.get(ONE) is None
        assert store.pictures.get(TWO) == reading(TWO)
        assert store.pictures.held_by(A) == []
        store.drop(B)
        assert store.pictures.get(TWO) is None


def test_a_hash_that_tells_too_little_is_not_compared(tmp_path: Path) -> None:
    with DerivedStore(tmp_path / "derived.db") as store:
        store.pictures.put(reading(ONE, 49))
        store.pictures.put(reading(TWO, 50))
        assert store.pictures.hashes() == ([TWO], bytes.fromhex(TWO))
