"""Fetches one address over a connection through the guard, and gives back the exchange."""

# ruff: noqa: N802 - Twisted's names
from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from twisted.internet.endpoints import wrapClientTLS
from twisted.internet.interfaces import IAddress
from twisted.web._newclient import Request
from twisted.web.client import URI, HTTPConnectionPool, _HTTP11ClientFactory
from twisted.web.http_headers import Headers

from cases.times import Clock
from collectors.guard_endpoint import GuardDoor, GuardEndpoint
from collectors.plan import AT_ONCE, Limits
from collectors.wire.connection import RecordingProtocol
from collectors.wire.failures import Stopped, connection_failure
from collectors.wire.reader import BodyReader
from collectors.wire.tape import Tape
from collectors.wire.tls import RecordingTlsPolicy
from collectors.wire.watch import Watch
from evidence.exchange import Exchange, Failure, Truncation


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom the guard connected to: `address` is None where only the way out knows."""

    address: str | None
    resolved_at_exit: bool


NOBODY = Peer(None, False)


def _peer(connection: RecordingProtocol) -> Peer:
    event = getattr(connection.transport, "guard_event", None)
    return NOBODY if event is None else Peer(event.peer, event.resolved_at_exit)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be sent. `url` is ASCII, `headers` as they will stand on the wire."""

    url: str
    method: str
    headers: Headers
    body: Any = None  # an IBodyProducer


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the exchange for the evidence, and what the parser made of it for the spider."""

    exchange: Exchange
    response: Any  # an IResponse, or None
    body: bytes
    clipped: bool
    on_old_connection: bool


class _Factory(_HTTP11ClientFactory):
    noisy = False

    def __init__(self, on_quiet: Callable[..., None], recorder: Recorder) -> None:
        super().__init__(on_quiet, "recorded")  # type: ignore[no-untyped-call]
        self._recorder = recorder

    def buildProtocol(self, _addr: IAddress | None) -> RecordingProtocol:
        recorder = self._recorder
        return RecordingProtocol(self._quiescentCallback, recorder.limits, recorder.unasked)


class Recorder:
    """The connections of one job. `on_unasked` gets what came on an idle connection."""

    def __init__(
        self,
        reactor: Any,
        guard: GuardDoor,
        limits: Limits,
        spool: Path,
        clock: Clock,
        on_unasked: Callable[[Exchange], None],
    ) -> None:
        self.limits = limits
        self._reactor = reactor
        self._guard = guard
        self._spool = spool
        self._clock = clock
        self._on_unasked = on_unasked
        self._tls = RecordingTlsPolicy()
        self._opening: set[asyncio.Future[Any]] = set()
        self._talking: set[RecordingProtocol] = set()
        self._pool = HTTPConnectionPool(reactor, persistent=True)  # type: ignore[no-untyped-call]
        # A silent second send would be a request on the wire without a record: retries are ours.
        self._pool.retryAutomatically = False
        self._pool.cachedConnectionTimeout = 30
        self._pool.maxPersistentPerHost = AT_ONCE
        self._pool._factory = cast(Any, lambda on_quiet, _: _Factory(on_quiet, self))

    async def fetch(self, ask: Ask, fresh: bool = False) -> Answer:
        """The answer to `ask`, whatever became of it: a failure stands on the exchange.

        `fresh` asks for a connection that has carried no request yet.
        """
        tape = Tape(self._clock, self._spool, self.limits)
        uri = URI.fromBytes(ask.url.encode("ascii"))  # type: ignore[no-untyped-call]
        try:
            connection = await self._connect(uri, fresh)
        except Exception as error:
            tape.fail(connection_failure(error, ask.url))
            return Answer(_exchange(ask, tape, None, NOBODY), None, b"", False, False)
        connection.origin, old = ask.url, connection.used > 0
        reader = BodyReader(self.limits.reader_bytes)
        peer = _peer(connection)
        await self._converse(connection, connection.exchange(_request(ask, uri), tape, reader.take))
        exchange = _exchange(ask, tape, connection, peer)
        return Answer(exchange, reader.response, reader.body, reader.clipped, old)

    async def _connect(self, uri: URI, fresh: bool) -> RecordingProtocol:
        key = (uri.scheme, uri.host, uri.port)
        endpoint: Any = GuardEndpoint(
            self._reactor, self._guard, uri.host.decode("ascii"), uri.port
        )
        if uri.scheme == b"https":
            endpoint = wrapClientTLS(
                cast(Any, self._tls).creatorForNetloc(uri.host, uri.port), endpoint
            )
        pool = self._pool
        wanted = pool._newConnection(key, endpoint) if fresh else pool.getConnection(key, endpoint)
        return await self._opened(wanted)

    async def _opened(self, wanted: Any) -> RecordingProtocol:
        """The connection of a Deferred, unless it takes too long or the job is stopped first."""
        opening: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def opened(connection: Any) -> None:
            if opening.done():
                connection.transport.abortConnection()
            else:
                opening.set_result(connection)

        def failed(reason: Any) -> None:
            if not opening.done():
                opening.set_exception(reason.value)

        wanted.addCallbacks(opened, failed)
        self._opening.add(opening)
        try:
            return cast(RecordingProtocol, await asyncio.wait_for(opening, self.limits.connect_s))
        finally:
            self._opening.discard(opening)
            wanted.cancel()

    async def _converse(self, connection: RecordingProtocol, over: asyncio.Future[None]) -> None:
        self._talking.add(connection)
        watch = Watch(connection, self.limits)
        try:
            await over
        finally:
            watch.stop()
            self._talking.discard(connection)

    def unasked(self, connection: RecordingProtocol) -> None:
        """Keeps what comes on an idle connection, as an exchange without a request."""
        tape = Tape(self._clock, self._spool, self.limits)
        tape.fail(
            Failure(
                "unasked",
                "These bytes came on an idle connection, after the answer to the request for "
                f"{connection.origin} was complete.",
            )
        )
        over = connection.listen(tape)
        ask = Ask(connection.origin, "GET", Headers())
        peer = _peer(connection)
        over.add_done_callback(lambda _: self._on_unasked(_exchange(ask, tape, connection, peer)))

    def cut_all(self, why: Truncation, failure: Failure) -> None:
        """Ends every exchange under way, each with what has come so far."""
        for opening in tuple(self._opening):
            if not opening.done():
                opening.set_exception(Stopped(failure.says))
        for connection in tuple(self._talking):
            connection.cut(why, failure)

    async def close(self) -> None:
        """Closes the idle connections; waits a second at most for their other ends."""
        pool: Any = self._pool
        closed = pool.closeCachedConnections().asFuture(asyncio.get_running_loop())
        await asyncio.wait([closed], timeout=1)


def _request(ask: Ask, uri: URI) -> Request:
    headers = ask.headers.copy()
    if not headers.hasHeader(b"Host"):
        host = b"[%b]" % uri.host if b":" in uri.host else uri.host
        usual = (uri.scheme, uri.port) in ((b"http", 80), (b"https", 443))
        headers.addRawHeader(b"Host", host if usual else b"%b:%d" % (host, uri.port))
    made: Request = Request._construct(  # type: ignore[no-untyped-call]
        ask.method.encode("ascii"),
        uri.originForm,
        headers,
        ask.body,
        persistent=True,
        parsedURI=uri,
    )
    return made


def _exchange(ask: Ask, tape: Tape, connection: RecordingProtocol | None, peer: Peer) -> Exchange:
    ended_at = tape.end()
    tls = connection.tls if connection is not None else None
    if tls is not None and tls.faults:
        tape.note("tls-not-verified", f"The certificate was not verified: {'; '.join(tls.faults)}.")
    http = tape.head() if tape.received_bytes else None
    return Exchange(
        url=ask.url,
        method=ask.method,
        request_block=bytes(tape.sent),
        response=tape.response(),
        response_bytes=tape.received_bytes,
        requested_at=tape.requested_at,
        first_byte_at=tape.first_byte_at,
        ended_at=ended_at,
        peer=peer.address,
        resolved_at_exit=peer.resolved_at_exit,
        tls=tls.facts if tls is not None else None,
        http=http,
        truncated=tape.truncated,
        failure=tape.failure,
    )
