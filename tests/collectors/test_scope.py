"""How far a crawl goes: hosts, paths, domains, ports, spellings."""

from __future__ import annotations

from string import ascii_lowercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.errors import BadAddress, RefusedScheme
from collectors.plan import ScopeKind
from collectors.scope import Scope, read_place, registrable_domain

PAGE, PATH, HOST, DOMAIN = ScopeKind.PAGE, ScopeKind.PATH, ScopeKind.HOST, ScopeKind.DOMAIN

COVERED = {
    "the page itself": (PAGE, "http://a.example.test/x?q=1", "http://a.example.test/x?q=1"),
    "its fragment": (PAGE, "http://a.example.test/x", "http://a.example.test/x#part"),
    "below a folder": (PATH, "http://a.example.test/b/", "http://a.example.test/b/c/d"),
    "the folder itself": (PATH, "http://a.example.test/b/", "http://a.example.test/b"),
    "below a name": (PATH, "http://a.example.test/users/jo", "http://a.example.test/users/jo/2"),
    "the folder of a file": (PATH, "http://a.example.test/d/i.html", "http://a.example.test/d/j"),
    "up and down again": (PATH, "http://a.example.test/b/", "http://a.example.test/b/c/../d"),
    "an escaped letter": (PATH, "http://a.example.test/b/", "http://a.example.test/%62/c"),
    "the whole host": (PATH, "http://a.example.test/", "http://a.example.test/z"),
    "another path": (HOST, "http://a.example.test/x", "http://a.example.test/y"),
    "the other scheme": (HOST, "http://a.example.test/", "https://a.example.test/"),
    "the usual port written out": (HOST, "http://a.example.test/", "http://a.example.test:80/"),
    "capitals and a dot": (HOST, "http://a.example.test/", "http://A.Example.TEST./"),
    "the same odd port": (HOST, "http://a.example.test:8080/", "https://a.example.test:8080/"),
    "a name in its own letters": (
        HOST,
        "http://bücher.example.test/",
        "http://xn--bcher-kva.example.test/",
    ),
    "a neighbour host": (DOMAIN, "http://a.example.test/", "http://b.example.test/"),
    "the domain itself": (DOMAIN, "http://www.example.co.uk/", "http://example.co.uk/"),
    "a host far below": (DOMAIN, "http://example.test/", "https://x.y.example.test/"),
    "an address of its own": (DOMAIN, "http://192.0.2.7/", "http://192.0.2.7/x"),
    "an IPv6 address": (HOST, "http://[2001:db8::1]/", "http://[2001:db8::1]/x"),
}
OUTSIDE = {
    "another query": (PAGE, "http://a.example.test/x?q=1", "http://a.example.test/x?q=2"),
    "another page": (PAGE, "http://a.example.test/x", "http://a.example.test/y"),
    "a name that starts alike": (PATH, "http://a.example.test/b/", "http://a.example.test/bc"),
    "up and out": (PATH, "http://a.example.test/b/", "http://a.example.test/b/../c"),
    "out by escapes": (PATH, "http://a.example.test/b/", "http://a.example.test/b/%2e%2e/c"),
    "another host": (HOST, "http://a.example.test/", "http://b.example.test/"),
    "the host as user name": (
        HOST,
        "http://a.example.test/",
        "http://a.example.test@b.example.test/",
    ),
    "the host as a label": (HOST, "http://a.example.test/", "http://a.example.test.evil.test/"),
    "another port": (HOST, "http://a.example.test/", "http://a.example.test:8080/"),
    "the other site of a suffix": (DOMAIN, "http://a.co.uk/", "http://b.co.uk/"),
    "another blogger": (DOMAIN, "http://jo.blogspot.com/", "http://sam.blogspot.com/"),
    "a domain that ends alike": (DOMAIN, "http://example.test/", "http://notexample.test/"),
    "a neighbour's odd port": (DOMAIN, "http://a.example.test/", "http://b.example.test:8443/"),
    "a neighbour address": (DOMAIN, "http://192.0.2.7/", "http://192.0.2.8/"),
    "another scheme": (HOST, "http://a.example.test/", "ftp://a.example.test/"),
    "a script": (HOST, "http://a.example.test/", "javascript:alert(1)"),
    "an address that cannot be read": (HOST, "http://a.example.test/", "http://[::1/"),
    "no host at all": (HOST, "http://a.example.test/", "http:///x"),
}


def table(cases: dict[str, tuple[ScopeKind, str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("kind", "seed", "url"), cases.values(), ids=cases.keys())


@table(COVERED)
def test_within_scope_is(kind: ScopeKind, seed: str, url: str) -> None:
    assert Scope(kind, (seed,)).covers(url)


@table(OUTSIDE)
def test_outside_scope_is(kind: ScopeKind, seed: str, url: str) -> None:
    assert not Scope(kind, (seed,)).covers(url)


def test_a_page_is_where_its_seed_leads_to_and_a_site_is_not() -> None:
    seed, elsewhere = ("http://short.example.test/1",), "https://www.example.com/"

    assert Scope(PAGE, seed).covers_hop(elsewhere)
    assert not Scope(DOMAIN, seed).covers_hop(elsewhere)


@pytest.mark.parametrize("url", ["ftp://a.example.test/", "file:///etc/hostname", "gopher://x/1"])
def test_a_scheme_that_is_not_of_the_web_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(RefusedScheme, match="only http:// and https:// addresses are collected"):
        read_place(url)


@pytest.mark.parametrize("url", ["http://[::1/", "http://a.example.test:99999/", "http://"])
def test_an_address_that_cannot_be_read_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(BadAddress):
        read_place(url)


def test_a_suffix_has_no_registrable_domain() -> None:
    assert registrable_domain("co.uk") is None
    assert registrable_domain("2001:db8::1") is None


hosts = st.lists(st.text(ascii_lowercase, min_size=1, max_size=8), min_size=2, max_size=4).map(
    ".".join
)
paths = st.lists(st.text(ascii_lowercase + "0-_~", max_size=6), max_size=4).map("/".join)


@settings(max_examples=60)
@given(host=hosts, path=paths, kind=st.sampled_from(list(ScopeKind)))
def test_every_scope_covers_its_own_seed(host: str, path: str, kind: ScopeKind) -> None:
    url = f"http://{host}/{path}"

    assert Scope(kind, (url,)).covers(url)


@settings(max_examples=60)
@given(seed=hosts, other=hosts, path=paths)
def test_a_wider_scope_covers_what_a_narrower_one_does(seed: str, other: str, path: str) -> None:
    seeds, url = (f"http://{seed}/",), f"http://{other}/{path}"

    covered = [Scope(kind, seeds).covers(url) for kind in (PAGE, PATH, HOST, DOMAIN)]

    assert covered == sorted(covered)


@settings(max_examples=100)
@given(url=st.text(max_size=60))
def test_no_text_makes_the_scope_raise(url: str) -> None:
    assert Scope(HOST, ("http://a.example.test/",)).covers(url) in (True, False)
