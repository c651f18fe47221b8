"""`lantern search --explain`: how the query was understood, beside its answer."""

from __future__ import annotations

from lantern_rig import Lantern, Site


def test_a_search_tells_how_it_was_understood(lantern: Lantern, site: Site) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    lantern.ok("collect", site.url("/article/1"), "--allow-address", site.address)

    told = lantern.ok("search", "page:ashd* -title:xyzzy", "--explain")
    shown = lantern("search", "page:ashd* -title:xyzzy", "--explain").out

    assert told["reading"] == 'words like ashd* in page and not "xyzzy" in any form in title'
    assert told["explanation"]["query"] == "page:ashd* AND NOT title:xyzzy"
    assert [
        (leaf["query"], leaf["words"], leaf["hits"]) for leaf in told["explanation"]["leaves"]
    ] == [
        ("page:ashd*", 1, 1),
        ("title:xyzzy", None, 0),
    ]
    assert "page:ashd*: 1 words, 1 pages; index fields text" in shown
    assert "In words: words like ashd* in page" in shown


def test_a_query_that_is_none_is_told_where_and_what_to_type(lantern: Lantern) -> None:
    refused = lantern("search", "smith (jones", "--explain")
    assert refused.code == 1
    assert "at column 7: a bracket opens there and never closes" in refused.err
