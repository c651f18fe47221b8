"""A Twisted endpoint beneath HTTP and TLS whose connections go through the egress guard."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.address import HostnameAddress, IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectingCancelledError, NoProtocol
from twisted.internet.interfaces import (
    IAddress,
    IConnector,
    IProtocol,
    IProtocolFactory,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import ClientFactory, connectionDone
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from collectors.errors import BadAddress, ConnectTimeout, GuardFailed
from collectors.guard import GuardEvent
from collectors.socks import ClientHandshake, Login, Reply, SocksError, Target

_LONGEST_S = 120.0  # the guard keeps shorter times itself: this is for a guard that hangs


class GuardDoor(Protocol):
    """What an endpoint needs to know of a guard in this process."""

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        ...

    @property
    def login(self) -> Login | None:
        """What it wants to be told first."""
        ...

    def passage(self, client_port: int) -> GuardEvent | None:
        """What became of the newest connection from a local port."""
        ...


@implementer(IStreamClientEndpoint)
class GuardEndpoint:
    """Connects to `host`:`port` through a guard in this process.

    `connect(factory)` gives a Deferred of the factory's protocol, connected; or fails with the
    precise `GuardRefused`. The protocol gets the connection's bytes alone: none of the
    handshake's, and all that follow it. The transport carries `guard_event`, the guard's record
    of this connection (also through a TLS wrapper); `on_event` is given it before the protocol
    is built.
    """

    def __init__(
        self,
        reactor: Any,
        guard: GuardDoor,
        host: str,
        port: int,
        *,
        on_event: Callable[[GuardEvent], None] | None = None,
        timeout_s: float = _LONGEST_S,
    ) -> None:
        self._reactor = reactor
        self._guard = guard
        self._host = host
        self._port = port
        self._on_event = on_event
        self._timeout_s = timeout_s

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:  # noqa: N803
        """The protocol that the factory builds, once the guard has opened the way."""
        target = _target(self._host, self._port)
        opening = _Opening(self._guard, target, protocolFactory, self._on_event)
        try:
            opening.handshake = ClientHandshake(target, self._guard.login, eager=True)
        except SocksError as fault:
            opening.fail(BadAddress(f"The host {self._host[:60]!r} cannot be used: {fault}."))
            return opening.connected
        timer = self._reactor.callLater(self._timeout_s, opening.late, self._timeout_s)

        def stop_timer(result: Any) -> Any:
            if timer.active():
                timer.cancel()
            return result

        opening.connected.addBoth(stop_timer)
        self._reactor.connectTCP("127.0.0.1", self._guard.port, _OpenerFactory(opening))
        return opening.connected


class _Opening:
    """One connection on its way: what it waits for, and the one time that it ends well or badly."""

    def __init__(
        self,
        guard: GuardDoor,
        target: Target,
        factory: Any,  # IProtocolFactory: zope's interfaces are opaque to the type checker
        on_event: Callable[[GuardEvent], None] | None,
    ) -> None:
        self.guard = guard
        self.target = target
        self.factory = factory
        self.on_event = on_event
        self.connected: Deferred[IProtocol] = Deferred(self._cancelled)
        self.handshake: ClientHandshake | None = None
        self.connector: Any = None
        self.over = False

    def fail(self, fault: BaseException) -> None:
        """Ends it badly: the connection to the guard is dropped."""
        if not self.over:
            self.over = True
            self._drop()
            self.connected.errback(fault)

    def late(self, after_s: float) -> None:
        """Ends it because the guard did not answer at all."""
        host, port = self.target.host, self.target.port
        self.fail(
            ConnectTimeout(
                f"{host}:{port} was not reached within {after_s:g} s. Try again later.",
                host=str(host),
                port=port,
            )
        )

    def _cancelled(self, _: Deferred[IProtocol]) -> None:
        self.over = True
        self._drop()
        where = HostnameAddress(str(self.target.host).encode("utf-8"), self.target.port)
        self.connected.errback(ConnectingCancelledError(where))  # type: ignore[no-untyped-call]

    def _drop(self) -> None:
        if self.connector is not None:
            self.connector.disconnect()


class _OpenerFactory(ClientFactory):
    """Builds the protocol that speaks to the guard, and stands for the wrapped factory."""

    noisy = False

    def __init__(self, opening: _Opening) -> None:
        self._opening = opening

    def doStart(self) -> None:  # noqa: N802
        """Passed on."""
        self._opening.factory.doStart()

    def doStop(self) -> None:  # noqa: N802
        """Passed on."""
        self._opening.factory.doStop()

    def startedConnecting(self, connector: IConnector) -> None:  # noqa: N802
        """Remembers what to stop when the attempt is given up."""
        self._opening.connector = connector

    def buildProtocol(self, addr: IAddress | None) -> TwistedProtocol:  # noqa: ARG002, N802
        """The client's side of the guard's handshake."""
        return _Opener(self._opening)

    def clientConnectionFailed(  # noqa: N802
        self,
        connector: IConnector,  # noqa: ARG002
        reason: Failure,
    ) -> None:
        """The guard itself does not listen."""
        self._opening.fail(
            GuardFailed(f"The egress guard cannot be reached: {reason.getErrorMessage()}")
        )


class _Opener(TwistedProtocol):
    """Speaks the handshake, then steps aside for the factory's protocol."""

    transport: Any

    def __init__(self, opening: _Opening) -> None:
        self._opening = opening

    def connectionMade(self) -> None:  # noqa: N802
        """Asks for the connection, all in one."""
        if self._opening.handshake is not None:
            self.transport.write(self._opening.handshake.opening())

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Reads the guard's answer; what comes behind it is the connection's."""
        opening, handshake = self._opening, self._opening.handshake
        if opening.over or handshake is None:
            return
        try:
            handshake.receive(data)
        except SocksError as fault:
            opening.fail(GuardFailed(f"The egress guard answered wrongly: {fault}."))
            return
        if not handshake.done:
            return
        event = opening.guard.passage(self.transport.getHost().port)
        if event is not None and event.refusal is not None:
            opening.fail(event.refusal)
        elif event is None or handshake.reply != Reply.SUCCEEDED:
            opening.fail(GuardFailed("The egress guard refused, and has no record of why."))
        else:
            self._step_aside(event, handshake.rest)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002, N802
        """The guard went away before its answer."""
        self._opening.fail(GuardFailed("The egress guard closed the connection unasked."))

    def _step_aside(self, event: GuardEvent, rest: bytes) -> None:
        opening, transport = self._opening, self.transport
        try:
            if opening.on_event is not None:
                opening.on_event(event)
            protocol = opening.factory.buildProtocol(_address(event))
            if protocol is None:
                raise NoProtocol
        except Exception as fault:  # whatever a factory raises belongs to who called connect
            opening.fail(fault)
            return
        opening.over = True
        transport.guard_event = event
        # From here the transport calls the protocol itself: nothing of ours lies between.
        transport.protocol = protocol
        protocol.makeConnection(transport)
        opening.connected.callback(protocol)
        if rest and not transport.disconnected:
            protocol.dataReceived(rest)


def _target(host: str, port: int) -> Target:
    """What to ask for; the brackets of an IPv6 address belong to the URL."""
    return Target(host[1:-1] if host.startswith("[") and host.endswith("]") else host, port)


def _address(event: GuardEvent) -> IPv4Address | IPv6Address | HostnameAddress:
    """The far end as Twisted names it: what the guard connected to, or what was asked for."""
    if event.peer is None:
        return HostnameAddress(event.host.encode("utf-8"), event.port)
    host, _, port = event.peer.rpartition(":")
    host = host.strip("[]")
    kind = IPv6Address if ipaddress.ip_address(host).version == 6 else IPv4Address
    return kind("TCP", host, int(port))
