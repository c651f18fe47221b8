"""What was read of a page passes folded: no control character, no picture written out."""

from __future__ import annotations

from enrich import SourceDocument, enrich
from gate import gate_reading

PICTURE = "data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAA" * 20
PAGE = f"""<html><head><title>A van</title><meta property="og:site_name" content="Van\x1b[31mNews">
<meta name="keywords" content="{PICTURE}"></head><body><p>A red van.</p>
<a href="https://example.test/\u202evan">the\u202e van</a><img alt="a \x07 {PICTURE}">
<table><tr><td>plate<td>{PICTURE}<tr><td>one<td>two</table></body></html>"""


def test_every_new_fact_of_a_page_is_folded() -> None:
    read = gate_reading(enrich(SourceDocument(PAGE.encode(), "text/html"), model=None))

    facts = (
        *(read.site, read.published, read.modified, read.framed),
        *(*read.alts, *read.tables),
        *(part for pair in (*read.link_list, *read.structured) for part in pair),
    )
    assert any("van" in fact for fact in facts)
    for fact in facts:
        assert not set(fact) & {"\x1b", "\x07", "\u202e"}
        assert "iVBORw0KGgoAAAANSUhEUgAAiVBORw0KGgo" not in fact
