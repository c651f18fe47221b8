"""Connects to addresses that were already checked, and to nothing else.

Happy eyeballs (RFC 8305): families in turn, a head start of a quarter of a second each, the
first to connect wins. No name is resolved here.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Sequence
from ipaddress import IPv6Address
from itertools import chain, zip_longest

from collectors.addresses import IpAddress, endpoint_text
from collectors.errors import (
    ConnectionRefused,
    ConnectTimeout,
    GuardRefused,
    PrivateAddress,
    Unreachable,
)

_HEAD_START_S = 0.25  # RFC 8305, section 8: connection attempt delay
_MOST_ADDRESSES = 8  # a name with hundreds of addresses is not tried to its end


async def connect_first(
    asked: str, addresses: Sequence[IpAddress], port: int, timeout_s: float
) -> tuple[socket.socket, IpAddress]:
    """A connected, non-blocking socket, and which of the addresses it goes to.

    Raises `ConnectionRefused`, `Unreachable` or `ConnectTimeout`, in that order of precedence,
    when none connects within `timeout_s`.
    """
    order = _in_turn(addresses)[:_MOST_ADDRESSES]
    attempts: dict[asyncio.Task[socket.socket], IpAddress] = {}
    failures: list[OSError] = []
    deadline = asyncio.get_running_loop().time() + timeout_s
    try:
        while order or attempts:
            if order:
                address = order.pop(0)
                attempts[asyncio.create_task(connect_one(address, port))] = address
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            done, _ = await asyncio.wait(
                attempts,
                timeout=min(left, _HEAD_START_S) if order else left,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                tried = attempts.pop(task)
                try:
                    return task.result(), tried
                except OSError as fault:
                    failures.append(fault)
    finally:
        await _discard(list(attempts))
    raise _failure(asked, addresses, port, failures, timeout_s)


async def connect_one(address: IpAddress, port: int) -> socket.socket:
    """A connected, non-blocking socket. Raises `OSError`."""
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (str(address), port))
    except BaseException:
        sock.close()
        raise
    return sock


def is_own_address(address: IpAddress) -> bool:
    """Whether an address belongs to this machine, a public one included.

    Asked of the routing table by connecting a datagram socket, which sends nothing: the system
    reaches its own addresses from themselves.
    """
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((str(address), 9))  # the discard port: any will do
        return bool(probe.getsockname()[0] == str(address))
    return False


def _in_turn(addresses: Sequence[IpAddress]) -> list[IpAddress]:
    """The addresses, families alternating, the first one's family first (RFC 8305, section 4)."""
    unique = list(dict.fromkeys(addresses))
    first = [one for one in unique if one.version == unique[0].version]
    other = [one for one in unique if one.version != unique[0].version]
    pairs = chain.from_iterable(zip_longest(first, other))
    return [one for one in pairs if one is not None]


async def _discard(tasks: list[asyncio.Task[socket.socket]]) -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, socket.socket):
            outcome.close()


def _failure(
    asked: str,
    addresses: Sequence[IpAddress],
    port: int,
    failures: Sequence[OSError],
    timeout_s: float,
) -> GuardRefused:
    where = f"{asked} ({', '.join(endpoint_text(one, port) for one in addresses[:3])})"
    codes = [fault.errno for fault in failures]
    facts: dict[str, str | int | None] = {"host": asked, "port": port}
    if errno.ECONNREFUSED in codes:
        return ConnectionRefused(
            f"{where} refused the connection: nothing listens there. Check the port.", **facts
        )
    if any(code not in (errno.ETIMEDOUT, None) for code in codes):
        why = failures[0].strerror or type(failures[0]).__name__
        return Unreachable(f"{where} cannot be reached: {why}. Try again later.", **facts)
    return ConnectTimeout(
        f"{where} did not accept the connection within {timeout_s:g} s. Try again later.", **facts
    )


def own_machine(asked: str, address: IpAddress, port: int) -> PrivateAddress:
    """The refusal of an address that is this machine's own."""
    return PrivateAddress(
        f"{address} (asked for as {asked!r}) was not connected to: it is an address of this "
        f"machine. To reach it on purpose: --allow-address {endpoint_text(address, port)}.",
        host=asked,
        address=str(address),
        port=port,
    )
