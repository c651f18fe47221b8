"""The viewing copy: pages to look at, marked on each as not the exhibit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from products.exhibit_facts import ExhibitFacts
from products.pages import page

MARK = "VIEWING COPY – NOT THE EXHIBIT"
NOTICE = f"""\
{MARK}

This folder holds renditions and text made from exhibits, to be looked at. It holds no original
and no covered picture, and proves nothing by itself. The originals, and what proves them, are in
the exhibit bundle; each page names the digest of its original.
"""


@dataclass(frozen=True, slots=True)
class ViewedPicture:
    """A picture as the copy shows it: a rendition's file where there is one, facts, the digest."""

    sha256: str
    said: str
    rendition: str | None


@dataclass(frozen=True, slots=True)
class ViewedExhibit:
    """An exhibit as the copy shows it. `text` is gated, None where it was not drawn out yet."""

    facts: ExhibitFacts
    tiles: tuple[str, ...]
    pictures: tuple[ViewedPicture, ...]
    screened: bool
    text: str | None


def viewing_index(case_reference: str, exhibits: Sequence[ExhibitFacts]) -> str:
    """The first page."""
    return page("viewing_index.html.j2", case_reference=case_reference, exhibits=exhibits)


def viewing_page(viewed: ViewedExhibit) -> str:
    """The page of one exhibit."""
    return page(
        "viewing_page.html.j2",
        e=viewed.facts,
        tiles=viewed.tiles,
        pictures=viewed.pictures,
        screened=viewed.screened,
        text=viewed.text,
    )
