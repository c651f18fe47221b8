"""The spider for single pages: the seeds, where they redirect, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response

from collectors.custody import Custody
from collectors.visits import SEED


class PageSpider(Spider):
    """Captures the given addresses. Asks for no robots.txt, picture, style or script."""

    name = "page"

    async def start(self) -> AsyncIterator[Any]:
        """The seeds, each once for every time it was given."""
        for seed in Custody.of(self.crawler).collection.plan.seeds:
            yield Request(seed, dont_filter=True, meta={SEED: True})

    def parse(self, response: Response, **_: Any) -> None:
        """The page is evidence already: there is nothing to do."""
