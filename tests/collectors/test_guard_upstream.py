"""With an upstream: only it resolves, and whatever it does, nothing goes round it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from collectors.addresses import IpAddress
from collectors.errors import (
    AllowanceError,
    ConnectionRefused,
    ConnectTimeout,
    GuardRefused,
    PrivateAddress,
    RefusedPort,
    Unreachable,
    UpstreamFailed,
)
from collectors.guard import Guard, GuardEvent
from collectors.guard_egress import Timeouts
from collectors.guard_rules import parse_allowed
from collectors.socks import ClientHandshake, Login, Reply, ServerHandshake, Target, encode_reply
from collectors.ways_out import parse_way_out

SHORT = Timeouts(connect_s=0.5, resolve_s=0.5, upstream_s=0.5)


class NeverAsked:
    """A resolver that notes each question, of which there should be none."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def addresses(self, name: str) -> tuple[IpAddress, ...]:
        self.asked.append(name)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    def close(self) -> None:
        """Nothing is held."""


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def upstream(answer: Answer) -> AsyncIterator[int]:
    """A proxy of the test's own on a free port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


class Socks:
    """A SOCKS5 proxy: what it was asked for, with which login; it is itself the far end."""

    def __init__(self, login: Login | None = None, reply: int = Reply.SUCCEEDED) -> None:
        self.login = login
        self.reply = reply
        self.asked: list[Target | None] = []
        self.openings: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handshake = ServerHandshake(self.login)
        opening = b""
        while not handshake.done:
            octets = await reader.read(1)  # a byte at a time: pieces must not matter
            if not octets:
                return
            opening += octets
            writer.write(handshake.receive(octets))
        self.openings.append(opening)
        self.asked.append(handshake.target)
        if handshake.refused:
            return
        writer.write(encode_reply(self.reply) + (b"early " if self.reply == 0 else b""))
        while octets := await reader.read(4096):
            writer.write(octets.upper())


class HttpConnect:
    """An HTTP CONNECT proxy: the heads it was sent; it is itself the far end."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self.answer = answer
        self.heads: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        for at in range(len(self.answer)):
            writer.write(self.answer[at : at + 1])
            await writer.drain()
        if not self.answer.startswith(b"HTTP/1.1 2"):
            return
        writer.write(b"early ")
        while octets := await reader.read(4096):
            writer.write(octets.upper())


@asynccontextmanager
async def guarding(way_out: str, **keywords: Any) -> AsyncIterator[tuple[Guard, NeverAsked]]:
    resolver = NeverAsked()
    guard = Guard(way_out=parse_way_out(way_out), resolver=resolver, timeouts=SHORT, **keywords)
    await guard.start()
    try:
        yield guard, resolver
    finally:
        await guard.close()


async def say_hello(guard: Guard, host: str, port: int) -> tuple[GuardEvent, bytes]:
    """The guard's record of a connection, and what "hello" brought back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", guard.port)
    handshake = ClientHandshake(Target(host, port), guard.login)
    writer.write(handshake.opening())
    while not handshake.done:
        writer.write(handshake.receive(await reader.read(4096)))
    event = guard.passage(writer.get_extra_info("sockname")[1])
    assert event is not None
    if event.refusal is None:
        writer.write(b"hello")
        writer.write_eof()
    received = handshake.rest + await reader.read()
    writer.close()
    return event, received


async def refusal_of(guard: Guard, host: str, port: int = 80) -> GuardRefused:
    event, received = await say_hello(guard, host, port)
    assert event.refusal is not None
    assert event.peer is None
    assert received == b""
    return event.refusal


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(within())


@pytest.mark.promise("P-6")
def test_names_go_to_a_socks_proxy_as_names_and_the_local_dns_learns_nothing() -> None:
    async def test() -> None:
        proxy = Socks()
        async with upstream(proxy) as port, guarding(f"socks5://127.0.0.1:{port}") as (guard, dns):
            event, received = await say_hello(guard, "www.example.test", 80)
            assert received == b"early HELLO"
            assert (event.peer, event.resolved_at_exit, event.by_allowance) == (None, True, False)
            assert event.way == f"socks5://127.0.0.1:{port}"
            await say_hello(guard, "exampleonion.onion", 443)
            await say_hello(guard, "BÜCHER.test", 443)
            assert proxy.asked == [
                Target("www.example.test", 80),
                Target("exampleonion.onion", 443),
                Target("xn--bcher-kva.test", 443),
            ]
            assert dns.asked == []

    run(test)


def test_a_public_address_goes_to_the_proxy_as_an_address_however_it_was_spelled() -> None:
    async def test() -> None:
        proxy = Socks()
        async with upstream(proxy) as port, guarding(f"socks5h://127.0.0.1:{port}") as (guard, _):
            event, _ = await say_hello(guard, "0x1010101", 80)
            assert [str(target.host) for target in proxy.asked if target] == ["1.1.1.1"]
            assert (event.peer, event.resolved_at_exit) == (None, False)

    run(test)


@pytest.mark.promise("P-5")
@pytest.mark.parametrize("kind", ["socks5", "http"])
@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "2852039166", "0x7f.1", "①②⑦.0.0.1", "::1", "::ffff:10.0.0.1"),
        *("fd00:ec2::254", "localhost", "a.localhost", "router", "metadata.google.internal"),
        *("nas.local", "wiki.corp"),
    ],
    ids=ascii,
)
def test_a_private_host_is_refused_although_the_proxy_would_connect(kind: str, host: str) -> None:
    async def test() -> None:
        proxy = Socks() if kind == "socks5" else HttpConnect()
        async with upstream(proxy) as port, guarding(f"{kind}://127.0.0.1:{port}") as (guard, dns):
            assert isinstance(await refusal_of(guard, host), PrivateAddress)
            assert dns.asked == []
            assert not getattr(proxy, "asked", None)
            assert not getattr(proxy, "heads", None)

    run(test)


def test_a_bad_port_is_refused_before_the_proxy_is_asked() -> None:
    async def test() -> None:
        proxy = Socks()
        async with upstream(proxy) as port, guarding(f"socks5://127.0.0.1:{port}") as (guard, _):
            assert isinstance(await refusal_of(guard, "www.example.test", 25), RefusedPort)
            assert proxy.asked == []

    run(test)


def test_the_credentials_of_the_way_out_sign_in_to_a_socks_proxy() -> None:
    async def test() -> None:
        proxy = Socks(Login(b"an@alyst", b"s:cret"))
        async with upstream(proxy) as port:
            way_out = f"socks5://an%40alyst:s%3Acret@127.0.0.1:{port}"
            async with guarding(way_out) as (guard, _):
                event, received = await say_hello(guard, "www.example.test", 80)
                assert received == b"early HELLO"
                assert "cret" not in repr(event)

    run(test)


def test_tor_gets_a_name_and_password_that_no_other_job_has() -> None:
    async def test() -> None:
        proxy = Socks()
        proxy_openings = []
        for _ in range(2):
            # Tor asks for a login whenever it is offered, and takes any.
            async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                assert await reader.readexactly(3) == b"\x05\x01\x02"
                writer.write(b"\x05\x02")
                head = await reader.readexactly(2)
                name = await reader.readexactly(head[1])
                size = await reader.readexactly(1)
                proxy_openings.append((name, await reader.readexactly(size[0])))
                writer.write(b"\x01\x00")
                await reader.readexactly(4)
                proxy.asked.append(None)
                writer.write(encode_reply(Reply.SUCCEEDED))
                await reader.read()

            async with upstream(answer) as port, guarding(f"tor://127.0.0.1:{port}") as (guard, _):
                for _ in range(2):
                    event, _ = await say_hello(guard, "exampleonion.onion", 80)
                    assert event.resolved_at_exit
        assert len(proxy_openings) == 4
        assert proxy_openings[0] == proxy_openings[1]
        assert proxy_openings[2] == proxy_openings[3]
        assert proxy_openings[0] != proxy_openings[2]
        assert len(proxy_openings[0][0]) == 32

    run(test)


def test_names_go_to_an_http_proxy_as_names_with_its_credentials() -> None:
    async def test() -> None:
        proxy = HttpConnect()
        async with (
            upstream(proxy) as port,
            guarding(f"http://user:word@127.0.0.1:{port}") as (guard, dns),
        ):
            event, received = await say_hello(guard, "www.example.test", 443)
            assert received == b"early HELLO"
            assert (event.peer, event.resolved_at_exit) == (None, True)
            assert proxy.heads == [
                b"CONNECT www.example.test:443 HTTP/1.1\r\nHost: www.example.test:443\r\n"
                b"Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n\r\n"
            ]
            assert dns.asked == []

    run(test)


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (1, UpstreamFailed, "it refused with reply 1"),
        (2, UpstreamFailed, "it refused with reply 2"),
        (3, Unreachable, "the network cannot be reached"),
        (4, Unreachable, "or its name is unknown"),
        (5, ConnectionRefused, "the host refused the connection"),
        (6, ConnectTimeout, "the host did not answer in time"),
        (7, UpstreamFailed, "it refused with reply 7"),
        (0xF0, Unreachable, "descriptor was not found"),
        (0xF7, ConnectTimeout, "introduction"),
        (0xEE, UpstreamFailed, "it refused with reply 238"),
    ],
)
def test_what_a_socks_proxy_says_of_the_host_is_kept_apart_from_its_own_faults(
    reply: int, kind: type[GuardRefused], says: str
) -> None:
    async def test() -> None:
        async with (
            upstream(Socks(reply=reply)) as port,
            guarding(f"socks5://127.0.0.1:{port}") as (guard, _),
        ):
            refusal = await refusal_of(guard, "www.example.test")
            assert type(refusal) is kind
            assert says in refusal.says
            assert f"socks5://127.0.0.1:{port}" in refusal.says

    run(test)


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", UpstreamFailed, "407 Proxy Auth"),
        (b"HTTP/1.0 403 \x1b[2J\r\n\r\n", UpstreamFailed, "403 ?[2J"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", UpstreamFailed, "302"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", Unreachable, "cannot be reached"),
        (b"HTTP/1.1 504 Gateway Timeout\r\n\r\n", ConnectTimeout, "in time"),
    ],
    ids=["407", "403", "302", "502", "504"],
)
def test_what_an_http_proxy_says_is_a_refusal(
    answer: bytes, kind: type[GuardRefused], says: str
) -> None:
    async def test() -> None:
        async with (
            upstream(HttpConnect(answer)) as port,
            guarding(f"http://127.0.0.1:{port}") as (guard, _),
        ):
            refusal = await refusal_of(guard, "www.example.test", 443)
            assert type(refusal) is kind
            assert says in refusal.says

    run(test)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.transport.abort()


async def rubbish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example.test ESMTP\r\n" * 1000)
    await reader.read()


async def half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x05\x00\x05\x00\x00\x01")
    await reader.read(200)


FAULTS = [silent, hangs_up, resets, rubbish, half_an_answer]


@pytest.mark.promise("P-6")
@pytest.mark.parametrize("kind", ["socks5", "tor", "http"])
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__ for fault in FAULTS])
def test_an_upstream_that_fails_in_any_way_never_leads_to_a_direct_connection(
    kind: str, fault: Answer
) -> None:
    async def test() -> None:
        async with upstream(fault) as port, guarding(f"{kind}://127.0.0.1:{port}") as (guard, dns):
            for host in ("www.example.test", "1.1.1.1"):
                refusal = await refusal_of(guard, host)
                assert type(refusal) is UpstreamFailed
                assert refusal.kind == "upstream"
                assert "nothing was sent any other way" in refusal.says
                assert len(refusal.says) < 400
            assert dns.asked == []

    run(test)


@pytest.mark.promise("P-6")
@pytest.mark.parametrize("kind", ["socks5", "tor", "http"])
def test_an_upstream_that_is_down_never_leads_to_a_direct_connection(kind: str) -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        async with guarding(f"{kind}://127.0.0.1:{port}") as (guard, dns):
            refusal = await refusal_of(guard, "www.example.test")
            assert type(refusal) is UpstreamFailed
            assert "refused the connection" in refusal.says
            assert dns.asked == []

    run(test)


def test_only_the_name_of_the_proxy_itself_is_looked_up_here() -> None:
    async def test() -> None:
        async with guarding("socks5://proxy.example.test:1080") as (guard, dns):
            refusal = await refusal_of(guard, "www.example.test")
            assert type(refusal) is UpstreamFailed
            assert "The name proxy.example.test has no address" in refusal.says
            assert dns.asked == ["proxy.example.test"]

    run(test)


def test_an_address_opened_on_this_side_is_reached_directly_and_the_record_says_so() -> None:
    async def test() -> None:
        async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write((await reader.read()).upper())

        proxy = Socks()
        async with upstream(proxy) as port, upstream(upper) as demo:
            allow = [parse_allowed(f"127.0.0.1:{demo}"), parse_allowed("1.1.1.1:22")]
            async with guarding(f"socks5://127.0.0.1:{port}", allow=allow) as (guard, dns):
                event, received = await say_hello(guard, "127.0.0.1", demo)
                assert received == b"HELLO"
                assert (event.peer, event.by_allowance) == (f"127.0.0.1:{demo}", True)
                assert event.way == "direct (allowed address)"
                assert proxy.asked == []
                # A public address that is opened for its port takes the way out all the same.
                event, received = await say_hello(guard, "1.1.1.1", 22)
                assert received == b"early HELLO"
                assert [str(target.host) for target in proxy.asked if target] == ["1.1.1.1"]
                assert dns.asked == []

    run(test)


def test_an_allowed_name_is_refused_where_this_machine_resolves_none() -> None:
    async def test() -> None:
        resolver = NeverAsked()
        guard = Guard(
            way_out=parse_way_out("tor"),
            allow=[parse_allowed("demo.example.test:80")],
            resolver=resolver,
        )
        with pytest.raises(AllowanceError, match="Give its address in figures"):
            await guard.start()
        await guard.close()
        assert resolver.asked == []

    run(test)
