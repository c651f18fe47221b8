"""The outermost middleware: lets a request in, and lets its page out once it is evidence."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response

from collectors.custody import Custody
from collectors.errors import BadAddress, RefusedScheme
from collectors.guard_rules import check_url_address
from collectors.scope import read_place
from collectors.signs import read_signs
from collectors.visits import KIND, SEED, Visit, VisitKind
from collectors.wire.handler import FetchFailed
from evidence.exchange import Failure


class NotFetched(IgnoreRequest):
    """A request that was not sent, by us: its visit is sealed with the failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.says)
        self.failure = failure


class SealMiddleware:
    """Every request belongs to a visit; every visit ends here, as a sealed capture."""

    def __init__(self, custody: Custody) -> None:
        self._custody = custody

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Needs the `Custody` extension."""
        return cls(Custody.of(crawler))

    def process_request(self, request: Request) -> None:
        """Asks scope, rules and authority before every fetch: a link, a hop, a retry, robots.txt.

        Raises `NotFetched` where one of them refuses, `IgnoreRequest` where the job takes no
        further page.
        """
        custody = self._custody
        visit = custody.visit_of(request)
        if visit is None:
            visit = self._begin(request)
        refusal = self._refusal(request, visit)
        if refusal is not None:
            raise NotFetched(refusal)

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
            custody.not_visited += 1
            raise IgnoreRequest("the job takes no further page")
        visit = custody.begin(request)
        if visit.kind is VisitKind.PAGE:
            custody.pages += 1
        return visit

    def _refusal(self, request: Request, visit: Visit) -> Failure | None:
        collection = self._custody.collection
        try:
            read_place(request.url)
        except (BadAddress, RefusedScheme) as refused:
            return Failure(refused.kind, refused.says)
        barred = check_url_address(request.url, collection.guard.rules)
        if barred is not None:
            return Failure(barred.kind, barred.says)
        if visit.kind is VisitKind.PAGE and not self._within(request, visit):
            what = "The redirect to" if visit.exchanges else "The address"
            says = f"{what} {request.url} lies outside the job's scope ({collection.plan.scope})."
            return Failure("scope", says)
        not_covered = collection.permit(request.url)
        if not_covered is None:
            return None
        self._custody.stop_with_authority()
        return Failure("authority", not_covered)

    def _within(self, request: Request, visit: Visit) -> bool:
        scope = self._custody.scope
        if request.meta.get(SEED) and not visit.exchanges:
            return True
        return scope.covers_hop(request.url) if visit.exchanges else scope.covers(request.url)
