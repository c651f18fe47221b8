"""Redirects: followed hop by hop within the visit; an end of the road is said, not thrown.

A meta refresh and a script's redirect are not followed: they are the page's content, and the page
is what was captured.
"""

from __future__ import annotations

import re
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from collectors.custody import Custody
from collectors.errors import RefusedScheme
from collectors.outcomes import TOO_MANY_HOPS
from collectors.visits import VisitKind
from evidence.exchange import Failure

SCHEME = re.compile(rb"\s*([A-Za-z][A-Za-z0-9+.-]*):")  # RFC 3986, 3.1
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class HopMiddleware(RedirectMiddleware):
    """Scrapy's redirects. Where they end, the redirecting response is the visit's last word."""

    _custody: Custody

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Needs the `Custody` extension."""
        made = super().from_crawler(crawler)
        made._custody = Custody.of(crawler)
        return made

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The next hop, or the response where there is none."""
        if response.status not in REDIRECTS or "Location" not in response.headers:
            return response
        location = response.headers.get("Location") or b""
        where = _words(location)
        scheme = SCHEME.match(location)
        if scheme is not None and scheme[1].lower() not in (b"http", b"https"):
            says = f"The redirect to {where} was not followed: only http and https are collected."
            return self._end(request, response, RefusedScheme.kind, says)
        try:
            onward = super().process_response(request, response)
        except IgnoreRequest:
            limit = self.max_redirect_times
            return self._end(request, response, TOO_MANY_HOPS, f"More than {limit} redirects.")
        except ValueError:
            says = f"The redirect to {where} cannot be read as an address."
            return self._end(request, response, "bad-location", says)
        return onward

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        hop = super()._redirect(redirected, request, reason)
        visit = self._custody.visit_of(request)
        # A way back within one visit is a loop, bounded by the hops, or a cookie being set; a way
        # to another visit's page is not fetched twice.
        own = visit is not None and hop.url in {each.url for each in visit.exchanges}
        robots = visit is not None and visit.kind is VisitKind.ROBOTS
        hop.dont_filter = hop.dont_filter or own or robots
        return hop

    def _end(self, request: Request, response: Response, kind: str, says: str) -> Response:
        visit = self._custody.visit_of(request)
        if visit is not None:
            visit.ended_by = Failure(kind, says)
        return response


def _words(location: bytes) -> str:
    """A hostile address, safe in a sentence."""
    return repr(location[:200].decode("utf-8", "replace"))
