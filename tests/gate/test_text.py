from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.text import fold_line, fold_text

ESCAPES = {
    "clear the screen": "\x1b[2J\x1b[H",
    "set the window's title": "\x1b]0;owned\x07",
    "eight-bit control sequence": "\x9b2J",
    "backspace over what stood there": "good\x08\x08\x08\x08evil",
    "carriage return over the line": "real line\rfake",
    "right-to-left override": "exe.\u202egnp",
    "isolate": "\u2066abc\u2069",
    "NUL": "a\x00b",
    "delete": "a\x7fb",
    "tag characters": "a\U000e0041b",
    "lone surrogate": "a\ud800b",
}


@pytest.mark.promise("P-7")
@pytest.mark.parametrize("hostile", ESCAPES.values(), ids=ESCAPES.keys())
def test_nothing_that_steers_a_terminal_or_the_reading_order_passes(hostile: str) -> None:
    for folded in (fold_text(hostile), fold_line(hostile)):
        assert len(folded) == len(hostile)
        assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in folded)
        assert "\u202e" not in folded
        folded.encode("utf-8")


def test_an_escape_is_shown_as_its_picture_so_that_the_reader_sees_it() -> None:
    assert fold_text("\x1b[31mred") == "␛[31mred"


def test_newlines_and_tabs_stay_in_text_and_become_spaces_on_one_line() -> None:
    assert fold_text("a\n\tb") == "a\n\tb"
    assert fold_line("a\n\tb\r\nc") == "a  b  c"


def test_ordinary_writing_is_untouched_in_every_script() -> None:
    words = "Zoë O’Neil-Smith — café № 5, Ελένη, Наташа, 李小龙, محمد, 🙂"
    assert fold_text(words) == words
    assert fold_line(words) == words


@given(st.text())
def test_folding_keeps_every_offset(text: str) -> None:
    folded = fold_text(text)
    assert len(folded) == len(text)
    assert fold_text(folded) == folded
