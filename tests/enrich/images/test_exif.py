"""A camera's claims are taken where they have their form, and a hostile tag costs itself alone."""

from __future__ import annotations

import io
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from enrich.images.decoding import opened
from enrich.images.exif import _position, _taken, _words, exif_facts

BLANK = Image.new("RGB", (8, 8))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({1: "N", 2: (51, 30, 0), 3: "W", 4: (0, 7, 30)}, (51.5, -0.125)),
        ({1: "S\0", 2: (33, 51, 54.5), 3: "e", 4: (151, 12, 36)}, (-33.8651389, 151.21)),
        ({1: "N", 2: (91, 0, 0), 3: "E", 4: (0, 0, 0)}, None),
        ({1: "N", 2: (51, 60, 0), 3: "E", 4: (0, 0, 0)}, None),
        ({1: "N", 2: (float("nan"), 0, 0), 3: "E", 4: (0, 0, 0)}, None),
        ({1: "N", 2: ("x", None, b""), 3: "E", 4: (0, 0, 0)}, None),
        ({1: "N", 2: 4294967295.0, 3: "E", 4: (0, 0, 0)}, None),
        ({2: (51, 30, 0), 4: (0, 7, 30)}, None),
        ({1: "N", 2: (Fraction(103, 2), 0, 0), 3: "E", 4: (0, 0, 0)}, (51.5, 0.0)),
        ({}, None),
    ],
)
def test_a_position_is_degrees_or_nothing(tags: dict[int, object], expected: object) -> None:
    assert _position(tags) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({36867: "2026:03:01 07:08:09"}, "2026-03-01T07:08:09"),
        ({36867: "2026:03:01 07:08:09", 36881: "+01:00"}, "2026-03-01T07:08:09+01:00"),
        ({36867: "2026:03:01 07:08:09", 36881: "<b>"}, "2026-03-01T07:08:09"),
        ({36867: "0000:00:00 00:00:00", 36868: "2026:03:01 07:08:09"}, "2026-03-01T07:08:09"),
        ({36867: "    :  :     :  :  "}, None),
        ({36867: "2026:13:41 07:08:09"}, None),
        ({306: "2026:03:01 07:08:09"}, None),
        ({36867: 7}, None),
    ],
)
def test_a_time_is_when_it_was_taken_and_never_when_it_was_saved(
    tags: dict[int, object], expected: str | None
) -> None:
    assert _taken(tags) == expected


def test_words_of_a_tag_are_printable_and_short() -> None:
    assert _words("Lumen \u202e X1\x00hidden") == "Lumen X1"
    assert _words(b"\xff" + b"a" * 900) == "\ufffd" + "a" * 119
    assert _words("\x00\x01") is None


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=300))
def test_hostile_exif_never_raises(content: bytes) -> None:
    kept = io.BytesIO()
    BLANK.save(kept, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08" + content)
    with opened(kept.getvalue()) as image:
        facts = exif_facts(image)
    assert set(facts) <= {
        *("taken", "gps", "gps_at", "device", "software", "orientation", "thumbnail"),
    }
