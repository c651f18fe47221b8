"""The spider for sites: follows the links of its pages, within scope, depth and number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request, Spider
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors.lxmlhtml import LxmlLinkExtractor

from collectors.custody import Custody
from collectors.visits import SEED


class SiteSpider(Spider):
    """Captures the given addresses and what they link to."""

    name = "site"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Scrapy's list of file endings to leave out would leave out documents.
        self._links = LxmlLinkExtractor(deny_extensions=[])
        self._followed: set[str] = set()

    @property
    def custody(self) -> Custody:
        """The custody of this crawl."""
        return Custody.of(self.crawler)

    async def start(self) -> AsyncIterator[Any]:
        """The seeds, each once: a link or a redirect to one of them is not fetched again."""
        for seed in self.custody.collection.plan.seeds:
            yield Request(seed, meta={SEED: True})

    def parse(self, response: Response, **_: Any) -> Iterator[Request]:
        """A request for each link that may be followed from a page within the depth."""
        custody = self.custody
        depth = response.meta.get("depth", 0)
        if not isinstance(response, HtmlResponse) or depth >= custody.collection.plan.depth:
            return
        for link in self._links.extract_links(response):
            if link.url not in self._followed and custody.scope.covers(link.url):
                self._followed.add(link.url)
                custody.offered += 1
                if not custody.full:
                    yield Request(link.url)
