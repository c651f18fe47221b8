"""What every request must pass and every answer carry.

A page of somebody else's, open in the same browser, must not act here (CSRF), nor reach here under
a name that its own DNS points at loopback (rebinding); nothing shown may be kept, framed or run.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT_BYTES = 1 << 20
HEAD_LIMIT_BYTES = 1 << 18  # of a request: its address holds what any box takes, in any script
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
# The one answer that carries a picture in itself: no address of it exists to be asked for again.
REVEAL_POLICY = POLICY.replace("img-src 'self'", "img-src data:")
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


class Protection:
    """The ASGI layer around the whole application."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what may not come in, bound what does, mark what goes out."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        says, status = self._why_not(scope), 403
        if says is None and not _fits(scope):
            says, status = f"A request holds at most {BODY_LIMIT_BYTES:,} bytes.", 413
        if says is not None:
            refusal = PlainTextResponse(says, status_code=status, headers=HEADERS)
            await refusal(scope, receive, send)
            return
        await self._app(scope, _bounded(receive), _marked(send))

    def _why_not(self, scope: MutableMapping[str, Any]) -> str | None:
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self._hosts:
            return "The desk is not asked for under this name. Open it at the address it printed."
        if scope["method"] in SAFE_METHODS:
            return None
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "A page from elsewhere may not act here."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() not in self._hosts:
            return "A page from elsewhere may not act here."
        return None


def _fits(scope: MutableMapping[str, Any]) -> bool:
    length = Headers(scope=scope).get("content-length", "0")
    return length.isdigit() and int(length) <= BODY_LIMIT_BYTES


def _bounded(receive: Receive) -> Receive:
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > BODY_LIMIT_BYTES:
            return {"type": "http.disconnect"}
        return message

    return bounded


def _marked(send: Send) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                if name not in headers:
                    headers[name] = value
        await send(message)

    return marked


def csrf_token(secret: str) -> str:
    """The token that a session's forms carry: only who can read its pages knows it."""
    return hmac.new(secret.encode("utf-8"), b"darklantern form", hashlib.sha256).hexdigest()


def csrf_holds(secret: str, token: str) -> bool:
    """Whether a form's token is the session's."""
    return hmac.compare_digest(csrf_token(secret).encode(), token.encode("utf-8", "replace"))
