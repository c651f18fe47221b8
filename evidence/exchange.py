"""One HTTP exchange and one visit, as the collectors hand them over to be sealed. Typed
records, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

from cases.identity import CaptureId, Outcome


class Truncation(StrEnum):
    """Why a response block is shorter than the server meant it to be: the values of WARC-
    Truncated (ISO 28500, 5.13).
    """

    LENGTH = "length"  # our limit on size
    TIME = "time"  # our limit on time
    DISCONNECT = "disconnect"  # the connection ended early
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What the TLS handshake settled. `chain_der` is as the server sent it, leaf first."""

    version: str  # "TLSv1.3"
    cipher: str  # "TLS_AES_256_GCM_SHA384"
    chain_der: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class HttpFacts:
    """What the parser made of a response: a reading of the block, never its replacement.

    `headers` are in the server's order and case, values as latin-1. `head_bytes` is the offset
    in the block of the first byte of the body of the final response (interim 1xx responses are
    part of the block and lie before it).
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    head_bytes: int
    transfer_coded: bool  # a Transfer-Encoding stood in the head: the block's body holds framing


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an exchange ended badly: `kind` is a stable word (`dns`, `refused-port`, `timeout`,
    …), `says` a sentence.
    """

    kind: str
    says: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back over the wire, byte for byte.

    `response` is a seekable file (in memory or in the spool) holding exactly the bytes received
    for this exchange, `response_bytes` its length; both None and 0 where not one byte came.
    `request_block` is empty where nothing was sent. `http` is None where the bytes could not be
    parsed as HTTP: they are kept raw all the same. `decoded` says that a browser stood between: the
    heads are written anew from its words and the body is without content and transfer coding, not
    the wire's bytes; `protocol` is then what it spoke ("h2"). `peer` is the address that the guard
    checked and connected to, "203.0.113.7:443" or "[2001:db8::1]:443", or None where the guard
    could not know it (the way out resolved the name) or no connection was made.
    """

    url: str
    method: str
    request_block: bytes
    response: BinaryIO | None
    response_bytes: int
    requested_at: datetime
    first_byte_at: datetime | None
    ended_at: datetime
    peer: str | None
    resolved_at_exit: bool
    tls: TlsFacts | None
    http: HttpFacts | None
    truncated: Truncation | None
    failure: Failure | None
    decoded: bool = False
    protocol: str | None = None
    role: str | None = None  # what the browser asked it for: "image", "script", …


@dataclass(frozen=True, slots=True)
class Resource:
    """What we made of a page, not what a server sent: a WARC `resource` record.

    `url` is `urn:x-darklantern:` and a name (docs/formats.md, section 6), `at` when it was taken.
    """

    url: str
    media_type: str
    at: datetime
    content: bytes


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a browser's capture knows besides its exchanges.

    `chain` numbers the exchanges of the page itself, redirects first: the others are what the
    page asked for. `dom_at` and `screenshot_at` are None where state 0 was not reached.
    """

    chain: tuple[int, ...]
    final_url: str | None
    dom_at: datetime | None
    screenshot_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaptureDraft:
    """One visit to one address: its exchanges in order (redirects and retries included), not
    yet sealed.

    `robots` is one of "obeyed", "ignored by choice", "not asked" (a single page asks for
    nothing a browser would not).
    """

    capture: CaptureId
    requested_url: str
    started_at: datetime
    ended_at: datetime
    exchanges: tuple[Exchange, ...]
    outcome: Outcome
    reason: str | None
    referrer: str | None
    robots: str
    depth: int
    resources: tuple[Resource, ...] = ()
    page: PageFacts | None = None  # of a browser alone

    @property
    def chain(self) -> tuple[Exchange, ...]:
        """The exchanges of the page itself: all of them, but for a browser's, which has more."""
        if self.page is None:
            return self.exchanges
        return tuple(self.exchanges[number] for number in self.page.chain)

    @property
    def final_url(self) -> str:
        """The address that the page ended at, or the requested one where nothing was sent."""
        if self.page is not None and self.page.final_url is not None:
            return self.page.final_url
        return self.chain[-1].url if self.chain else self.requested_url
