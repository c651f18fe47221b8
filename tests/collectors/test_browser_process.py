"""The browser as a process: how it is started, killed and stopped; what it says by itself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from browser_rig import (
    BrowserSite,
    a_vault,
    captures_of,
    no_browser,
    processes,
    settle_within,
    start_site,
)
from lantern_rig import Lantern
from playwright.async_api import async_playwright

from collectors.browser.finding import find_browser
from collectors.browser.launching import flags, user_agent
from collectors.guard import Guard
from collectors.ways_out import DIRECT

T = TypeVar("T")

pytestmark = [
    pytest.mark.skipif(no_browser() is not None, reason=no_browser() or ""),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.xdist_group("chromium"),
]


@pytest.fixture(scope="module")
def browser_site(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserSite]:
    """The test server, with our pages."""
    server, site = start_site(shared, tmp_path_factory.mktemp("site") / "hits.jsonl")
    with server:
        try:
            yield site
        finally:
            server.terminate()


@pytest.fixture
def ready(tmp_path: Path) -> Lantern:
    """A vault that may collect from loopback, in a folder deeper than a socket's path may be."""
    deep = tmp_path / "a-folder-with-a-long-name-as-people-give-them" / "and-another-one-within-it"
    deep.mkdir(parents=True)
    lantern = a_vault(deep)
    settle_within(lantern, 30.0)
    return lantern


def started(lantern: Lantern, site: BrowserSite, *paths: str) -> subprocess.Popen[str]:
    """A browser job of these pages, under way."""
    urls = [site.url(path) for path in paths]
    return lantern.start("collect", *urls, "--browser", "--delay", "0", *site.allowed, "--json")


def eventually(ask: Callable[[], T | None], within_s: float = 40.0) -> T:
    """What `ask` finds, once it finds something."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        found = ask()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing within {within_s} s")


def of_the_job(lantern: Lantern, word: str) -> dict[int, list[str]]:
    """The browser's processes of this vault alone that have the word on their command line."""
    return {pid: line for pid, line in processes(str(lantern.vault)).items() if word in line}


def ended(job: subprocess.Popen[str]) -> tuple[int, dict[str, object], str]:
    """The job's exit code, its document and what it said."""
    out, err = job.communicate(timeout=90)
    assert out, err
    return job.returncode, json.loads(out), err


@pytest.mark.promise("P-5")
def test_the_running_browser_has_the_guard_and_nothing_goes_round_it(
    ready: Lantern, browser_site: BrowserSite
) -> None:
    job = started(ready, browser_site, "/slow/first-byte?delay=6")
    found = eventually(lambda: of_the_job(ready, "--proxy-bypass-list=<-loopback>"))
    (line,) = [each for each in found.values() if not any("--type=" in word for word in each)]
    proxies = [word for word in line if word.startswith("--proxy-server=")]
    assert len(proxies) == 1
    assert proxies[0].startswith("--proxy-server=socks5://127.0.0.1:")
    assert "--disable-quic" in line
    assert "--force-webrtc-ip-handling-policy=disable_non_proxied_udp" in line
    assert ("--no-sandbox" in line) == (os.geteuid() == 0)
    assert not any("HeadlessChrome" in word for word in line)
    profile = next(w for w in line if w.startswith("--user-data-dir=")).partition("=")[2]
    assert Path(profile).is_relative_to(ready.vault)
    code, _, err = ended(job)
    assert code == 0, err
    assert not Path(profile).exists()
    asked = [r for r in browser_site.site.requests() if r["target"].startswith("/slow/first-byte")]
    agents = {value for r in asked for name, value in r["headers"] if name == "User-Agent"}
    assert agents
    assert not any("Headless" in agent for agent in agents)


@pytest.mark.promise("P-5")
def test_a_blank_page_makes_no_connection_at_the_guard() -> None:
    async def events() -> int:
        guard = Guard(way_out=DIRECT, require_token=False)
        await guard.start()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=str(find_browser()),
                args=flags(guard.port, user_agent("156", "")),
                chromium_sandbox=True,
            )
            page = await browser.new_page()
            await page.goto("about:blank")
            await asyncio.sleep(6)
            await browser.close()
        seen = len(guard.log())
        await guard.close()
        return seen

    assert asyncio.run(events()) == 0


def test_a_renderer_that_dies_is_recorded_and_the_page_tried_once_more(
    ready: Lantern, browser_site: BrowserSite
) -> None:
    before = browser_site.site.asked_for("/js/late")
    job = started(ready, browser_site, "/slow?n=12&delay=0.5")
    eventually(lambda: browser_site.site.asked_for("/slow"))
    time.sleep(1.5)
    kill_renderers(ready)
    code, document, err = ended(job)
    (row,) = document["captures"]  # type: ignore[misc]
    assert (code, row["outcome"]) == (0, "complete"), err
    (capture,) = captures_of(ready.vault, [row]).values()
    crashed = [
        each for each in capture.listed("actions") if each.get("event") == "renderer crashed"
    ]
    assert [each["says"] for each in crashed] == ["tried once more"]
    assert before == browser_site.site.asked_for("/js/late")
    assert browser_site.site.asked_for("/slow") == len(capture.urls("request")) - sum(
        url.endswith("favicon.ico") for url in capture.urls("request")
    )
    assert ready.ok("verify")["ok"] is True


def kill_renderers(lantern: Lantern) -> None:
    """Kill what draws pages for this vault's browser, as a crash would."""
    (main,) = [
        pid
        for pid, line in processes(str(lantern.vault)).items()
        if any(word.startswith("--user-data-dir=") for word in line)
        and not any(word.startswith("--type=") for word in line)
    ]
    for pid, line in processes("--type=renderer").items():
        if "--type=renderer" in line and main in ancestors(pid):
            os.kill(pid, signal.SIGKILL)


def ancestors(pid: int) -> set[int]:
    """The process ids above this one."""
    found: set[int] = set()
    while pid > 1:
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except OSError:
            break
        pid = int(text.rpartition(")")[2].split()[1])
        found.add(pid)
    return found


def test_a_browser_job_told_to_stop_seals_what_is_under_way(
    ready: Lantern, browser_site: BrowserSite
) -> None:
    hits = browser_site.site.asked_for("/slow")
    job = started(ready, browser_site, "/slow?n=100&delay=0.5", "/article/9")
    eventually(lambda: browser_site.site.asked_for("/slow") > hits)
    time.sleep(1.0)
    ready.ok("job", "stop", "LINDEN-J1", "--reason", "Enough is kept")
    began = time.monotonic()
    code, document, err = ended(job)
    assert time.monotonic() - began < 30
    assert code == 3, err
    (row,) = document["captures"]  # type: ignore[misc]
    assert row["outcome"] == "partial"
    assert "stopped" in row["reason"]
    assert browser_site.site.asked_for("/article/9") == 0
    assert document["not_visited"] == 1
    assert ready.ok("verify")["ok"] is True
    assert processes(str(ready.vault)) == {}


def test_where_no_browser_is_found_the_command_says_what_to_install(
    ready: Lantern, browser_site: BrowserSite
) -> None:
    settings = ready.vault / "lantern.toml"
    with settings.open("a", encoding="utf-8") as file:
        file.write('browser = "/nowhere/chromium"\n')
    ran = ready("collect", browser_site.url("/article/1"), "--browser", *browser_site.allowed)
    assert ran.code == 1
    assert "'/nowhere/chromium' cannot be run" in ran.err
    assert "Traceback" not in ran.err
