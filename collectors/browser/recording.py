"""Every request of a visit, whoever in the browser made it, and its body as it streams.

The browser's own interception (CDP `Fetch`, at the level of the whole browser: frames, workers,
popups) stops each response at its head; its body is read as it comes from the network, kept, and
the very same bytes are handed on to the page. So nothing is asked for twice and nothing can be
evicted before it was read. Where the page itself came over TLS its body is left to the page and
streamed beside it (CDP `Network`), for a body handed on by us has lost its certificate.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from playwright.async_api import CDPSession
from playwright.async_api import Error as BrowserError

from cases.times import Clock
from collectors.browser.beside import Beside
from collectors.browser.exchanges import REDIRECTS, Asked, header_list
from collectors.guard import Guard
from collectors.guard_rules import check_url_address
from collectors.outcomes import STOPPED
from evidence.exchange import Failure, Truncation

READ_BYTES = 1 << 20
HANDED_ON_BYTES = 64 << 20  # a longer body goes to the page cut: it is handed over in one message
# A response that never ends is the page's to read as it comes: it is not held up to be kept.
NEVER_ENDING = ("text/event-stream", "multipart/x-mixed-replace")

Event = Mapping[str, Any]


class MayFetch(Protocol):
    """Asked before each request leaves."""

    def __call__(self, url: str, *, page: bool) -> Failure | None:
        """None where it may; else why it may not. `page` says that a page is to be visited."""
        ...


@dataclass(slots=True)
class Recording:
    """The exchanges of one visit, in the order in which they were asked for."""

    spool: Path
    evidence_bytes: int
    guard: Guard
    clock: Clock
    may: MayFetch
    main_frame: str = ""
    asked: list[Asked] = field(default_factory=list)
    stopped: Failure | None = None
    _open: dict[str, Asked] = field(default_factory=dict)  # by the browser's id of the request
    _streams: dict[str, Asked] = field(default_factory=dict)
    _watched: set[str] = field(default_factory=set)
    _facts: dict[str, list[Event]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    changed: Callable[[], None] = lambda: None
    beside: Beside = field(init=False)

    def __post_init__(self) -> None:
        self.beside = Beside(self.clock)

    def take_in_beside(self) -> None:
        """Add, at the visit's end, what the page's session told of and the interception did not."""
        known = {each.network_id for each in self.asked}
        for each in self.beside.exchanges(lambda key: key in known or key in self._open):
            each.number = len(self.asked)
            each.peer, each.resolved_at_exit = self._peer(each.url)
            self.asked.append(each)

    @property
    def exchanged(self) -> list[Asked]:
        """What was asked of a server: what came from the cache was asked for before."""
        fetched = {each.url for each in self.asked if each.status is not None and not each.cached}
        return [each for each in self.asked if not (each.cached and each.url in fetched)]

    @property
    def in_flight(self) -> int:
        """How many exchanges are under way, those that never end left out."""
        return sum(1 for each in self._open.values() if not each.done)

    def close(self) -> None:
        """Give every spooled body up, and what is still being read."""
        for task in tuple(self._tasks):
            task.cancel()
        for each in self.asked:
            each.close()

    def heed(self, session: CDPSession, event: Event) -> None:
        """Take a paused request or response of the browser's; it goes on from here."""
        task = asyncio.ensure_future(self._heeded(session, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _heeded(self, session: CDPSession, event: Event) -> None:
        try:
            if "responseStatusCode" in event or "responseErrorReason" in event:
                await self._answered(session, event)
            else:
                await self._requested(session, event)
        except BrowserError as fault:  # the page or browser went away under it
            each = self._open.get(str(event.get("networkId")))
            if each is not None and not each.done:
                self._end(each, Failure("browser", _first_line(fault)), Truncation.DISCONNECT)
        finally:
            self.changed()

    async def _requested(self, session: CDPSession, event: Event) -> None:
        request, key = event["request"], str(event.get("networkId") or event["requestId"])
        url = str(request["url"]).partition("#")[0]
        paused = {"requestId": event["requestId"]}
        if not url.startswith(("http://", "https://")):  # data:, blob: and the like go nowhere
            await session.send("Fetch.continueRequest", paused)
            return
        page = event["resourceType"] == "Document" and event.get("frameId") == self.main_frame
        asked = Asked(
            number=len(self.asked),
            network_id=key,
            url=url,
            method=str(request["method"]),
            role=str(event["resourceType"]).lower(),
            headers=header_list(request["headers"]),
            body=_posted(request),
            requested_at=self.clock(),
            page=page,
            watched=key in self._watched,
        )
        self.asked.append(asked)
        self._open[key] = asked
        barred = self._barred(asked.url, page)
        if barred is None:
            await session.send("Fetch.continueRequest", paused)
            return
        self._end(asked, barred, None)
        await session.send("Fetch.failRequest", {**paused, "errorReason": "BlockedByClient"})

    def _barred(self, url: str, page: bool) -> Failure | None:
        if self.stopped is not None:
            return self.stopped
        refusal = check_url_address(url, self.guard.rules)
        if refusal is not None:
            return Failure(refusal.kind, refusal.says)
        return self.may(url, page=page)

    async def _answered(self, session: CDPSession, event: Event) -> None:
        key = str(event.get("networkId") or event["requestId"])
        asked, paused = self._open.get(key), {"requestId": event["requestId"]}
        if asked is None:
            await session.send("Fetch.continueRequest", paused)
            return
        if "responseErrorReason" in event:
            self._end(asked, self._why_failed(asked, str(event["responseErrorReason"])), None)
            await session.send("Fetch.continueRequest", paused)
            return
        self._head(asked, event)
        if asked.status in REDIRECTS and _value(asked.answer, "location"):
            self._end(asked, None, None)
            await session.send("Fetch.continueRequest", paused)
        elif asked.page and asked.url.startswith("https:") and _shown(asked.answer):
            self._streams[key] = asked
            await session.send("Fetch.continueRequest", paused)
        elif _value(asked.answer, "content-type").partition(";")[0].strip() in NEVER_ENDING:
            says = "A stream without an end: its head is kept, its body went to the page alone."
            self._end(asked, Failure("stream", says), Truncation.UNSPECIFIED)
            await session.send("Fetch.continueRequest", paused)
        else:
            await self._read(session, asked, event)

    def _head(self, asked: Asked, event: Event) -> None:
        asked.status = int(event["responseStatusCode"])
        asked.status_text = str(event.get("responseStatusText") or "")
        asked.answer = [(str(h["name"]), str(h["value"])) for h in event["responseHeaders"]]
        asked.first_byte_at = self.clock()
        asked.peer, asked.resolved_at_exit = self._peer(asked.url)

    async def _read(self, session: CDPSession, asked: Asked, event: Event) -> None:
        """Keeps the body as it streams, then hands the same bytes on to the page."""
        paused = {"requestId": event["requestId"]}
        taken = await session.send("Fetch.takeResponseBodyAsStream", paused)
        handle, body = taken["stream"], bytearray()
        cut: tuple[Failure, Truncation] | None = None
        try:
            while True:
                read = await session.send("IO.read", {"handle": handle, "size": READ_BYTES})
                text = read["data"]
                piece = base64.b64decode(text) if read.get("base64Encoded") else text.encode()
                room = self.evidence_bytes - asked.body_bytes
                asked.keep(piece[:room], self.spool)
                if len(body) < HANDED_ON_BYTES:
                    body += piece
                if len(piece) > room:
                    says = f"Our limit of {self.evidence_bytes} bytes ended it."
                    cut = Failure("limit", says), Truncation.LENGTH
                    break
                if read["eof"]:
                    break
        except BrowserError as fault:
            cut = Failure("disconnect", _first_line(fault)), Truncation.DISCONNECT
        finally:
            with contextlib.suppress(BrowserError):
                await session.send("IO.close", {"handle": handle})
        self._end(asked, *(cut or _withheld(asked) or (None, None)))
        answer = {
            **paused,
            "responseCode": event["responseStatusCode"],
            "responseHeaders": event["responseHeaders"],
            "body": base64.b64encode(bytes(body)).decode("ascii"),
        }
        if event.get("responseStatusText"):
            answer["responsePhrase"] = event["responseStatusText"]
        await session.send("Fetch.fulfillRequest", answer)

    def _end(self, asked: Asked, failure: Failure | None, cut: Truncation | None) -> None:
        asked.ended_at = self.clock()
        asked.failure, asked.truncated, asked.done = failure, cut, True

    def cut(self, failure: Failure, why: Truncation) -> None:
        """Ends whatever is still under way: what came is kept and marked."""
        for each in self.asked:
            if not each.done:
                self._end(each, failure, why if each.status is not None else None)

    def _why_failed(self, asked: Asked, word: str) -> Failure:
        """The guard's own reason where it refused, else the browser's word."""
        refusal = next(
            (e.refusal for e in reversed(self._passages(asked.url)) if e.refusal is not None), None
        )
        asked.peer, asked.resolved_at_exit = self._peer(asked.url)
        if refusal is not None and asked.peer is None:
            return Failure(refusal.kind, refusal.says)
        return Failure("network", f"The browser could not load it ({word}).")

    def _passages(self, url: str) -> Sequence[Any]:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = (parts.hostname or "").strip("[]")
        return [e for e in self.guard.log() if e.port == port and e.host.strip("[]") == host]

    def _peer(self, url: str) -> tuple[str | None, bool]:
        """The address that the guard connected to for this host, where there was only one."""
        made = [event for event in self._passages(url) if event.refusal is None]
        peers = {event.peer for event in made}
        return (
            made[-1].peer if len(peers) == 1 else None,
            bool(made) and all(event.resolved_at_exit for event in made),
        )

    # -- what the page's own session tells, beside the interception

    def watched(self, event: Event) -> None:
        """Told of by the page's own session (`Network.requestWillBeSent`), which would tell of its
        sending too. It may come before or after the interception's word.
        """
        key = str(event["requestId"])
        self._watched.add(key)
        if key in self._open:
            self._open[key].watched = True

    def requested_headers(self, event: Event) -> None:
        """The headers as they left, cookies too (`Network.requestWillBeSentExtraInfo`)."""
        asked = self._open.get(str(event["requestId"]))
        if asked is not None and not asked.sent:
            asked.sent = header_list(event["headers"])

    def response_facts(self, event: Event) -> None:
        """The protocol of a response (`Network.responseReceived`)."""
        asked = self._open.get(str(event["requestId"]))
        if asked is not None:
            asked.protocol = event["response"].get("protocol")

    def streams(self, request_id: str) -> bool:
        """Whether the page itself is being streamed under this id."""
        return request_id in self._streams

    def buffered(self, request_id: str, data: str) -> None:
        """What the browser held when streaming began: it comes before what was streamed since."""
        asked = self._streams.get(request_id)
        if asked is None or not data:
            return
        since = b""
        if asked.spool is not None:
            asked.spool.seek(0)
            since = asked.spool.read()
        self.replaced(request_id, base64.b64decode(data) + since)

    def replaced(self, request_id: str, body: bytes) -> None:
        """Keep this as the page's body, whatever was kept before."""
        asked = self._streams[request_id]
        if asked.spool is not None:
            asked.spool.seek(0)
            asked.spool.truncate()
        asked.body_bytes = 0
        asked.keep(body, self.spool)

    def missing(self, request_id: str) -> int:
        """How many bytes came in all where some of them are not kept; else 0."""
        asked = self._streams.get(request_id)
        came = sum(piece["length"] for piece in self._facts.get(request_id, []))
        return came if asked is not None and came != asked.body_bytes else 0

    def streamed(self, event: Event) -> None:
        """A piece of the page's body (`Network.dataReceived`)."""
        key = str(event["requestId"])
        asked = self._streams.get(key)
        if asked is None or asked.done:
            return
        self._facts.setdefault(key, []).append({"length": event["dataLength"]})
        if event.get("data"):
            asked.keep(base64.b64decode(event["data"]), self.spool)

    def finished(self, event: Event, failure: Failure | None = None) -> None:
        """The page's body has ended (`Network.loadingFinished`, `loadingFailed`)."""
        key = str(event["requestId"])
        asked = self._streams.get(key)
        if asked is None or asked.done:
            return
        came = sum(piece["length"] for piece in self._facts.get(key, []))
        if failure is None and came != asked.body_bytes:
            says = f"{asked.body_bytes} of {came} bytes of the page could be kept."
            failure = Failure("lost-body", says)
        self._end(asked, failure, None if failure is None else Truncation.UNSPECIFIED)
        self.changed()


def _shown(answer: Sequence[tuple[str, str]]) -> bool:
    """Whether the browser will show this as a page, not save or embed it."""
    kind = _value(answer, "content-type").partition(";")[0].strip()
    attached = _value(answer, "content-disposition").startswith("attachment")
    return kind in ("", "text/html", "application/xhtml+xml") and not attached


def _withheld(asked: Asked) -> tuple[Failure, Truncation] | None:
    """What is missing of a body by the server's own count: the browser keeps an answer from a page
    that may not read it (opaque response blocking), and says nothing of a connection that broke.
    """
    if not asked.answer and not asked.body_bytes and asked.status == 200:
        says = "The browser let nobody read the answer (opaque response blocking)."
        return Failure("lost-body", says), Truncation.UNSPECIFIED
    promised = _value(asked.answer, "content-length")
    empty = asked.method == "HEAD" or asked.status in (204, 205, 304)
    if not promised.isdigit() or empty or _value(asked.answer, "content-encoding"):
        return None
    if asked.body_bytes >= int(promised):
        return None
    says = f"The browser gave {asked.body_bytes} of {promised} bytes of the body."
    return Failure("lost-body", says), Truncation.UNSPECIFIED


def stopped_failure(says: str) -> Failure:
    """Why nothing more is asked for once the job is told to stop."""
    return Failure(STOPPED, f"The job was stopped: {says}")


def _posted(request: Event) -> bytes:
    entries = request.get("postDataEntries") or []
    return b"".join(base64.b64decode(entry["bytes"]) for entry in entries if "bytes" in entry)


def _value(headers: Sequence[tuple[str, str]], name: str) -> str:
    return next((value.lower() for n, value in headers if n.lower() == name), "")


def _first_line(fault: BrowserError) -> str:
    return str(fault).splitlines()[0][:300] if str(fault) else "the browser went away"
