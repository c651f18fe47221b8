"""Bytes and ends pass as they are: both ways, in full, with little in memory."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator

import pytest

from collectors.guard_relay import BUFFER_BYTES, Relay, reset

Ends = tuple[socket.socket, socket.socket, Relay, asyncio.Event]


def tcp_pair(near_queue_bytes: int = 0) -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.socket()
        if near_queue_bytes:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, near_queue_bytes)
        near.connect(listener.getsockname())
        far, _ = listener.accept()
    near.setblocking(False)
    far.setblocking(False)
    return near, far


@contextlib.contextmanager
def relayed(
    patience_s: float = 60.0,
    early: tuple[bytes, bytes] = (b"", b""),
    client_queue_bytes: int = 0,
) -> Iterator[Ends]:
    """The two outer ends of a relay: client and server; and what tells that it is over."""
    client, from_client = tcp_pair(client_queue_bytes)
    to_server, server = tcp_pair()
    over = asyncio.Event()
    relay = Relay(
        asyncio.get_running_loop(),
        (from_client, to_server),
        memoryview(bytearray(BUFFER_BYTES)),
        lambda _: over.set(),
        patience_s,
    )
    relay.start(*early)
    try:
        yield client, server, relay, over
    finally:
        relay.abort()
        client.close()
        server.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(within())


async def receive_all(sock: socket.socket) -> tuple[int, bytes, bool]:
    """How many bytes came, the last of them, and whether the end was a reset."""
    loop, size, last = asyncio.get_running_loop(), 0, b""
    try:
        while octets := await loop.sock_recv(sock, 65536):
            size, last = size + len(octets), octets[-16:]
    except ConnectionResetError:
        return size, last, True
    return size, last, False


@pytest.mark.parametrize("from_server", [True, False], ids=["from-server", "from-client"])
def test_an_orderly_end_passes_after_the_last_byte_and_leaves_the_other_way_open(
    from_server: bool,
) -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with relayed() as (client, server, _, over):
            first, second = (server, client) if from_server else (client, server)
            sending = asyncio.create_task(loop.sock_sendall(first, b"x" * 5_000_000 + b"the end"))
            sending.add_done_callback(lambda _: first.shutdown(socket.SHUT_WR))
            size, last, broken = await receive_all(second)
            assert (size, last[-7:], broken) == (5_000_007, b"the end", False)
            assert not over.is_set()
            await loop.sock_sendall(second, b"still open")
            assert await loop.sock_recv(first, 100) == b"still open"
            second.shutdown(socket.SHUT_WR)
            assert await loop.sock_recv(first, 100) == b""
            await over.wait()

    run(test)


@pytest.mark.parametrize("from_server", [True, False], ids=["from-server", "from-client"])
@pytest.mark.parametrize("size", [0, 1, 3_000_000], ids=["at-once", "a-byte", "in-mid-body"])
def test_a_reset_passes_as_a_reset_after_every_byte_that_came_before_it(
    from_server: bool, size: int
) -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with relayed() as (client, server, _, over):
            first, second = (server, client) if from_server else (client, server)
            receiving = asyncio.create_task(receive_all(second))
            await loop.sock_sendall(first, b"x" * size)
            await asyncio.sleep(0.2)  # a reset throws away what our own system has not yet sent
            reset(first)
            assert (await receiving)[0::2] == (size, True)
            await over.wait()

    run(test)


def test_a_reset_waits_for_a_reader_that_is_slow() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with relayed() as (client, server, _, over):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):  # until every queue on the way is full
                    await loop.sock_sendall(server, b"x" * 50_000_000)
            reset(server)
            await asyncio.sleep(0.2)
            assert not over.is_set()
            size, _, broken = await receive_all(client)
            assert broken
            assert size > BUFFER_BYTES
            await over.wait()

    run(test)


def test_a_reset_does_not_overtake_bytes_that_our_own_system_still_holds() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with relayed(client_queue_bytes=8192) as (client, server, _, over):
            await loop.sock_sendall(server, b"x" * 150_000)  # more than the client's queue takes
            await asyncio.sleep(0.2)
            reset(server)
            await asyncio.sleep(0.2)
            assert not over.is_set()
            assert (await receive_all(client))[0::2] == (150_000, True)
            await over.wait()

    run(test)


def test_a_reset_waits_no_longer_than_its_patience_for_a_reader_that_never_reads() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with relayed(patience_s=0.3, client_queue_bytes=8192) as (_, server, _, over):
            await loop.sock_sendall(server, b"x" * 150_000)
            await asyncio.sleep(0.2)
            reset(server)
            async with asyncio.timeout(5):
                await over.wait()

    run(test)


def test_what_a_server_said_before_it_broke_is_delivered_although_it_takes_no_more() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with relayed() as (client, server, _, over):
            await loop.sock_sendall(client, b"a request with a body")
            await asyncio.sleep(0.05)
            await loop.sock_sendall(server, b"413 too large")
            server.close()  # with the request unread: a reset
            await loop.sock_sendall(client, b"more of the body")
            size, last, broken = await receive_all(client)
            assert (size, last, broken) == (13, b"413 too large", True)
            await over.wait()

    run(test)


def test_a_client_that_goes_away_in_mid_body_stops_the_server() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with relayed() as (client, server, _, over):
            await loop.sock_sendall(server, b"x" * 1000)
            await asyncio.sleep(0.05)
            client.close()  # with bytes unread, as a client that has enough
            with pytest.raises(ConnectionError):
                await loop.sock_sendall(server, b"x" * 100_000_000)
            await over.wait()

    run(test)


def test_a_body_larger_than_memory_should_hold_waits_at_its_source() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        tracemalloc.start()
        with relayed() as (client, server, _, _):
            chunk = b"x" * 1_000_000
            sent = 0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    while sent < 500_000_000:
                        await loop.sock_sendall(server, chunk)
                        sent += len(chunk)
            assert sent < 60_000_000  # the system's queues, not ours
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 4_000_000
            received = 0
            while received < sent:
                received += len(await loop.sock_recv(client, 1 << 20))

    run(test)


def test_a_half_closed_connection_is_not_kept_for_ever_in_silence() -> None:
    async def test() -> None:
        with relayed(patience_s=0.2) as (client, server, _, over):
            client.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(5):
                await over.wait()
            assert server.recv(1) == b""  # the orderly end had passed before
            with pytest.raises(ConnectionResetError):
                client.recv(1)

    run(test)


def test_a_half_closed_connection_lasts_for_as_long_as_it_brings_bytes() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with relayed(patience_s=0.3) as (client, server, _, over):
            client.shutdown(socket.SHUT_WR)
            for _ in range(8):
                await loop.sock_sendall(server, b"drip")
                await asyncio.sleep(0.1)
            server.shutdown(socket.SHUT_WR)
            assert (await receive_all(client))[0::2] == (32, False)
            await over.wait()

    run(test)


def test_bytes_that_were_read_before_the_relay_go_first() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with relayed(early=(b"hello ", b"banner ")) as (client, server, _, _):
            await loop.sock_sendall(client, b"server")
            await loop.sock_sendall(server, b"client")
            await asyncio.sleep(0.05)
            assert server.recv(100) == b"hello server"
            assert client.recv(100) == b"banner client"

    run(test)


def test_aborting_resets_both_ends_once() -> None:
    async def test() -> None:
        with relayed() as (client, server, relay, over):
            relay.abort()
            relay.abort()
            assert over.is_set()
            for end in (client, server):
                assert await receive_all(end) == (0, b"", True)

    run(test)


def test_closing_by_reset_is_seen_as_one() -> None:
    near, far = tcp_pair()
    far.setblocking(True)
    reset(near)
    with pytest.raises(ConnectionResetError):
        far.recv(1)
    far.close()
