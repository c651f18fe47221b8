"""The Scrapy extension that keeps custody: every visit of a crawl becomes a capture, sealed before
the spider sees the page, and none is dropped.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from typing import Any, Self, cast

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest, NotConfigured

from cases.captures import SealedCapture
from cases.errors import LanternError
from cases.identity import CaptureId, Outcome, new_id
from collectors.arguments import collection_from_arguments
from collectors.collection import Collection
from collectors.downloader import BoundedDownloader
from collectors.events import (
    CaptureSealed,
    CollectionFinished,
    CollectionStarted,
    CollectionStopping,
    CrawlReport,
)
from collectors.grouping import Grouping
from collectors.outcomes import ALREADY_ASKED, STOPPED
from collectors.plan_settings import settings_for
from collectors.scope import Scope
from collectors.visits import CAPTURE, KIND, Visit, VisitKind
from collectors.wire.recorder import Recorder
from evidence.exchange import Exchange, Failure, Truncation

COLLECTION = (
    "LANTERN_COLLECTION"  # the settings key under which `crawl.run` hands a Collection over
)
GRACE_S = 5.0  # how long an exchange under way may go on once the job is told to stop


class NotSealed(IgnoreRequest):
    """A page that is not evidence is not given to the spider."""


class Custody:
    """What one crawl holds: its collection, its open visits, its recorder, its count."""

    def __init__(self, collection: Collection, crawler: Crawler) -> None:
        self.collection = collection
        self.scope = Scope(collection.plan.scope, collection.plan.seeds)
        self.stopped: str | None = None
        self.fault: LanternError | None = None
        self.report: CrawlReport | None = None
        self.pages = 0  # visits of pages that were let through
        self.offered = len(collection.plan.seeds)  # addresses within reach, as the spider saw them
        self._duplicates = 0
        self._crawler = crawler
        self._visits: dict[CaptureId, Visit] = {}
        self._outcomes: Counter[Outcome] = Counter()
        self._captures = 0
        self._grouping = Grouping(more=lambda: bool(self._visits))
        self._response_bytes = 0
        self._asides: set[asyncio.Task[None]] = set()
        self._began = time.monotonic()
        self._recorder: Recorder | None = None
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """The custody of a crawl: of the collection in the settings, or of one made from the
        spider's arguments (`scrapy crawl page -a case=… -a url=…`).
        """
        collection = crawler.settings.get(COLLECTION)
        if collection is None:
            collection = collection_from_arguments(cast(Spider, crawler.spider))
        crawler.settings.setdict(settings_for(collection.plan), priority="cmdline")
        custody = cls(collection, crawler)
        crawler.signals.connect(custody._opened, signals.spider_opened)
        crawler.signals.connect(custody._closed, signals.spider_closed)
        crawler.signals.connect(custody._dropped, signals.request_dropped)
        return custody

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The custody of a crawl whose extensions are made."""
        custody = crawler.get_extension(cls)
        if custody is None:
            raise NotConfigured("the extension collectors.custody.Custody is not enabled")
        return custody

    @property
    def recorder(self) -> Recorder:
        """The wire recorder of this crawl, made with the first request."""
        if self._recorder is None:
            from twisted.internet import reactor  # it is installed by now, and not before

            plan, clock = self.collection.plan, self.collection.clock
            self._recorder = Recorder(
                reactor, self.collection.guard, plan.limits, plan.spool, clock, self._unasked
            )
        return self._recorder

    @property
    def full(self) -> bool:
        """Whether no further page may be visited."""
        return self.stopped is not None or self.pages >= self.collection.plan.max_pages

    def visit_of(self, request: Request) -> Visit | None:
        """The visit that a request belongs to, if it has begun."""
        return self._visits.get(request.meta.get(CAPTURE, ""))

    def begin(self, request: Request) -> Visit:
        """A new visit, tied to the request and to what follows from it."""
        capture = CaptureId(new_id("x"))
        referrer = request.headers.get("Referer")
        visit = Visit(
            capture=capture,
            kind=VisitKind(request.meta.get(KIND, VisitKind.PAGE)),
            url=request.url,
            started_at=self.collection.clock(),
            referrer=referrer.decode("latin-1") if referrer else None,
            depth=request.meta.get("depth", 0),
        )
        request.meta[CAPTURE] = capture
        self._visits[capture] = visit
        return visit

    def give_up(self, visit: Visit) -> None:
        """Drops a visit for which nothing was sent because the job was stopped: it did not
        begin, and is counted among the addresses that were not visited.
        """
        self._visits.pop(visit.capture, None)
        if visit.kind is VisitKind.PAGE:
            self.pages -= 1

    def broke(self, fault: LanternError) -> None:
        """Stops the job for a fault of this machine."""
        self.fault = self.fault or fault
        self.stop(fault.says)

    async def seal(self, visit: Visit) -> SealedCapture:
        """The visit as evidence. Raises `NotSealed` where it could not be, and stops the crawl."""
        self._visits.pop(visit.capture, None)
        plan, clock = self.collection.plan, self.collection.clock
        draft = visit.draft(plan.robots.value, clock())
        received = sum(exchange.response_bytes for exchange in draft.exchanges)
        try:
            await self._grouping.turn(received)
            sealed = await asyncio.wrap_future(self.collection.sink.seal(draft))
        except LanternError as fault:
            self.broke(fault)
            raise NotSealed(fault.says) from fault
        finally:
            visit.close_spools()
        page = visit.kind is VisitKind.PAGE
        self._captures += 1
        self._response_bytes += received
        if page:
            self._outcomes[draft.outcome] += 1
        self.collection.listener(CaptureSealed(sealed, page))
        return sealed

    def stop(self, says: str) -> None:
        """Begins nothing new; what is under way has `GRACE_S` to end and is sealed as it is."""
        if self.stopped is not None:
            return
        self.stopped = says
        self.collection.listener(CollectionStopping(says))
        failure = Failure(STOPPED, f"The job was stopped: {says}")
        loop = asyncio.get_running_loop()
        loop.call_later(GRACE_S, self.recorder.cut_all, Truncation.UNSPECIFIED, failure)
        engine = self._crawler.engine
        downloader = engine.downloader
        if isinstance(downloader, BoundedDownloader):
            downloader.hurry()
        # Not among the asides: it ends after the closing that waits for those.
        self._closing = asyncio.ensure_future(engine.close_spider_async(reason="stopped"))

    def stop_with_authority(self) -> None:
        """Stops the job where its authority has ended (AUT-8)."""
        ended = self.collection.permit.ended()
        if ended is not None:
            self.stop(ended)

    async def _opened(self, spider: Spider) -> None:  # noqa: ARG002 - the signal's argument
        plan = self.collection.plan
        plan.spool.mkdir(parents=True, exist_ok=True)
        try:
            await self.collection.guard.start()
        except LanternError as fault:
            self.fault = fault
            raise CloseSpider("fault") from fault
        if self._crawler.settings.get(COLLECTION) is not None:
            self._heed_signals()
        self.collection.listener(CollectionStarted(plan.way_out, plan.seeds))

    async def _closed(self, spider: Spider, reason: str) -> None:  # noqa: ARG002 - as above
        says = self.stopped or reason
        while self._visits:
            visit = next(iter(self._visits.values()))
            if not visit.exchanges:
                self.give_up(visit)
                continue
            visit.ended_by = Failure(STOPPED, f"The job ended before this visit did: {says}.")
            await self._seal_aside(visit)
        for task in tuple(self._asides):
            await task
        if self._recorder is not None:
            await self._recorder.close()
        await self.collection.guard.close()
        self.report = self._reported()
        self.collection.listener(CollectionFinished(self.report))

    def _dropped(self, request: Request, spider: Spider) -> None:  # noqa: ARG002 - as above
        """A link or redirect to what this job has asked for already is not asked for again."""
        visit = self.visit_of(request)
        if visit is None:
            self._duplicates += 1
        else:
            visit.ended_by = Failure(
                ALREADY_ASKED, f"Redirects to {request.url}, which this job asked for already."
            )
            self._aside(self._seal_aside(visit))

    def _unasked(self, exchange: Exchange) -> None:
        visit = Visit(
            capture=CaptureId(new_id("x")),
            kind=VisitKind.UNASKED,
            url=exchange.url,
            started_at=exchange.requested_at,
            referrer=None,
            depth=0,
            exchanges=[exchange],
            ended_by=exchange.failure,
        )
        self._aside(self._seal_aside(visit))

    async def _seal_aside(self, visit: Visit) -> None:
        """Seals what no spider waits for; a fault stands in the report."""
        try:
            await self.seal(visit)
        except NotSealed:
            return

    def _aside(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    def _reported(self) -> CrawlReport:
        return CrawlReport(
            captures=self._captures,
            pages=sum(self._outcomes.values()),
            outcomes=dict(self._outcomes),
            response_bytes=self._response_bytes,
            not_visited=self.offered - self._duplicates - self.pages,
            seconds=time.monotonic() - self._began,
            stopped=self.stopped,
            fault=self.fault,
        )

    def _heed_signals(self) -> None:
        """Stops in good order when the process is told to end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_end)

    def _told_to_end(self) -> None:
        self.stop(self.collection.permit.ended() or "it was told to")
