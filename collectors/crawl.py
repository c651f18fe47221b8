"""Runs one collection in this process. A Twisted reactor runs once: one collection, one process."""

from __future__ import annotations

from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from collectors.collection import Collection
from collectors.custody import COLLECTION, Custody
from collectors.events import CrawlReport


def run(collection: Collection, spider: str, **overrides: Any) -> CrawlReport:
    """How the collection by `spider` (`page` or `site`) ended, once all is sealed.

    SIGTERM and SIGINT stop it in good order. `overrides` are Scrapy settings, for measurements.
    What breaks on our side stands in the report's `fault`; a bug is raised.
    """
    settings = Settings()
    settings.setmodule("collectors.settings", priority="project")
    settings.setdict(overrides, priority="cmdline")
    settings.set(COLLECTION, collection, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider)
    task = process.crawl(crawler)
    process.start(install_signal_handlers=False)
    task.result()
    report = Custody.of(crawler).report
    if report is None:
        raise RuntimeError("the crawl ended without a report")
    return report
