"""Collectors: the Scrapy project that fetches, byte for byte, through the egress guard.

The room promises that every visit becomes a capture, sealed before its page is read; that nothing
is sent which scope, authority and guard did not let through; and that the record is what stood on
the wire. What brings Scrapy and Twisted with it is imported by its module's name, where it is
used: `collectors.crawl.run`, `collectors.undertaking.Undertaking`.
"""

from collectors.events import (
    CaptureSealed,
    CollectionEvent,
    CollectionFinished,
    CollectionStarted,
    CollectionStopping,
    CrawlReport,
    Listener,
)
from collectors.plan import CollectionPlan, Limits, RobotsChoice, ScopeKind
from collectors.ways_out import WayOut, WayOutKind, parse_way_out

__all__ = [
    "CaptureSealed",
    "CollectionEvent",
    "CollectionFinished",
    "CollectionPlan",
    "CollectionStarted",
    "CollectionStopping",
    "CrawlReport",
    "Limits",
    "Listener",
    "RobotsChoice",
    "ScopeKind",
    "WayOut",
    "WayOutKind",
    "parse_way_out",
]
