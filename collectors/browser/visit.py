"""One visit of the browser to one address: load, settle, state 0, refuse consent, close.

Whatever the page does, the visit ends: each wait has its limit, and what was got is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from playwright.async_api import Browser, BrowserContext, Dialog, Page
from playwright.async_api import Error as BrowserError

from cases.identity import CaptureId, new_id
from cases.times import rfc3339
from collectors.browser.consent import BEHAVIOUR, refuse_consent
from collectors.browser.exchanges import Asked, exchange_of
from collectors.browser.inside import keep_inside
from collectors.browser.launching import VIEWPORT
from collectors.browser.page_session import PageBusy, PageSession
from collectors.browser.recording import Recording
from collectors.browser.safe import SafePage
from collectors.browser.state import State, json_resource, state_zero
from collectors.outcomes import Ending, judge
from collectors.plan import RobotsChoice
from collectors.signs import read_signs
from evidence.exchange import (
    CaptureDraft,
    Exchange,
    Failure,
    PageFacts,
    Resource,
    Truncation,
)
from evidence.page_members import ACTIONS, CONSOLE, NETWORK, PICTURES

COMMIT_S = 45.0  # for the page's own head to come
QUIET_S = 0.5  # nothing under way for so long is settled
AFTER_S = 3.0  # for what a refused banner sets off
CLOSE_S = 5.0
PICTURED = ("image", "other", "media", "document")  # a picture may be the page itself
MOST_LINES = 2000  # of the console, of actions: a page may write without end
LINE_LENGTH = 2000


class RendererCrashed(Exception):
    """The process that drew the page died."""


@dataclass(slots=True)
class BrowserVisit:
    """A visit under way. `recording` outlives a crashed attempt: a retry is part of the visit."""

    browser: Browser
    url: str
    recording: Recording
    started_at: datetime
    settle_s: float = 30.0
    capture: CaptureId = field(default_factory=lambda: CaptureId(new_id("x")))
    state: State = field(default_factory=State)
    actions: list[object] = field(default_factory=list)
    console: list[object] = field(default_factory=list)
    final_url: str | None = None
    trouble: Failure | None = None  # what kept the visit from being whole
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    _crashed: asyncio.Event = field(default_factory=asyncio.Event)
    _attempt_from: int = 0  # the first exchange of the attempt that counts

    async def run(self) -> None:
        """Make the visit. A crashed renderer is tried once more; nothing is raised for a page."""
        for attempt in (1, 2):
            try:
                await self._attempt()
                return
            except RendererCrashed:
                self._note("renderer crashed", "killed" if attempt == 2 else "tried once more")
                if attempt == 2:
                    says = "The page crashed the browser twice."
                    self.trouble = Failure("renderer-crashed", says)
                self.recording.cut(
                    Failure("renderer-crashed", "The page's process died while it loaded."),
                    Truncation.DISCONNECT,
                )
                self._crashed.clear()
            if self.stop.is_set():
                return

    async def _attempt(self) -> None:
        self._attempt_from = len(self.recording.asked)
        context = await self.browser.new_context(
            viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]},
            device_scale_factor=1,
            locale="en-GB",
            timezone_id="Europe/London",
            ignore_https_errors=True,
            service_workers="block",
            accept_downloads=False,
        )
        try:
            page = await context.new_page()
            session = PageSession(
                await context.new_cdp_session(page), self.recording, self.settle_s
            )
            self._listen(context, page)
            await session.follow()
            await self._visit(page, session)
        finally:
            with contextlib.suppress(BrowserError, TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await context.close()

    def _listen(self, context: BrowserContext, page: Page) -> None:
        page.on("crash", lambda _: self._crashed.set())
        page.on("dialog", lambda dialog: self._dialog(dialog))
        page.on("download", lambda d: self._note("download", f"not kept as a file: {d.url}"))
        page.on("console", lambda m: self._console(m.type, m.text))
        page.on("pageerror", lambda e: self._console("uncaught", str(e)))
        context.on("page", lambda other: self._popup(page, other))

    async def _visit(self, page: Page, session: PageSession) -> None:
        try:
            await self._until(page.goto(self.url, wait_until="commit", timeout=COMMIT_S * 1000))
        except BrowserError as fault:
            if not await self._came_all_the_same(fault):
                return
        await self._until(self._loaded(page))
        await self._settle(self.settle_s)
        self.final_url = page.url if page.url.startswith(("http:", "https:")) else None
        own = [each for each in self.recording.asked if each.page and each.status is not None]
        if not own:
            return
        own[-1].tls = await session.tls(own[-1].url)
        await self._keep_state(page, session)
        if self.state.dom and not self.stop.is_set():
            pressed = await self._until(refuse_consent(page, self.recording.clock))
            self.actions += pressed
            if pressed:
                await self._settle(AFTER_S)
        self.trouble = self.trouble or self._lost()

    async def _loaded(self, page: Page) -> None:
        """Wait for the page's own word that it is loaded; without it, as long as it may take."""
        try:
            await page.wait_for_load_state("load", timeout=self.settle_s * 1000)
        except BrowserError as fault:
            self._note("loading", f"not loaded: {str(fault).splitlines()[0]}")

    async def _came_all_the_same(self, fault: BrowserError) -> bool:
        """A download or an aborted navigation has no page, but its exchange stands."""
        await asyncio.sleep(0.2)
        said = str(fault).splitlines()[0][:300]
        if self._crashed.is_set() or "crashed" in said:
            raise RendererCrashed from fault
        self._note("navigation", said)
        own = [each for each in self.recording.asked if each.page]
        if not own:
            self.trouble = Failure("navigation", f"The browser did not go there ({said}).")
        elif not own[-1].done and own[-1].status is None:
            says = f"Nothing came within {COMMIT_S:.0f} s."
            self.recording.cut(Failure("timeout", says), Truncation.TIME)
        return False

    async def _until(self, work: Any) -> Any:
        """The work's result, or `RendererCrashed` as soon as the page's process dies."""
        task = asyncio.ensure_future(work)
        crash = asyncio.ensure_future(self._crashed.wait())
        stop = asyncio.ensure_future(self.stop.wait())
        await asyncio.wait({task, crash, stop}, return_when=asyncio.FIRST_COMPLETED)
        for each in (crash, stop):
            each.cancel()
        if task.done():
            return task.result()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, BrowserError):
            await task
        if self._crashed.is_set():
            raise RendererCrashed
        return []

    async def _settle(self, limit_s: float) -> None:
        """Wait until nothing has been under way for `QUIET_S`; say so where that never came."""
        end, quiet_since = time.monotonic() + limit_s, time.monotonic()
        changed = asyncio.Event()
        self.recording.changed = changed.set
        while not self.stop.is_set():
            if self._crashed.is_set():
                raise RendererCrashed
            now = time.monotonic()
            if self.recording.in_flight:
                quiet_since = now
            elif now - quiet_since >= QUIET_S:
                return
            if now >= end:
                self._note("settling", f"still loading after {limit_s:.0f} s")
                return
            changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await changed.wait()

    async def _keep_state(self, page: Page, session: PageSession) -> None:
        clock = self.recording.clock
        try:
            await self._until(state_zero(session, clock, self.state))
        except PageBusy:
            self._note("script ended", "the page's script let nothing else run")
            self.trouble = Failure("endless-script", "The page's script did not end; it was ended.")
            await session.end_script()
            try:
                await self._until(state_zero(session, clock, self.state))
            except PageBusy:
                self.state.lost.append("state 0: the page's script let nothing else run")
        except BrowserError as fault:
            if self._crashed.is_set():
                raise RendererCrashed from fault
            self.state.lost.append(f"state 0: {str(fault).splitlines()[0][:200]}")
        self._name_pictures()
        if self.state.dom:
            await self._until(keep_inside(page, session.session, clock, self.state))
            safe = SafePage(self.browser, self.url, self.state, self._sheets())
            self.state.resources += await safe.screenshot(clock, self.state.lost)

    def _sheets(self) -> dict[str, bytes]:
        """The style sheets that the visit holds, by address."""
        return {
            each.url: _content(each)
            for each in self.recording.asked
            if each.role == "stylesheet" and each.done and each.failure is None
        }

    def _name_pictures(self) -> None:
        """Tie each picture's box to the digest of the body that was kept for its address."""
        digests = {
            each.url: hashlib.sha256(_content(each)).hexdigest()
            for each in self.recording.asked
            if each.done and each.failure is None and each.role in PICTURED
        }
        for number, resource in enumerate(self.state.resources):
            if resource.url == PICTURES:
                boxes = json.loads(resource.content)
                for box in boxes:
                    box["sha256"] = digests.get(str(box["url"]).partition("#")[0])
                self.state.resources[number] = replace(
                    resource, content=json.dumps(boxes, ensure_ascii=False).encode("utf-8")
                )

    def _lost(self) -> Failure | None:
        made = self.recording.asked[self._attempt_from :]
        lost = [a for a in made if a.failure and a.failure.kind == "lost-body"]
        if not lost:
            return None
        return Failure("lost-body", f"The body of {len(lost)} exchanges could not be kept.")

    async def _dialog(self, dialog: Dialog) -> None:
        self._note("dialog dismissed", f"{dialog.type}: {dialog.message[:500]}")
        with contextlib.suppress(BrowserError):
            await dialog.dismiss()

    def _popup(self, page: Page, other: Page) -> None:
        if other is not page:
            self._note("popup closed", other.url)
            task = asyncio.ensure_future(other.close())
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _console(self, kind: str, text: str) -> None:
        if len(self.console) < MOST_LINES:
            at = rfc3339(self.recording.clock())
            self.console.append({"at": at, "kind": kind, "text": text[:LINE_LENGTH]})

    def _note(self, what: str, says: str) -> None:
        if len(self.actions) < MOST_LINES:
            at = rfc3339(self.recording.clock())
            self.actions.append({"at": at, "event": what, "says": says[:LINE_LENGTH]})

    def draft(self) -> CaptureDraft:
        """The capture, ready to be sealed. Its spooled bodies are new files: close them after."""
        self.recording.take_in_beside()
        now = self.recording.clock()
        spool = self.recording.spool
        made = self.recording.exchanged
        exchanges = tuple(exchange_of(each, spool, now) for each in made)
        chain = tuple(number for number, each in enumerate(made) if each.page)
        verdict = self._verdict([exchanges[number] for number in chain])
        return CaptureDraft(
            capture=self.capture,
            requested_url=self.url,
            started_at=self.started_at,
            ended_at=now,
            exchanges=exchanges,
            outcome=verdict[0],
            reason=verdict[1],
            referrer=None,
            robots=RobotsChoice.NOT_ASKED.value,
            depth=0,
            resources=(*self.state.resources, *self._logs(now)),
            page=PageFacts(chain, self.final_url, self.state.dom_at, self.state.screenshot_at),
        )

    def _logs(self, now: datetime) -> list[Resource]:
        network = [
            {"url": each.url, "role": each.role, "status": each.status, "cached": each.cached}
            for each in self.recording.asked
        ]
        actions = [*self.actions, {"behaviours": [BEHAVIOUR], "not_kept": self.state.lost}]
        return [
            json_resource(CONSOLE, now, self.console),
            json_resource(ACTIONS, now, actions),
            json_resource(NETWORK, now, network),
        ]

    def _verdict(self, chain: list[Exchange]) -> tuple[Any, str | None]:
        if not chain:
            ended = self.trouble or Failure("navigation", "The browser made no request.")
            found = judge(Ending(self.url, self.url, ended_by=ended))
            return found.outcome, found.reason
        last = chain[-1]
        found = judge(
            Ending(
                asked_url=self.url,
                final_url=self.final_url or last.url,
                http=last.http,
                truncated=last.truncated,
                failure=last.failure,
                received_bytes=last.response_bytes,
                signs=read_signs(self.state.dom.encode("utf-8", "replace")),
            )
        )
        return _lessened(found.outcome, found.reason, self.trouble, self.recording.stopped)


def _lessened(
    outcome: Any, reason: str | None, trouble: Failure | None, stopped: Failure | None
) -> tuple[Any, str | None]:
    """A visit that was not whole is partial, whatever the page's own exchange came to."""
    why = trouble or stopped
    if outcome == "complete" and why is not None:
        return type(outcome)("partial"), why.says
    return outcome, reason


def _content(asked: Asked) -> bytes:
    if asked.spool is None:
        return b""
    asked.spool.seek(0)
    return asked.spool.read()
