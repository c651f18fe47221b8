"""Pictures are read once, found by their words, shown by their facts, and known again elsewhere."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from lantern_rig import Lantern
from picture_site import PictureSite, data_address, noise, picture_site
from PIL import ExifTags, Image, ImageDraw, ImageFont, ImageOps

from cases.identity import CaptureId
from enrich import DerivedStore
from enrich.images import PictureReading
from jobs.access import set_door
from jobs.gating import PictureUnknown, facts_of, pictures_of
from jobs.picture_facts import _gated
from jobs.same_picture import near_copies, same_picture
from jobs.workplace import Acting, Named, at_work

LINES = ("Call 07700 900461 tonight", "Meet at Hartwell Dock", "ask for @north_light")


def poster() -> Image.Image:
    image = Image.new("RGB", (700, 420), "#f4f0e8")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(30)
    for number, line in enumerate(LINES):
        pen.text((30, 20 + number * 60), line, "black", font)
    pen.ellipse((60, 230, 300, 400), "#c03020")
    pen.rectangle((380, 250, 640, 380), "#203060")
    pen.polygon([(320, 220), (420, 410), (240, 400)], "#30a050")
    return image


def kept(image: Image.Image, form: str = "PNG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **how)  # type: ignore[arg-type]
    return file.getvalue()


def photograph() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Lumen", "Lumen \u202eX1\0\0"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:03:01 07:08:09"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (51.0, 30.0, 0.0), 3: "W", 4: (0.0, 7.0, 30.0)}
    )
    return kept(ImageOps.mirror(poster()).resize((560, 336)), "JPEG", quality=85, exif=exif)


@pytest.fixture(scope="module")
def pictures() -> Iterator[PictureSite]:
    with picture_site() as site:
        original = kept(poster())
        body = f"<title>A poster</title><p>Nothing said.</p><img src='{data_address(original)}'>"
        site.pages["/poster"] = ("text/html", body.encode())
        site.pages["/copy.jpg"] = ("image/jpeg", photograph())
        site.pages["/other.png"] = ("image/png", noise(77, 200, 150))
        yield site


@pytest.fixture(scope="module")
def held(pictures: PictureSite, tmp_path_factory: pytest.TempPathFactory) -> Lantern:
    root = tmp_path_factory.mktemp("reading")
    lantern = Lantern(root / "vault", root / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("person", "add", "AB", "--name", "Ann Bell")
    for case, paths in (("LINDEN", ("/poster", "/other.png")), ("ALDER", ("/copy.jpg",))):
        lantern.ok("case", "open", case, "--title", "A test", "--template", "research")
        lantern.ok("use", case)
        lantern.ok("authority", "add", "--scope", pictures.address)
        how = ("--delay", "0", "--allow-address", pictures.address)
        lantern.ok("collect", *(pictures.url(path) for path in paths), *how)
    return lantern


@contextmanager
def working(lantern: Lantern, who: str = "JS") -> Iterator[Acting]:
    with at_work(Named(lantern.env(), lantern.vault, operator=who)) as acting:
        yield acting


def the_poster(lantern: Lantern) -> tuple[CaptureId, str]:
    (hit,) = lantern.ok("search", "image:Hartwell", "--case", "LINDEN")["hits"]
    capture = CaptureId(hit["capture"])
    with working(lantern) as acting:
        (facts,) = pictures_of(acting, capture)
    return capture, facts.sha256


@pytest.mark.parametrize(
    "query", ["image:Hartwell", "Hartwell", 'phone:"07700 900461"', "handle:@north_light"]
)
def test_a_page_is_found_by_the_words_in_its_picture(held: Lantern, query: str) -> None:
    assert held.ok("search", query, "--case", "LINDEN")["total"] == 1


def test_a_page_is_found_by_its_pictures_digest(held: Lantern) -> None:
    capture, sha256 = the_poster(held)
    found = held.ok("search", f"picture:{sha256}", "--case", "LINDEN")
    assert [hit["capture"] for hit in found["hits"]] == [capture]


def test_words_and_claims_stand_in_the_facts_before_any_pixel(held: Lantern) -> None:
    capture, sha256 = the_poster(held)
    shown = held.ok("picture", "show", capture, sha256)["read"]
    assert shown["text"].splitlines() == list(LINES)
    assert shown["confidence"] > 0.8
    (hit,) = held.ok("capture", "list", "--case", "ALDER")["captures"]
    with working(held) as acting:
        (photo,) = pictures_of(acting, CaptureId(hit["capture"]))
    assert photo.covered
    assert photo.read is not None
    assert (photo.read.taken, photo.read.place) == ("2026-03-01T07:08:09", "51.50000, -0.12500")
    assert photo.read.device is not None
    assert photo.read.device.startswith("Lumen")
    assert "\u202e" not in photo.read.device


def test_identifiers_of_a_picture_say_where_they_stand(held: Lantern) -> None:
    capture, sha256 = the_poster(held)
    with DerivedStore(held.vault / "derived.db") as store:
        (reading,) = store.pictures.held_by(capture)
    (phone,) = [each for each in reading.identifiers if each.kind == "phone"]
    assert phone.source == f"image:{sha256}"
    assert reading.text[phone.start : phone.end] == phone.original == "07700 900461"


def test_the_same_picture_is_known_again_smaller_recoded_and_mirrored(held: Lantern) -> None:
    capture, sha256 = the_poster(held)
    same = held.ok("picture", "same", sha256)
    assert (same["captures"], same["pictures"], same["compared"]) == (2, 2, True)
    first, second = same["found"]
    assert (first["capture"], first["case"], first["bits"]) == (capture, "LINDEN", 0)
    assert (second["case"], second["turned"]) == ("ALDER", True)
    assert 0 < second["bits"] <= 31
    entry = held.ok("ledger", "list")["entries"][-1]
    assert (entry["act"], entry["s62"]) == ("access", "consultation")
    assert entry["texts"]["picture"] == sha256
    assert held.ok("picture", "same", sha256, "--case", "LINDEN")["captures"] == 1


def test_a_case_that_is_closed_to_a_person_tells_them_of_no_copy(
    held: Lantern, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sha256 = the_poster(held)
    with working(held) as acting:
        copy = next(e for e in same_picture(acting, sha256).found if e.case == "ALDER")
        set_door(acting, "ALDER", closed=True, reason="a test of doors")
    try:
        with working(held, "AB") as other:
            assert same_picture(other, sha256).captures == 1
            # a refusal after comparing would take longer than one of a picture that nobody holds
            monkeypatch.setattr("jobs.same_picture.near_copies", pytest.fail)
            with pytest.raises(PictureUnknown):
                same_picture(other, copy.sha256)
    finally:
        with working(held) as acting:
            set_door(acting, "ALDER", closed=False, reason="a test of doors")


def test_the_gate_can_ask_for_near_copies_of_the_whole_vault(held: Lantern) -> None:
    _, sha256 = the_poster(held)
    with DerivedStore(held.vault / "derived.db") as store:
        near = near_copies(store, sha256)
        assert near is not None
        assert len(near) == 2
        assert near_copies(store, "0" * 64) is None


def test_a_digest_that_nobody_holds_is_an_error_that_says_so(held: Lantern) -> None:
    refused = held("picture", "same", "not a digest\u202e")
    assert refused.code != 0
    assert "No capture that you may see holds a picture" in refused.err
    assert "\u202e" not in refused.err


def test_words_are_folded_before_they_are_shown() -> None:
    said = "pay \u202eevil\x07 " + data_address(noise(1, 90, 70))
    shown = _gated(PictureReading("0" * 64, "v", words_read=True, text=said))  # type: ignore[arg-type]
    assert "\u202e" not in shown.text
    assert "\x07" not in shown.text
    assert "iVBOR" not in shown.text


def test_pictures_are_read_once_and_again_only_when_they_are_to_be_read_for_words(
    held: Lantern, pictures: PictureSite
) -> None:
    assert held.ok("work")["done"] == 0
    settings = held.vault / "lantern.toml"
    before = settings.read_text("utf-8")
    settings.write_text(before + "\n[enrich]\nocr = false\n", "utf-8")
    pictures.pages["/unread.png"] = ("image/png", kept(ImageOps.invert(poster())))
    how = ("--delay", "0", "--allow-address", pictures.address)
    held.ok("use", "LINDEN")
    report = held.ok("collect", pictures.url("/unread.png"), *how)
    capture = CaptureId(report["captures"][-1]["capture"])
    with working(held) as acting:
        (facts,) = pictures_of(acting, capture)
        assert facts.read is not None
        assert (facts.read.words_read, facts.read.text) == (False, "")
    settings.write_text(before, "utf-8")
    held.ok("work")
    with working(held) as acting:
        read = facts_of(acting, capture, facts.sha256).read
        assert read is not None
        assert read.text.splitlines()[:3] == list(LINES)  # the disc may be read as an O
