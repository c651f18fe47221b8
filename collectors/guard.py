"""The egress guard: one loopback port per job, through which every byte of the collectors goes.

It speaks SOCKS5 (RFC 1928). It decides each connection by itself (`guard_egress`), carries the
bytes (`guard_relay`), and keeps for the record what became of each. It fails closed: no error
in it leads to a connection that was not checked.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cases.times import Clock, system_clock
from collectors.addresses import IpAddress, endpoint_text, is_loopback_name
from collectors.errors import (
    AllowanceError,
    BadAddress,
    ConnectionRefused,
    ConnectTimeout,
    GuardFailed,
    GuardRefused,
    NameNotResolved,
    PrivateAddress,
    RefusedPort,
    Unreachable,
)
from collectors.guard_egress import Egress, Opened, Timeouts
from collectors.guard_relay import BUFFER_BYTES, Relay
from collectors.guard_rules import LOOPBACK, AllowedAddress, Rules
from collectors.resolvers import Resolver, SystemResolver
from collectors.socks import Login, Reply, ServerHandshake, SocksError, Target, encode_reply
from collectors.ways_out import WayOut

_BACKLOG = 1024
_ACCEPT_PAUSE_S = 0.5
_HANDSHAKE_S = 10.0
_READ_BYTES = 16 * 1024
_RECENT = 4096  # connections that can be asked about by the client's port
_LOG_LENGTH = 100_000  # the newest connections of a job, for its report
_TOKEN_USER = b"lantern"

_REPLIES: tuple[tuple[type[GuardRefused], Reply], ...] = (
    (PrivateAddress, Reply.NOT_ALLOWED),
    (RefusedPort, Reply.NOT_ALLOWED),
    (BadAddress, Reply.NOT_ALLOWED),
    (NameNotResolved, Reply.HOST_UNREACHABLE),
    (Unreachable, Reply.NETWORK_UNREACHABLE),
    (ConnectionRefused, Reply.CONNECTION_REFUSED),
    (ConnectTimeout, Reply.TTL_EXPIRED),
)


@dataclass(frozen=True, slots=True)
class GuardEvent:
    """What became of one connection that a collector asked for.

    `peer` is the address that was checked and connected to ("203.0.113.7:443"), None where
    there is no connection or where an upstream stands between; `resolved_at_exit` says that the
    upstream resolved the name. `by_allowance` marks a private address opened on purpose, which
    is reached directly whatever the way out. `way` says how it went, without credentials.
    """

    at: datetime
    client_port: int
    host: str
    port: int
    way: str
    peer: str | None = None
    resolved_at_exit: bool = False
    by_allowance: bool = False
    refusal: GuardRefused | None = None


def reply_of(refusal: GuardRefused) -> Reply:
    """The SOCKS5 reply that stands for a refusal towards a client that knows no better."""
    found = (reply for kind, reply in _REPLIES if isinstance(refusal, kind))
    return next(found, Reply.GENERAL_FAILURE)


class Guard:
    """One job's egress guard. `await start()` inside the event loop, then connect to
    127.0.0.1:`port` with `login`; `await close()` ends every connection.

    With `require_token`, only who knows this job's `token` is served; without, any process of
    this machine is (Chromium cannot sign in to a SOCKS proxy). `allow` opens exact addresses.
    """

    def __init__(
        self,
        *,
        way_out: WayOut,
        allow: Iterable[AllowedAddress] = (),
        resolver: Resolver | None = None,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 (frozen)
        require_token: bool = True,
        clock: Clock = system_clock,
    ) -> None:
        self.way_out = way_out
        self.port = 0
        self.token = secrets.token_urlsafe(24) if require_token else None
        self._allow = tuple(allow)
        self._resolver = resolver or SystemResolver()
        self._timeouts = timeouts
        self._clock = clock
        self._rules = Rules()
        self._egress: Egress | None = None
        self._listener: socket.socket | None = None
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._tasks: set[asyncio.Task[None]] = set()
        self._relays: set[Relay] = set()
        self._log: deque[GuardEvent] = deque(maxlen=_LOG_LENGTH)
        self._recent: OrderedDict[int, GuardEvent] = OrderedDict()

    @property
    def rules(self) -> Rules:
        """What this guard lets through, for checks before a connection (`check_url_address`)."""
        return self._rules

    @property
    def login(self) -> Login | None:
        """What a client must say to be served; None where anyone is."""
        return None if self.token is None else Login(_TOKEN_USER, self.token.encode())

    def log(self) -> tuple[GuardEvent, ...]:
        """Every connection that was asked for, oldest first (of a long job, the newest)."""
        return tuple(self._log)

    def passage(self, client_port: int) -> GuardEvent | None:
        """What became of the newest connection from this local port of a client.

        Known as soon as the client has its SOCKS5 reply.
        """
        return self._recent.get(client_port)

    async def start(self) -> None:
        """Begins to listen. Raises `AllowanceError` where an allowed name cannot be looked up."""
        self._rules = Rules(await self._openings())
        self._egress = Egress(
            self.way_out, self._rules, self._resolver, self._timeouts, secrets.token_hex(16)
        )
        listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        listener.setblocking(False)
        self._listener = listener
        self.port = listener.getsockname()[1]
        asyncio.get_running_loop().add_reader(listener, self._accept)

    async def close(self) -> None:
        """Stops listening and ends every connection; what is still open sees a reset."""
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for relay in tuple(self._relays):
            relay.abort()
        self._resolver.close()

    async def _openings(self) -> frozenset[tuple[IpAddress, int]]:
        """The exact addresses opened: names are looked up here, once, so that no later answer
        can move them.
        """
        opened: set[tuple[IpAddress, int]] = set()
        for allowed in self._allow:
            opened.update((address, allowed.port) for address in await self._meant_by(allowed))
        return frozenset(opened)

    async def _meant_by(self, allowed: AllowedAddress) -> tuple[IpAddress, ...]:
        if not isinstance(allowed.host, str):
            return (allowed.host,)
        if is_loopback_name(allowed.host):
            return LOOPBACK
        if self.way_out.resolves_at_exit:
            raise AllowanceError(
                f"{allowed} cannot be allowed by name: with the way out {self.way_out.text} this "
                "machine resolves no names. Give its address in figures."
            )
        try:
            return await self._resolver.addresses(allowed.host)
        except OSError as fault:
            raise AllowanceError(
                f"{allowed} cannot be allowed: its name has no address. Give it in figures."
            ) from fault

    def _accept(self) -> None:
        listener = self._listener
        if listener is None:
            return
        loop = asyncio.get_running_loop()
        for _ in range(_BACKLOG):
            try:
                client, address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # out of descriptors: let some close first
                loop.remove_reader(listener)
                loop.call_later(_ACCEPT_PAUSE_S, self._accept_again)
                return
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = loop.create_task(self._serve(client, address[1]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _accept_again(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().add_reader(self._listener, self._accept)

    async def _serve(self, client: socket.socket, client_port: int) -> None:
        """From the client's first byte to the relay, or to a refusal on record."""
        opened: Opened | None = None
        asked = Target("", 0)
        try:
            asked, rest = await self._handshake(client)
            opened = await self._open(asked)
            self._note(self._event(client_port, asked, opened))
            bound = opened.peer
            await asyncio.get_running_loop().sock_sendall(
                client, encode_reply(Reply.SUCCEEDED, bound)
            )
        except GuardRefused as refusal:
            self._note(self._event(client_port, asked, refusal))
            await self._refuse(client, refusal)
        except BaseException as fault:
            client.close()
            if opened is not None:
                opened.sock.close()
            if not isinstance(fault, OSError):  # the client went away: nobody is left to tell
                raise
        else:
            self._relay(client, opened, rest)

    async def _handshake(self, client: socket.socket) -> tuple[Target, bytes]:
        """What the client asks for, and what it already sent behind that. Raises `GuardFailed`."""
        loop = asyncio.get_running_loop()
        handshake = ServerHandshake(self.login)
        try:
            async with asyncio.timeout(_HANDSHAKE_S):
                while not handshake.done:
                    octets = await loop.sock_recv(client, _READ_BYTES)
                    if not octets:
                        raise SocksError("it went away in mid handshake")
                    if answer := handshake.receive(octets):
                        await loop.sock_sendall(client, answer)
        except (SocksError, TimeoutError) as fault:
            raise GuardFailed(f"The egress guard was spoken to wrongly: {fault}.") from fault
        if handshake.target is None:
            raise GuardFailed(
                "The egress guard does not serve this client: it has not this job's token, or "
                "asks for something other than a connection."
            )
        return handshake.target, handshake.rest

    async def _open(self, asked: Target) -> Opened:
        if self._egress is None:
            raise GuardFailed("The egress guard was not started.")
        return await self._egress.open(asked)

    async def _refuse(self, client: socket.socket, refusal: GuardRefused) -> None:
        if not isinstance(refusal, GuardFailed):
            with contextlib.suppress(OSError):
                await asyncio.get_running_loop().sock_sendall(
                    client, encode_reply(reply_of(refusal))
                )
        client.close()

    def _relay(self, client: socket.socket, opened: Opened, rest: bytes) -> None:
        loop = asyncio.get_running_loop()
        relay = Relay(loop, (client, opened.sock), self._buffer, self._relays.discard)
        self._relays.add(relay)
        relay.start(to_second=rest, to_first=opened.early)

    def _event(self, client_port: int, asked: Target, end: Opened | GuardRefused) -> GuardEvent:
        at, host = self._clock(), str(asked.host)
        if isinstance(end, GuardRefused):
            way = self.way_out.text
            return GuardEvent(at, client_port, host, asked.port, way, refusal=end)
        peer = None if end.peer is None else endpoint_text(end.peer.host, end.peer.port)
        way = "direct (allowed address)" if end.by_allowance else self.way_out.text
        return GuardEvent(
            at, client_port, host, asked.port, way, peer, end.resolved_at_exit, end.by_allowance
        )

    def _note(self, event: GuardEvent) -> None:
        self._log.append(event)
        self._recent[event.client_port] = event
        self._recent.move_to_end(event.client_port)
        if len(self._recent) > _RECENT:
            self._recent.popitem(last=False)
