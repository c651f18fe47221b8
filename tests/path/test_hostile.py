"""The other end is hostile: what it sends steers nothing, exhausts nothing, and is kept as it
came.
"""

from __future__ import annotations

import json
import unicodedata
import urllib.request

import pytest
from lantern_rig import Lantern, Site


@pytest.fixture
def ready(lantern: Lantern, site: Site) -> Lantern:
    """A vault whose authority covers the test server."""
    lantern.ok("authority", "add", "--scope", site.address)
    return lantern


def steers(printed: str) -> list[str]:
    """The characters in what was printed that a terminal would act on."""
    return [c for c in printed if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]


@pytest.mark.promise("P-7")
@pytest.mark.parametrize("path", ["/inject", "/nul", "/nul/controls", "/badheaders/escape"])
def test_hostile_text_is_shown_as_signs_and_steers_no_terminal(
    ready: Lantern, site: Site, path: str
) -> None:
    report = ready("collect", site.url(path), "--allow-address", site.address, "--json")
    (capture,) = json.loads(report.out)["captures"]
    for words in (
        ("show", capture["capture"], "--full"),
        ("search", "the OR text OR page"),
        ("capture", "list"),
        ("job", "report", "LINDEN-J1"),
        ("ledger", "list"),
    ):
        done = ready(*words)
        assert done.code == 0, done.err
        assert steers(done.out + done.err) == [], words
        assert "\u202e" not in done.out


@pytest.mark.promise("P-9")
@pytest.mark.parametrize(
    ("path", "outcome"),
    [("/bomb", "complete"), ("/bomb/nested", "complete"), ("/bomb/deep", "complete")],
)
def test_a_bomb_is_kept_as_it_came_and_read_within_bounds(
    ready: Lantern, site: Site, path: str, outcome: str
) -> None:
    report = ready.ok("collect", site.url(path), "--allow-address", site.address)
    (capture,) = report["captures"]
    assert capture["outcome"] == outcome
    assert report["work"]["failed"] == 0
    shown = ready.ok("show", capture["capture"])
    assert len(shown["text"] or "") < 40_000_000
    assert ready.ok("verify")["ok"] is True


def test_a_page_of_fifty_megabytes_is_kept_whole(ready: Lantern, site: Site) -> None:
    report = ready.ok("collect", site.url("/big?mb=50"), "--allow-address", site.address)
    (capture,) = report["captures"]
    assert capture["outcome"] == "complete"
    shown = ready.ok("show", capture["capture"])
    response = next(r for r in shown["manifest"]["records"] if r["type"] == "response")
    assert response["block_bytes"] > 50 * 2**20
    assert ready.ok("verify")["ok"] is True


@pytest.mark.standard("CAP-5")
@pytest.mark.parametrize(
    ("path", "outcome", "code"),
    [
        ("/status/404", "complete", 0),
        ("/status/500", "complete", 0),
        ("/redirect-loop", "failed", 1),
        ("/redirect-loop/growing", "failed", 1),
        ("/drop", "partial", 3),
        ("/reset", "partial", 3),
        ("/reset/first", "failed", 1),
        ("/chunked/no-end", "partial", 3),
        ("/login/private", "walled", 1),
        ("/login/basic", "walled", 1),
        ("/status/403", "walled", 1),
    ],
)
def test_each_end_of_a_visit_has_its_outcome_and_exit_code(
    ready: Lantern, site: Site, path: str, outcome: str, code: int
) -> None:
    done = ready(
        *("collect", site.url(path), "--allow-address", site.address, "--json", "--no-work"),
    )
    captures = done.json["captures"]
    assert [c["outcome"] for c in captures] == [outcome]
    assert done.code == code
    if code:
        assert captures[0]["reason"]
        assert captures[0]["reason"].split()[0] in done.err
    assert ready.ok("verify")["ok"] is True


def test_a_wrong_charset_is_read_right_and_found(ready: Lantern, site: Site) -> None:
    with urllib.request.urlopen(site.url("/encodings/expected.json"), timeout=10) as answer:
        expected = json.loads(answer.read())
    name = "utf-8-bom-over-header"  # the header says iso-8859-1; the bytes say otherwise
    page = expected[name]
    report = ready.ok("collect", site.url(f"/encodings/{name}"), "--allow-address", site.address)
    shown = ready.ok("show", report["captures"][0]["capture"])
    assert page["text"] in shown["text"]


def test_robots_are_obeyed_in_a_crawl_and_the_choice_is_kept(ready: Lantern, site: Site) -> None:
    site.set_robots("some")
    try:
        done = ready(
            *("collect", site.url("/"), "--depth", "1", "--delay", "0", "--max-pages", "60"),
            *("--allow-address", site.address, "--no-work", "--json"),
        )
    finally:
        site.set_robots("none")
    captures = {c["url"]: c for c in done.json["captures"]}
    robots = captures[site.url("/robots.txt")]
    assert robots["status"] == 200
    assert site.asked_for("/private") == 0
    assert captures[site.url("/private")]["outcome"] == "refused"
    shown = ready.ok("show", captures[site.url("/")]["capture"])
    assert shown["manifest"]["robots"] == "obeyed"


def test_a_single_page_asks_for_nothing_that_a_browser_would_not(
    ready: Lantern, site: Site
) -> None:
    before = site.asked_for("/robots.txt"), site.asked_for("/gallery")
    ready.ok("collect", site.url("/gallery"), "--allow-address", site.address, "--no-work")
    assert (site.asked_for("/robots.txt"), site.asked_for("/gallery")) == (before[0], before[1] + 1)


@pytest.mark.promise("P-14")
def test_pictures_are_counted_and_a_captured_picture_is_facts_alone(
    ready: Lantern, site: Site
) -> None:
    report = ready.ok(
        *("collect", site.url("/gallery"), site.url("/gallery/scene1.png")),
        *("--allow-address", site.address),
    )
    held = {c["url"]: ready.ok("show", c["capture"]) for c in report["captures"]}
    page, picture = held[site.url("/gallery")], held[site.url("/gallery/scene1.png")]
    assert page["pictures"] > 5
    (image,) = picture["images"]
    assert image == {
        "sha256": image["sha256"],
        "verdict": "unrecognised",
        "rendition": image["sha256"],
    }
    assert len(image["sha256"]) == 64
    assert "PNG" not in (picture["text"] or "")
