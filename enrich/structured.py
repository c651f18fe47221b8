"""What a page tells machines: JSON-LD, OpenGraph, microdata by `extruct`; `meta` elements.

It comes out flat, as pairs of a path and a value ("jsonld.author.name", "Jo Smith"), within bounds:
what a page nests or repeats without end is cut there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from enrich.decoding import cleaned
from enrich.page_facts import PageFacts

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOST_PAIRS = 500
LONGEST_VALUE = 1_000
LONGEST_PATH = 200
DEEPEST = 12
LONGEST_SCRIPT = 1_000_000  # characters of one JSON-LD script
MOST_SCRIPTS = 100
MOST_ITEMS, MOST_PROPERTIES, MOST_REFERENCES = 300, 3_000, 30  # of microdata: cost grows steeply

Pair = tuple[str, str]


def structured_pairs(tree: HtmlElement | None, facts: PageFacts) -> tuple[tuple[Pair, ...], str]:
    """The pairs in the order of the page's kinds, and a note where something was left out.

    `tree` is read, not changed; where there is none, only `meta` elements are given.
    """
    pairs: dict[Pair, None] = {}
    notes: list[str] = []
    if tree is not None:
        for kind, items in (
            ("jsonld", _json_ld(tree, facts, notes)),
            ("opengraph", _open_graph(tree)),
            ("microdata", _microdata(tree, facts, notes)),
        ):
            for pair in _flat(kind, items):
                if len(pairs) < MOST_PAIRS:
                    pairs[pair] = None
    for name, value in facts.metas:
        if not (tree is not None and ("opengraph." + name, value) in pairs):
            pairs[(f"meta.{name}", value)] = None
    return tuple(pairs), ", ".join(notes)


def _json_ld(tree: HtmlElement, facts: PageFacts, notes: list[str]) -> Iterator[object]:
    if not facts.scripts:
        return
    from extruct.jsonld import JsonLdExtractor  # type: ignore[import-untyped]  # slow to load

    extractor = JsonLdExtractor()
    if facts.longest_script > LONGEST_SCRIPT or facts.scripts > MOST_SCRIPTS:
        notes.append("some JSON-LD is left out: it is past a bound")
    for script in tree.xpath('//script[@type="application/ld+json"]')[:MOST_SCRIPTS]:
        if len(script.text or "") > LONGEST_SCRIPT:
            continue
        try:
            yield from extractor.extract_items(script)
        except (ValueError, RecursionError):
            if "some JSON-LD is broken" not in notes:
                notes.append("some JSON-LD is broken")


def _open_graph(tree: HtmlElement) -> Iterator[object]:
    from extruct.opengraph import OpenGraphExtractor  # type: ignore[import-untyped]

    try:
        for found in OpenGraphExtractor().extract_items(tree):
            yield from ({name: value} for name, value in found["properties"])
    except (ValueError, LookupError, AttributeError):
        return


def _microdata(tree: HtmlElement, facts: PageFacts, notes: list[str]) -> Iterable[object]:
    if not facts.item_scopes:
        return ()
    if (
        facts.item_scopes > MOST_ITEMS
        or facts.item_properties > MOST_PROPERTIES
        or facts.item_references > MOST_REFERENCES
    ):
        notes.append("microdata is left out: it is past a bound")
        return ()
    from extruct.w3cmicrodata import MicrodataExtractor  # type: ignore[import-untyped]

    try:
        found: list[object] = MicrodataExtractor().extract_items(tree, facts.base)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        notes.append("microdata is broken")
        return ()
    return [_merged(item) for item in found]


def _merged(item: object) -> object:
    """A microdata item with its properties beside its type, as JSON-LD has them."""
    if isinstance(item, dict) and isinstance(item.get("properties"), dict):
        own = {"@type": item["type"]} if "type" in item else {}
        return own | {name: _merged(value) for name, value in item["properties"].items()}
    if isinstance(item, list):
        return [_merged(each) for each in item]
    return item


def _flat(kind: str, items: Iterable[object]) -> Iterator[Pair]:
    """The leaves of the items in order, without recursion; a list adds nothing to the path."""
    found = 0
    for item in items:
        waiting: list[tuple[str, int, object]] = [(kind, 0, item)]
        while waiting and found < MOST_PAIRS:
            path, depth, value = waiting.pop()
            if isinstance(value, dict) and depth < DEEPEST:
                waiting.extend(
                    (path if name == "@graph" else f"{path}.{name}", depth + 1, each)
                    for name, each in reversed(value.items())
                    if name != "@context"
                )
            elif isinstance(value, list) and depth < DEEPEST:
                waiting.extend((path, depth + 1, each) for each in reversed(value))
            elif text := _shown(value):
                found += 1
                yield cleaned(path)[:LONGEST_PATH], text


def _shown(value: object) -> str:
    """A leaf as a line; what is nested deeper than we follow, and nothing, are empty."""
    if value is None or isinstance(value, dict | list):
        return ""
    return " ".join(cleaned(str(value)[: LONGEST_VALUE * 4]).split())[:LONGEST_VALUE]
