"""What a page shows inside frames and closed shadow trees is kept, and noscript is told apart."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_rig import Captured, a_vault, captures_of, no_browser, start_site

pytestmark = [
    pytest.mark.skipif(no_browser() is not None, reason=no_browser() or ""),
    pytest.mark.skipif(sys.platform != "linux", reason="the rig looks into /proc"),
    pytest.mark.xdist_group("chromium"),
]


@pytest.fixture(scope="module")
def page(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Captured]:
    folder = tmp_path_factory.mktemp("inside")
    server, site = start_site(shared, folder / "hits.jsonl")
    with server:
        try:
            lantern = a_vault(folder)
            seed = f"{site.url('/inside.html')}?{site.addresses[1]}"
            ran = lantern("collect", seed, "--browser", "--delay", "0", *site.allowed, "--json")
            assert ran.code == 0, ran.err
            found = lantern.ok("search", '"MARK OTHER ORIGIN"')
            assert found["total"] == 1
            (captured,) = captures_of(lantern.vault, ran.json["captures"]).values()
            yield captured
        finally:
            server.terminate()


def texts(page: Captured, kind: str) -> list[str]:
    return [
        page.resource(part["record"].removeprefix("urn:x-darklantern:")).decode()
        for part in page.listed("parts")
        if part["kind"] == kind
    ]


def test_each_frame_is_kept_those_of_another_origin_too(page: Captured) -> None:
    frames = texts(page, "frame")
    assert len(frames) == 3
    assert all("MARK-SCRIPT" not in text for text in frames)
    assert sum("MARK-FRAME" in text and "MARK-OPEN-IN-FRAME" in text for text in frames) == 2
    assert sum("MARK-OTHER-ORIGIN" in text for text in frames) == 1
    assert "MARK-SRCDOC" in frames
    urls = [part["url"] for part in page.listed("parts") if part["kind"] == "frame"]
    assert sum(url.endswith("/inside-frame.html?other") for url in urls) == 1


def test_a_closed_shadow_tree_is_kept_though_the_page_is_nested_deep(page: Captured) -> None:
    assert texts(page, "shadow") == ["MARK-CLOSED\nsecond line"]
    assert "MARK-CLOSED" not in page.resource("dom").decode()


def test_what_noscript_holds_is_told_apart(page: Captured) -> None:
    (noscript,) = [part for part in page.listed("parts") if part["kind"] == "noscript"]
    assert "MARK-NOSCRIPT" in noscript["text"]
    assert "record" not in noscript
