"""An exhibit's label, the lists of exhibits and witnesses, the report of an address. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from products.exhibit_facts import ExhibitFacts
from products.pages import page

WHOLE_CASE = "the whole case"
THIS_BUNDLE = "of this bundle"


@dataclass(frozen=True, slots=True)
class ListedExhibit:
    """An exhibit as a list prints it, its texts folded."""

    reference: str
    description: str
    producer: str
    made: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class ListedGap:
    """A number not used."""

    reference: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who produces exhibits, and which."""

    name: str
    exhibits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddressCapture:
    """A capture of an exhibit's address as the report prints it."""

    capture: str
    started: str
    outcome: str
    status: int | None
    manifest_sha256: str
    held: str


@dataclass(frozen=True, slots=True)
class ExhibitLists:
    """What both lists are of. `scope` says which exhibits: the whole case or a bundle's."""

    case_reference: str
    urn: str
    scope: str
    exhibits: tuple[ListedExhibit, ...]
    gaps: tuple[ListedGap, ...]

    @property
    def witnesses(self) -> tuple[Witness, ...]:
        """Each producer once, in exhibit order (EXH-4)."""
        held: dict[str, list[str]] = {}
        for exhibit in self.exhibits:
            held.setdefault(exhibit.producer, []).append(exhibit.reference)
        return tuple(Witness(name, tuple(references)) for name, references in held.items())


def label_page(exhibit: ExhibitFacts) -> str:
    """The exhibit's label (EXH-3)."""
    return page("label.html.j2", e=exhibit)


def address_page(exhibit: ExhibitFacts, captures: Sequence[AddressCapture]) -> str:
    """Every capture and failed attempt of the exhibit's address in the case."""
    return page("others.html.j2", e=exhibit, captures=captures)


def exhibit_list_page(lists: ExhibitLists) -> str:
    """The list of exhibits, in exhibit order, with the numbers not used (EXH-4, EXH-1)."""
    return page(
        "exhibit_list.html.j2",
        case_reference=lists.case_reference,
        urn=lists.urn,
        scope=lists.scope,
        exhibits=lists.exhibits,
        gaps=lists.gaps,
    )


def witness_list_page(lists: ExhibitLists) -> str:
    """The list of witnesses who produce them (EXH-4)."""
    return page(
        "witness_list.html.j2",
        case_reference=lists.case_reference,
        urn=lists.urn,
        scope=lists.scope,
        witnesses=lists.witnesses,
    )


def exhibit_list_csv(lists: ExhibitLists) -> str:
    """The list of exhibits for a spreadsheet."""
    rows = [
        ("exhibit", e.reference, e.description, e.producer, e.made, e.manifest_sha256)
        for e in lists.exhibits
    ]
    gaps = [("not used", g.reference, g.reason or "", "", "", "") for g in lists.gaps]
    heads = ("row", "reference", "description or reason", "produced by", "produced", "sha256")
    return _csv([heads, *rows, *gaps])


def witness_list_csv(lists: ExhibitLists) -> str:
    """The list of witnesses for a spreadsheet."""
    rows = [
        (str(place), witness.name, " ".join(witness.exhibits))
        for place, witness in enumerate(lists.witnesses, 1)
    ]
    return _csv([("number", "witness", "produces"), *rows])


def _csv(rows: Sequence[Sequence[str]]) -> str:
    """RFC 4180. A cell that a spreadsheet would take for a formula is kept as text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell for cell in row])
    return out.getvalue()
