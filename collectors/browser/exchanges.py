"""One exchange as the browser tells of it, and the evidence that it becomes.

The browser gives parsed heads and decoded bodies: the heads are written anew from them, and the
fields that spoke of a coding which is gone get another name, as web archives do
(`X-Archive-Orig-`), so that a reader does not undo it twice. Rule 8: the record says `decoded`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, cast
from urllib.parse import urlsplit

from collectors.outcomes import REFUSED_BY_US, STOPPED
from evidence.exchange import Exchange, Failure, HttpFacts, TlsFacts, Truncation

UNFINISHED = "timeout"  # it was still under way: no sign that it ever left
NOT_SENT = frozenset({*REFUSED_BY_US, STOPPED, UNFINISHED})
REDIRECTS = (301, 302, 303, 307, 308)
IN_MEMORY_BYTES = 256 * 1024
_CODED = ("content-encoding", "transfer-encoding", "content-length")
_PROTOCOLS = {"http/1.1": "http/1.1", "http/1.0": "http/1.0", "h2": "h2", "h3": "h3"}

Headers = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Asked:
    """A request that the browser made, and what has come of it so far."""

    number: int
    network_id: str
    url: str
    method: str
    role: str
    headers: Headers
    body: bytes
    requested_at: datetime
    page: bool  # the main frame's own document
    status: int | None = None
    status_text: str = ""
    answer: Headers = ()
    spool: IO[bytes] | None = None
    body_bytes: int = 0
    first_byte_at: datetime | None = None
    ended_at: datetime | None = None
    truncated: Truncation | None = None
    failure: Failure | None = None
    protocol: str | None = None
    tls: TlsFacts | None = None
    peer: str | None = None
    resolved_at_exit: bool = False
    sent: Headers = ()  # as they left, where the browser told
    watched: bool = False  # the page's own session told of it: had it left, that would tell so
    done: bool = field(default=False)

    def keep(self, piece: bytes, spool: Path) -> None:
        """Add a piece of the body, on disk where it grows."""
        if self.spool is None:
            self.spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, dir=str(spool))  # noqa: SIM115
        self.spool.write(piece)
        self.body_bytes += len(piece)

    @property
    def cached(self) -> bool:
        """Whether the browser answered it out of its cache: then nothing was exchanged."""
        answered = self.status is not None and self.failure is None
        unsent = self.watched and not self.sent and self.status not in REDIRECTS
        return answered and unsent

    @property
    def left(self) -> bool:
        """Whether there is a sign that the request was sent."""
        if self.status is not None or self.sent:
            return True
        return self.done and (self.failure is None or self.failure.kind not in NOT_SENT)

    def close(self) -> None:
        """Give the spooled body up."""
        if self.spool is not None:
            self.spool.close()


def exchange_of(asked: Asked, spool: Path, now: datetime) -> Exchange:
    """The evidence of one exchange; one that never ended says so."""
    failure, truncated = asked.failure, asked.truncated
    if not asked.done and failure is None:
        failure = Failure("timeout", "It was still loading when the visit ended.")
        truncated = Truncation.TIME if asked.status is not None else None
    head, http = _answer_head(asked)
    response = None
    if head:
        response = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, dir=str(spool))  # noqa: SIM115
        response.write(head)
        if asked.spool is not None:
            asked.spool.seek(0)
            while piece := asked.spool.read(IN_MEMORY_BYTES):
                response.write(piece)
    return Exchange(
        url=asked.url,
        method=asked.method,
        request_block=_request_block(asked),
        response=cast("BinaryIO | None", response),
        response_bytes=len(head) + asked.body_bytes if head else 0,
        requested_at=asked.requested_at,
        first_byte_at=asked.first_byte_at,
        ended_at=asked.ended_at or now,
        peer=asked.peer,
        resolved_at_exit=asked.resolved_at_exit,
        tls=asked.tls,
        http=http,
        truncated=truncated if head else None,
        failure=failure,
        decoded=True,
        protocol=_PROTOCOLS.get((asked.protocol or "").lower()),
        role=asked.role,
    )


def _answer_head(asked: Asked) -> tuple[bytes, HttpFacts | None]:
    if asked.status is None:
        return b"", None
    coded = any(name.lower() in _CODED[:2] for name, _ in asked.answer)
    lines = [f"HTTP/1.1 {asked.status} {_line(asked.status_text)}\r\n"]
    for name, value in asked.answer:
        renamed = name.lower() in _CODED[:2] or (coded and name.lower() == _CODED[2])
        shown = f"X-Archive-Orig-{name}" if renamed else name
        lines.append(f"{_line(shown)}: {_line(value)}\r\n")
    head = ("".join(lines) + "\r\n").encode("latin-1", "replace")
    facts = HttpFacts(
        status=asked.status,
        reason=asked.status_text,
        headers=tuple(asked.answer),
        head_bytes=len(head),
        transfer_coded=False,
    )
    return head, facts


def _request_block(asked: Asked) -> bytes:
    if not asked.left:
        return b""
    parts = urlsplit(asked.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [(n, v) for n, v in (asked.sent or asked.headers) if not n.startswith(":")]
    if not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("Host", parts.netloc))
    lines = [f"{asked.method} {target} HTTP/1.1\r\n"]
    lines += [f"{_line(name)}: {_line(value)}\r\n" for name, value in headers]
    return ("".join(lines) + "\r\n").encode("latin-1", "replace") + asked.body


def _line(text: str) -> str:
    """One header line's worth: a browser joins several lines of one name by line feeds."""
    return text.replace("\r", " ").replace("\n", ", ").replace("\0", " ")


def header_list(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """A browser's object of headers as a list; several of one name come joined by line feeds."""
    return [(name, part) for name, value in headers.items() for part in str(value).split("\n")]
