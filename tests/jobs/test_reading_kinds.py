"""Documents that are no pages, on the whole road: read, found, and found where they break."""

from __future__ import annotations

from lantern_rig import Lantern, Site


def test_a_pdf_is_found_by_its_words_and_a_broken_one_by_its_address(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    pages = [site.url("/pdf"), site.url("/pdf/as-html"), site.url("/pdf/broken")]
    lantern.ok("collect", *pages, "--delay", "0", "--allow-address", site.address)

    every = lantern.ok("search", f'url:"{site.address}"')["hits"]
    read = {hit["url"]: lantern.ok("show", hit["capture"]) for hit in every}

    assert set(read) == set(pages)
    assert [read[page]["kind"] for page in pages[:2]] == ["pdf", "pdf"]
    word = max(read[pages[0]]["text"].split(), key=len)
    assert {hit["url"] for hit in lantern.ok("search", f'body:"{word}"')["hits"]} >= set(pages[:2])
    assert read[pages[2]]["kind"] in ("pdf", "unreadable")  # a reader may mend it
    assert read[pages[2]]["text"] or read[pages[2]]["notes"]


def test_a_body_that_breaks_off_is_said_to_whoever_looks_at_it(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    says = {
        "/gzip/truncated": "the gzip stream ends before its end",
        "/gzip/not": "the body is left as it came",
        "/bomb": "only the first 33,554,432 of more than 67,108,864 bytes were read",
    }
    pages = list(map(site.url, says))
    lantern.ok("collect", *pages, "--delay", "0", "--allow-address", site.address)
    for hit in lantern.ok("search", f'url:"{site.address}"')["hits"]:
        notes = lantern.ok("show", hit["capture"])["notes"]
        assert says.pop("/" + hit["url"].partition("://")[2].partition("/")[2]) in notes
    assert says == {}
