"""Pages captured by a real Chromium: one job over the awkward site, read back from its WARC."""

from __future__ import annotations

import gzip
import io
import json
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser_rig import (
    BrowserSite,
    Captured,
    a_vault,
    captures_of,
    no_browser,
    settle_within,
    start_site,
)
from lantern_rig import Lantern
from PIL import Image

pytestmark = [
    pytest.mark.skipif(no_browser() is not None, reason=no_browser() or ""),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.xdist_group("chromium"),
    pytest.mark.timeout(240),
]

SEEDS = (
    *("/js/", "/js/dialogs", "/js/autodownload", "/js/ssrf"),
    *("/js/boxes", "/inject/download", "/csp", "/gzip", "/br", "/redirect/chain?n=2"),
    *("/redirect-private/", "/drop", "/status/404", "/pdf", "/tall.html", "/thousand.html"),
    *("/bright.html", "/consent.html", "/consent-frame.html", "/no-refusal.html"),
    *("/popups.html", "/nul/controls"),
)
ENDLESS = ("/js/busy", "/js/hang")


class Browsed:
    """What the one job of this module came to."""

    def __init__(self, lantern: Lantern, site: BrowserSite) -> None:
        self.lantern, self.site = lantern, site
        seeds = [*map(site.url, SEEDS), f"https://{site.tls}/js/?quiet=1"]
        seeds = [f"{s}?{site.addresses[1]}" if s.endswith("bright.html") else s for s in seeds]
        self.rows: list[dict[str, Any]] = []
        for addresses, seconds in ((seeds, 30.0), ([*map(site.url, ENDLESS)], 3.0)):
            settle_within(lantern, seconds)
            words = ("--browser", "--delay", "0", *site.allowed, "--json")
            ran = lantern("collect", *addresses, *words)
            assert ran.code == 3, ran.err  # some of these pages cannot be had whole
            self.rows += ran.json["captures"]
        self.captures = captures_of(lantern.vault, self.rows)
        self.hits = site.asked()

    def __getitem__(self, path: str) -> Captured:
        (found,) = [c for url, c in self.captures.items() if urlsplit(url).path == path]
        return found


@pytest.fixture(scope="module")
def browsed(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsed]:
    """One browser job over every page of SEEDS."""
    folder = tmp_path_factory.mktemp("browsed")
    server, site = start_site(shared, folder / "hits.jsonl")
    with server:
        try:
            yield Browsed(a_vault(folder), site)
        finally:
            server.terminate()


def on_the_wire(capture: Captured) -> list[str]:
    """Each request of a capture as the server names it."""
    parts = [urlsplit(url) for url in capture.urls("request")]
    return [p.netloc + (p.path or "/") + (f"?{p.query}" if p.query else "") for p in parts]


@pytest.mark.standard("CAP-1")
def test_there_is_one_hit_at_the_server_for_each_exchange_recorded_and_none_unrecorded(
    browsed: Browsed,
) -> None:
    recorded = Counter(line for each in browsed.captures.values() for line in on_the_wire(each))
    refused = {
        urlsplit(failure["url"]).netloc
        for capture in browsed.captures.values()
        for failure in capture.manifest["result"]["failed_resources"]
        if failure["kind"] == "private-address"
    }
    assert "169.254.169.254" in refused
    assert Counter(browsed.hits) == recorded
    assert len(browsed.captures[browsed.site.url("/js/")].urls("request")) >= 12


def test_every_seed_has_a_capture_and_the_outcome_is_its_own(browsed: Browsed) -> None:
    outcomes = {urlsplit(u).path: c.row["outcome"] for u, c in browsed.captures.items()}
    assert len(browsed.captures) == len(SEEDS) + len(ENDLESS) + 1
    assert outcomes["/js/hang"] == "partial"
    assert outcomes["/drop"] == "partial"
    assert outcomes["/redirect-private/"] == "refused"
    assert outcomes["/js/ssrf"] == "partial"  # one of its bodies was withheld
    whole = set(outcomes) - {"/js/hang", "/drop", "/redirect-private/", "/js/ssrf"}
    assert {outcomes[path] for path in whole} == {"complete"}


def test_state_0_holds_what_scripts_made_and_what_shadow_roots_hold(browsed: Browsed) -> None:
    page = browsed.captures[browsed.site.url("/js/")]
    dom, text = page.resource("dom").decode(), page.resource("visible-text").decode()
    for mark in ("MARK-XHR", "MARK-SHADOW-OPEN", "MARK-FETCH-POST"):
        assert mark in dom, mark
        assert mark in text, mark
    assert "MARK-CONSOLE started" in page.resource("console").decode()
    dialogs = [line["says"] for line in page.listed("actions") if "dialog" in line.get("event", "")]
    assert any("MARK-ALERT" in says for says in dialogs)


def test_the_manifest_says_that_a_browser_made_it_and_when(browsed: Browsed) -> None:
    page = browsed.captures[browsed.site.url("/js/")]
    manifest = page.manifest
    assert manifest["format"] == "darklantern-manifest/1"
    assert manifest["collector"]["kind"] == "browser"
    assert manifest["collector"]["bodies"] == "decoded"
    assert {part["name"] for part in manifest["collector"]["software"]} >= {
        "chromium",
        "playwright",
    }
    assert manifest["method_note"] == "browser/1"
    assert manifest["robots"] == "not asked"
    times = manifest["times"]
    assert manifest["started"] < times["dom"] <= times["screenshot"] < manifest["ended"]
    assert manifest["full_page_image"] == ["urn:x-darklantern:screenshot:0"]
    pictures = {each["url"] for each in manifest["embedded_media"]}
    assert browsed.site.url("/js/img/background.png") in pictures


def test_the_box_of_each_picture_is_where_the_page_says_that_it_is(browsed: Browsed) -> None:
    with_boxes = browsed["/js/boxes"]
    boxes = {each["url"]: each for each in with_boxes.listed("pictures")}
    assert boxes
    for each in boxes.values():
        if each["kind"] == "img" and each["url"].startswith("http"):
            assert each["width"] > 0
            assert each["sha256"] is not None


def test_a_tls_page_keeps_its_certificate_and_its_very_body(browsed: Browsed) -> None:
    url = f"https://{browsed.site.tls}/js/?quiet=1"
    page = browsed.captures[url]
    served = ssl.PEM_cert_to_DER_cert(browsed.site.cert.read_text(encoding="ascii"))
    (chain,) = [r for r in page.records if r.fields["Content-Type"].endswith("certificate-chain")]
    kept = ssl.PEM_cert_to_DER_cert(chain.body.decode("ascii"))
    assert kept == served
    assert page.manifest["tls"]["version"] == "TLSv1.3"
    plain = browsed.captures[browsed.site.url("/js/")]
    assert page.response(url).body == plain.response(browsed.site.url("/js/")).body


@pytest.mark.parametrize("path", ["/gzip", "/br"])
def test_a_coded_body_is_kept_decoded_and_its_head_says_so(browsed: Browsed, path: str) -> None:
    page = browsed[path]
    response = page.response(browsed.site.url(path))
    assert "content-encoding" not in response.head
    assert response.head["x-archive-orig-content-encoding"] in ("gzip", "br")
    assert b"<" in response.body
    if path == "/gzip":
        sent = browsed.site.site.sent("/gzip")
        assert gzip.decompress(sent.partition(b"\r\n\r\n")[2]) == response.body


def test_redirects_are_exchanges_of_the_page_and_the_last_is_its_answer(browsed: Browsed) -> None:
    page = browsed["/redirect/chain"]
    assert [hop["status"] for hop in page.manifest["redirects"]] == [302, 302]
    assert page.row["final_url"] != page.row["url"]
    assert page.row["status"] == 200
    statuses = [r.status for r in page.records if r.type == "response"]
    assert statuses[:3] == [302, 302, 200]


@pytest.mark.promise("P-5")
def test_no_script_of_a_page_reaches_a_private_address(browsed: Browsed) -> None:
    failed = browsed["/js/ssrf"].manifest["result"]["failed_resources"]
    says = [each["says"] for each in failed if each["kind"] == "private-address"]
    assert says
    assert all("was not connected to" in each for each in says)
    reason = browsed["/redirect-private/"].row["reason"]
    assert "169.254.169.254 was not connected to" in reason


def test_a_body_that_the_browser_kept_from_us_is_named(browsed: Browsed) -> None:
    """A frame of another origin may not read the answer: Chromium withholds it from all."""
    failed = browsed["/js/ssrf"].manifest["result"]["failed_resources"]
    lost = [each for each in failed if each["url"].endswith("/private/js-fetch")]
    assert [each["kind"] for each in lost] == ["lost-body"]
    cut = browsed["/drop"]
    assert cut.response(browsed.site.url("/drop")).fields["WARC-Truncated"]


def test_a_long_page_is_pictured_in_tiles_from_top_to_bottom(browsed: Browsed) -> None:
    page = browsed["/tall.html"]
    tiles = [Image.open(io.BytesIO(each)) for each in page.tiles("screenshot")]
    assert len(tiles) == 3
    assert all(tile.width == 1280 and tile.height <= 4096 for tile in tiles)
    assert sum(tile.height for tile in tiles) > 10_000
    assert len(page.tiles("safe-screenshot")) == 3


def test_a_thousand_pictures_are_a_thousand_exchanges(browsed: Browsed) -> None:
    page = browsed["/thousand.html"]
    dots = [url for url in page.urls("response") if "/dot.png?n=" in url]
    assert len(set(dots)) == len(dots) == 1000
    assert len([each for each in page.listed("pictures") if each["sha256"]]) == 1000


def test_forty_dialogs_are_dismissed_and_each_is_on_the_log(browsed: Browsed) -> None:
    for path in ("/js/dialogs", "/popups.html"):
        lines = browsed[path].listed("actions")
        told = [x["says"] for x in lines if x.get("event") == "dialog dismissed"]
        assert len([says for says in told if not says.startswith("beforeunload")]) >= 40, path


def test_a_page_that_never_stops_loading_is_captured_and_says_so(browsed: Browsed) -> None:
    page = browsed["/js/busy"]
    assert any("still loading" in each.get("says", "") for each in page.listed("actions"))
    assert page.tiles("screenshot")


def test_an_endless_script_is_ended_and_what_was_there_is_kept(browsed: Browsed) -> None:
    page = browsed["/js/hang"]
    assert "script did not end" in page.row["reason"]
    assert page.resource("dom")
    assert page.tiles("screenshot")
    assert any(each.get("event") == "script ended" for each in page.listed("actions"))


def test_a_download_is_evidence_as_the_answer_that_it_is(browsed: Browsed) -> None:
    page = browsed["/inject/download"]
    assert page.response(browsed.site.url("/inject/download")).body
    assert page.manifest["times"]["dom"] == "not measured"
    by_script = browsed["/js/autodownload"]
    assert browsed.site.url("/js/download.csv") in by_script.urls("response")


@pytest.mark.parametrize("path", ["/consent.html", "/consent-frame.html"])
def test_a_consent_banner_is_refused_once_after_state_0_and_never_accepted(
    browsed: Browsed, path: str
) -> None:
    page = browsed[path]
    (line,) = [each for each in page.listed("actions") if "behaviour" in each]
    assert line["behaviour"] == "refuse-consent/1"
    assert "Reject all" in line["selector"]
    assert line["after"] == "the banner went"
    assert line["at"] > page.manifest["times"]["screenshot"]
    asked = on_the_wire(page)
    assert any(url.endswith("choice=reject") for url in asked)
    assert not any("accept" in url for url in asked)
    if path == "/consent.html":
        assert "Reject all" in page.resource("dom").decode()


def test_where_only_acceptance_is_offered_nothing_is_pressed(browsed: Browsed) -> None:
    page = browsed["/no-refusal.html"]
    assert not any("behaviour" in each for each in page.listed("actions"))
    assert not any("choice=" in url for url in on_the_wire(page))


def test_no_picture_of_any_kind_is_in_the_safe_screenshot(browsed: Browsed) -> None:
    page = browsed["/bright.html"]
    seen = [bright_share(each) for each in page.tiles("screenshot")]
    assert max(seen) > 0.02, "the page itself was to be bright"
    safe = page.tiles("safe-screenshot")
    assert safe
    assert [bright_share(each) for each in safe] == [0.0] * len(safe)
    grey = Image.open(io.BytesIO(safe[0])).convert("L").histogram()
    assert sum(grey[:90]) > 50, "its words were to stay"


def bright_share(png: bytes) -> float:
    """The share of pixels near the magenta that every picture of the page is drawn in."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    counts = picture.getcolors(picture.width * picture.height) or []
    bright = sum(n for n, (r, g, b) in counts if r > 150 and b > 150 and g < 110)
    return bright / (picture.width * picture.height)


def test_hostile_text_becomes_json_and_html_that_can_be_read(browsed: Browsed) -> None:
    page = browsed["/nul/controls"]
    assert page.resource("dom")
    json.loads(page.resource("network"))


def test_the_browser_job_verifies_and_warcio_agrees(browsed: Browsed) -> None:
    verdict = browsed.lantern.ok("verify")
    assert (verdict["ok"], verdict["problems"]) == (True, [])
    warcs = {str(browsed.lantern.vault / "evidence" / r["warc"]) for r in browsed.rows}
    check = [sys.executable, "-m", "warcio.cli", "check", *sorted(warcs)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_text_that_a_script_wrote_is_found_by_search(browsed: Browsed) -> None:
    capture = browsed.captures[browsed.site.url("/js/")].row["capture"]
    found = browsed.lantern.ok("search", '"Foxcombe Lane"')
    assert capture in {hit["capture"] for hit in found["hits"]}
    assert "MARK-XHR" in browsed.lantern.ok("show", capture)["text"]


def test_nothing_of_the_browser_is_left_behind(browsed: Browsed) -> None:
    spools = [p for p in browsed.lantern.vault.rglob("*") if p.name in ("browser", "SingletonLock")]
    assert spools == []
