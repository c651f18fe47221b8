"""The pages and reports of a bundle, made in the transaction that discloses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cases.canonical import Json, canonical
from cases.exhibits import GapView
from cases.identity import CaptureId
from cases.times import for_people, rfc3339
from evidence.manifest_check import read_manifest
from gate.text import fold_line, fold_text
from jobs.exhibit_reading import AddressSeal, HeldExhibit, seals_at
from products.exhibit_facts import ExhibitFacts, exhibit_facts
from products.exhibit_pages import (
    THIS_BUNDLE,
    AddressCapture,
    ExhibitLists,
    ListedExhibit,
    ListedGap,
    address_page,
    exhibit_list_csv,
    exhibit_list_page,
    label_page,
    witness_list_csv,
    witness_list_page,
)
from products.statement import statement_page

REPORT = "darklantern-address-report/1"
HERE, OTHER, WITHHELD = "this exhibit", "in this bundle", "withheld"


@dataclass(frozen=True, slots=True)
class BundleDocuments:
    """Every page and report by its path in the bundle, and how many captures are listed alone."""

    files: dict[str, bytes]
    withheld: int


def bundle_documents(
    session: Session,
    held: Sequence[HeldExhibit],
    manifests: Sequence[bytes],
    gaps: Sequence[GapView],
) -> BundleDocuments:
    """The documents of a bundle of these exhibits, whose manifests' blocks come in order."""
    files: dict[str, bytes] = {}
    inside = {each.view.capture for each in held}
    outside: set[CaptureId] = set()
    statements: dict[str, list[ExhibitFacts]] = {}
    for each, manifest in zip(held, manifests, strict=True):
        facts = exhibit_facts(each.record, read_manifest(manifest), each.collection)
        statements.setdefault(each.view.reference.partition("/")[0], []).append(facts)
        seals = seals_at(session, each.address)
        where = {seal.capture: _where(seal, each, inside) for seal in seals}
        outside |= {capture for capture, said in where.items() if said == WITHHELD}
        folder = f"data/exhibits/{each.view.safe_name}"
        files[f"{folder}/exhibit.json"] = each.view.document.encode()
        files[f"{folder}/label.html"] = label_page(facts).encode()
        files[f"{folder}/others.json"] = _report(each, seals, where)
        listed = [_listed(seal, where[seal.capture]) for seal in seals]
        files[f"{folder}/others.html"] = address_page(facts, listed).encode()
    # Not by the initials alone: CON.html and its like cannot be opened on Windows
    for initials, told in statements.items():
        files[f"data/statements/statement-{initials}.html"] = statement_page(told).encode()
    files |= list_files(lists_of(held, gaps, THIS_BUNDLE))
    return BundleDocuments(files, len(outside))


def _where(seal: AddressSeal, exhibit: HeldExhibit, inside: set[CaptureId]) -> str:
    if seal.capture == exhibit.view.capture:
        return HERE
    return OTHER if seal.capture in inside else WITHHELD


def _report(each: HeldExhibit, seals: Sequence[AddressSeal], where: dict[CaptureId, str]) -> bytes:
    rows: list[Json] = [
        {
            "capture": seal.capture,
            "salt": seal.salt.hex(),
            "sealed": seal.sealed,
            "started": rfc3339(seal.started),
            "outcome": seal.outcome,
            "status": seal.status,
            "manifest_sha256": seal.manifest_sha256,
            "held": where[seal.capture],
        }
        for seal in seals
    ]
    return canonical({"format": REPORT, "address": each.capture.requested_url, "captures": rows})


def _listed(seal: AddressSeal, where: str) -> AddressCapture:
    return AddressCapture(
        capture=seal.capture,
        started=for_people(seal.started),
        outcome=seal.outcome,
        status=seal.status,
        manifest_sha256=seal.manifest_sha256,
        held=where,
    )


def lists_of(held: Sequence[HeldExhibit], gaps: Sequence[GapView], scope: str) -> ExhibitLists:
    """What the lists of exhibits and witnesses print."""
    record = held[0].record
    return ExhibitLists(
        case_reference=fold_line(str(record["case_reference"])),
        urn=fold_line(str(record["urn"])),
        scope=scope,
        exhibits=tuple(
            ListedExhibit(
                each.view.reference,
                fold_text(each.view.description),
                fold_line(each.view.producer_name),
                for_people(each.view.made_at),
                each.view.manifest_sha256,
            )
            for each in held
        ),
        gaps=tuple(
            ListedGap(gap.reference, fold_line(gap.reason) if gap.reason else None) for gap in gaps
        ),
    )


def list_files(lists: ExhibitLists) -> dict[str, bytes]:
    """The lists as HTML and CSV, by their path in a bundle (EXH-4)."""
    return {
        "data/lists/exhibits.html": exhibit_list_page(lists).encode(),
        "data/lists/exhibits.csv": exhibit_list_csv(lists).encode(),
        "data/lists/witnesses.html": witness_list_page(lists).encode(),
        "data/lists/witnesses.csv": witness_list_csv(lists).encode(),
    }
