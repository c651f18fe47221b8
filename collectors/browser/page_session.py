"""The page's own CDP session: what it tells of the network, and scripts in a world of ours.

Our scripts run in an isolated world: the page cannot have changed what `innerText` means there.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Mapping
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as BrowserError

from collectors.browser.recording import Recording
from evidence.exchange import Failure, TlsFacts

WORLD = "lantern"
BUFFER_BYTES = 64 << 20
SCRIPT_S = 20.0  # how long a page may keep us from reading it, where nothing else is said


class PageBusy(Exception):
    """The page's own script did not let ours run in time."""


class PageSession:
    """One page's session: follows its exchanges for the recording, evaluates, takes pictures."""

    def __init__(
        self, session: CDPSession, recording: Recording, patience_s: float = SCRIPT_S
    ) -> None:
        self.session = session
        self._patience_s = patience_s
        self._recording = recording
        self._streaming: dict[str, asyncio.Task[None]] = {}
        self._security: Mapping[str, Any] = {}

    async def follow(self) -> None:
        """Begin to listen, before the page's first request."""
        recording, beside = self._recording, self._recording.beside
        session = self.session
        # Playwright hangs its own mark on a bound method's object, and a slotted one has no room.
        session.on("Network.requestWillBeSentExtraInfo", lambda e: recording.requested_headers(e))
        session.on("Network.requestWillBeSent", lambda event: recording.watched(event))
        session.on("Network.responseReceived", self._responded)
        for name, heed in (
            ("Network.requestWillBeSent", beside.requested),
            ("Network.requestWillBeSentExtraInfo", beside.sent),
            ("Network.requestServedFromCache", beside.held),
            ("Network.responseReceived", beside.answered),
            ("Network.webSocketCreated", beside.socket_made),
            ("Network.webSocketWillSendHandshakeRequest", beside.socket_asked),
            ("Network.webSocketHandshakeResponseReceived", beside.socket_answered),
        ):
            session.on(name, lambda event, heed=heed: heed(event))
        session.on("Network.dataReceived", lambda event: recording.streamed(event))
        session.on("Network.loadingFinished", lambda event: self._over(event, None))
        session.on("Network.loadingFailed", self._failed)
        await session.send(
            "Network.enable",
            {"maxTotalBufferSize": BUFFER_BYTES * 2, "maxResourceBufferSize": BUFFER_BYTES},
        )
        await session.send("Page.enable")
        frames = await session.send("Page.getFrameTree")
        recording.main_frame = frames["frameTree"]["frame"]["id"]

    def _responded(self, event: Mapping[str, Any]) -> None:
        self._recording.response_facts(event)
        key = str(event["requestId"])
        if self._recording.streams(key) and key not in self._streaming:
            self._security = event["response"].get("securityDetails") or {}
            self._streaming[key] = asyncio.ensure_future(self._stream(key))

    async def _stream(self, key: str) -> None:
        with contextlib.suppress(BrowserError):  # too late to stream: see `_ended`
            held = await self.session.send("Network.streamResourceContent", {"requestId": key})
            self._recording.buffered(key, held.get("bufferedData", ""))

    def _over(self, event: Mapping[str, Any], failure: Failure | None) -> None:
        key = str(event["requestId"])
        if self._recording.streams(key):
            task = asyncio.ensure_future(self._ended(event, failure))
            self._streaming[f"{key} end"] = task

    def _failed(self, event: Mapping[str, Any]) -> None:
        says = f"The browser stopped loading it ({event.get('errorText', 'no reason given')})."
        self._over(event, Failure("network", says))

    async def _ended(self, event: Mapping[str, Any], failure: Failure | None) -> None:
        stream = self._streaming.get(str(event["requestId"]))
        if stream is not None:
            await stream
        missing = self._recording.missing(str(event["requestId"]))
        if missing and failure is None:
            await self._from_buffer(event["requestId"], missing)
        self._recording.finished(event, failure)

    async def _from_buffer(self, key: str, size_bytes: int) -> None:
        """The page's body as the browser's buffer has it, where it came before we could listen.

        The buffer holds text: it is taken only where its encoding gives back as many bytes as
        came over the network. The server is not asked.
        """
        with contextlib.suppress(BrowserError):
            held = await self.session.send("Network.getResponseBody", {"requestId": key})
            if held.get("base64Encoded"):
                self._recording.replaced(key, base64.b64decode(held["body"]))
                return
            for encoding in ("utf-8", "utf-8-sig", "windows-1252", "latin-1"):
                with contextlib.suppress(UnicodeEncodeError):
                    body = str(held["body"]).encode(encoding)
                    if len(body) == size_bytes:
                        self._recording.replaced(key, body)
                        return

    async def tls(self, url: str) -> TlsFacts | None:
        """The handshake of the page's origin, with the chain as the browser holds it; or None."""
        if not self._security:
            return None
        origin = "/".join(url.split("/")[:3])
        with contextlib.suppress(BrowserError):
            held = await self.session.send("Network.getCertificate", {"origin": origin})
            chain = tuple(base64.b64decode(each) for each in held["tableNames"])
            version = str(self._security.get("protocol", "")).replace("TLS ", "TLSv")
            return TlsFacts(version, str(self._security.get("cipher", "")), chain)
        return None

    async def evaluate(self, script: str) -> Any:
        """What a script of ours makes of the main frame. Raises `PageBusy`, `BrowserError`."""
        try:
            async with asyncio.timeout(self._patience_s):
                frames = await self.session.send("Page.getFrameTree")
                world = await self.session.send(
                    "Page.createIsolatedWorld",
                    {"frameId": frames["frameTree"]["frame"]["id"], "worldName": WORLD},
                )
                said = await self.session.send(
                    "Runtime.evaluate",
                    {
                        "expression": script,
                        "contextId": world["executionContextId"],
                        "returnByValue": True,
                        "awaitPromise": True,
                    },
                )
        except TimeoutError:
            raise PageBusy from None
        if "exceptionDetails" in said:
            raise BrowserError(str(said["exceptionDetails"].get("text", "script failed")))
        return said["result"].get("value")

    async def end_script(self) -> None:
        """End the script that keeps the page busy: an act of ours, for the log."""
        with contextlib.suppress(BrowserError, TimeoutError):
            async with asyncio.timeout(SCRIPT_S):
                await self.session.send("Runtime.terminateExecution")

    async def content_size(self) -> tuple[int, int]:
        """The page's width and height in CSS pixels."""
        metrics = await self.session.send("Page.getLayoutMetrics")
        size = metrics["cssContentSize"]
        return int(size["width"]), int(size["height"])

    async def picture(self, x: int, y: int, width: int, height: int) -> bytes:
        """A PNG of a part of the page, at one image pixel a CSS pixel."""
        taken = await self.session.send(
            "Page.captureScreenshot",
            {
                "format": "png",
                "captureBeyondViewport": True,
                "optimizeForSpeed": True,
                "clip": {"x": x, "y": y, "width": width, "height": height, "scale": 1},
            },
        )
        return base64.b64decode(taken["data"])
