"""Viewing copies: renditions and gated text of exhibits, a disclosure on the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from cases.entries import S62, Act
from cases.identity import Sha256
from enrich import DerivedStore
from evidence.acting import Acting
from evidence.bundle_sinks import FolderSink
from evidence.destinations import built_beside
from evidence.manifest_check import read_manifest
from evidence.reader import read_block
from gate.passage import gate_reading
from gate.text import fold_line
from jobs.exhibit_reading import HeldExhibit
from jobs.exporting import Exported, destination, exhibits_to_export
from jobs.gating import (
    PictureFacts,
    is_screened,
    pictures_of,
    rendition_of,
    safe_parts,
    safe_screenshot,
)
from products.exhibit_facts import ExhibitFacts, exhibit_facts
from products.viewing_copy import (
    NOTICE,
    ViewedExhibit,
    ViewedPicture,
    viewing_index,
    viewing_page,
)


def export_viewing_copy(
    acting: Acting, case_ref: str, references: Sequence[str], to: Path
) -> Exported:
    """Write a viewing copy of these exhibits to `to`: no original, no covered picture.

    The line of the disclosure is recorded before the folder takes its place. Raises
    `DestinationRefused`, `ExhibitUnknown`, `ExportFailed`.
    """
    target = destination(acting, to)
    case, held = exhibits_to_export(acting, case_ref, references)
    covered = 0
    with built_beside(target) as part:
        copy = _Copy(acting, part)
        facts = []
        for each in held:
            facts.append(_facts(acting, each))
            covered += copy.add_exhibit(each, facts[-1])
        reference = facts[0].case_reference
        copy.add("index.html", viewing_index(reference, facts).encode())
        copy.add("VIEWING-COPY.txt", NOTICE.encode())
        sums = copy.finish()
        names = ", ".join(each.view.reference for each in held)[:2000]
        texts = {"reason": f"Viewing copy of {names}"}
        acts = [
            Act("viewing.export", S62.DISCLOSURE, (case, *e.objects), {"sha256": sums}, texts)
            for e in held
        ]
        with acting.act(*acts):
            pass
    return Exported(target, sums, False, covered, 0, tuple(e.view.reference for e in held))


def _facts(acting: Acting, held: HeldExhibit) -> ExhibitFacts:
    manifest = read_manifest(read_block(acting.vault.evidence, held.capture.manifest))
    return exhibit_facts(held.record, manifest, held.collection)


class _Copy:
    """A viewing copy on its way into a folder."""

    def __init__(self, acting: Acting, folder: Path) -> None:
        self._acting = acting
        self._sink = FolderSink(folder)
        self._digests: dict[str, str] = {}

    def add(self, path: str, content: bytes) -> None:
        """Writes one file."""
        self._sink.write(path, len(content), [content])
        self._digests[path] = hashlib.sha256(content).hexdigest()

    def finish(self) -> Sha256:
        """Writes `SHA256SUMS`; its digest."""
        lines = "".join(f"{self._digests[path]}  {path}\n" for path in sorted(self._digests))
        self.add("SHA256SUMS", lines.encode())
        return Sha256(self._digests["SHA256SUMS"])

    def add_exhibit(self, held: HeldExhibit, facts: ExhibitFacts) -> int:
        """Writes the page of one exhibit; how many of its pictures are covered."""
        acting, capture, folder = self._acting, held.view.capture, held.view.safe_name
        tiles = []
        for part in range(safe_parts(acting, capture)):
            png = safe_screenshot(acting, capture, part)
            if png is not None:
                tiles.append(f"page-{part + 1}.png")
                self.add(f"{folder}/{tiles[-1]}", png)
        found = pictures_of(acting, capture, on_record=False)
        viewed = ViewedExhibit(
            facts=facts,
            tiles=tuple(tiles),
            pictures=tuple(self._picture(folder, each) for each in found),
            screened=is_screened(acting, capture),
            text=self._text(held),
        )
        self.add(f"{folder}/index.html", viewing_page(viewed).encode())
        return sum(each.covered for each in found)

    def _picture(self, folder: str, facts: PictureFacts) -> ViewedPicture:
        name = f"{facts.sha256}.png"
        if f"{folder}/{name}" not in self._digests:
            rendition = rendition_of(self._acting, facts.sha256)
            if rendition is None:
                return ViewedPicture(facts.sha256, _said(facts), None)
            self.add(f"{folder}/{name}", rendition)
        return ViewedPicture(facts.sha256, _said(facts), name)

    def _text(self, held: HeldExhibit) -> str | None:
        store = DerivedStore(self._acting.vault.derived)
        try:
            enrichment = store.get(held.view.capture)
        finally:
            store.close()
        return gate_reading(enrichment).text if enrichment else None


def _said(facts: PictureFacts) -> str:
    size = f"{facts.width} x {facts.height}" if facts.width and facts.height else "size not known"
    shut = "covered" if facts.covered else "not covered"
    alt = f"; described as “{fold_line(facts.alt)}”" if facts.alt else ""
    kind = facts.media_type or "type not known"
    return f"{facts.kind}, {kind}, {size}; {facts.verdict}, {shut}{alt}"
