from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from enrich import SourceDocument, declared_by, decode, enrich
from enrich.encodings import CODECS, LABELS, encoding_named

RUSSIAN = "Встреча у старого моста в пятницу, приходи один и никому не говори ни слова"
GERMAN = "Grüße aus Köln, 5 € für „Brötchen“ und schöne Straßen"
JAPANESE = "横浜の倉庫で会いましょう"


def test_every_page_of_the_encodings_corpus_gives_the_text_that_a_right_reading_finds(
    fetched: Callable[[str], SourceDocument],
) -> None:
    expected = json.loads(fetched("/encodings/expected.json").body)
    assert len(expected) > 30

    wrong = {
        name
        for name, facts in expected.items()
        if facts["text"] not in enrich(fetched(f"/encodings/{name}"), model=None).texts.whole
    }

    assert wrong == set()


def test_utf_7_is_never_decoded_so_no_script_comes_out_of_it(
    fetched: Callable[[str], SourceDocument],
) -> None:
    read = enrich(fetched("/encodings/utf-7"), model=None)

    assert read.encoding == "UTF-8"
    assert "+ADw-script" in read.texts.whole


@pytest.mark.parametrize(
    ("body", "charset", "encoding", "why"),
    [
        pytest.param(b"\xef\xbb\xbfx", "iso-8859-1", "UTF-8", "byte order mark", id="bom first"),
        pytest.param(
            RUSSIAN.encode("koi8-r"), "KOI8-R", "KOI8-R", "declared charset KOI8-R", id="declared"
        ),
        pytest.param(
            b"<meta charset=windows-1251>" + RUSSIAN.encode("cp1251"),
            None,
            "windows-1251",
            "named in the page",
            id="meta",
        ),
        pytest.param(
            b"<meta charset=windows-1251>" + RUSSIAN.encode("koi8-r"),
            "koi8-r",
            "KOI8-R",
            "declared charset koi8-r",
            id="declared before meta",
        ),
        pytest.param(
            RUSSIAN.encode(),
            "windows-1251",
            "UTF-8",
            "valid UTF-8, though labelled windows-1251",
            id="label that the bytes contradict",
        ),
        pytest.param(
            b'<?xml version="1.0" encoding="ISO-8859-1"?><a>caf\xe9</a>',
            None,
            "windows-1252",
            "named in the page",
            id="xml declaration",
        ),
        pytest.param(RUSSIAN.encode(), None, "UTF-8", "valid UTF-8, no label", id="no label"),
        pytest.param(
            "plain".encode("utf-16-le"),
            None,
            "UTF-16LE",
            "every other byte is zero",
            id="utf-16 unmarked",
        ),
        pytest.param(
            b"caf\xe9", "no-such-charset", "windows-1252", "detected: no label", id="unknown label"
        ),
    ],
)
def test_the_result_says_which_encoding_and_why(
    body: bytes, charset: str | None, encoding: str, why: str
) -> None:
    decoded = decode(body, charset)

    assert (decoded.encoding, decoded.why) == (encoding, why)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp866"),
        (GERMAN, "cp1252"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        ("明天在桥边见面，我们一起去北京的公园看花", "gb18030"),
        ("明天在橋邊見面，我們一起去公園看花", "big5"),
        ("다리에서 만나요 그리고 우리는 서울로 갑니다", "euc_kr"),
        ("Συνάντηση στη γέφυρα αύριο το πρωί", "iso8859_7"),
        ("נפגשים ליד הגשר מחר בבוקר עם כולם", "cp1255"),
        ("نلتقي عند الجسر غدا صباحا مع الجميع", "cp1256"),
        ("Zażółć gęślą jaźń, spotkajmy się jutro przy moście", "cp1250"),
    ],
)
def test_unlabelled_bytes_are_detected(text: str, codec: str) -> None:
    body = f"<p>{text * 3}</p>".encode(codec)

    assert text in decode(body).text


def test_a_page_cut_in_mid_character_keeps_its_declared_encoding() -> None:
    decoded = decode((JAPANESE * 40).encode("shift_jis")[:-1], "shift_jis")

    assert decoded.encoding == "Shift_JIS"
    assert decoded.replaced == 1


def test_replaced_bytes_are_counted_and_replacement_characters_of_the_page_are_not() -> None:
    body = "ок \ufffd ".encode() + b"\xff"

    decoded = decode(body, "utf-8")

    assert decoded.encoding == "UTF-8"
    assert decoded.replaced == 1


def test_no_nul_and_no_lone_surrogate_comes_out() -> None:
    assert decode(b"a\0b").text == "ab"
    assert decode(b"\xff\xfea\x00\x00\xd8b\x00").text == "a\ufffdb"


@given(st.binary(max_size=2000), st.sampled_from([None, *sorted(LABELS)[::7], "nonsense"]))
@settings(max_examples=60, deadline=None)
def test_any_bytes_under_any_label_are_decoded_to_text_that_can_be_stored(
    body: bytes, charset: str | None
) -> None:
    decoded = decode(body, charset)

    decoded.text.encode("utf-8")
    assert "\0" not in decoded.text
    assert decoded.why


@given(st.text(alphabet=st.characters(codec="cp1252", exclude_characters="\0"), max_size=300))
@settings(max_examples=60, deadline=None)
def test_what_is_rightly_labelled_is_read_as_it_was_written(text: str) -> None:
    body = text.encode("cp1252")
    marked = body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"))
    assume(not marked and (body.isascii() or not is_utf8(body)))

    decoded = decode(body, "windows-1252")

    assert (decoded.encoding == "windows-1252") is not body.isascii()
    assert decoded.text == text


def is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_every_codec_of_the_table_exists() -> None:
    assert {name: "x".encode(codec) for name, codec in CODECS.items()}.keys() == CODECS.keys()
    assert encoding_named(" Latin1\n") == "windows-1252"
    assert encoding_named("utf-7") is None


@pytest.mark.parametrize(
    ("header", "declared"),
    [
        ("text/html; charset=utf-8", ("text/html", "utf-8")),
        ('TEXT/HTML;CHARSET="UTF-8"', ("text/html", "UTF-8")),
        ("text/html; charset=utf-8; charset=shift_jis", ("text/html", "utf-8")),
        ("text/html, text/plain", ("text/html", None)),
        ('text/html; charset="utf-8', ("text/html", "utf-8")),
        ("", (None, None)),
        (None, (None, None)),
        ("nonsense", (None, None)),
    ],
)
def test_a_content_type_declares_type_and_charset(
    header: str | None, declared: tuple[str | None, str | None]
) -> None:
    assert declared_by(header) == declared


def test_hostile_heads_are_decoded_in_linear_time() -> None:
    for unit in (b"<meta ", b"<!--", b"<meta charset=          "):
        assert decode(unit * 200_000).encoding == "UTF-8"


def test_the_pages_of_the_corpus_decode_without_losses(shared: Path) -> None:
    lossy = {
        path.name
        for path in sorted((shared / "corpora" / "pages").glob("*/*.html"))
        if decode(path.read_bytes()).replaced > 20
    }

    assert lossy == set()
