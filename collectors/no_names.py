"""A reactor that resolves no names: a lookup by this process would tell the local DNS."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from zope.interface import implementer  # type: ignore[import-untyped]


@implementer(IHostResolution)
class _Nothing:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """There is nothing to cancel."""


@implementer(IHostnameResolver)
class NoNames:
    """Scrapy's setting `TWISTED_DNS_RESOLVER`: every name has no address."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:  # noqa: ARG003 - Scrapy's call
        """Made by Scrapy when the reactor is set up."""
        return cls(reactor)

    def install_on_reactor(self) -> None:
        """Takes the reactor's resolver's place."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        receiver: Any,
        hostName: str,  # noqa: N803
        *_: Any,
        **__: Any,
    ) -> _Nothing:
        """Gives no address."""
        nothing = _Nothing(hostName)
        receiver.resolutionBegan(nothing)
        receiver.resolutionComplete()
        return nothing
