"""Makes a collection from the arguments of a plain `scrapy crawl`."""

from __future__ import annotations

from scrapy import Spider

from collectors.collection import Collection
from collectors.errors import NoCollection


def collection_from_arguments(spider: Spider) -> Collection:
    """The collection that the spider's arguments (`case`, `url`, …) describe."""
    raise NoCollection(f"{spider.name} has no collection.")
