"""Scrapy's downloader, made to keep its own limit of connections to one host."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from scrapy import Request
from scrapy.core.downloader import Downloader, Slot
from scrapy.http import Response
from twisted.internet.defer import Deferred


class BoundedDownloader(Downloader):
    """Counts a request as under way from the moment that it leaves the queue, and empties its
    queues at once when the job is stopped.

    Scrapy 2.19 counts it when its task first runs, which on an asyncio loop is a turn later: the
    loop that empties the queue sees free places all the while, and sends the whole queue at once.
    """

    def _wait_for_download(
        self, slot: Slot, request: Request, queue_dfd: Deferred[Response]
    ) -> Coroutine[Any, Any, None]:
        slot.transferring.add(request)
        return super()._wait_for_download(slot, request, queue_dfd)

    def hurry(self) -> None:
        """Lets what waits for its turn go on without its delay: the handler turns it away."""
        for slot in self.slots.values():
            slot.delay = 0.0
            if slot.latercall is not None:
                slot.latercall.cancel()
                slot.latercall = None
            self._process_queue(slot)
