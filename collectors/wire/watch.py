"""Ends an exchange that takes too long or says nothing for too long."""

from __future__ import annotations

import asyncio

from collectors.plan import Limits
from collectors.wire.connection import RecordingProtocol
from evidence.exchange import Failure, Truncation


class Watch:
    """Two timers on one exchange: its whole time, and the time since the last byte.

    The second is looked at when it is due and set again from the last byte, so that a big body
    does not move a timer at every read.
    """

    def __init__(self, connection: RecordingProtocol, limits: Limits) -> None:
        self._loop = asyncio.get_running_loop()
        self._connection = connection
        self._limits = limits
        self._whole = self._loop.call_later(limits.exchange_s, self._too_long)
        self._silence = self._loop.call_later(limits.silence_s, self._look)

    def stop(self) -> None:
        """The exchange is over."""
        self._whole.cancel()
        self._silence.cancel()

    def _too_long(self) -> None:
        self._cut(f"The answer took longer than {self._limits.exchange_s:g} seconds.")

    def _look(self) -> None:
        left = self._connection.last_byte + self._limits.silence_s - self._loop.time()
        if left > 0:
            self._silence = self._loop.call_later(left, self._look)
        else:
            self._cut(f"The server said nothing for {self._limits.silence_s:g} seconds.")

    def _cut(self, says: str) -> None:
        self._connection.cut(Truncation.TIME, Failure("timeout", says))
