"""The record of one exchange while it happens: the very bytes, spooled to disk as they come."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from cases.times import Clock
from collectors.plan import Limits
from collectors.wire.heads import read_head
from evidence.exchange import Failure, HttpFacts, Truncation

SPOOL = "spool"  # the failure of this machine's disk
FIRST_LOOK = 64 * 1024  # most heads lie within it; a longer one is read again up to the limit


class Tape:
    """What was sent and what was received for one exchange, in order, byte for byte.

    `truncated` and `failure` say how it ended; the first word said stands, because what broke
    first is the cause and what follows its consequence.
    """

    def __init__(self, clock: Clock, folder: Path, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._spool = SpooledTemporaryFile(max_size=limits.memory_bytes, dir=str(folder))  # noqa: SIM115 - closed once sealed
        self.sent = bytearray()
        self.received_bytes = 0
        self.requested_at: datetime = clock()
        self.first_byte_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.truncated: Truncation | None = None
        self.failure: Failure | None = None

    def keep_sent(self, part: bytes) -> None:
        """Keeps bytes that were handed to the connection."""
        self.sent += part

    def keep_received(self, part: bytes) -> bool:
        """Keeps bytes that came; False where no more can be kept: the evidence limit is reached,
        or the spool's disk fails. The tape says which.
        """
        if self.first_byte_at is None:
            self.first_byte_at = self._clock()
        room = self._limits.evidence_bytes - self.received_bytes
        if len(part) > room:
            part = part[:room]
            self.cut(Truncation.LENGTH)
        try:
            self._spool.write(part)
        except OSError as error:
            with suppress(OSError):  # of the part that failed, nothing may stay behind the count
                self._spool.truncate(self.received_bytes)
            self.cut(Truncation.UNSPECIFIED)
            self.fail(Failure(SPOOL, f"The body could not be kept on disk: {error.strerror}."))
            return False
        self.received_bytes += len(part)
        return self.truncated is not Truncation.LENGTH

    def cut(self, why: Truncation) -> None:
        """Says that the response is shorter than the server meant it to be."""
        self.truncated = self.truncated or why

    def fail(self, failure: Failure) -> None:
        """Says what went wrong."""
        self.failure = self.failure or failure

    def note(self, kind: str, says: str) -> None:
        """Adds a lesser fault: beside the failure where there is one, else in its place."""
        failure = self.failure
        self.failure = (
            Failure(failure.kind, f"{failure.says} {says}") if failure else Failure(kind, says)
        )

    def end(self) -> datetime:
        """When it ended: the time of the first call stands."""
        self.ended_at = self.ended_at or self._clock()
        return self.ended_at

    def response(self) -> BinaryIO | None:
        """The received bytes as a file at its start, or None (and the spool closed) where none
        came.
        """
        if not self.received_bytes:
            self._spool.close()
            return None
        self._spool.seek(0)
        return cast(BinaryIO, self._spool)

    def head(self) -> HttpFacts | None:
        """What the received bytes say as HTTP, or None where they do not."""
        self._spool.seek(0)
        block = self._spool.read(FIRST_LOOK)
        facts = read_head(block)
        if facts is None and self.received_bytes > FIRST_LOOK and block.startswith(b"HTTP/"):
            facts = read_head(block + self._spool.read(self._limits.head_bytes))
        return facts
