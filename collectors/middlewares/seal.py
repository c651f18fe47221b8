"""The outermost middleware: lets a request in, and lets its page out once it is evidence."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response

from collectors.admission import Admission, NotFetched
from collectors.custody import Custody
from collectors.outcomes import STOPPED
from collectors.signs import read_signs
from collectors.visits import KIND, Visit, VisitKind
from collectors.wire.handler import FetchFailed
from evidence.exchange import Failure


class SealMiddleware:
    """Every request belongs to a visit; every visit ends here, as a sealed capture."""

    def __init__(self, custody: Custody) -> None:
        self._custody = custody
        self._admission = Admission(custody)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Needs the `Custody` extension."""
        return cls(Custody.of(crawler))

    def process_request(self, request: Request) -> None:
        """Asks scope, rules and authority before every fetch: a link, a hop, a retry, robots.txt.

        Raises `NotFetched` where one of them refuses, `IgnoreRequest` where the job takes no
        further page.
        """
        visit = self._custody.visit_of(request) or self._begin(request)
        self._admission.ask(request, visit)

    async def process_response(self, request: Request, response: Response) -> Response:
        """The page, once its visit is evidence."""
        visit = self._custody.visit_of(request)
        if visit is not None:
            if isinstance(response, HtmlResponse) and "undecoded" not in response.flags:
                visit.signs = read_signs(response.body)
            await self._custody.seal(visit)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """Seals a visit that failed; what came of it goes to the spider all the same."""
        visit = self._custody.visit_of(request)
        if visit is None:
            return None
        if isinstance(exception, FetchFailed) and exception.response is not None:
            return exception.response
        if _never_began(visit, exception):
            self._custody.give_up(visit)
            return None
        if isinstance(exception, NotFetched):
            visit.ended_by = exception.failure
        elif not isinstance(exception, FetchFailed):
            said = f"{type(exception).__name__}: {exception}"
            visit.ended_by = Failure("fault", f"A fault of this program ended the visit ({said}).")
        await self._custody.seal(visit)
        if isinstance(exception, FetchFailed):
            raise NotFetched(exception.failure) from exception
        return None

    def _begin(self, request: Request) -> Visit:
        custody = self._custody
        if custody.full and KIND not in request.meta:
            raise IgnoreRequest("the job takes no further page")
        visit = custody.begin(request)
        if visit.kind is VisitKind.PAGE:
            custody.pages += 1
        return visit


def _never_began(visit: Visit, exception: Exception) -> bool:
    """Whether the job was stopped before anything was sent for the visit."""
    stopped = isinstance(exception, NotFetched) and exception.failure.kind == STOPPED
    return stopped and not visit.exchanges
