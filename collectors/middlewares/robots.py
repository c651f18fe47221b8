"""robots.txt as RFC 9309 has it; the file is a capture, and a refusal by it is one too."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from collectors.admission import NotFetched
from collectors.custody import Custody
from collectors.plan import RobotsChoice
from collectors.visits import KIND, VisitKind
from evidence.exchange import Failure


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host's robots.txt allows. `parsed` is None where it could not be had: then all is
    allowed (it is not there: status 4xx) or nothing (it cannot be reached: RFC 9309, 2.3.1).
    """

    parsed: Protego | None
    missing: bool = False

    def refusal(self, url: str, agent: str) -> str | None:
        """Why `url` is not fetched, or None."""
        if self.parsed is None:
            if self.missing:
                return None
            return "robots.txt could not be had, which RFC 9309 reads as a refusal of everything"
        return None if self.parsed.can_fetch(url, agent) else "robots.txt disallows it"

    def crawl_delay_s(self, agent: str) -> float:
        """The pause that the host asks for, 0 where it asks for none."""
        asked = self.parsed.crawl_delay(agent) if self.parsed is not None else None
        return float(asked or 0)


def read_rules(response: Response) -> Rules:
    """The rules in an answer to /robots.txt."""
    if 200 <= response.status < 300:
        return Rules(Protego.parse(response.body.decode("utf-8-sig", "ignore")))
    return Rules(None, missing=300 <= response.status < 500)


class RobotsMiddleware:
    """Holds a page back until its host's rules are known."""

    def __init__(self, crawler: Crawler, custody: Custody) -> None:
        self._crawler = crawler
        self._custody = custody
        self._agent = custody.collection.plan.user_agent
        self._hosts: dict[str, asyncio.Task[Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Needs the `Custody` extension."""
        return cls(crawler, Custody.of(crawler))

    async def process_request(self, request: Request) -> None:
        """Raises `NotFetched` where the rules forbid the page."""
        if self._custody.collection.plan.robots is not RobotsChoice.OBEYED:
            return
        if request.meta.get(KIND, VisitKind.PAGE) != VisitKind.PAGE:
            return
        parts = urlparse_cached(request)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._hosts:
            self._hosts[site] = asyncio.ensure_future(self._ask(site))
        rules = await self._hosts[site]
        refused = rules.refusal(request.url, self._agent)
        if refused is not None:
            raise NotFetched(Failure("robots", f"{request.url} was not fetched: {refused}."))

    async def _ask(self, site: str) -> Rules:
        request = Request(
            f"{site}/robots.txt",
            callback=NO_CALLBACK,
            priority=1000,
            dont_filter=True,
            meta={KIND: VisitKind.ROBOTS},
        )
        try:
            rules = read_rules(await self._crawler.engine.download_async(request))
        except IgnoreRequest:
            return Rules(None)
        self._slow_down(request, rules.crawl_delay_s(self._agent))
        return rules

    def _slow_down(self, request: Request, asked_s: float) -> None:
        """Honours a crawl delay, up to the plan's bound, for as long as the job runs."""
        plan, downloader = self._custody.collection.plan, self._crawler.engine.downloader
        delay = max(plan.delay_s, min(asked_s, plan.limits.crawl_delay_s))
        if delay > plan.delay_s:
            key, slot = downloader._get_slot(request)
            slot.delay, slot.concurrency = delay, 1
            downloader.per_slot_settings[key] = {"delay": delay, "concurrency": 1}
