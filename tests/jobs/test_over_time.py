"""One address over time: what changed between captures, what vanished, who may see it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lantern_rig import Lantern, Site

from enrich import DerivedStore, SourceDocument, enrich
from jobs.access import set_door
from jobs.over_time import (
    AddressNeverCaptured,
    address_key,
    compared,
    history_of,
    sentences,
)
from jobs.workplace import Named, at_work


@pytest.mark.parametrize(
    "other",
    [
        "http://example.test/a",
        "https://EXAMPLE.test/a/",
        "https://example.test:443/a#part",
        "example.test/a",
    ],
)
def test_spellings_of_one_address_are_one(other: str) -> None:
    assert address_key(other) == address_key("https://example.test/a")


@pytest.mark.parametrize("other", ["https://example.test/A", "https://example.test/a?q=1", "x://"])
def test_another_path_or_query_is_another_address(other: str) -> None:
    assert address_key(other) != address_key("https://example.test/a")


def test_a_sentence_that_changed_is_told_apart_from_one_that_came_or_went() -> None:
    before = sentences("The van is red and parked outside. Call me. It stays.")
    after = sentences("It stays. The van is blue and parked outside. A new line.")

    added, vanished, changed = compared(before, after)

    assert (added, vanished) == (["A new line."], ["Call me."])
    assert changed == [
        ("The van is red and parked outside.", "The van is blue and parked outside.")
    ]


@given(st.lists(st.text("ab .", max_size=12), max_size=20), st.lists(st.text("ab .", max_size=12)))
def test_every_difference_is_told_once(old: list[str], new: list[str]) -> None:
    before, after = sentences("\n".join(old)), sentences("\n".join(new))

    added, vanished, changed = compared(before, after)

    assert {*vanished, *(was for was, _ in changed)} == set(before) - set(after)
    assert {*added, *(now for _, now in changed)} == set(after) - set(before)


def test_a_hostile_pair_of_texts_is_compared_in_bounded_time() -> None:
    before = sentences("\n".join(f"same words again {n}" for n in range(50_000)))
    after = sentences("\n".join(f"same words again {n}x" for n in range(50_000)))
    began = time.perf_counter()

    compared(before, after)

    assert time.perf_counter() - began < 5


@pytest.fixture(scope="module")
def collected(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Lantern:
    root = tmp_path_factory.mktemp("over_time")
    lantern = Lantern(root / "vault", root / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("person", "add", "AB", "--name", "Ann Bell")
    lantern.ok("case", "open", "LINDEN", "--title", "A test", "--template", "research")
    lantern.ok("authority", "add", "--case", "LINDEN", "--scope", site.address)
    for _ in range(3):
        how = ("--delay", "0", "--allow-address", site.address)
        lantern.ok("collect", site.url("/article/1"), "--case", "LINDEN", *how)
    return lantern


def read_as(lantern: Lantern, texts: list[str], site: Site) -> list[str]:
    """Put those texts in place of what was read of the address's captures, in order."""
    named = Named({}, lantern.vault, str(lantern.vault), "JS", lantern.keys)
    with at_work(named) as acting:
        held = history_of(acting, site.url("/article/1")).captures
        with DerivedStore(acting.vault.derived) as store:
            for view, text in zip(held, texts, strict=True):
                source = SourceDocument(text.encode(), media_type="text/plain")
                store.put(view.capture, enrich(source, model=None))
        return [view.capture for view in held]


@pytest.mark.standard("DPA-1")
def test_what_vanished_and_when_is_told_and_the_look_is_on_the_ledger(
    collected: Lantern, site: Site
) -> None:
    texts = [
        "It stays. The boat is for sale.",
        "It stays. The boat is for sale.",
        "It stays. Gone.",
    ]
    first, second, third = read_as(collected, texts, site)
    before = str(collected.ok("ledger", "list", "--json")).count("consultation")

    found = collected.ok("history", site.url("/article/1"), "--case", "LINDEN")

    assert [each["capture"] for each in found["captures"]] == [first, second, third]
    assert [(each["since"], each["capture"]) for each in found["differences"]] == [(second, third)]
    assert found["vanished"] == [
        {"sentence": "The boat is for sale.", "first": first, "last": second, "missing": third}
    ]
    assert str(collected.ok("ledger", "list", "--json")).count("consultation") > before


def test_an_address_of_a_case_behind_a_door_is_never_captured_for_others(
    collected: Lantern, site: Site
) -> None:
    named = Named({}, collected.vault, str(collected.vault), "JS", collected.keys)
    with at_work(named) as acting:
        set_door(acting, "LINDEN", closed=True, reason="Only those who work on it")
    other = Named({}, collected.vault, str(collected.vault), "AB", collected.keys)

    with at_work(other) as acting, pytest.raises(AddressNeverCaptured):
        history_of(acting, site.url("/article/1"))
    with at_work(named) as acting:
        assert len(history_of(acting, site.url("/article/1")).captures) == 3
