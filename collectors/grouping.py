"""Lets captures that are ready at about the same time be sealed together.

A seal costs a transaction and two flushes to the disk, however many captures share it: measured,
a group of sixty costs per capture a third of what a group of seven does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

GROUP = 32
GROUP_BYTES = 16 * 1024 * 1024
WAIT_S = 0.06


class Grouping:
    """`await turn(size)` returns when a group is complete, at the latest after `WAIT_S`, and at
    once where `more` says that nothing else is under way: a single page waits for nobody.
    """

    def __init__(self, more: Callable[[], bool]) -> None:
        self._more = more
        self._release: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting = 0
        self._bytes = 0

    async def turn(self, size_bytes: int) -> None:
        """Waits for the group's turn to be sealed."""
        if self._release is None:
            loop = asyncio.get_running_loop()
            self._release = loop.create_future()
            self._timer = loop.call_later(WAIT_S, self._go)
        release = self._release
        self._waiting += 1
        self._bytes += size_bytes
        if self._waiting >= GROUP or self._bytes >= GROUP_BYTES or not self._more():
            self._go()
        await release

    def _go(self) -> None:
        release, self._release = self._release, None
        timer, self._timer = self._timer, None
        self._waiting = self._bytes = 0
        if timer is not None:
            timer.cancel()
        if release is not None and not release.done():
            release.set_result(None)
