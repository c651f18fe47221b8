"""Takes the body for the spider: at most its limit, while the tape beneath keeps all."""

# ruff: noqa: N802 - Twisted's names
from __future__ import annotations

import re
from typing import Any

from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure as TwistedFailure

READ = re.compile(rb"text|html|xml|json|script", re.IGNORECASE)
SNIFFED_BYTES = 64 * 1024  # of pictures, films and archives no spider reads more than the start


class BodyReader(Protocol):
    """Holds the parsed response and the first `limit` bytes of its body."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._held = 0
        self.response: Any = None  # an IResponse: zope's interfaces are opaque to the type checker
        self.clipped = False

    def take(self, response: Any) -> None:
        """Called with the parsed head: the body follows."""
        self.response = response
        kinds = response.headers.getRawHeaders(b"content-type", [b""])
        if kinds[0] and not READ.search(kinds[0]):
            self._limit = min(self._limit, SNIFFED_BYTES)
        response.deliverBody(self)

    @property
    def body(self) -> bytes:
        """The body so far, transfer coding removed, content coding kept."""
        return b"".join(self._parts)

    def dataReceived(self, data: bytes) -> None:
        """Keeps what fits."""
        room = self._limit - self._held
        if len(data) > room:
            self.clipped = True
            data = data[:room]
        if data:
            self._parts.append(data)
            self._held += len(data)

    def connectionLost(self, reason: TwistedFailure = connectionDone) -> None:
        """The tape says how the exchange ended."""
