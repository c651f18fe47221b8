"""A vault whose pages name people, and what a model of any version may have found in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lantern_rig import Lantern, bodies_served

from cases.times import Clock, system_clock
from enrich import DerivedStore, Enrichment, Identifier, Mention
from jobs.workplace import Acting, Named, at_work

PAGES = {
    "/one": "Oswin Tarrant met Marta Quillfeather at Tarrant Boats. Write to @oswin_t or ask.",
    "/two": "OSWIN TARRANT was seen in Reading by Dr Ann Bell, reading in the sun. 07700 900123",
    "/three": "Reading is a town. Oswin Tarrant\u202e spoke to the Quakers; call 07700 900123.",
}


BODIES = {
    path: (
        "text/html; charset=utf-8",
        f"<!doctype html><html lang=en><title>A page</title><p>{text}</p>".encode(),
    )
    for path, text in PAGES.items()
}


def peopled(root: Path, cases: tuple[str, ...] = ("LINDEN",)) -> tuple[Lantern, dict[str, str]]:
    """A vault with JS, AB and CD; the pages collected in each case; captures by "CASE/page"."""
    lantern = Lantern(root / "vault", root / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("person", "add", "AB", "--name", "Ann Bell", "--role", "analyst")
    lantern.ok("person", "add", "CD", "--name", "Cy Dunn", "--role", "supervisor")
    captures = {}
    with bodies_served(BODIES) as address:
        for case in cases:
            lantern.ok("case", "open", case, "--title", "A test", "--template", "research")
            lantern.ok("authority", "add", "--case", case, "--scope", address)
            seeds = [f"http://{address}{page}" for page in PAGES]
            how = ("--delay", "0", "--allow-address", address, "--case", case)
            report = lantern.ok("collect", *seeds, *how)
            for row in report["captures"]:
                page = row["url"].rpartition("/")[2]
                if row["outcome"] == "complete" and f"/{page}" in PAGES:
                    captures[f"{case}/{page}"] = row["capture"]
        assert len(captures) == len(cases) * len(PAGES), report
    return lantern, captures


@contextmanager
def working(lantern: Lantern, who: str = "JS", clock: Clock = system_clock) -> Iterator[Acting]:
    """A person at work on the vault."""
    with at_work(Named(lantern.env(), lantern.vault, operator=who), clock) as acting:
        yield acting


def found_in(
    lantern: Lantern,
    capture: str,
    names: list[tuple[str, str]],
    identifiers: list[tuple[str, str, str]] = [],  # noqa: B006 - never changed
    model: str = "drawn 1",
) -> None:
    """Say what a model and the rules found in a capture: (label, text), (kind, value, original).
    It takes the place of what stood there, as a newer version's reading does.
    """
    with DerivedStore(lantern.vault / "derived.db") as store:
        read = store.get(capture)
        assert read is not None
        store.put(capture, _with(read, names, identifiers, model))


def _with(
    read: Enrichment, names: list[tuple[str, str]], kinds: list[tuple[str, str, str]], model: str
) -> Enrichment:
    whole = read.texts.whole
    mentions = [
        Mention(text, label, at, at + len(text), model)
        for label, text in names
        for at in _places(whole, text)
    ]
    identifiers = [
        Identifier(kind, value, at, at + len(original), original)
        for kind, value, original in kinds
        for at in _places(whole, original)
    ]
    return replace(read, mentions=tuple(mentions), identifiers=tuple(identifiers))


def _places(whole: str, text: str) -> list[int]:
    places, at = [], whole.find(text)
    while at >= 0:
        places.append(at)
        at = whole.find(text, at + 1)
    assert places, f"{text!r} does not stand in {whole!r}"
    return places
