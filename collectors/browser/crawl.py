"""A browser job in this process: each seed visited once, sealed before the next begins."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, CDPSession, Playwright, async_playwright
from playwright.async_api import Error as BrowserError

from cases.errors import LanternError, MachineError
from cases.identity import Outcome
from collectors.browser.finding import find_browser
from collectors.browser.launching import LAUNCH_S, browser_version, flags, user_agent
from collectors.browser.recording import Recording, stopped_failure
from collectors.browser.visit import BrowserVisit
from collectors.collection import Collection
from collectors.events import (
    CaptureSealed,
    CollectionFinished,
    CollectionStarted,
    CollectionStopping,
    CrawlReport,
)
from collectors.scope import Scope
from evidence.exchange import CaptureDraft, Failure, Truncation

VISIT_S = 240.0  # the longest that one visit may take, whatever the page does
GRACE_S = 5.0


class BrowserFailed(MachineError):
    """The browser could not be started, or was lost."""

    kind = "browser-failed"


def run_browser(collection: Collection, browser: str = "") -> CrawlReport:
    """How the collection by browser ended, once all is sealed.

    SIGTERM and SIGINT stop it in good order. What breaks on our side stands in the report's
    `fault`. `browser` is the program, where the setting names one.
    """
    return asyncio.run(BrowserJob(collection, browser).run())


class BrowserJob:
    """The seeds of one job, one after the other, in one browser."""

    def __init__(self, collection: Collection, browser: str) -> None:
        self._collection = collection
        self._named = browser
        self._scope = Scope(collection.plan.scope, collection.plan.seeds)
        self._stopped: str | None = None
        self._visit: BrowserVisit | None = None
        self._recording: Recording | None = None
        self._outcomes: Counter[Outcome] = Counter()
        self._captures = self._received = 0
        self._visited = 0
        self._fault: LanternError | None = None

    async def run(self) -> CrawlReport:
        """The report, told to the listener as the last event."""
        began, plan = time.monotonic(), self._collection.plan
        plan.spool.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_end)
        try:
            await self._collection.guard.start()
            self._collection.listener(CollectionStarted(plan.way_out, plan.seeds))
            await self._seeds()
        except LanternError as fault:
            self._fault = fault
        finally:
            await self._collection.guard.close()
        report = CrawlReport(
            captures=self._captures,
            pages=sum(self._outcomes.values()),
            outcomes=dict(self._outcomes),
            response_bytes=self._received,
            not_visited=len(plan.seeds) - self._visited,
            seconds=time.monotonic() - began,
            stopped=self._stopped or (self._fault.says if self._fault else None),
            fault=self._fault,
        )
        self._collection.listener(CollectionFinished(report))
        return report

    async def _seeds(self) -> None:
        left = list(self._collection.plan.seeds[: self._collection.plan.max_pages])
        program = find_browser(self._named)
        while left and self._stopped is None:
            async with self._browser(program) as browser:
                while left and self._stopped is None and browser.is_connected():
                    await self._one(browser, left.pop(0))
                    if left:
                        await asyncio.sleep(self._collection.plan.delay_s)

    @asynccontextmanager
    async def _browser(self, program: Path) -> AsyncIterator[Browser]:
        """A fresh browser with a fresh profile, its requests stopped for us to look at."""
        plan, profile = self._collection.plan, self._collection.plan.spool / "browser"
        profile.mkdir(parents=True, exist_ok=True)
        agent = user_agent(browser_version(program), plan.user_agent)
        sockets = tempfile.mkdtemp(prefix="lantern-")
        async with _driver(profile) as playwright:
            try:
                browser = await playwright.chromium.launch(
                    executable_path=str(program),
                    args=flags(self._collection.guard.port, agent),
                    chromium_sandbox=True,
                    env=_environment(profile, sockets),
                    handle_sigint=False,
                    handle_sigterm=False,
                    timeout=LAUNCH_S * 1000,
                )
            except BrowserError as fault:
                first = str(fault).splitlines()[0][:300]
                raise BrowserFailed(
                    f"The browser {program} could not be started: {first}. Try it by hand, or "
                    "name another: LANTERN_BROWSER=/path/to/chromium"
                ) from fault
            try:
                session = await browser.new_browser_cdp_session()
                session.on("Fetch.requestPaused", lambda event: self._paused(session, event))
                await session.send(
                    "Fetch.enable",
                    {"patterns": [{"requestStage": "Request"}, {"requestStage": "Response"}]},
                )
                yield browser
            finally:
                with contextlib.suppress(BrowserError, TimeoutError):
                    async with asyncio.timeout(GRACE_S):
                        await browser.close()
                for folder in (profile, sockets):
                    shutil.rmtree(folder, ignore_errors=True)

    def _paused(self, session: CDPSession, event: Mapping[str, Any]) -> None:
        if self._recording is not None:
            self._recording.heed(session, event)
            return
        # Between visits nobody asked for anything: it does not leave.
        refused = {"requestId": event["requestId"], "errorReason": "BlockedByClient"}
        task = asyncio.ensure_future(session.send("Fetch.failRequest", refused))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _one(self, browser: Browser, url: str) -> None:
        plan, clock = self._collection.plan, self._collection.clock
        recording = Recording(
            plan.spool, plan.limits.evidence_bytes, self._collection.guard, clock, self._may
        )
        visit = BrowserVisit(browser, url, recording, clock(), plan.limits.settle_s)
        self._recording, self._visit = recording, visit
        self._visited += 1
        try:
            async with asyncio.timeout(VISIT_S):
                await visit.run()
        except TimeoutError:
            visit.trouble = Failure("timeout", f"The visit was ended after {VISIT_S:.0f} s.")
        except BrowserError as fault:
            visit.trouble = Failure("browser", str(fault).splitlines()[0][:300])
        self._recording = self._visit = None
        await self._sealed(visit)

    async def _sealed(self, visit: BrowserVisit) -> None:
        recording = visit.recording
        if recording.stopped is not None:
            recording.cut(recording.stopped, Truncation.UNSPECIFIED)
        recording.cut(
            Failure("timeout", "It was still loading when the visit ended."), Truncation.TIME
        )
        draft = visit.draft()
        try:
            sealed = await asyncio.wrap_future(self._collection.sink.seal(draft))
        finally:
            _close(draft)
            recording.close()
        self._captures += 1
        self._received += sum(exchange.response_bytes for exchange in draft.exchanges)
        self._outcomes[draft.outcome] += 1
        self._collection.listener(CaptureSealed(sealed, True))

    def _may(self, url: str, *, page: bool) -> Failure | None:
        """The authority's word before every request; scope and cover where a page is visited."""
        if page:
            if not self._scope.covers_hop(url):
                says = f"The redirect to {url} lies outside the job's scope ({self._scope.kind})."
                return Failure("scope", says)
            refused = self._collection.permit(url)
            return None if refused is None else Failure("authority", refused)
        ended = self._collection.permit.ended()
        return None if ended is None else Failure("authority", ended)

    def _told_to_end(self) -> None:
        if self._stopped is not None:
            return
        self._stopped = self._collection.permit.ended() or "it was told to"
        self._collection.listener(CollectionStopping(self._stopped))
        if self._recording is not None:
            self._recording.stopped = stopped_failure(self._stopped)
        if self._visit is not None:
            self._visit.stop.set()


@asynccontextmanager
async def _driver(profile: Path) -> AsyncIterator[Playwright]:
    """Playwright, told to make the browser's profile in this folder: it goes by `TMPDIR`."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(profile)
    try:
        async with async_playwright() as playwright:
            yield playwright
    finally:
        if before is None:
            os.environ.pop("TMPDIR", None)
        else:
            os.environ["TMPDIR"] = before


def _environment(profile: Path, sockets: str) -> dict[str, str | float | bool]:
    """What the browser's process is told: where to write, in which language, nothing else.

    Its sockets want a short path (108 bytes, `sun_path` of unix(7)), which a vault's may not be.
    """
    return {
        "HOME": str(profile),
        "TMPDIR": sockets,
        "XDG_CONFIG_HOME": str(profile),
        "XDG_CACHE_HOME": str(profile),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_GB.UTF-8",
        "TZ": "Europe/London",
    }


def _close(draft: CaptureDraft) -> None:
    for exchange in draft.exchanges:
        if exchange.response is not None:
            exchange.response.close()
