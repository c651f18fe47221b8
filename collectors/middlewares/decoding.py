"""Content coding undone for the spider, within a limit; the evidence stays coded."""

from __future__ import annotations

import logging
from typing import cast

from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response

logger = logging.getLogger(__name__)


class DecodingMiddleware(HttpCompressionMiddleware):
    """Scrapy's decoder. A body that cannot be decoded, or would grow past the limit, is passed on
    as it is and flagged `undecoded`: a page's visit must not end in an exception here.
    """

    def process_response(self, request: Request, response: Response) -> Response:  # type: ignore[override]
        """The response decoded, or as it came with a flag."""
        try:
            return cast(Response, super().process_response(request, response))
        except Exception as error:  # zlib, brotli and zstd each have their own, and a bomb another
            logger.info("not decoded: %s (%s)", response.url, error)
            return Response(
                response.url,
                status=response.status,
                headers=response.headers,
                body=response.body,
                flags=[*response.flags, "undecoded"],
                protocol=response.protocol,
            )
