"""What somebody who sits down at the desk wants first: what runs, what is due, what failed.

Facts of ours alone: nothing collected is shown here, so a look at it is no consultation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from cases.access import closed_captures, hidden_captures
from cases.authorities import AuthorityView, authorities_of
from cases.casebook import CaseView, case_row, cases, view_of
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.holdings import CaptureView, capture_view, capture_views, sealed_capture
from cases.identity import CaptureId, CaseId
from cases.job_book import RUNNING, JobView, jobs_of
from cases.ledger_tables import LedgerEntry, LedgerLink, LedgerObject
from cases.models import Capture, Note, Person, Step
from cases.people import people
from cases.watchlists import alerts
from evidence.acting import Acting
from jobs.ledgering import EntryView, entry_view

SOON = timedelta(days=7)
RECENT = 12


@dataclass(frozen=True, slots=True)
class Overview:
    """The start page."""

    running: tuple[JobView, ...]
    recent: tuple[JobView, ...]
    failed: tuple[JobView, ...]
    unread: int  # captures that lack a step
    failed_steps: int
    alerts: int  # that nobody has seen to
    cases: tuple[CaseView, ...]
    ending: tuple[AuthorityView, ...]
    for_review: tuple[AuthorityView, ...]


def overview(acting: Acting) -> Overview:
    """How things stand now."""
    now = acting.clock()
    with acting.catalogue.reading() as session:
        held = cases(session)
        jobs = sorted(jobs_of(session, None), key=lambda job: job.created_at, reverse=True)
        authorities = [a for case in held for a in authorities_of(session, case.id)]
        indexed = select(Step.capture_id).where(Step.step == "index", Step.state == "done")
        unseen = closed_captures(session)
        unread = session.scalar(
            select(func.count())
            .select_from(Capture)
            .where(Capture.id.not_in(indexed), Capture.id.not_in(unseen))
            .where(Capture.case_id.in_([case.id for case in held]))
        )
        waiting, _ = alerts(session, since=None, unseen_only=True, limit=0)
        broken = session.scalar(
            select(func.count())
            .select_from(Step)
            .join(Capture, Capture.id == Step.capture_id)
            .where(Step.state == "failed", Capture.case_id.in_([case.id for case in held]))
            .where(Capture.id.not_in(unseen))
        )
    return Overview(
        running=tuple(job for job in jobs if job.state == RUNNING),
        recent=tuple(jobs[:RECENT]),
        failed=tuple(job for job in jobs if job.outcome in ("failed", "partial"))[:RECENT],
        unread=unread or 0,
        failed_steps=broken or 0,
        alerts=waiting,
        cases=tuple(held),
        ending=tuple(a for a in authorities if a.live_at(now) and a.until - now < SOON),
        for_review=tuple(a for a in authorities if a.for_review and a.live_at(now)),
    )


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note: whose, when, the words."""

    words: str
    by: str
    at: str
    capture: str | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case with what belongs to it; `captures` a page of them, newest first."""

    case: CaseView
    in_charge: str
    authorities: tuple[AuthorityView, ...]
    jobs: tuple[JobView, ...]
    notes: tuple[NoteView, ...]
    captures: tuple[CaptureView, ...]
    total: int


def case_page(acting: Acting, reference: str, *, limit: int, offset: int) -> CasePage:
    """A case's page; one consultation. Raises `CaseUnknown`."""
    with acting.catalogue.writing() as session:
        row = case_row(session, reference)
        case = CaseId(row.id)
        captures = list(capture_views(session, case=case))[::-1]
        acting.ledger.record(
            session,
            [
                Act(
                    "access",
                    S62.CONSULTATION,
                    (ObjectRef(ObjectKind.CASE, row.id),),
                    {"listed": str(len(captures[offset : offset + limit]))},
                )
            ],
        )
        person = session.get_one(Person, row.in_charge)
        return CasePage(
            case=view_of(session, row),
            in_charge=f"{person.code}, {person.name}",
            authorities=tuple(authorities_of(session, case))[::-1],
            jobs=tuple(jobs_of(session, case))[::-1],
            notes=_notes(session, Note.case_id == case),
            captures=tuple(captures[offset : offset + limit]),
            total=len(captures),
        )


def _notes(session: Session, chosen: ColumnElement[bool]) -> tuple[NoteView, ...]:
    query = select(Note, Person.code).join(Person, Person.id == Note.by).where(chosen)
    rows = session.execute(query.order_by(Note.at.desc()))
    hidden = hidden_captures(session)
    return tuple(
        NoteView(note.words, code, note.at, note.capture_id)
        for note, code in rows
        if note.capture_id not in hidden
    )


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One WARC record of a capture, as its page lists it."""

    type: str
    url: str | None
    media_type: str
    bytes: int
    sha256: str
    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class CaptureHistory:
    """What belongs to a capture besides its text and pictures: records, notes, its ledger."""

    records: tuple[RecordRow, ...]
    notes: tuple[NoteView, ...]
    entries: tuple[EntryView, ...]


def capture_history(acting: Acting, capture: CaptureId) -> CaptureHistory:
    """The records, notes and history of a capture: part of the same look as its page, which
    records it. Raises `CaptureUnknown`.
    """
    with acting.catalogue.reading() as session:
        capture_view(session, capture)
        sealed = sealed_capture(session, capture)
        rows = session.scalars(
            select(LedgerEntry)
            .join(LedgerLink, LedgerLink.entry_id == LedgerEntry.id)
            .join(LedgerObject, LedgerObject.seq == LedgerLink.object_seq)
            .where(LedgerObject.kind == "capture", LedgerObject.ref == capture)
            .order_by(LedgerEntry.seq)
        ).all()
        codes = {str(person.id): person.code for person in people(session)}
        notes = _notes(session, Note.capture_id == capture)
    return CaptureHistory(
        tuple(
            RecordRow(r.type, r.url, r.media_type, r.block_bytes, r.block_sha256, r.file, r.offset)
            for r in sealed.records
        ),
        notes,
        # By their leaves alone: why and what for stay with the ledger's own page.
        tuple(entry_view(row, codes, {}) for row in rows),
    )
