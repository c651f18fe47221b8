from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from collectors.addresses import IpAddress
from collectors.errors import (
    AllowanceError,
    BadAddress,
    ConnectionRefused,
    ConnectTimeout,
    GuardFailed,
    NameNotResolved,
    PrivateAddress,
    RefusedPort,
)
from collectors.guard import Guard, GuardEvent
from collectors.guard_dial import connect_first, is_own_address
from collectors.guard_egress import Egress, Timeouts
from collectors.guard_rules import Rules, parse_allowed
from collectors.socks import ClientHandshake, Login, Reply, Target
from collectors.ways_out import DIRECT

SHORT = Timeouts(connect_s=0.5, resolve_s=0.5, upstream_s=1.0)


class Answers:
    """A resolver of a test's own: what it answers next to each name, and what it was asked."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): texts for name, texts in answers.items()}
        self.asked: list[str] = []
        self.closed = False

    async def addresses(self, name: str) -> tuple[IpAddress, ...]:
        self.asked.append(name)
        if name not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        texts = self.answers[name]
        answer = texts.pop(0) if len(texts) > 1 else texts[0]
        return tuple(ip_address(text) for text in answer.split())

    def close(self) -> None:
        self.closed = True


@dataclass
class Through:
    """One connection asked of a guard."""

    reply: int | None
    bound: Target | None
    event: GuardEvent | None
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    early: bytes


async def ask(guard: Guard, host: str, port: int, login: Login | None = None) -> Through:
    reader, writer = await asyncio.open_connection("127.0.0.1", guard.port)
    handshake = ClientHandshake(Target(host, port), login or guard.login, eager=True)
    writer.write(handshake.opening())
    while not handshake.done:
        handshake.receive(await reader.read(4096))
    event = guard.passage(writer.get_extra_info("sockname")[1])
    return Through(handshake.reply, handshake.bound, event, reader, writer, handshake.rest)


async def refusal_of(guard: Guard, host: str, port: int) -> Any:
    through = await ask(guard, host, port)
    assert await through.reader.read() == b""
    through.writer.close()
    assert through.event is not None
    assert through.reply != Reply.SUCCEEDED
    assert through.event.peer is None
    return through.event.refusal


@asynccontextmanager
async def guarding(**keywords: Any) -> AsyncIterator[Guard]:
    keywords.setdefault("way_out", DIRECT)
    keywords.setdefault("timeouts", SHORT)
    guard = Guard(**keywords)
    await guard.start()
    try:
        yield guard
    finally:
        await guard.close()


@asynccontextmanager
async def echo(address: str = "127.0.0.1") -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that sends back what it gets, and what it was ever sent."""
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while octets := await reader.read(65536):
            seen.append(octets)
            writer.write(octets)
        writer.close()

    server = await asyncio.start_server(answer, address, 0)
    async with server:
        yield server.sockets[0].getsockname()[1], seen


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(within())


def test_the_guard_connects_to_the_address_it_checked_and_notes_it() -> None:
    async def test() -> None:
        async with echo() as (port, _):
            allow = [parse_allowed(f"127.0.0.1:{port}")]
            async with guarding(allow=allow) as guard:
                through = await ask(guard, "127.0.0.1", port)
                through.writer.write(b"there and back")
                through.writer.write_eof()
                assert await through.reader.read() == b"there and back"
                through.writer.close()
                event = through.event
                assert event is not None
                assert through.reply == Reply.SUCCEEDED
                assert through.bound == Target(ip_address("127.0.0.1"), port)
                assert (event.host, event.port, event.peer) == (
                    "127.0.0.1",
                    port,
                    f"127.0.0.1:{port}",
                )
                assert (event.resolved_at_exit, event.by_allowance) == (False, True)
                assert event.way == "direct (allowed address)"
                assert guard.log() == (event,)

    run(test)


@pytest.mark.promise("P-5")
@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f.1", "①②⑦.0.0.1", "::ffff:127.0.0.1"),
        *("127.0.0.1.", "0.0.0.0", "::1", "::", "10.0.0.1", "169.254.169.254", "fd00:ec2::254"),
        *("::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "2002:7f00:1::", "2852039166", "192.168.1.1"),
        *("localhost", "fe80::1%eth0"),
    ],
    ids=ascii,
)
def test_a_private_address_in_any_spelling_is_refused_at_the_socket(host: str) -> None:
    async def test() -> None:
        async with echo() as (port, seen), guarding(resolver=Answers()) as guard:
            refusal = await refusal_of(guard, host, port)
            assert isinstance(refusal, PrivateAddress)
            assert seen == []

    run(test)


@pytest.mark.promise("P-5")
def test_a_name_that_resolves_to_a_private_address_is_refused() -> None:
    async def test() -> None:
        resolver = Answers(inside_example_test=["127.0.0.1"], v6_example_test=["::1"])
        async with echo() as (port, seen), guarding(resolver=resolver) as guard:
            for name in ("inside.example.test", "v6.example.test"):
                refusal = await refusal_of(guard, name, port)
                assert isinstance(refusal, PrivateAddress)
                assert f"(asked for as '{name}')" in refusal.says
            assert resolver.asked == ["inside.example.test", "v6.example.test"]
            assert seen == []

    run(test)


@pytest.mark.promise("P-5")
@pytest.mark.parametrize(
    ("answer", "forbidden"),
    [
        ("1.1.1.1 127.0.0.1", "127.0.0.1"),
        ("10.9.8.7 1.1.1.1", "10.9.8.7"),
        ("1.1.1.1 2606:4700::1111 fd00::1", "fd00::1"),
        ("1.1.1.1 ::ffff:169.254.169.254", "::ffff:a9fe:a9fe"),
    ],
)
def test_one_private_address_among_public_ones_condemns_the_name(
    answer: str, forbidden: str
) -> None:
    async def test() -> None:
        async with guarding(resolver=Answers(mixed_example_test=[answer])) as guard:
            refusal = await refusal_of(guard, "mixed.example.test", 80)
            assert isinstance(refusal, PrivateAddress)
            assert refusal.facts["address"] == str(ip_address(forbidden))

    run(test)


def test_a_public_address_of_this_very_machine_is_refused() -> None:
    async def test() -> None:
        resolver = Answers(example_test=["1.1.1.1"])
        egress = Egress(DIRECT, Rules(), resolver, SHORT, "isolation", is_own=lambda _: True)
        with pytest.raises(PrivateAddress, match="it is an address of this machine"):
            await egress.open(Target("example.test", 80))

    run(test)


@pytest.mark.promise("P-5")
def test_a_name_that_is_rebound_is_refused_at_its_next_connection() -> None:
    async def test() -> None:
        resolver = Answers(demo_example_test=["127.0.0.1", "127.0.0.1", "127.0.0.2"])
        async with echo() as (port, _):
            allow = [parse_allowed(f"demo.example.test:{port}")]
            async with guarding(allow=allow, resolver=resolver) as guard:
                first = await ask(guard, "demo.example.test", port)
                assert first.event is not None
                assert first.event.peer == f"127.0.0.1:{port}"
                first.writer.close()
                refusal = await refusal_of(guard, "demo.example.test", port)
                assert isinstance(refusal, PrivateAddress)
                assert refusal.facts["address"] == "127.0.0.2"
                assert resolver.asked == ["demo.example.test"] * 3  # once at the start

    run(test)


def test_the_answer_that_was_checked_is_the_one_connected_to() -> None:
    async def test() -> None:
        async with echo() as (port, seen):
            # A second question would be answered with an address where nothing listens.
            resolver = Answers(once_example_test=["127.0.0.1", "127.0.0.9"])
            allow = [parse_allowed(f"127.0.0.1:{port}")]
            async with guarding(allow=allow, resolver=resolver) as guard:
                through = await ask(guard, "once.example.test", port)
                through.writer.write(b"x")
                assert await through.reader.read(1) == b"x"
                through.writer.close()
            assert resolver.asked == ["once.example.test"]
            assert seen == [b"x"]
            assert resolver.closed

    run(test)


def test_a_port_that_no_web_server_uses_is_refused_before_the_name_is_asked_for() -> None:
    async def test() -> None:
        resolver = Answers(example_test=["1.1.1.1"])
        async with guarding(resolver=resolver) as guard:
            for port in (22, 25, 6667, 0):
                assert isinstance(await refusal_of(guard, "example.test", port), RefusedPort)
            assert resolver.asked == []

    run(test)


@pytest.mark.parametrize(
    ("host", "kind", "says"),
    [
        ("nobody.example.test", NameNotResolved, "has no address"),
        ("abc.onion", NameNotResolved, "is reached through Tor only"),
        ("a b", BadAddress, "it is no host name"),
        ("example\\xff.test", BadAddress, "it is no host name"),
        ("1.2.3.4.5", BadAddress, "more than four parts"),
    ],
    ids=["unknown", "onion", "space", "bytes", "number"],
)
def test_a_host_that_cannot_be_found_is_a_failure_with_a_reason(
    host: str, kind: type[Exception], says: str
) -> None:
    async def test() -> None:
        resolver = Answers()
        async with guarding(resolver=resolver) as guard:
            refusal = await refusal_of(guard, host, 80)
            assert isinstance(refusal, kind)
            assert says in refusal.says
            assert "abc.onion" not in resolver.asked

    run(test)


def test_a_resolver_that_hangs_is_given_up() -> None:
    class Hangs(Answers):
        async def addresses(self, name: str) -> tuple[IpAddress, ...]:
            await asyncio.sleep(60)
            return ()

    async def test() -> None:
        async with guarding(resolver=Hangs()) as guard:
            refusal = await refusal_of(guard, "example.test", 80)
            assert refusal.kind == "dns"
            assert "was not resolved within 0.5 s" in refusal.says

    run(test)


def test_a_closed_port_is_connection_refused() -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        async with guarding(allow=[parse_allowed(f"127.0.0.1:{port}")]) as guard:
            through = await ask(guard, "127.0.0.1", port)
            assert through.event is not None
            assert isinstance(through.event.refusal, ConnectionRefused)
            assert through.reply == Reply.CONNECTION_REFUSED
            through.writer.close()

    run(test)


def full_listener() -> tuple[socket.socket, list[socket.socket]]:
    """A listener whose queue is full: further connections get no answer at all."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        waiting.append(client)
    return listener, waiting


def test_a_host_that_does_not_accept_in_time_is_a_connect_timeout() -> None:
    async def test() -> None:
        listener, waiting = full_listener()
        port = listener.getsockname()[1]
        async with guarding(allow=[parse_allowed(f"127.0.0.1:{port}")]) as guard:
            refusal = await refusal_of(guard, "127.0.0.1", port)
            assert isinstance(refusal, ConnectTimeout)
            assert "within 0.5 s" in refusal.says
        for sock in (listener, *waiting):
            sock.close()

    run(test)


def test_a_slow_address_does_not_hold_up_a_quick_one() -> None:
    async def test() -> None:
        listener, waiting = full_listener()
        port = listener.getsockname()[1]
        quick = socket.create_server(("::1", port), family=socket.AF_INET6)
        began = asyncio.get_running_loop().time()
        addresses = [ip_address("127.0.0.1"), ip_address("::1")]
        sock, address = await connect_first("example.test", addresses, port, 5.0)
        assert address == ip_address("::1")
        assert asyncio.get_running_loop().time() - began < 2.0
        for used in (sock, quick, listener, *waiting):
            used.close()

    run(test)


def test_this_machines_own_addresses_are_known_for_what_they_are() -> None:
    assert is_own_address(ip_address("127.0.0.1"))
    assert is_own_address(ip_address("::1"))
    assert not is_own_address(ip_address("192.0.2.1"))


def test_who_does_not_know_the_token_is_not_served() -> None:
    async def test() -> None:
        async with echo() as (port, seen):
            allow = [parse_allowed(f"127.0.0.1:{port}")]
            async with guarding(allow=allow) as guard:
                reader, writer = await asyncio.open_connection("127.0.0.1", guard.port)
                wrong = ClientHandshake(
                    Target("127.0.0.1", port), Login(b"lantern", b"guess"), eager=True
                )
                writer.write(wrong.opening() + b"GET / HTTP/1.1\r\n\r\n")
                assert await reader.read(4) == b"\x05\x02\x01\x01"
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", guard.port)
                writer.write(b"\x05\x01\x00")
                assert await reader.read() == b"\x05\xff"
                writer.close()
                assert [type(event.refusal) for event in guard.log()] == [GuardFailed] * 2
                assert seen == []
                assert guard.token is not None
                assert guard.token not in repr(guard.log())

    run(test)


def test_a_guard_without_a_token_serves_a_browser() -> None:
    async def test() -> None:
        async with echo() as (port, _):
            allow = [parse_allowed(f"127.0.0.1:{port}")]
            async with guarding(allow=allow, require_token=False) as guard:
                assert guard.token is None
                through = await ask(guard, "127.0.0.1", port)
                assert through.reply == Reply.SUCCEEDED
                through.writer.close()

    run(test)


@pytest.mark.parametrize(
    "octets", [b"GET / HTTP/1.1\r\n\r\n", b"\x04\x01\x00\x50\x01\x01\x01\x01\x00", b"\x05\x01"]
)
def test_what_is_not_socks_is_hung_up_on_and_noted(octets: bytes) -> None:
    async def test() -> None:
        async with guarding(resolver=Answers()) as guard:
            reader, writer = await asyncio.open_connection("127.0.0.1", guard.port)
            writer.write(octets)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
            await asyncio.sleep(0.05)
            assert [type(event.refusal) for event in guard.log()] == [GuardFailed]

    run(test)


def test_closing_the_guard_ends_every_connection() -> None:
    async def test() -> None:
        async with echo() as (port, _):
            guard = Guard(way_out=DIRECT, allow=[parse_allowed(f"127.0.0.1:{port}")])
            await guard.start()
            through = await ask(guard, "127.0.0.1", port)
            await guard.close()
            with pytest.raises(ConnectionResetError):
                await through.reader.read()
            through.writer.close()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", guard.port)

    run(test)


def test_an_allowed_name_that_has_no_address_is_refused_at_the_start() -> None:
    async def test() -> None:
        guard = Guard(
            way_out=DIRECT, allow=[parse_allowed("nobody.example.test:80")], resolver=Answers()
        )
        with pytest.raises(AllowanceError, match="its name has no address"):
            await guard.start()
        await guard.close()

    run(test)


def test_localhost_is_never_looked_up_and_goes_to_what_was_opened() -> None:
    async def test() -> None:
        resolver = Answers()
        async with (
            echo() as (port, _),
            guarding(allow=[parse_allowed(f"localhost:{port}")], resolver=resolver) as guard,
        ):
            through = await ask(guard, "demo.localhost", port)
            assert through.event is not None
            assert through.event.peer == f"127.0.0.1:{port}"
            through.writer.close()
            assert resolver.asked == []

    run(test)


def test_events_carry_the_time_of_the_clock_that_was_given(noon: datetime) -> None:
    async def test() -> None:
        async with guarding(clock=lambda: noon, resolver=Answers()) as guard:
            await refusal_of(guard, "10.0.0.1", 80)
            assert guard.log()[0].at == noon

    run(test)


# The shared test server, byte for byte.


@pytest.fixture(scope="module")
def site(shared: Path) -> Iterator[dict[str, Any]]:
    server = subprocess.Popen(
        [
            *(sys.executable, str(shared / "testsite" / "serve_site.py")),
            *("--bind", "127.0.0.1:0", "--bind", "127.0.0.1:0"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    yield json.loads(server.stdout.readline())
    server.terminate()
    server.wait(10)
    server.stdout.close()


async def fetch(guard: Guard, port: int, target: str) -> tuple[bytes, bool]:
    """What came back for one request, and whether it ended by a reset."""
    through = await ask(guard, "127.0.0.1", port)
    through.writer.write(
        f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    )
    received, broken = through.early, False
    try:
        while octets := await through.reader.read(65536):
            received += octets
    except ConnectionResetError:
        broken = True
    through.writer.close()
    return received, broken


@pytest.mark.parametrize(
    ("target", "broken"),
    [
        ("/badheaders", False),
        ("/chunked", False),
        ("/chunked/bad-size", False),
        ("/gzip/truncated", False),
        ("/big?mb=8", False),
        ("/drop", False),
        ("/drop/headers", False),
        ("/badheaders/http09", False),
        ("/badheaders/two-responses", False),
        ("/reset", True),
        ("/reset/first", True),
    ],
)
def test_a_page_comes_through_byte_for_byte_and_ends_as_it_ended(
    site: dict[str, Any], target: str, broken: bool
) -> None:
    async def test() -> None:
        port = site["listen"][0]["port"]
        async with guarding(allow=[parse_allowed(f"127.0.0.1:{port}")]) as guard:
            received, reset = await fetch(guard, port, target)
            asked, _ = await fetch(guard, port, f"/_sent?path={target.replace('?', '%3F')}")
            sent = json.loads(asked.partition(b"\r\n\r\n")[2])
            assert len(received) == sent["bytes"]
            assert hashlib.sha256(received).hexdigest() == sent["sha256"]
            assert reset is broken

    run(test)


@pytest.mark.promise("P-5")
def test_every_private_target_of_the_test_server_is_refused(site: dict[str, Any]) -> None:
    kinds = ["", "loopback", "localhost", "v6", "v6-mapped", "decimal", "octal", "hex", "short"]
    kinds += ["zero", "ten", "enclosed"]

    async def test() -> None:
        port = site["listen"][0]["port"]
        async with guarding(allow=[parse_allowed(f"127.0.0.1:{port}")]) as guard:
            for kind in kinds:
                answer, _ = await fetch(guard, port, f"/redirect-private/{kind}".rstrip("/"))
                head = answer.partition(b"\r\n\r\n")[0].decode("utf-8")
                location = next(x[10:] for x in head.split("\r\n") if x.startswith("Location: "))
                parts = urlsplit(location)
                refusal = await refusal_of(guard, parts.hostname or "", parts.port or 80)
                assert isinstance(refusal, PrivateAddress), (kind, location)
            hits, _ = await fetch(guard, port, "/_log")
            assert b"/private/" not in hits

    run(test)
