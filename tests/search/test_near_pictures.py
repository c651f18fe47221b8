"""Near copies are found by their PDQ hashes, all of them and no other."""

from __future__ import annotations

import io
import random
import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from enrich.images import PictureReader, PictureReading
from search.near_pictures import MATCH_BITS, NearPictures


def hashes(dice: random.Random, count: int) -> list[bytes]:
    return [dice.randbytes(32) for _ in range(count)]


def changed(dice: random.Random, value: bytes, bits: int) -> bytes:
    number = int.from_bytes(value, "big")
    for bit in dice.sample(range(256), bits):
        number ^= 1 << bit
    return number.to_bytes(32, "big")


@pytest.mark.parametrize("seed", range(5))
def test_the_answer_is_that_of_counting_bit_by_bit(seed: int) -> None:
    dice = random.Random(seed)
    asked = dice.randbytes(32)
    held = [*hashes(dice, 500), *(changed(dice, asked, bits) for bits in range(0, 64, 3))]
    dice.shuffle(held)
    digests = [f"{number:064x}" for number in range(len(held))]
    forms = [asked, dice.randbytes(32), changed(dice, asked, 12)]
    expected = {
        digest: min((int.from_bytes(each) ^ int.from_bytes(form)).bit_count() for form in forms)
        for digest, each in zip(digests, held, strict=True)
    }
    found = NearPictures(digests, b"".join(held)).near([form.hex() for form in forms])
    assert {near.sha256: near.bits for near in found} == {
        digest: bits for digest, bits in expected.items() if bits <= MATCH_BITS
    }
    assert [near.bits for near in found] == sorted(near.bits for near in found)


def test_none_are_held_and_none_is_found() -> None:
    assert NearPictures([], b"").near(["0" * 64]) == []
    with pytest.raises(ValueError, match="32 bytes"):
        NearPictures(["a"], b"short")


def test_300_000_hashes_are_asked_in_well_under_a_second() -> None:
    count = 300_000
    held = np.random.default_rng(7).bytes(count * 32)
    near = NearPictures([f"{number:064x}" for number in range(count)], held)
    began = time.process_time()
    found = near.near([held[32 * 77 : 32 * 78].hex()] * 8)
    assert time.process_time() - began < 2
    assert [(each.sha256, each.bits, each.form) for each in found] == [(f"{77:064x}", 0, 0)]


def test_copies_scaled_recoded_darkened_turned_and_mirrored_are_near_and_another_is_not() -> None:
    with PictureReader() as reader:
        scene, other = _scene(1), _scene(2)
        asked = _read(reader, scene)
        copies = {
            "smaller": scene.resize((240, 180)),
            "darker": ImageEnhance.Brightness(scene).enhance(0.7),
            "grey": ImageOps.grayscale(scene),
            "mirrored": ImageOps.mirror(scene),
            "upside down": scene.rotate(180),
            "a quarter turned": scene.transpose(Image.Transpose.ROTATE_90),
            "turned and mirrored": scene.transpose(Image.Transpose.TRANSPOSE),
        }
        read = {name: _read(reader, image) for name, image in copies.items()}
        read["other"] = _read(reader, other)
    assert asked.pdq is not None
    names = {each.sha256: name for name, each in read.items()}
    held = NearPictures(
        list(names), b"".join(bytes.fromhex(each.pdq or "") for each in read.values())
    )
    found = {names[near.sha256] for near in held.near([asked.pdq, *asked.turned])}  # type: ignore[index]
    assert found == set(copies)
    straight = {names[near.sha256] for near in held.near([asked.pdq])}  # type: ignore[index]
    assert straight == {"smaller", "darker", "grey"}


def _scene(seed: int) -> Image.Image:
    dice = random.Random(seed)
    image = Image.new("RGB", (480, 360), "#8899aa")
    pen = ImageDraw.Draw(image)
    for _ in range(14):
        left, top = dice.randrange(400), dice.randrange(300)
        box = (left, top, left + dice.randrange(40, 200), top + dice.randrange(40, 160))
        ink = tuple(dice.randrange(256) for _ in range(3))
        (pen.ellipse if dice.random() < 0.5 else pen.rectangle)(box, ink)
    return image


def _read(reader: PictureReader, image: Image.Image) -> PictureReading:
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=70)
    found = reader.facts(kept.getvalue())
    assert (found.pdq_quality or 0) >= 50
    return found
