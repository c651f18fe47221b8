from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.socks import (
    ClientHandshake,
    Login,
    Reply,
    ServerHandshake,
    SocksError,
    Target,
    decode_target,
    encode_reply,
    encode_target,
)

NAMES = st.from_regex(r"[a-z0-9.-]{1,255}", fullmatch=True)
HOSTS = (
    NAMES | st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address)
)
TARGETS = st.builds(Target, HOSTS, st.integers(0, 65535))
LOGINS = st.none() | st.builds(
    Login, st.binary(min_size=1, max_size=255), st.binary(min_size=0, max_size=255)
)


def in_pieces(octets: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted({cut % (len(octets) + 1) for cut in cuts}), len(octets)]
    return [octets[a:b] for a, b in pairwise(edges)]


@given(TARGETS, st.binary(max_size=20))
@settings(max_examples=150)
def test_a_target_is_read_back_as_it_was_written_and_no_further(
    target: Target, behind: bytes
) -> None:
    octets = encode_target(target)
    assert decode_target(octets + behind, 0) == (target, len(octets))
    for size in range(len(octets)):
        assert decode_target(octets[:size], 0) is None


@given(TARGETS, LOGINS, st.booleans(), st.lists(st.integers(0, 2000), max_size=6), st.binary())
@settings(max_examples=150)
def test_both_sides_meet_whatever_pieces_their_bytes_come_in(
    target: Target, login: Login | None, eager: bool, cuts: list[int], behind: bytes
) -> None:
    client, server = ClientHandshake(target, login, eager=eager), ServerHandshake(login)
    to_server, received = client.opening(), b""
    if eager:
        to_server += behind
    while not server.done:
        pieces, to_server = in_pieces(to_server, cuts), b""
        answer = b"".join(server.receive(piece) for piece in pieces)
        assert answer or server.done
        received += answer
        to_server = b"".join(client.receive(piece) for piece in in_pieces(answer, cuts))
    assert (server.refused, server.target) == (False, target)
    assert server.rest == (behind if eager else b"")
    bound = Target(IPv4Address("192.0.2.7"), 443)
    for piece in in_pieces(encode_reply(Reply.SUCCEEDED, bound) + behind, cuts):
        assert client.receive(piece) == b""
    assert (client.done, client.reply, client.bound, client.rest) == (True, 0, bound, behind)


@given(st.binary(max_size=600), st.lists(st.integers(0, 600), max_size=5), LOGINS)
@settings(max_examples=300)
def test_any_bytes_at_all_end_in_a_target_a_refusal_or_a_wish_for_more(
    octets: bytes, cuts: list[int], login: Login | None
) -> None:
    client = ClientHandshake(Target("example.test", 80), login)
    assert outcome(client, in_pieces(octets, cuts)) != ("",)
    whole, split = ServerHandshake(login), ServerHandshake(login)
    assert outcome(whole, [octets]) == outcome(
        split, [octets[i : i + 1] for i in range(len(octets))]
    )


def outcome(side: ServerHandshake | ClientHandshake, pieces: list[bytes]) -> tuple[object, ...]:
    answers = b""
    try:
        for piece in pieces:
            answers += side.receive(piece)
    except SocksError as fault:
        return (str(fault),)
    target = side.target if isinstance(side, ServerHandshake) else side.bound
    return answers, side.done, target, side.rest


def test_a_client_without_the_token_is_refused_in_the_words_of_the_protocol() -> None:
    token = Login(b"lantern", b"right")
    server = ServerHandshake(token)
    assert server.receive(b"\x05\x01\x00") == b"\x05\xff"  # it offers no login
    assert (server.done, server.refused, server.target) == (True, True, None)
    server = ServerHandshake(token)
    assert server.receive(b"\x05\x02\x00\x02" + b"\x01\x07lantern\x05wrong") == b"\x05\x02\x01\x01"
    assert (server.done, server.refused, server.target) == (True, True, None)


@pytest.mark.parametrize("command", [0, 2, 3, 9], ids=["none", "bind", "udp", "unknown"])
def test_only_connect_is_served(command: int) -> None:
    server = ServerHandshake(None)
    request = bytes((5, command, 0)) + encode_target(Target("example.test", 80))
    answer = server.receive(b"\x05\x01\x00" + request)
    assert answer == b"\x05\x00" + encode_reply(Reply.COMMAND_NOT_SUPPORTED)
    assert server.refused


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00", "version 4 is not SOCKS5"),
        (b"GET / HTTP/1.1\r\n", "version 71 is not SOCKS5"),
        (b"\x05\x01\x00\x04\x01\x00\x01", "version 4 of a request"),
        (b"\x05\x01\x00\x05\x01\x00\x07aaaaaaaa", "address type 7"),
    ],
    ids=["socks4", "http", "request-version", "address-type"],
)
def test_what_is_not_socks5_is_an_error_that_says_so(octets: bytes, says: str) -> None:
    with pytest.raises(SocksError, match=says):
        ServerHandshake(None).receive(octets)


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "not SOCKS5"),
        (b"\x05\xff", "accepts no login"),
        (b"\x05\x02", "wants a user name and password"),
        (b"\x05\x01", "wants another login"),
        (b"\x05\x00\x04", "not SOCKS5"),
    ],
    ids=["http", "none", "login", "gssapi", "bad-reply"],
)
def test_an_upstream_that_answers_otherwise_is_an_error_that_says_how(
    octets: bytes, says: str
) -> None:
    with pytest.raises(SocksError, match=says):
        ClientHandshake(Target("example.test", 80), None).receive(octets)


def test_an_upstream_that_refuses_the_login_is_an_error() -> None:
    client = ClientHandshake(Target("example.test", 80), Login(b"u", b"p"))
    assert client.receive(b"\x05\x02") == b"\x01\x01u\x01p"
    with pytest.raises(SocksError, match="does not accept the user name and password"):
        client.receive(b"\x01\x05")


def test_a_name_of_256_bytes_fits_in_no_request() -> None:
    with pytest.raises(SocksError, match="256 bytes"):
        encode_target(Target("a" * 256, 80))


def test_a_name_that_is_no_text_is_kept_as_something_no_host_can_be() -> None:
    read = decode_target(b"\x03\x04ab\xff\xfe\x00\x50", 0)
    assert read == (Target("ab\\xff\\xfe", 80), 8)
