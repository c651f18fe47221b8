"""A browser's capture against bare Playwright: load the page, and picture it whole.

    python benchmarks/browser.py [--site FOLDER] [--pages 6] [--rounds 3]

One run visits the same pages of one local site in each way, in turn, round by round, and compares
the medians of the seconds a page takes; every way has its browser started before the clock. *Bare*
waits for `networkidle`, the same half second of quiet as a capture; *capture* is the real thing:
guard, every exchange kept, state 0, the safe screenshot, the look for a banner, WARC and ledger.
`--without-pictures` of the page is a capture whose two screenshots are left out, by this script.
The quiet half second stands in every way; the ratio without it is printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crawl_speed import SITE, Bench, environment, make_vault, served  # noqa: E402

QUIET_S = 0.5
Way = Callable[[list[str], Bench], list[float]]


def bare(picture: bool) -> Way:
    """Seconds of each page by Playwright alone, the whole page's picture taken or not."""

    def measure(urls: list[str], bench: Bench) -> list[float]:  # noqa: ARG001 - a way's shape
        return asyncio.run(_bare(urls, picture))

    return measure


async def _bare(urls: list[str], picture: bool) -> list[float]:
    from playwright.async_api import async_playwright

    from collectors.browser.finding import find_browser

    took = []
    async with async_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=str(find_browser()), args=root)
        for url in urls:
            began = time.perf_counter()
            context = await browser.new_context(viewport={"width": 1280, "height": 900})
            page = await context.new_page()
            await page.goto(url, wait_until="networkidle")
            if picture:
                await page.screenshot(full_page=True)
            await context.close()
            took.append(time.perf_counter() - began)
        await browser.close()
    return took


def capture(pictures: bool) -> Way:
    """Seconds of each page as `lantern collect --browser` takes it, from visit to seal."""

    def measure(urls: list[str], bench: Bench) -> list[float]:
        with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
            make_vault(Path(folder), bench)
            with mock.patch.dict(os.environ, environment(Path(folder))):
                return _captured(urls, bench, pictures)

    return measure


def _captured(urls: list[str], bench: Bench, pictures: bool) -> list[float]:
    from cases.vault import open_vault
    from collectors.browser import crawl, safe, state
    from collectors.commission import Order, commission
    from collectors.plan import ScopeKind
    from collectors.undertaking import Undertaking
    from evidence.acting import open_acting

    took: list[float] = []
    whole = crawl.BrowserJob._one

    async def timed(job: crawl.BrowserJob, browser: Any, url: str) -> None:
        began = time.perf_counter()
        await whole(job, browser, url)
        took.append(time.perf_counter() - began)

    async def no_tiles(*_: object) -> list[Any]:
        return []

    vault = open_vault(Path(os.environ["LANTERN_VAULT"]))
    asked = Order(
        case="LINDEN",
        seeds=tuple(urls),
        scope=ScopeKind.PAGE,
        delay_s=0.0,
        allow_addresses=(bench.address,),
        browser=True,
    )
    with open_acting(vault, None, keys=None, environment=os.environ) as acting:
        job, _ = commission(acting, asked)
        collection = Undertaking(acting, job, lambda _: None).collection
        with mock.patch.object(crawl.BrowserJob, "_one", timed):
            if pictures:
                report = crawl.run_browser(collection)
            else:
                with (
                    mock.patch.object(state, "tiles", no_tiles),
                    mock.patch.object(safe.SafePage, "screenshot", no_tiles),
                ):
                    report = crawl.run_browser(collection)
    assert report.fault is None, report.fault
    assert report.captures == len(urls)
    return took


WAYS: dict[str, Way] = {
    "bare load": bare(False),
    "bare load, full-page screenshot": bare(True),
    "capture, no screenshots": capture(False),
    "capture, everything": capture(True),
}


def compare(urls: list[str], bench: Bench, rounds: int) -> dict[str, float]:
    """The median seconds a page of each way; prints each round."""
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    for number in range(1, rounds + 1):
        for name, measure in WAYS.items():
            took = measure(urls, bench)
            found[name] += took
            print(f"round {number}  {name:32} {statistics.median(took):6.2f} s a page", flush=True)
    return {name: statistics.median(each) for name, each in found.items()}


def main() -> None:
    """Compares the ways and prints the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--site", type=Path, default=SITE)
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    pages = sorted(asked.site.rglob("*.html"))[: asked.pages]
    with tempfile.TemporaryDirectory() as held, served(asked.site, 1) as address:
        bench = Bench(address, 1, Path(held), None)
        urls = [f"http://{address}/1/{page.relative_to(asked.site).as_posix()}" for page in pages]
        medians = compare(urls, bench, asked.rounds)
    print(f"{platform.python_version()}, {os.cpu_count()} cores, "
          f"{len(pages)} pages of {asked.site.name}")  # fmt: skip
    for ours, theirs in (
        ("capture, no screenshots", "bare load"),
        ("capture, everything", "bare load, full-page screenshot"),
    ):
        ratio = medians[ours] / medians[theirs]
        apart = (medians[ours] - QUIET_S) / (medians[theirs] - QUIET_S)
        print(f"{ours:26} {medians[ours]:.2f} s, {ratio:.2f} of {theirs} "
              f"({apart:.2f} without the half second of quiet)")  # fmt: skip


if __name__ == "__main__":
    main()
