"""A picture's words, its camera's claims and its hash; and what a hostile one cannot do."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from picture_site import bomb, jpeg_with_thumbnail, noise
from PIL import ExifTags, Image, ImageDraw, ImageFont

from enrich.images import PictureReader, PictureReading, ocr
from enrich.images.ocr import WordReader
from enrich.images.reader import _with_facts, _with_words

LINES = ("Call 07700 900123 tonight", "Meet Ada Quill at Hartwell Dock", "mail ada@example.org")


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    with PictureReader() as reader:
        yield reader


def drawn(
    lines: tuple[str, ...] = LINES,
    size: tuple[int, int] = (700, 260),
    letters: int = 30,
    ink: str = "black",
    paper: str = "white",
) -> Image.Image:
    image = Image.new("RGB", size, paper)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(letters)
    for number, line in enumerate(lines):
        pen.text((letters, letters + number * letters * 2), line, ink, font)
    return image


def kept(image: Image.Image, form: str = "PNG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **how)  # type: ignore[arg-type]
    return file.getvalue()


def read(reader: PictureReader, content: bytes) -> PictureReading:
    return reader.words(reader.facts(content), content)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(drawn(), id="black on white"),
        pytest.param(drawn(ink="white", paper="#203040"), id="white on dark"),
        pytest.param(drawn(size=(360, 130), letters=15), id="small"),
        pytest.param(drawn(size=(2600, 1700), letters=44), id="large"),
        pytest.param(drawn().rotate(4, expand=True, fillcolor="white"), id="a little askew"),
        pytest.param(drawn().convert("P"), id="with a palette"),
        pytest.param(drawn().convert("CMYK"), id="in four inks"),
    ],
)
def test_words_drawn_into_a_picture_are_read(reader: PictureReader, image: Image.Image) -> None:
    form = "TIFF" if image.mode == "CMYK" else "PNG"
    found = read(reader, kept(image, form))
    assert found.text.splitlines() == list(LINES)
    assert found.confidence is not None
    assert 0.8 < found.confidence <= 1
    assert found.words_read
    assert found.notes == ()


def test_words_on_a_clear_ground_are_read_as_on_white(reader: PictureReader) -> None:
    clear = Image.new("RGBA", (700, 260), (0, 0, 0, 0))
    clear.paste(
        Image.new("RGBA", clear.size, "black"), mask=drawn(ink="white", paper="black").convert("L")
    )
    assert read(reader, kept(clear)).text.splitlines() == list(LINES)


def test_a_picture_that_its_camera_turned_is_read_upright(reader: PictureReader) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # shown turned clockwise by a quarter
    content = kept(drawn().transpose(Image.Transpose.ROTATE_90), "JPEG", quality=92, exif=exif)
    found = read(reader, content)
    assert found.orientation == 6
    assert found.text.splitlines() == list(LINES)


def test_a_line_of_a_phone_number_drawn_against_copying_is_read(reader: PictureReader) -> None:
    image = Image.new("RGB", (130, 20), "white")
    ImageDraw.Draw(image).text((4, 2), "07700 900461", "black", ImageFont.load_default(14))
    assert read(reader, kept(image)).text.replace(" ", "") == "07700900461"


def test_a_tall_picture_is_read_from_end_to_end(reader: PictureReader) -> None:
    lines = tuple(f"message {number} of the long thread" for number in range(40))
    found = read(reader, kept(drawn(lines, (600, 2500), 30)))
    assert found.text.splitlines() == list(lines)


def test_a_picture_of_more_lines_than_are_read_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    words = WordReader()
    monkeypatch.setattr(ocr, "MOST_LINES", 2)
    assert words.read(drawn()).notes == ("Only 2 of 3 lines were read.",)
    monkeypatch.setattr(ocr, "READING_S", 0.0)
    late = words.read(drawn())
    assert (late.text, late.notes) == (
        "",
        ("Only the first 0 strips of a long picture were read.",),
    )


@pytest.mark.parametrize(
    "content",
    [
        kept(Image.new("RGB", (1600, 1200), "grey")),
        noise(1, 24, 24),
        noise(2, 300, 200),
    ],
    ids=["one colour", "tiny", "noise"],
)
def test_a_picture_without_words_has_none(reader: PictureReader, content: bytes) -> None:
    found = read(reader, content)
    assert (found.text, found.confidence, found.failed) == ("", None, False)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (bomb(), "would unfold to more than"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>a()</script></svg>", "not rendered"),
        (b"", "No decoder"),
        (b"\xff\xd8\xff" + bytes(500), "No decoder"),
        (noise(5, form="JPEG")[:-900], "cannot be decoded whole"),
        (b"%PDF-1.4\n%%EOF", "No decoder"),
    ],
)
def test_what_cannot_be_decoded_says_why(reader: PictureReader, content: bytes, says: str) -> None:
    found = reader.facts(content)
    assert found.failed
    assert says in found.notes[0]
    assert not found.can_hold_words


def test_a_process_that_dies_costs_one_picture(reader: PictureReader) -> None:
    content = kept(drawn())
    facts = reader.facts(content)
    reader.words(facts, content)
    child = reader._words.child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    reader._words._item_s = 0.5
    slow = reader.words(facts, content)
    reader._words._item_s = 30.0
    assert (slow.text, slow.notes) == ("", ("Reading it took longer than 30 s.",))
    assert reader.words(facts, content).text.splitlines() == list(LINES)


def test_both_processes_are_confined(reader: PictureReader) -> None:
    content = kept(drawn())
    read(reader, content)
    assert all(how == "seccomp" or how.startswith("limits alone") for how in reader.confined)


def test_what_the_processes_answer_is_not_taken_at_its_word() -> None:
    blank = PictureReading("0" * 64, "v")  # type: ignore[arg-type]
    found = _with_facts(
        blank,
        {
            "pdq": "f" * 63 + "\n",
            "turned": "no list",
            "pdq_quality": True,
            "taken": "<script>",
            "gps": [float("nan"), 200.0],
            "gps_at": 7,
            "device": "a\0b\ud800" + "c" * 900,
            "orientation": 9,
            "width": -1,
            "height": 1 << 40,
            "thumbnail": "yes",
        },
    )
    assert found.device is not None
    assert len(found.device) == 300
    assert "\0" not in found.device
    assert found.device.encode()
    assert found == PictureReading("0" * 64, "v", device=found.device)  # type: ignore[arg-type]
    said = _with_words(blank, {"confidence": float("inf")}, b"\xff\0ok" + b"x" * 99_999)
    assert (said.confidence, len(said.text)) == (None, 20_000)
    assert said.text.startswith("\ufffdok")


def test_a_thumbnail_is_named_and_not_shown(reader: PictureReader) -> None:
    photo, thumbnail = jpeg_with_thumbnail(3)
    found = reader.facts(photo)
    assert found.thumbnail
    assert thumbnail.hex()[200:300] not in repr(found)


def test_the_corpus_is_read_and_its_words_are_found(reader: PictureReader, shared: Path) -> None:
    images = shared / "corpora" / "images"
    if not images.is_dir():
        pytest.skip("the corpus of pictures is not there")
    wanted = {
        "avif-sample-images/red-at-12-oclock-with-color-profile.jpg": "Purpur",
        "exif-samples/Reconyx_HC500_Hyperfire.jpg": "2020-03-16",
        "exif-orientation-examples/Landscape_5.jpg": "bottom",
    }
    for path, word in wanted.items():
        assert word in read(reader, (images / path).read_bytes()).text
    for path in images.rglob("*.*"):
        found = reader.facts(path.read_bytes())
        assert (found.pdq is None) == (found.failed or found.pdq_quality is None)
