"""Heads and chunks as hostile servers send them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.wire.chunks import LenientChunks
from collectors.wire.heads import read_head


def test_a_head_is_read_as_it_stands() -> None:
    block = b"HTTP/1.1 200 OK\r\nX-A: 1 \r\nx-a:\t2\r\nTransfer-Encoding: chunked\r\n\r\nbody"

    facts = read_head(block)

    assert facts is not None
    assert (facts.status, facts.reason, facts.transfer_coded) == (200, "OK", True)
    assert facts.headers == (("X-A", "1"), ("x-a", "2"), ("Transfer-Encoding", "chunked"))
    assert block[facts.head_bytes :] == b"body"


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: 1\r\n",
        b"<html>\n\n",
        b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 103 Early\r\n\r\n",
    ],
    ids=["nothing", "no end", "a page", "empty lines first", "no number", "interim alone"],
)
def test_what_has_no_whole_head_has_no_facts(block: bytes) -> None:
    assert read_head(block) is None


NAMES = st.text("abcXYZ-_0", min_size=1, max_size=8)
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=12)


@settings(max_examples=80)
@given(
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=6),
    body=st.binary(max_size=30),
    end=st.sampled_from([b"\n", b"\r\n"]),
    interim=st.integers(0, 2),
)
def test_every_head_that_is_written_is_read_back(
    headers: list[tuple[str, str]], body: bytes, end: bytes, interim: int
) -> None:
    lines = [b"HTTP/1.1 418 I'm a teapot"]
    lines += [f"{name}: {value}".encode("latin-1") for name, value in headers]
    head = (b"HTTP/1.1 100 Continue" + end * 2) * interim + end.join(lines) + end * 2

    facts = read_head(head + body)

    assert facts is not None
    assert facts.headers == tuple(headers)
    assert facts.head_bytes == len(head)


def decoded(coded: bytes, cuts: list[int]) -> tuple[bytes, bytes]:
    body, rests = bytearray(), list[bytes]()
    decoder = LenientChunks(body.extend, rests.append)
    edges = sorted({0, len(coded), *(cut % (len(coded) + 1) for cut in cuts)})
    for start, stop in pairwise(edges):
        if rests:
            rests[0] += coded[start:stop]
        else:
            decoder.dataReceived(coded[start:stop])
    decoder.noMoreData()
    return bytes(body), rests[0]


@settings(max_examples=80)
@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    end=st.sampled_from([b"\n", b"\r\n"]),
    extension=st.sampled_from([b"", b";a=b", b'; q="x;y\\"z"', b" "]),
    trailers=st.sampled_from([b"", b"X-T: 1"]),
    rest=st.binary(max_size=9),
    cuts=st.lists(st.integers(0, 500), max_size=6),
)
def test_chunks_are_read_however_they_are_cut_up(
    chunks: list[bytes], end: bytes, extension: bytes, trailers: bytes, rest: bytes, cuts: list[int]
) -> None:
    coded = b"".join(b"%x" % len(each) + extension + end + each + end for each in chunks)
    coded += b"0" + end + (trailers + end if trailers else b"") + end

    assert decoded(coded + rest, cuts) == (b"".join(chunks), rest)


@pytest.mark.parametrize(
    "coded",
    [b"zz\r\n", b"\r\n", b"-1\r\n", b"0x5\r\n", b"f" * 17 + b"\r\n", b"1\r\nab\r\n", b"5" * 20_000],
    ids=["no number", "empty", "negative", "prefix", "past 64 bits", "too long", "endless line"],
)
def test_what_is_no_chunk_is_refused(coded: bytes) -> None:
    decoder = LenientChunks(lambda _: None, lambda _: None)

    with pytest.raises(Exception, match=r"chunk|line"):
        decoder.dataReceived(coded)


def test_endless_trailers_are_refused() -> None:
    decoder = LenientChunks(lambda _: None, lambda _: None)

    with pytest.raises(Exception, match="line of the chunked coding is too long"):
        decoder.dataReceived(b"0\r\n" + b"X: 1\r\n" * 20_000)
