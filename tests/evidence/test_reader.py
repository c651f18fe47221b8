"""What was sealed is what is read back, decoded within a bound, whatever the server sent."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import brotlicffi as brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import block_pieces, read_block, read_body, read_member
from evidence.chunked import ChunkedBody
from evidence.content_coding import decoded
from evidence.errors import EvidenceDamaged, EvidenceMissing
from evidence.http_head import response_head

TEXT = "The ferry sails at six, café closed. ".encode() * 50


def raw_deflate(content: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflate.compress(content) + deflate.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda content: brotli.compress(content, quality=3),
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("coding", ENCODERS)
def test_each_content_coding_comes_off(vault: Any, make: Any, coding: str) -> None:
    coded = ENCODERS[coding](TEXT)
    exchange = make.exchange(
        coded, f"Content-Encoding: {coding}", 'Content-Type: Text/HTML; Charset="ISO-8859-1"'
    )
    (capture,) = vault.seal(make.draft(exchange))
    body = read_body(vault.evidence, capture.records[1])
    assert body.content == TEXT
    assert (body.media_type, body.charset, body.status) == ("text/html", "ISO-8859-1", 200)
    assert (body.whole, body.cut, body.says) == (True, False, ())
    assert body.url == "http://www.example.test/page"


@pytest.mark.parametrize(
    ("codings", "coded"),
    [
        (["deflate"], raw_deflate(TEXT)),
        (["gzip"], gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
        (["gzip"], gzip.compress(TEXT) + b"\0" * 700),
        (["zstd"], zstandard.compress(TEXT[:100]) + zstandard.compress(TEXT[100:])),
        (["gzip", "br"], brotli.compress(gzip.compress(TEXT))),
        (["br", "zstd", "gzip"], gzip.compress(zstandard.compress(brotli.compress(TEXT)))),
        (["identity"], TEXT),
        ([], TEXT),
    ],
    ids=[
        "raw deflate",
        "two gzip members",
        "padded gzip",
        "two zstd frames",
        "two codings",
        "three codings",
        "identity",
        "none",
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_codings_as_servers_send_them_come_off(
    codings: list[str], coded: bytes, piece: int
) -> None:
    found = decoded(lambda: cut_up(coded, piece), codings, 1 << 20)
    assert found.content == TEXT
    assert (found.cut, found.says) == (False, ())


def cut_up(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_coded_body_that_breaks_off_gives_what_came_before(coding: str) -> None:
    noise = bytes(range(256)) * 40 + TEXT
    coded = ENCODERS[coding](noise)
    found = decoded(lambda: [coded[: len(coded) - 5]], [coding], 1 << 20)
    assert noise.startswith(found.content)
    assert any(coding in line for line in found.says)


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_coding_that_lies_leaves_the_body_as_it_came(coding: str) -> None:
    found = decoded(lambda: [b"<html>plain text", b" after all"], [coding], 1 << 20)
    assert found.content == b"<html>plain text after all"
    assert len(found.says) == 2
    assert "does not hold" in found.says[0]


def test_an_unknown_coding_leaves_the_body_as_it_came() -> None:
    found = decoded(lambda: [b"body"], ["snappy"], 100)
    assert (found.content, len(found.says)) == (b"body", 1)
    assert decoded(lambda: [b"body"], ["gzip"] * 9, 100).content == b"body"


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_bomb_gives_the_limit_and_says_that_it_was_cut(
    vault: Any, make: Any, coding: str
) -> None:
    """64 MiB of zeros behind a few kilobytes: neither the limit nor the memory is passed."""
    bomb = ENCODERS[coding](bytes(64 << 20))
    (capture,) = vault.seal(make.draft(make.exchange(bomb, f"Content-Encoding: {coding}")))
    tracemalloc.start()
    body = read_body(vault.evidence, capture.records[1], limit_bytes=1 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert body.content == bytes(1 << 20)
    assert (body.cut, body.whole) == (True, False)
    assert peak < 12 << 20


def test_a_gibibyte_gzip_bomb_in_two_layers_gives_at_most_the_limit() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, again = (
        deflate.compress(bytes(1 << 20)) + deflate.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    inner = first + again * 1023  # after a full flush the same bytes mean the same again
    bomb = gzip.compress(inner)
    assert len(bomb) < 16_384
    found = decoded(lambda: [bomb], ["gzip", "gzip"], 2 << 20)
    assert (len(found.content), found.cut) == (2 << 20, True)


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=300),
    codings=st.lists(st.sampled_from([*ENCODERS, "identity", "odd"]), max_size=3),
    limit=st.integers(0, 400),
)
def test_no_bytes_make_the_decoder_raise_or_pass_its_limit(
    content: bytes, codings: list[str], limit: int
) -> None:
    assert len(decoded(lambda: [content], codings, limit).content) <= limit


@settings(max_examples=80, deadline=None)
@given(parts=st.lists(st.binary(min_size=1, max_size=40), max_size=6), size=st.integers(1, 30))
def test_chunk_framing_comes_off_however_the_bytes_arrive(parts: list[bytes], size: int) -> None:
    framed = b"".join(b"%X;e=1\r\n%s\r\n" % (len(part), part) for part in parts)
    framing = ChunkedBody()
    got = [bytes(part) for piece in cut_up(framed, size) for part in framing.feed(piece)]
    assert b"".join(got) == b"".join(parts)
    assert not framing.complete
    rest = [
        bytes(p) for piece in cut_up(b"0\r\nT: x\r\n\r\nleft", size) for p in framing.feed(piece)
    ]
    assert rest == []
    assert (framing.complete, framing.broken, framing.left_over_bytes) == (True, False, 4)


@settings(max_examples=80)
@given(raw=st.binary(max_size=200), size=st.integers(1, 50))
def test_any_bytes_can_be_fed_to_the_chunk_reader(raw: bytes, size: int) -> None:
    framing = ChunkedBody()
    got = b"".join(bytes(part) for piece in cut_up(raw, size) for part in framing.feed(piece))
    assert len(got) <= len(raw)


def test_a_chunk_line_without_end_is_broken_and_not_gathered() -> None:
    framing = ChunkedBody()
    for _ in range(100):
        assert list(framing.feed(b"1" * 10_000)) == []
    assert framing.broken


@pytest.mark.parametrize(
    ("body", "header", "content", "says"),
    [
        (b"4\r\nabcd\r\n0\r\n\r\n", "Transfer-Encoding: chunked", b"abcd", ()),
        (b"4\r\nabcd\r\n", "Transfer-Encoding: chunked", b"abcd", ("the last chunk is missing",)),
        (
            b"4\r\nabcdX\r\n",
            "Transfer-Encoding: chunked",
            b"abcd",
            ("the chunk framing breaks off",),
        ),
        (b"abc", "Content-Length: 10", b"abc", ("3 of 10 declared bytes came",)),
        (b"", "Content-Length: 10", b"", ()),
        (b"abc", "Content-Length: ten", b"abc", ()),
    ],
    ids=["chunked", "no last chunk", "broken framing", "short", "a HEAD's answer", "no number"],
)
def test_framing_that_goes_wrong_gives_what_came_and_says_so(
    vault: Any, make: Any, body: bytes, header: str, content: bytes, says: tuple[str, ...]
) -> None:
    (capture,) = vault.seal(make.draft(make.exchange(body, header)))
    found = read_body(vault.evidence, capture.records[1])
    assert (found.content, found.says) == (content, says)


def test_a_response_that_was_not_http_gives_its_raw_bytes(vault: Any, make: Any) -> None:
    (capture,) = vault.seal(make.draft(make.exchange(http=None)))
    body = read_body(vault.evidence, capture.records[1])
    assert body.content == read_block(vault.evidence, capture.records[1])
    assert (body.status, body.media_type) == (None, None)


def test_interim_responses_are_passed_over() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    block = hints + b"HTTP/1.1 404 Not Found\r\nA: b\r\n c\r\n\r\nbody"
    head = response_head(block)
    assert head is not None
    assert (head.status, head.headers) == (404, (("A", "b c"),))
    assert block[head.head_bytes :] == b"body"


@settings(max_examples=80)
@given(st.binary(max_size=200))
def test_any_block_can_be_looked_at_for_a_head(block: bytes) -> None:
    head = response_head(b"HTTP/1.1 200 OK\r\n" + block)
    assert head is None or head.head_bytes <= len(block) + 17


@pytest.mark.parametrize("content", [b"", b"x", bytes(700_000), bytes(range(256)) * 5000])
def test_a_block_is_read_back_byte_for_byte(vault: Any, make: Any, content: bytes) -> None:
    exchange = make.exchange(content)
    (capture,) = vault.seal(make.draft(exchange))
    exchange.response.seek(0)
    sent = exchange.response.read()
    assert read_block(vault.evidence, capture.records[1]) == sent
    assert b"".join(block_pieces(vault.evidence, capture.records[1])) == sent
    member = read_member(vault.evidence, capture.records[1])
    assert gzip.decompress(member).endswith(sent + b"\r\n\r\n")


def test_reading_what_is_gone_or_damaged_is_one_clear_error(vault: Any, make: Any) -> None:
    (capture,) = vault.seal(make.draft(make.exchange()))
    record, raw = capture.records[1], vault.file().read_bytes()
    for changed in (
        raw[: record.offset + 40],
        raw[: record.offset + 30] + b"\xff" * 30 + raw[record.offset + 60 :],
        raw[: record.offset],
    ):
        vault.file().write_bytes(changed)
        with pytest.raises(EvidenceDamaged, match="lantern verify"):
            read_body(vault.evidence, record)
    with pytest.raises(EvidenceDamaged):
        read_member(vault.evidence, record)
    vault.file().write_bytes(raw)
    with pytest.raises(EvidenceDamaged):
        read_block(vault.evidence, replace(record, block_bytes=record.block_bytes + 900))
    vault.file().unlink()
    with pytest.raises(EvidenceMissing, match="Put the file back"):
        read_body(vault.evidence, record)
