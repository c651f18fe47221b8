"""What a page holds beside its text, and when it says that it was published."""

from __future__ import annotations

from datetime import date

import pytest

from enrich.dates import believed
from enrich.documents import Link, SourceDocument, Texts
from enrich.markup import read_html
from enrich.page_facts import MOST_LINKS, PageFacts
from enrich.reading import read_body

CAPTURED = date(2026, 3, 1)


def facts_of(page: str, url: str | None = "https://example.test/a/b") -> PageFacts:
    facts = PageFacts(url)
    read_html(page, facts)
    return facts


def texts_of(page: str) -> Texts:
    url = "https://example.test/a/b"
    return read_body(SourceDocument(page.encode(), "text/html", "utf-8", url, CAPTURED)).texts


@pytest.mark.parametrize(
    ("page", "links"),
    [
        pytest.param("<a href=c>x <b>y</b></a> z", [("https://example.test/a/c", "x y")], id="b"),
        pytest.param(
            "<base href=//b.test/d/><a href=c>x</a>", [("https://b.test/d/c", "x")], id="base"
        ),
        pytest.param(
            "<a href=/c><img alt='a van'></a>", [("https://example.test/c", "a van")], id="picture"
        ),
        pytest.param(
            "<a href='mailto:jo@example.test'>Jo</a>", [("mailto:jo@example.test", "Jo")], id="mail"
        ),
        pytest.param(
            "<a href='\n ht\ntps://c.test/ '>x</a>", [("https://c.test/", "x")], id="tabs"
        ),
        pytest.param(
            "<a href=c>x<a href=d>y",
            [("https://example.test/a/c", "x"), ("https://example.test/a/d", "y")],
            id="left open",
        ),
        pytest.param(
            "<iframe src=/f title=map></iframe>", [("https://example.test/f", "map")], id="frame"
        ),
        pytest.param(
            "<a href=c>x</a><a href=c>x</a>", [("https://example.test/a/c", "x")], id="once"
        ),
        pytest.param(
            "<a href='javascript:x()'>x</a><a href='#t'>y</a><a>z</a><a href=data:,x>d</a>",
            [],
            id="no addresses",
        ),
        pytest.param("<a href='http://[bad/'>x</a>", [("http://[bad/", "x")], id="broken"),
    ],
)
def test_links_are_absolute_with_the_words_that_they_stand_on(
    page: str, links: list[tuple[str, str]]
) -> None:
    assert facts_of(page).links() == tuple(Link(*each) for each in links)


def test_links_end_at_their_bound() -> None:
    page = "".join(f"<a href=/{n}>x</a>" for n in range(MOST_LINKS + 10))

    assert len(facts_of(page).links()) == MOST_LINKS


def test_words_given_for_pictures_are_kept_once() -> None:
    page = "<img alt='a  van'><img alt='a van' title='seen'><img alt=''><input type=image alt=go>"

    assert facts_of(page).alts() == ("a van", "seen", "go")


@pytest.mark.parametrize(
    ("page", "tables"),
    [
        pytest.param(
            "<table><tr><th>a<th>b<tr><td>1<td>2 <b>3</b></table>", ("a\tb\n1\t2 3",), id="plain"
        ),
        pytest.param("<table><tr><td>a<td>b</table>", (), id="one row"),
        pytest.param("<table><tr><td>a<tr><td>b</table>", (), id="one column"),
        pytest.param(
            "<table><tr><td>x<td><table><tr><td>a<td>b<tr><td>c<td>d</table><tr><td>y<td>z</table>",
            ("a\tb\nc\td",),
            id="a table that lays out",
        ),
        pytest.param("<table><tr><td>a<td>b<tr><td>c<td>d", ("a\tb\nc\td",), id="left open"),
        pytest.param("</table><tr><td>a</td></tr>", (), id="none"),
    ],
)
def test_tables_are_lines_of_cells(page: str, tables: tuple[str, ...]) -> None:
    assert facts_of(page).tables() == tables


STRUCTURED = """<html prefix="og: https://ogp.me/ns#"><head>
<meta property="og:site_name" content="Van News"><meta name="keywords" content="vans, red">
<meta name="viewport" content="width=1">
<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type":
"NewsArticle", "author": [{"name": "Jo Smith"}, {"name": "Al Bell"}],
"datePublished": "2026-02-27T23:30:00-02:00", "dateModified": "2026-02-28"}]}</script>
<script type="application/ld+json">{broken</script></head>
<body><div itemscope itemtype="https://schema.org/Person"><b itemprop="name">Jo Smith</b>
<span itemprop="address" itemscope><i itemprop="addressLocality">Leeds</i></span></div></body>"""


def test_what_a_page_tells_machines_comes_out_flat() -> None:
    texts = texts_of(STRUCTURED)

    assert texts.structured == (
        ("jsonld.@type", "NewsArticle"),
        ("jsonld.author.name", "Jo Smith"),
        ("jsonld.author.name", "Al Bell"),
        ("jsonld.datePublished", "2026-02-27T23:30:00-02:00"),
        ("jsonld.dateModified", "2026-02-28"),
        ("opengraph.og:site_name", "Van News"),
        ("microdata.@type", "https://schema.org/Person"),
        ("microdata.name", "Jo Smith"),
        ("microdata.address.addressLocality", "Leeds"),
        ("meta.keywords", "vans, red"),
    )
    assert texts.notes == ("some JSON-LD is broken",)


def test_dates_are_as_precise_as_they_are_told_and_in_utc() -> None:
    metadata = texts_of(STRUCTURED).metadata

    assert metadata.published == "2026-02-28T01:30:00Z"
    assert (metadata.dated, metadata.modified) == ("2026-02-28", "2026-02-28")


@pytest.mark.parametrize(
    ("written", "date_found"),
    [
        ("2026-02-28", "2026-02-28"),
        ("2026-02-28T10:00:00Z", "2026-02-28T10:00:00Z"),
        ("2026-02-28 10:00 +0100", "2026-02-28T09:00:00Z"),
        ("2026-02-28T10:00:00.123456789+00:00", "2026-02-28T10:00:00Z"),
        ("2026-02-28T10:00:00", "2026-02-28"),  # in which zone, nobody knows
        ("2026-03-02", None),  # after the capture
        ("0000-01-01", None),
        ("0000-00-00T00:00:00Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00Z", None),
        ("2026-02-30", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_only_dates_that_can_be_are_believed(written: str, date_found: str | None) -> None:
    assert believed(written, CAPTURED) == date_found
