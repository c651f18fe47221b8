from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.connect_proxy import ConnectError, ConnectHandshake
from collectors.socks import Login, Target


def handshake() -> ConnectHandshake:
    return ConnectHandshake(Target("example.test", 443), None)


def test_the_request_names_the_host_as_a_name_and_carries_the_credentials() -> None:
    asked = ConnectHandshake(Target("example.test", 443), Login(b"user", b"pa:ss"))
    assert asked.opening() == (
        b"CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n"
        b"Proxy-Authorization: Basic dXNlcjpwYTpzcw==\r\n\r\n"
    )
    literal = ConnectHandshake(Target(IPv6Address("2606:4700::1"), 80), None)
    assert literal.opening().startswith(b"CONNECT [2606:4700::1]:80 HTTP/1.1\r\n")


@given(st.lists(st.integers(1, 80), max_size=5), st.binary(max_size=40))
@settings(max_examples=100)
def test_the_answer_may_come_in_any_pieces_and_what_is_behind_it_is_kept(
    cuts: list[int], behind: bytes
) -> None:
    octets = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n"
    octets += behind
    asked, at = handshake(), 0
    for cut in [*cuts, len(octets)]:
        asked.receive(octets[at : at + cut])
        at = min(at + cut, len(octets))
    assert (asked.done, asked.status, asked.reason, asked.rest) == (
        True,
        200,
        "Connection established",
        behind,
    )


@pytest.mark.parametrize(
    "octets",
    [
        b"\x05\x00",
        b"<html>",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5000 + b"rubbish",
    ],
    ids=["socks", "html", "http2", "no-status", "endless-head", "interim-without-end"],
)
def test_an_answer_that_is_not_http_is_an_error(octets: bytes) -> None:
    with pytest.raises(ConnectError, match="not HTTP"):
        handshake().receive(octets)


def test_terminal_escapes_in_a_reason_are_not_passed_on() -> None:
    asked = handshake()
    asked.receive(b"HTTP/1.1 403 \x1b[31mNo\r\n\r\n")
    assert (asked.status, asked.reason) == (403, "?[31mNo")
