from __future__ import annotations

import base64
import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.text import fold_line, fold_text, hide_written_pictures

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


def test_what_writes_out_a_picture_is_hidden_and_nothing_else_is() -> None:
    letters = base64.b64encode(bytes(range(256))).decode()
    digest = "0a1b2c3d" * 16
    text = f"Before {letters} after {digest} and data:image/svg+xml,%3Csvg%3E%3C/svg%3E end"
    hidden = hide_written_pictures(text)
    assert len(hidden) == len(text)
    assert hidden.startswith("Before ▒")
    assert f"▒ after {digest} and data:image/svg+xml,▒" in hidden
    assert hidden.endswith("▒ end")


@pytest.mark.parametrize("width", [76, 64, 40])
def test_base64_on_many_lines_is_hidden_and_its_lines_stay(width: int) -> None:
    letters = base64.b64encode(bytes(range(256)) * 4).decode()
    text = "\n".join(letters[at : at + width] for at in range(0, len(letters), width))
    hidden = hide_written_pictures(text)
    assert [len(line) for line in hidden.split("\n")][:-1] == [
        len(line) for line in text.split("\n")
    ][:-1]
    assert letters[:39] not in hidden


def test_a_list_of_digests_stays_readable() -> None:
    text = "\n".join(hashlib.sha512(str(n).encode()).hexdigest() for n in range(50))
    assert hide_written_pictures(text) == text
