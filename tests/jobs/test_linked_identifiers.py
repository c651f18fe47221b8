"""What only a link names: found, shown and decided on, the same on both engines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from elastic_node import Cluster, forget
from lantern_rig import Lantern, bodies_served

from enrich import DerivedStore
from jobs.candidates import show_candidate
from jobs.naming import Turning, reject
from jobs.workplace import Named, at_work

pytestmark = pytest.mark.xdist_group("elastic")
PAGE = b"""<!doctype html><title>Vans</title><p>A red van. Write to me or ring.</p>
<a href="mailto:jo%40example.test?subject=van">Write</a><a href="tel:07700900123">Ring</a>
<a href="https://t.me/Night_Owl">Chat</a>"""
QUERIES = {
    "email:jo@example.test": "[jo@example.test]",
    'phone:"07700 900123"': "+[447700900123]",
    "telegram:night_owl": "telegram:[night_owl]",
    "identifier:jo@example.test": "[jo@example.test]",
}


def _shown(lantern: Lantern) -> dict[str, tuple[str, str]]:
    found = {}
    for query in QUERIES:
        (hit,) = lantern.ok("search", query)["hits"]
        text, at = "", 0
        for start, end in hit["highlights"]:
            text, at = f"{text}{hit['snippet'][at:start]}[{hit['snippet'][start:end]}]", end
        found[query] = (hit["found_in"], text + hit["snippet"][at:])
    return found


def test_what_only_a_link_names_is_found_shown_and_decided_on_on_both_engines(
    lantern: Lantern, elastic: Cluster
) -> None:
    with bodies_served({"/": ("text/html", PAGE)}) as address:
        lantern.ok("authority", "add", "--scope", address)
        lantern.ok("collect", f"http://{address}/", "--delay", "0", "--allow-address", address)
    right = {query: ("link", text) for query, text in QUERIES.items()}
    assert _shown(lantern) == right

    capture = lantern.ok("search", "vans")["hits"][0]["capture"]
    told = {i["value"]: i for i in lantern.ok("show", capture)["identifiers"]}
    assert told["jo@example.test"]["original"] == "jo%40example.test"
    assert told["jo@example.test"]["source"] == "link:0"
    lines = [line.split() for line in lantern("show", capture).out.splitlines()]
    assert ["email", "jo@example.test", "a", "link"] in lines
    with at_work(Named(lantern.env(), lantern.vault)) as acting:
        candidate = show_candidate(acting, "LINDEN", "email:jo@example.test")
        (context,) = candidate.contexts
        assert (context.before, context.text) == ("mailto:", "jo%40example.test")
        assert context.after == "?subject=van (in a link)"
        reject(acting, "LINDEN", "email:jo@example.test", Turning(place=context.place))
        (after,) = show_candidate(acting, "LINDEN", "email:jo@example.test").contexts
        assert after.rejected

    _on_cluster(lantern, elastic)
    try:
        lantern.ok("work")
        assert _shown(lantern) == right
    finally:
        forget(elastic, lantern.vault_id)


def _on_cluster(lantern: Lantern, elastic: Cluster) -> None:
    lantern.environment["LANTERN_ELASTICSEARCH_API_KEY"] = elastic.api_key
    path: Path = lantern.vault / "lantern.toml"
    where = (
        f'engine = "elasticsearch"\naddress = "{elastic.address}"\nca_file = "{elastic.ca_file}"'
    )
    text = re.sub(r"(?m)^\[search\][^\[]*", "", path.read_text("utf-8"))
    path.write_text(f"{text}\n[search]\n{where}\n", "utf-8")


def test_an_address_that_a_link_hides_signs_in_is_gated(lantern: Lantern) -> None:
    page = "<p>A van.</p><a href='mailto:jo@example.test?subject=\u202evan'>Write</a>".encode()
    with bodies_served({"/": ("text/html; charset=utf-8", page)}) as address:
        lantern.ok("authority", "add", "--scope", address)
        lantern.ok("collect", f"http://{address}/", "--delay", "0", "--allow-address", address)
    with DerivedStore(lantern.vault / "derived.db") as store:
        assert any("\u202e" in read.texts.link_list[0].url for _, read in store)
    with at_work(Named(lantern.env(), lantern.vault)) as acting:
        (context,) = show_candidate(acting, "LINDEN", "email:jo@example.test").contexts
    assert "\u202e" not in context.after
    assert context.after.endswith("van (in a link)")
