"""The tee: Twisted's HTTP/1.1 client under Scrapy's lenient parser, recording beneath it.

Every byte reaches the tape before the parser sees it, after TLS is stripped. What the parser
thinks decides what the spider gets, never what is kept. Which bytes belong to which exchange:

- all that comes after a request was sent, until its answer is complete, is that exchange's;
- where the parser gives up (not HTTP, a bad chunk size), the connection is read on, unparsed,
  until the server ends it or a limit does: the rest is that exchange's too;
- where the connection is to be closed after the answer, it is listened to for `linger_s` more:
  what comes in that time (a body after 204, a second response) is that exchange's too;
- what comes together with the last byte of an answer on a connection that was to be kept is that
  exchange's, and the connection is not used again;
- what comes later, on an idle connection, belongs to no request: it is handed to `on_unasked`.
"""

# ruff: noqa: N802 - Twisted's names
from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from OpenSSL import SSL
from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHandshakeListener, ISSLTransport
from twisted.python.failure import Failure as TwistedFailure
from twisted.web._newclient import HEADER, STATUS, HTTP11ClientProtocol, Request
from twisted.web.http import _IdentityTransferDecoder
from twisted.web.http_headers import InvalidHeaderName
from zope.interface import implementer  # type: ignore[import-untyped]

from collectors.plan import Limits
from collectors.wire.chunks import LenientChunks
from collectors.wire.tape import Tape
from collectors.wire.tls import TlsVerdict, tls_verdict
from evidence.exchange import Failure, Truncation

OnResponse = Callable[[Any], None]


UNCLOSED = (
    "The connection ended without TLS saying so (no close_notify), in a body without a length: "
    "it may be cut short."
)


class NotHttp(Exception):
    """The parser gave up on what the server sent."""


class RecordingParser(_LenientHTTPClientParser):
    """Scrapy's lenient parser, lenient with long lines and impossible header names as well."""

    MAX_LENGTH = 1 << 20
    _transferDecoders = {b"chunked": LenientChunks}  # noqa: N815, RUF012 - the base's own table

    def headerReceived(self, name: bytes, value: bytes) -> None:
        """Passes a header on; one whose name is no token is skipped, as browsers do."""
        try:
            super().headerReceived(name.rstrip(), value)  # type: ignore[no-untyped-call]
        except InvalidHeaderName:
            return

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002 - the base's name
        """Gives up on the parsing, not on the bytes."""
        raise NotHttp(f"a line of the head is longer than {self.MAX_LENGTH} bytes")


class _SendTee:
    """The part of a transport that a request writes to; what passes is kept."""

    def __init__(self, transport: Any, tape: Tape) -> None:
        self._transport = transport
        self._tape = tape

    def write(self, part: bytes) -> None:
        self._tape.keep_sent(part)
        self._transport.write(part)

    def writeSequence(self, parts: Iterable[bytes]) -> None:
        self.write(b"".join(parts))


@implementer(IHandshakeListener)
class RecordingProtocol(_LenientHTTP11ClientProtocol):
    """One connection. `exchange` sends a request over it and tells when its answer is over.

    `used` counts the requests it carried, `origin` is the last address asked for, `tls` is what
    the handshake settled, once it did.
    """

    def __init__(
        self,
        on_quiet: Callable[[RecordingProtocol], None],
        limits: Limits,
        on_unasked: Callable[[RecordingProtocol], None],
    ) -> None:
        super().__init__(on_quiet)  # type: ignore[no-untyped-call]
        self.used = 0
        self.origin = ""
        self.last_byte = 0.0  # when one last came, on the loop's clock
        self.tls: TlsVerdict | None = None
        self._limits = limits
        self._on_unasked = on_unasked
        self._tape: Tape | None = None
        self._over: asyncio.Future[None] | None = None
        self._whole = False  # the parser saw the end of the answer
        self._unparsed = False  # the parser gave up; bytes are still kept
        self._closing = False
        self._timer: asyncio.TimerHandle | None = None

    def exchange(
        self, request: Request, tape: Tape, on_response: OnResponse
    ) -> asyncio.Future[None]:
        """A future that is done when nothing more will be kept for this request.

        `on_response` is called with the parsed head, at once, and must take the body. How the
        exchange ended stands on the tape.
        """
        self._tape, self.used = tape, self.used + 1
        self._whole = self._unparsed = False
        self.last_byte = asyncio.get_running_loop().time()
        over = self._over = asyncio.get_running_loop().create_future()
        sending: Any = request
        write = sending.writeTo
        sending.writeTo = lambda transport: write(_SendTee(transport, tape))
        answered = self.request(request)
        self._parser.__class__ = RecordingParser  # the class is set in the base's request()
        # The body is taken at once, so Twisted's pause until somebody takes it would only cost.
        proxy: Any = self._transportProxy
        proxy.pauseProducing = proxy.resumeProducing = _nothing
        answered.addCallbacks(on_response, lambda _: None)  # how it failed stands on the tape
        return over

    def listen(self, tape: Tape) -> asyncio.Future[None]:
        """As `exchange`, for bytes that came without a request: until the connection is closed."""
        self._tape = tape
        self._unparsed = True
        self._state = "GENERATION_FAILED"  # carries no further request: the pool passes it over
        self._over = asyncio.get_running_loop().create_future()
        self._close_later()
        return self._over

    def handshakeCompleted(self) -> None:
        """Keeps what the handshake settled: the handle is gone once the connection is."""
        self.tls = tls_verdict(self.transport)

    def cut(self, why: Truncation, failure: Failure | None = None) -> None:
        """Ends the exchange now, for a limit of ours."""
        tape = self._tape
        if tape is None:
            return
        if not self._whole:
            if tape.received_bytes:
                tape.cut(why)
            if failure is not None:
                tape.fail(failure)
        self._closing = True
        if self.transport is not None:
            self.transport.abortConnection()
        self._disconnectParser(TwistedFailure(NotHttp(why.value)))  # type: ignore[no-untyped-call]
        self._conclude()

    def dataReceived(self, bytes: bytes) -> None:
        """Keeps the bytes, then lets the parser see them."""
        if self._tape is None:
            if self._closing:
                return
            self._on_unasked(self)
        self.last_byte = asyncio.get_running_loop().time()
        tape, parser = self._tape, self._parser
        if tape is not None and not tape.keep_received(bytes):
            self.cut(Truncation.LENGTH)  # or as the tape has it: the first word stands
        elif tape is not None and parser is not None and not self._unparsed:
            self._parse(bytes, tape, parser)

    def _parse(self, part: bytes, tape: Tape, parser: Any) -> None:
        try:
            parser.dataReceived(part)
            if parser.state in (STATUS, HEADER) and tape.received_bytes > self._limits.head_bytes:
                raise NotHttp(f"the head is longer than {self._limits.head_bytes} bytes")
        except Exception as error:  # whatever a parser may raise on hostile bytes
            self._unparsed = True
            tape.fail(
                Failure(
                    "not-http",
                    f"The parser gave up on the answer ({_in_words(error)}); "
                    "its bytes are kept as they came.",
                )
            )
            self._disconnectParser(TwistedFailure(error))  # type: ignore[no-untyped-call]
            if self.transport is not None:
                self.transport.resumeProducing()
            self._end_when_quiet()

    def _end_when_quiet(self) -> None:
        """Hangs up once nothing has come for a while: nobody can tell where the answer ends."""
        loop, silence = asyncio.get_running_loop(), self._limits.unparsed_silence_s
        left = self.last_byte + silence - loop.time()
        if left > 0:
            self._timer = loop.call_later(left, self._end_when_quiet)
        else:
            self.cut(Truncation.TIME)

    def _finishResponse(self, rest: bytes) -> None:
        if self._parser is None:  # an unframed body, ended by the end of the connection
            self._state = "QUIESCENT"
            return
        self._whole = True
        if rest or self._state != "WAITING" or not self._may_stay_open():
            self._closing = True
            self._disconnectParser(TwistedFailure(ConnectionDone()))  # type: ignore[no-untyped-call]
            if self.transport is not None:
                self.transport.resumeProducing()
            self._close_later()
            return
        HTTP11ClientProtocol._finishResponse_WAITING(self, rest)
        self._conclude()

    def _may_stay_open(self) -> bool:
        """Whether both sides mean to keep the connection (RFC 9112, 9.3)."""
        parser: Any = self._parser
        values = parser.connHeaders.getRawHeaders(b"connection", ())
        options = {word.strip().lower() for value in values for word in value.split(b",")}
        recent = parser.response.version >= (b"HTTP", 1, 1)
        return b"close" not in options and (recent or b"keep-alive" in options)

    def _close_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.linger_s, self._hang_up)

    def _hang_up(self) -> None:
        self._closing = True
        transport: Any = self.transport
        if transport is not None:
            transport.loseConnection()
        self._conclude()

    def connectionLost(self, reason: TwistedFailure) -> None:  # type: ignore[override]
        """Settles what the end of the connection means for the exchange under way."""
        self._closing = True
        parser, tape = self._parser, self._tape
        if tape is not None and not self._whole:
            self._settle(tape, parser, reason)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]
        self._conclude()

    def _settle(self, tape: Tape, parser: Any, reason: TwistedFailure) -> None:
        if self.tls is None and ISSLTransport.providedBy(self.transport):
            tape.fail(Failure("tls", f"The TLS handshake failed ({_tls_words(reason.value)})."))
            return
        clean = isinstance(reason.value, ConnectionDone)
        decoder = getattr(parser, "bodyDecoder", None)
        unframed = isinstance(decoder, _IdentityTransferDecoder) and decoder.contentLength is None
        if clean and (self._unparsed or unframed):
            return  # the end of the connection is the end of the answer
        if self.tls is not None and unframed:
            tape.cut(Truncation.DISCONNECT)
            tape.fail(Failure("tls-unclosed", UNCLOSED))
            return
        if tape.received_bytes:
            tape.cut(Truncation.DISCONNECT)
            where = "inside its head" if decoder is None else "inside its body"
            how = "closed" if clean else "reset or lost"
            tape.fail(Failure("disconnect", f"The connection was {how} by the server {where}."))
        else:
            how = "closed the connection" if clean else "reset or lost the connection"
            tape.fail(Failure("no-answer", f"The server {how} without sending a byte."))

    def _conclude(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        tape, self._tape = self._tape, None
        over, self._over = self._over, None
        if tape is not None:
            if self.tls is None and ISSLTransport.providedBy(self.transport):
                tape.sent.clear()  # it waited for a handshake that never ended
            tape.end()
        if over is not None and not over.done():
            over.set_result(None)


def _nothing() -> None:
    """Does nothing."""


def _in_words(error: Exception) -> str:
    """An exception's own words, short enough for a sentence."""
    words = str(error.args[0]) if error.args else ""
    return (words or type(error).__name__)[:160]


def _tls_words(error: BaseException | None) -> str:
    """OpenSSL's own reason, such as `tlsv1 alert protocol version`."""
    if isinstance(error, SSL.Error) and error.args and error.args[0]:
        return ", ".join(str(each[-1]) for each in error.args[0])
    return "the server ended the connection"


__all__ = ["NotHttp", "OnResponse", "RecordingParser", "RecordingProtocol"]
