"""Scrapy's download handler for http and https: fetches through the recorder."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urldefrag

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.core.downloader.handlers.http11 import _RequestBodyProducer
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.utils._download_handlers import make_response
from twisted.web.http_headers import Headers as TwistedHeaders
from twisted.web.iweb import UNKNOWN_LENGTH

from collectors.admission import Admission
from collectors.custody import Custody
from collectors.errors import SpoolFailed
from collectors.wire.failures import WORTH_A_RETRY
from collectors.wire.recorder import Answer, Ask
from collectors.wire.tape import SPOOL
from evidence.exchange import Failure

SAFE_TO_REPEAT = frozenset({"GET", "HEAD"})


class FetchFailed(Exception):
    """No whole answer came. `response` is what could be read of it, None where nothing could."""

    def __init__(self, failure: Failure, response: Response | None) -> None:
        super().__init__(failure.says)
        self.failure = failure
        self.response = response


class ConnectionFailed(FetchFailed):
    """As `FetchFailed`, at the connection: asked for once more (RETRY_EXCEPTIONS)."""


class WireHandler(BaseDownloadHandler):
    """One exchange for each request; a second where a kept connection turns out to be closed."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._custody = Custody.of(crawler)
        self._admission = Admission(self._custody)

    async def download_request(self, request: Request) -> Response:
        """The response. Raises `FetchFailed`, with the exchange on the visit, or `NotFetched`."""
        visit = self._custody.visit_of(request)
        if visit is None:
            raise ValueError(f"{request} belongs to no visit: SealMiddleware is not enabled")
        self._admission.ask_again(request)
        ask = Ask(
            url=urldefrag(request.url)[0],
            method=request.method,
            headers=TwistedHeaders(request.headers),
            body=_RequestBodyProducer(request.body) if request.body else None,
        )
        answer = await self._custody.recorder.fetch(ask)
        if _was_closed_before(answer) and request.method in SAFE_TO_REPEAT:
            says = "The server had closed this kept connection; the request was sent again."
            visit.exchanges.append(replace(answer.exchange, failure=Failure("idle-closed", says)))
            answer = await self._custody.recorder.fetch(ask, fresh=True)
        visit.exchanges.append(answer.exchange)
        failure = answer.exchange.failure
        if failure is not None and failure.kind == SPOOL:
            self._custody.broke(SpoolFailed(f"{failure.says} Free some space and collect again."))
        return _response_or_failure(ask.url, answer)


def _was_closed_before(answer: Answer) -> bool:
    failure = answer.exchange.failure
    return answer.on_old_connection and failure is not None and failure.kind == "no-answer"


def _response_or_failure(url: str, answer: Answer) -> Response:
    exchange = answer.exchange
    response = _response(url, answer)
    failure = exchange.failure
    if failure is not None and failure.kind in WORTH_A_RETRY:
        raise ConnectionFailed(failure, response)
    if response is None:
        raise FetchFailed(failure or Failure("no-answer", "Nothing came."), None)
    return response


def _response(url: str, answer: Answer) -> Response | None:
    parsed, exchange = answer.response, answer.exchange
    if parsed is None:
        return None
    headers = Headers()
    if parsed.length != UNKNOWN_LENGTH:
        headers[b"Content-Length"] = str(parsed.length).encode()
    headers.update(parsed.headers.getAllRawHeaders())
    name, major, minor = parsed.version
    flags = ["clipped"] if answer.clipped else []
    if exchange.truncated is not None:
        flags.append(f"truncated:{exchange.truncated.value}")
    return make_response(
        url=url,
        status=parsed.code,
        headers=headers,
        body=answer.body,
        flags=flags,
        protocol=f"{name.decode('ascii', 'replace')}/{major}.{minor}",
    )
