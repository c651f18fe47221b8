"""Opens the one connection that is asked for: reads the host, resolves it, checks it, dials it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

from collectors.addresses import (
    IpAddress,
    endpoint_text,
    is_loopback_name,
    read_host,
    why_local_name,
)
from collectors.errors import GuardRefused, NameNotResolved
from collectors.guard_dial import connect_first, is_own_address, own_machine
from collectors.guard_rules import Rules, private_address
from collectors.guard_upstream import ask_upstream, upstream_down, upstream_handshake
from collectors.resolvers import Resolver
from collectors.socks import Target
from collectors.ways_out import WayOut


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each stage of a connection may take, in seconds."""

    connect_s: float = 15.0
    resolve_s: float = 20.0
    upstream_s: float = 60.0  # an exit resolves and connects in this time; Tor is slow


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection that came about. `peer` is the address that was checked and connected to;
    None where an upstream stands between. `early` was sent by the far side already.
    """

    sock: socket.socket
    peer: Target | None
    resolved_at_exit: bool
    by_allowance: bool
    early: bytes = b""


class Egress:
    """The way out of one job, with its rules. Every connection is decided here, alone."""

    def __init__(
        self,
        way_out: WayOut,
        rules: Rules,
        resolver: Resolver,
        timeouts: Timeouts,
        isolation: str,
        is_own: Callable[[IpAddress], bool] = is_own_address,
    ) -> None:
        self._way_out = way_out
        self._rules = rules
        self._resolver = resolver
        self._timeouts = timeouts
        self._isolation = isolation
        self._is_own = is_own

    async def open(self, asked: Target) -> Opened:
        """The connection, or raises the `GuardRefused` that says why there is none."""
        text = str(asked.host)
        host = read_host(text)
        port = asked.port
        if isinstance(host, str):
            return await self._open_name(text, host, port)
        if self._rules.is_private_opening(host, port) or not self._way_out.resolves_at_exit:
            return await self._open_checked(text, (host,), port)
        self._rules.check_all(text, (host,), port)
        return await self._open_upstream(Target(host, port))

    async def _open_name(self, text: str, name: str, port: int) -> Opened:
        if is_loopback_name(name):
            return await self._open_checked(text, self._rules.open_loopback(text, port), port)
        if self._way_out.resolves_at_exit:
            self._rules.check_port(name, port)
            if (reason := why_local_name(name)) is not None:
                raise private_address(text, name, port, reason)
            return await self._open_upstream(Target(name, port))
        if not self._rules.opens_port(port):
            self._rules.check_port(name, port)
        return await self._open_checked(text, await self._resolve(name), port)

    async def _open_checked(self, text: str, addresses: tuple[IpAddress, ...], port: int) -> Opened:
        """Checks, then connects to exactly what was checked: the answer is not asked for again."""
        self._rules.check_all(text, addresses, port)
        opened = [(address, port) in self._rules.opened for address in addresses]
        for address, allowed in zip(addresses, opened, strict=True):
            if not allowed and self._is_own(address):
                raise own_machine(text, address, port)
        sock, address = await connect_first(text, addresses, port, self._timeouts.connect_s)
        by_allowance = self._rules.is_private_opening(address, port)
        return Opened(sock, Target(address, port), False, by_allowance)

    async def _open_upstream(self, target: Target) -> Opened:
        sock = await self._dial_upstream(target)
        try:
            handshake = upstream_handshake(self._way_out, target, self._isolation)
            early = await ask_upstream(
                sock, handshake, target, self._way_out, self._timeouts.upstream_s
            )
        except BaseException:
            sock.close()
            raise
        return Opened(sock, None, isinstance(target.host, str), False, early)

    async def _dial_upstream(self, target: Target) -> socket.socket:
        host, port = self._way_out.host, self._way_out.port
        if host is None or port is None:
            raise ValueError("a direct way out has no upstream")
        text = endpoint_text(host, port)
        try:
            known = (host,) if not isinstance(host, str) else await self._resolve(host)
            sock, _ = await connect_first(text, known, port, self._timeouts.connect_s)
        except GuardRefused as fault:
            raise upstream_down(self._way_out, target, fault) from fault
        return sock

    async def _resolve(self, name: str) -> tuple[IpAddress, ...]:
        """The addresses of a name, asked anew. Raises `NameNotResolved`."""
        if name.endswith(".onion"):  # RFC 7686, section 2: such names must not reach the DNS
            raise NameNotResolved(
                f"{name} is reached through Tor only. Use the way out tor.", host=name
            )
        try:
            async with asyncio.timeout(self._timeouts.resolve_s):
                found = await self._resolver.addresses(name)
        except TimeoutError as fault:
            raise NameNotResolved(
                f"The name {name} was not resolved within {self._timeouts.resolve_s:g} s. "
                "Check the machine's network and try again.",
                host=name,
            ) from fault
        except (OSError, UnicodeError) as fault:
            raise _unresolved(name, fault) from fault
        if not found:
            raise _unresolved(name, None)
        return found


def _unresolved(name: str, fault: Exception | None) -> NameNotResolved:
    if isinstance(fault, socket.gaierror) and fault.errno == socket.EAI_AGAIN:
        says = f"The name server did not answer for {name}. Check the network and try again."
    else:
        says = f"The name {name} has no address. Check its spelling."
    return NameNotResolved(says, host=name)
