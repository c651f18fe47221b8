"""Exhibits made, listed, their gaps explained: each act and its ledger entry in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from cases.access import hidden_captures
from cases.casebook import case_row
from cases.continuity import continuity_of
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import CallerError, EvidenceError, UsageError
from cases.exhibit_tables import Exhibit, ExhibitGap
from cases.exhibits import (
    ExhibitView,
    GapView,
    NewExhibit,
    add_exhibit,
    allocate,
    exhibits_named,
    exhibits_of,
    explain_gap,
    gaps_of,
)
from cases.holdings import capture_view, sealed_capture
from cases.identity import CaptureId, CaseId, new_id
from cases.models import Case
from cases.row_texts import ROW, row_text
from cases.sequencer import checkpoint
from evidence.acting import Acting
from evidence.exhibit_record import Freezing, exhibit_record
from jobs.exhibit_pages import label_html, statement_html
from jobs.exporting import Exported, export_bundle
from jobs.viewing_copies import export_viewing_copy
from products.opinion_words import opinion_words

__all__ = [
    "ExhibitList",
    "ExhibitView",
    "Exported",
    "GapView",
    "OpinionRefused",
    "export_bundle",
    "export_viewing_copy",
    "keep_gap",
    "label_html",
    "list_exhibits",
    "make_exhibit",
    "statement_html",
]

DESCRIPTION_CHARACTERS = 2000
CLOSED = "(of a capture that is not for you to see)"


class OpinionRefused(CallerError):
    """A description that assesses: a statement of fact cannot hold it (STM-2)."""

    kind = "opinion"


class CaptureDamaged(EvidenceError):
    """The catalogue has lost a capture's records."""

    kind = "capture-damaged"


@dataclass(frozen=True, slots=True)
class ExhibitList:
    """The exhibits of a case in exhibit order, and the numbers left out."""

    case_reference: str
    exhibits: tuple[ExhibitView, ...]
    gaps: tuple[GapView, ...]


def make_exhibit(
    acting: Acting, capture: str, reference: str | None = None, description: str | None = None
) -> ExhibitView:
    """Make a capture an exhibit, frozen at this moment: digest, continuity, checkpoint.

    `reference` is JS/1, initials alone for their next number, or None for the next free. Raises
    `CaptureUnknown`, `CaptureLocked`, `KeyMissing` (the checkpoint is signed), `OpinionRefused`,
    and as `cases.exhibits.allocate` does.
    """
    words = _described(description)
    signer = acting.keys.needed_vault()
    with acting.catalogue.writing() as session:
        capture_view(session, CaptureId(capture))
        sealed = sealed_capture(session, CaptureId(capture))
        if not sealed.records:
            raise CaptureDamaged(
                f"The rows of capture {capture}'s records are gone, so it cannot be made an "
                "exhibit. See what was changed: lantern verify"
            )
        case = session.get_one(Case, sealed.case)
        words = words or f"Capture of {sealed.requested_url}"
        given = allocate(session, case, acting.person, reference)
        noted = checkpoint(session, acting.vault.id, signer, acting.clock)
        now = acting.clock()
        exhibit = new_id("h")
        document = exhibit_record(
            Freezing(
                vault=acting.vault.id,
                case_reference=case.reference,
                urn=case.urn,
                operation=case.operation,
                exhibit=exhibit,
                reference=given,
                description=words,
                producer=acting.person,
                capture=sealed,
                continuity=continuity_of(session, ObjectRef(ObjectKind.CAPTURE, capture)),
                checkpoint=noted.note,
                made_at=now,
            )
        )
        new = NewExhibit(
            exhibit, given, CaptureId(capture), words, sealed.manifest_sha256, document
        )
        row = add_exhibit(session, case, acting.person, new, now=now)
        acting.ledger.record(session, [_making(row, sealed.requested_url)])
        return exhibits_named(session, case, [given.text])[0]


def _described(description: str | None) -> str:
    words = (description or "").strip()
    if len(words) > DESCRIPTION_CHARACTERS:
        raise UsageError(f"A description has at most {DESCRIPTION_CHARACTERS} characters.")
    if found := opinion_words(words):
        raise OpinionRefused(
            f"The description says {found[0]!r}, which is an assessment, and an exhibit's label "
            "and statement hold facts alone. Describe what is to be seen."
        )
    return words


def _making(row: Exhibit, address: str) -> Act:
    digest = hashlib.sha256(row.document.encode()).hexdigest()
    return Act(
        "exhibit.make",
        None,
        (
            ObjectRef(ObjectKind.CASE, row.case_id),
            ObjectRef(ObjectKind.CAPTURE, row.capture_id),
            ObjectRef(ObjectKind.EXHIBIT, row.id),
            ObjectRef.address(row.case_id, address),
        ),
        {"manifest_sha256": row.manifest_sha256, "exhibit_sha256": digest},
        {"reason": row.description, "reference": row.reference, ROW: row_text(row)},
    )


def list_exhibits(acting: Acting, case_ref: str) -> ExhibitList:
    """The exhibits of a case and its gaps; one consultation entry. Of one whose capture the person
    may not open, no description: left out, its number would look like a gap. Raises `CaseUnknown`.
    """
    with acting.catalogue.writing() as session:
        case = case_row(session, case_ref)
        hidden = hidden_captures(session)
        exhibits = tuple(
            replace(each, description=CLOSED, document="") if each.capture in hidden else each
            for each in exhibits_of(session, CaseId(case.id))
        )
        gaps = tuple(gaps_of(session, CaseId(case.id)))
        objects = (ObjectRef(ObjectKind.CASE, case.id),)
        refs = {"listed": str(len(exhibits))}
        acting.ledger.record(session, [Act("exhibit.list", S62.CONSULTATION, objects, refs)])
        return ExhibitList(case.reference, exhibits, gaps)


def keep_gap(acting: Acting, case_ref: str, reference: str, reason: str) -> GapView:
    """Put on record why a number is not used (EXH-1). Raises as `explain_gap` does."""
    with acting.catalogue.writing() as session:
        case = case_row(session, case_ref)
        row = explain_gap(session, case, acting.person, reference, reason, now=acting.clock())
        acting.ledger.record(session, [_leaving_out(row)])
        wanted = f"{row.initials}/{row.number}"
        return next(gap for gap in gaps_of(session, CaseId(case.id)) if gap.reference == wanted)


def _leaving_out(row: ExhibitGap) -> Act:
    return Act(
        "exhibit.gap",
        None,
        (ObjectRef(ObjectKind.CASE, row.case_id),),
        {"gap": row.id},
        {
            "reason": row.reason,
            "reference": f"{row.initials}/{row.number}",
            ROW: row_text(row),
        },
    )
