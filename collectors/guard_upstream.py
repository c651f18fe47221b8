"""Asks an upstream (SOCKS5, Tor, HTTP CONNECT) for a connection, and reads its answer honestly.

Whatever the upstream does, nothing here connects anywhere but to the upstream.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from collectors.addresses import endpoint_text
from collectors.connect_proxy import ConnectError, ConnectHandshake
from collectors.errors import (
    ConnectionRefused,
    ConnectTimeout,
    GuardRefused,
    Unreachable,
    UpstreamFailed,
)
from collectors.socks import ClientHandshake, Login, Reply, SocksError, Target
from collectors.ways_out import WayOut, WayOutKind

_READ_BYTES = 4096
_NEXT = "Check the way out; nothing was sent any other way."

# RFC 1928, section 6, as an exit means them: what it says of the remote host, not of itself.
_SOCKS_REPLIES: dict[int, tuple[type[GuardRefused], str]] = {
    Reply.NETWORK_UNREACHABLE: (Unreachable, "the network cannot be reached"),
    Reply.HOST_UNREACHABLE: (Unreachable, "the host cannot be reached, or its name is unknown"),
    Reply.CONNECTION_REFUSED: (ConnectionRefused, "the host refused the connection"),
    Reply.TTL_EXPIRED: (ConnectTimeout, "the host did not answer in time"),
    0xF0: (Unreachable, "the onion service's descriptor was not found"),  # Tor proposal 304
    0xF1: (Unreachable, "the onion service's descriptor is invalid"),
    0xF2: (Unreachable, "the introduction to the onion service failed"),
    0xF3: (Unreachable, "the rendezvous with the onion service failed"),
    0xF4: (Unreachable, "the onion service wants client authorisation"),
    0xF5: (Unreachable, "the onion service refused the client authorisation"),
    0xF6: (Unreachable, "the onion address is invalid"),
    0xF7: (ConnectTimeout, "the introduction to the onion service timed out"),
}
_HTTP_REPLIES: dict[int, tuple[type[GuardRefused], str]] = {
    502: (Unreachable, "the host cannot be reached, or its name is unknown"),
    503: (Unreachable, "the host cannot be reached"),
    504: (ConnectTimeout, "the host did not answer in time"),
}


def upstream_handshake(
    way_out: WayOut, target: Target, isolation: str
) -> ClientHandshake | ConnectHandshake:
    """What to say to an upstream so that it connects to a target.

    To Tor the job's own `isolation` word is user name and password, which keeps its circuits
    apart from every other job's (tor(1), IsolateSOCKSAuth).
    """
    login = None
    if way_out.kind is WayOutKind.TOR:
        login = Login(isolation.encode(), isolation.encode())
    elif way_out.username is not None:
        login = Login(way_out.username.encode(), (way_out.password or "").encode())
    if way_out.kind is WayOutKind.HTTP:
        return ConnectHandshake(target, login)
    return ClientHandshake(target, login)


async def ask_upstream(
    sock: socket.socket,
    handshake: ClientHandshake | ConnectHandshake,
    target: Target,
    way_out: WayOut,
    timeout_s: float,
) -> bytes:
    """The bytes that came behind the upstream's consent, usually none.

    Raises `UpstreamFailed` where the upstream fails or refuses, and what the upstream says of
    the remote host (`ConnectionRefused`, `Unreachable`, `ConnectTimeout`) where it says so.
    """
    loop = asyncio.get_running_loop()
    fail = _failure(way_out, target)
    try:
        async with asyncio.timeout(timeout_s):
            await loop.sock_sendall(sock, handshake.opening())
            while not handshake.done:
                octets = await loop.sock_recv(sock, _READ_BYTES)
                if not octets:
                    raise fail(UpstreamFailed, "it closed the connection without an answer")
                await loop.sock_sendall(sock, handshake.receive(octets))
    except TimeoutError as fault:
        raise fail(UpstreamFailed, f"it did not answer within {timeout_s:g} s") from fault
    except OSError as fault:
        raise fail(UpstreamFailed, f"the connection broke ({fault.strerror})") from fault
    except (SocksError, ConnectError) as fault:
        raise fail(UpstreamFailed, str(fault)) from fault
    _check_answer(handshake, fail)
    return handshake.rest


def upstream_down(way_out: WayOut, target: Target, fault: GuardRefused) -> GuardRefused:
    """The refusal when the upstream itself could not be connected to."""
    return _failure(way_out, target)(UpstreamFailed, fault.says.rstrip("."))


def _check_answer(
    handshake: ClientHandshake | ConnectHandshake,
    fail: Callable[[type[GuardRefused], str], GuardRefused],
) -> None:
    if isinstance(handshake, ConnectHandshake):
        if not 200 <= handshake.status < 300:
            words = f"it answered {handshake.status} {handshake.reason}".rstrip()
            kind, says = _HTTP_REPLIES.get(handshake.status, (UpstreamFailed, words))
            raise fail(kind, says)
    elif handshake.reply != Reply.SUCCEEDED:
        words = f"it refused with reply {handshake.reply}"
        kind, says = _SOCKS_REPLIES.get(handshake.reply or 0, (UpstreamFailed, words))
        raise fail(kind, says)


def _failure(way_out: WayOut, target: Target) -> Callable[[type[GuardRefused], str], GuardRefused]:
    where = endpoint_text(target.host, target.port)

    def fail(kind: type[GuardRefused], says: str) -> GuardRefused:
        facts: dict[str, str | int | None] = {
            "host": str(target.host),
            "port": target.port,
            "way_out": way_out.text,
        }
        if kind is UpstreamFailed:
            sentence = f"The way out {way_out.text} did not connect to {where}: {says}. {_NEXT}"
        else:
            sentence = f"{where}, by way of {way_out.text}: {says}. Try again later."
        return kind(sentence, **facts)

    return fail
