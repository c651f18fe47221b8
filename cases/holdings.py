"""What is held: sealed captures and their records, written with their seals, read back for proof
and for use.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from cases.access import (
    TRUSTED_ROLES,
    closed_captures,
    hidden_captures,
    hidden_cases,
    locked_captures,
)
from cases.captures import SealedCapture, SealedRecord
from cases.errors import CallerError
from cases.identity import CaptureId, CaseId, JobId, Outcome, RecordId, Sha256
from cases.ledger_objects import batches
from cases.models import Capture, Case, Record, Step
from cases.search_tables import Indexing
from cases.times import from_rfc3339, rfc3339

BATCH = 500  # captures read at a time: a vault of millions is verified in little memory


class CaptureUnknown(CallerError):
    """There is no capture of that id."""

    kind = "capture-unknown"


class CaptureLocked(CallerError):
    """The capture is locked as confidential material."""

    kind = "capture-locked"


StepProgress = Callable[[str, int, int], None]  # the step, how many are done, how many still due


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step taken for a capture: its name, version and what came of it."""

    capture: CaptureId
    step: str
    version: str
    state: str  # done, failed
    says: str | None
    seconds: float
    index_seq: int | None = None


@dataclass(frozen=True, slots=True)
class CaptureView:
    """A capture as lists show it: facts of ours, and the address."""

    capture: CaptureId
    seq: int
    case: CaseId
    case_reference: str
    job: JobId
    requested_url: str
    final_url: str
    status: int | None
    outcome: Outcome
    reason: str | None
    started_at: datetime
    warc: str
    manifest_sha256: Sha256
    relevance: str


def add_sealed(session: Session, captures: Sequence[SealedCapture]) -> None:
    """Insert sealed captures and their records: part of the sealing transaction."""
    session.execute(insert(Capture), [_capture_row(capture) for capture in captures])
    session.execute(
        insert(Record),
        [
            _record_row(capture.capture, ordinal, record)
            for capture in captures
            for ordinal, record in enumerate(capture.records)
        ],
    )


def _capture_row(capture: SealedCapture) -> dict[str, object]:
    return {
        "id": capture.capture,
        "case_id": capture.case,
        "job_id": capture.job,
        "requested_url": capture.requested_url,
        "final_url": capture.final_url,
        "status": capture.status,
        "outcome": str(capture.outcome),
        "reason": capture.reason,
        "started_at": rfc3339(capture.started_at),
        "ended_at": rfc3339(capture.ended_at),
        "depth": capture.depth,
        "manifest_sha256": capture.manifest_sha256,
        "relevance": "undecided",
    }


def _record_row(capture: CaptureId, ordinal: int, record: SealedRecord) -> dict[str, object]:
    return {
        "capture_id": capture,
        "ordinal": ordinal,
        "id": record.record,
        "type": record.type,
        "url": record.url,
        "media_type": record.media_type,
        "file": record.file,
        "offset": record.offset,
        "member_bytes": record.member_bytes,
        "member_sha256": record.member_sha256,
        "block_bytes": record.block_bytes,
        "block_sha256": record.block_sha256,
        "payload_sha256": record.payload_sha256,
    }


def sealed_captures(session: Session, *, job: JobId | None = None) -> Iterator[SealedCapture]:
    """Every sealed capture, in the order sealed, read in batches."""
    after = 0
    while True:
        query = select(Capture).where(Capture.seq > after).order_by(Capture.seq).limit(BATCH)
        if job is not None:
            query = query.where(Capture.job_id == job)
        rows = list(session.scalars(query))
        if not rows:
            return
        yield from _with_records(session, rows)
        after = rows[-1].seq
        session.expunge_all()


def sealed_capture(session: Session, capture: CaptureId) -> SealedCapture:
    """One sealed capture with its records. Raises `CaptureUnknown`."""
    row = session.scalar(select(Capture).where(Capture.id == capture))
    if row is None:
        raise CaptureUnknown(f"There is no capture {capture!r}. List them: lantern capture list")
    return next(_with_records(session, [row]))


def _with_records(session: Session, rows: Sequence[Capture]) -> Iterator[SealedCapture]:
    held = session.scalars(
        select(Record)
        .where(Record.capture_id.in_([row.id for row in rows]))
        .order_by(Record.capture_id, Record.ordinal)
    )
    records = {
        capture: tuple(_record(row) for row in group)
        for capture, group in groupby(held, key=lambda row: row.capture_id)
    }
    for row in rows:
        yield _sealed(row, records.get(row.id, ()))


def _sealed(row: Capture, records: tuple[SealedRecord, ...]) -> SealedCapture:
    return SealedCapture(
        capture=CaptureId(row.id),
        case=CaseId(row.case_id),
        job=JobId(row.job_id),
        requested_url=row.requested_url,
        final_url=row.final_url,
        status=row.status,
        outcome=Outcome(row.outcome),
        reason=row.reason,
        started_at=from_rfc3339(row.started_at),
        ended_at=from_rfc3339(row.ended_at),
        depth=row.depth,
        manifest_sha256=Sha256(row.manifest_sha256),
        records=records,
    )


def _record(row: Record) -> SealedRecord:
    return SealedRecord(
        record=RecordId(row.id),
        type=row.type,
        url=row.url,
        media_type=row.media_type,
        file=row.file,
        offset=row.offset,
        member_bytes=row.member_bytes,
        member_sha256=Sha256(row.member_sha256),
        block_bytes=row.block_bytes,
        block_sha256=Sha256(row.block_sha256),
        payload_sha256=Sha256(row.payload_sha256) if row.payload_sha256 else None,
    )


def capture_views(
    session: Session, *, case: CaseId | None = None, job: JobId | None = None
) -> list[CaptureView]:
    """The captures of a case or a job, oldest first, as lists show them."""
    manifest_file = (
        select(Record.file)
        .where(Record.capture_id == Capture.id)
        .order_by(Record.ordinal.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Capture, Case.reference, manifest_file)
        .join(Case, Case.id == Capture.case_id)
        .order_by(Capture.seq)
    )
    if case is not None:
        query = query.where(Capture.case_id == case)
    if job is not None:
        query = query.where(Capture.job_id == job)
    return _seen(session, [_capture_view(*found) for found in session.execute(query)])


def _seen(session: Session, views: list[CaptureView]) -> list[CaptureView]:
    """Those that the session's person may see."""
    cases, captures = hidden_cases(session), hidden_captures(session)
    return [view for view in views if view.case not in cases and view.capture not in captures]


def capture_view(session: Session, capture: CaptureId) -> CaptureView:
    """One capture as lists show it. Raises `CaptureUnknown`, `CaptureLocked`."""
    for view in capture_views_of(session, [capture]):
        return view
    if capture in locked_captures(session) & hidden_captures(session):
        case = session.scalar(select(Capture.case_id).where(Capture.id == capture))
        if case not in hidden_cases(session):
            raise CaptureLocked(
                f"Capture {capture} is locked as confidential material (AUT-7). A "
                f"{' or '.join(sorted(TRUSTED_ROLES))} may open it, or release it."
            )
    raise CaptureUnknown(f"There is no capture {capture!r}. List them: lantern capture list")


def capture_views_of(session: Session, captures: Sequence[CaptureId]) -> list[CaptureView]:
    """Those captures that exist and that the session's person may see, as lists show them."""
    rows = session.execute(
        select(Capture, Case.reference, func.max(Record.file))
        .join(Case, Case.id == Capture.case_id)
        .join(Record, Record.capture_id == Capture.id)
        .where(Capture.id.in_(list(captures)))
        .group_by(Capture.seq, Case.reference)
        .order_by(Capture.seq)
    )
    return _seen(session, [_capture_view(*found) for found in rows])


def of_cases(
    session: Session, captures: Collection[CaptureId], cases: Collection[CaseId]
) -> frozenset[CaptureId]:
    """Those of the captures, of any number, that belong to the cases."""
    found: set[CaptureId] = set()
    for some in batches(sorted(captures), BATCH):
        query = select(Capture.id).where(Capture.id.in_(some), Capture.case_id.in_(list(cases)))
        found.update(map(CaptureId, session.scalars(query)))
    return frozenset(found)


def capture_starts(
    session: Session, captures: Collection[CaptureId]
) -> dict[CaptureId, tuple[CaseId, datetime]]:
    """The case and the start of those of any number of captures that the session's person may
    see.
    """
    cases, hidden = hidden_cases(session), hidden_captures(session)
    found: dict[CaptureId, tuple[CaseId, datetime]] = {}
    for some in batches(sorted(captures), BATCH):
        query = select(Capture.id, Capture.case_id, Capture.started_at).where(Capture.id.in_(some))
        for capture, case, started in session.execute(query):
            if case not in cases and capture not in hidden:
                found[CaptureId(capture)] = CaseId(case), from_rfc3339(started)
    return found


def captures_at_host(session: Session, host: str) -> list[CaptureView]:
    """Captures whose requested or final address may lie at the host, as far as the session's person
    may see them: the caller compares the addresses.
    """
    written = (Capture.requested_url, Capture.final_url)
    query = select(Capture.id).where(
        or_(*(func.lower(url).contains(host.lower(), autoescape=True) for url in written))
    )
    found = [CaptureId(capture) for capture in session.scalars(query)]
    parts = (found[at : at + BATCH] for at in range(0, len(found), BATCH))
    return [view for part in parts for view in capture_views_of(session, part)]


def _capture_view(row: Capture, case_reference: str, warc: str) -> CaptureView:
    return CaptureView(
        capture=CaptureId(row.id),
        seq=row.seq,
        case=CaseId(row.case_id),
        case_reference=case_reference,
        job=JobId(row.job_id),
        requested_url=row.requested_url,
        final_url=row.final_url,
        status=row.status,
        outcome=Outcome(row.outcome),
        reason=row.reason,
        started_at=from_rfc3339(row.started_at),
        warc=warc,
        manifest_sha256=Sha256(row.manifest_sha256),
        relevance=row.relevance,
    )


def sealed_ends(session: Session, job: JobId) -> dict[str, int]:
    """The end of the last sealed member in each of the job's files, by file name."""
    rows = session.execute(
        select(Record.file, func.max(Record.offset + Record.member_bytes))
        .join(Capture, Capture.id == Record.capture_id)
        .where(Capture.job_id == job)
        .group_by(Record.file)
    )
    return dict(rows.all())


def due(
    session: Session, step: str, version: str, *, after: str | None, limit: int
) -> list[CaptureId]:
    """Captures that lack the step at that version, oldest first: the whole of the local queue.

    A capture is due only where the step `after` (None for the first step) is done. One whose step
    failed at the same version is not tried again: a new version, or nothing, will mend it. One that
    is locked as confidential is due when it is released (AUT-7).
    """
    taken = select(Step.capture_id).where(Step.step == step, Step.version == version)
    locked = locked_captures(session)
    query = select(Capture.id).where(Capture.id.not_in(taken), Capture.id.not_in(locked))
    if after is not None:
        done = select(Step.capture_id).where(Step.step == after, Step.state == "done")
        query = query.where(Capture.id.in_(done))
    rows = session.scalars(query.order_by(Capture.seq).limit(limit))
    return [CaptureId(capture) for capture in rows]


def record_steps(session: Session, steps: Sequence[StepDone], *, now: datetime) -> None:
    """Keep what came of steps; an earlier row of the same step is replaced."""
    for done in steps:
        session.merge(
            Step(
                capture_id=done.capture,
                step=done.step,
                version=done.version,
                state=done.state,
                says=done.says,
                index_seq=done.index_seq,
                seconds=done.seconds,
                at=rfc3339(now),
            )
        )
        if done.index_seq is not None:
            session.merge(Indexing(capture_id=done.capture, index_seq=done.index_seq))
    session.flush()


def fail_steps(session: Session, step: str, why: Mapping[str, str], *, now: datetime) -> None:
    """Keep that what was done once cannot be done again: the step failed, at its own version."""
    for capture, says in why.items():
        for row in session.scalars(
            select(Step).where(Step.capture_id == capture, Step.step == step)
        ):
            row.state, row.says, row.index_seq, row.at = "failed", says, None, rfc3339(now)
    session.flush()


def newest_index_seq(session: Session) -> int:
    """The highest number that any indexing was given; 0 before the first. None is given twice."""
    return session.scalar(select(func.max(Indexing.index_seq))) or 0


def index_versions(session: Session) -> tuple[str, ...]:
    """The versions of the oldest and of the newest indexing that stand: one where every capture is
    indexed at it, two while they are indexed anew, none before the first.
    """
    ends = [
        session.scalar(select(Step.version).where(Step.index_seq == seq.scalar_subquery()).limit(1))
        for seq in (select(func.min(Step.index_seq)), select(func.max(Step.index_seq)))
    ]
    return tuple(dict.fromkeys(version for version in ends if version))


def indexed(session: Session) -> list[tuple[CaptureId, int]]:
    """The captures that stand in the index, with the number of their indexing, by number."""
    rows = session.execute(
        select(Step.capture_id, Step.index_seq)
        .where(Step.index_seq.is_not(None))
        .order_by(Step.index_seq)
    )
    return [(CaptureId(capture), seq) for capture, seq in rows if seq is not None]


def unindexed(session: Session, cases: Sequence[CaseId]) -> int:
    """How many captures of those cases no search can find yet."""
    held = select(Step.capture_id).where(Step.index_seq.is_not(None))
    counted = (
        select(func.count())
        .select_from(Capture)
        .where(Capture.case_id.in_(list(cases)), Capture.id.not_in(held))
        .where(Capture.id.not_in(closed_captures(session)))
    )
    return session.scalar(counted) or 0


def steps_left(
    session: Session, step: str, version: str, cases: Collection[CaseId] | None = None
) -> int:
    """How many captures lack the step at that version: of all, or of those cases as far as the
    session's person may see.
    """
    taken = select(Step.capture_id).where(Step.step == step, Step.version == version)
    counted = select(func.count()).select_from(Capture).where(Capture.id.not_in(taken))
    counted = counted.where(Capture.id.not_in(locked_captures(session)))
    if cases is not None:
        hidden = hidden_captures(session)
        counted = counted.where(Capture.case_id.in_(cases), Capture.id.not_in(hidden))
    return session.scalar(counted) or 0


def taken(session: Session, step: str) -> list[CaptureId]:
    """The captures for which the step is done, at whatever version."""
    done = select(Step.capture_id).where(Step.step == step, Step.state == "done")
    return [CaptureId(capture) for capture in session.scalars(done)]


def forget_steps_of(
    session: Session, captures: Sequence[CaptureId], step: str | None = None
) -> None:
    """Make every step due again for these captures, or the one that is named."""
    for capture in captures:
        query = select(Step).where(Step.capture_id == capture)
        for row in session.scalars(query if step is None else query.where(Step.step == step)):
            session.delete(row)
    session.flush()


def make_due_again(session: Session, captures: Sequence[CaptureId], step: str) -> None:
    """Make a step due again for these captures; until it is taken, what it did before stands, and
    so does the number of an indexing: a number is never given twice.
    """
    for capture in captures:
        for row in session.scalars(
            select(Step).where(Step.capture_id == capture, Step.step == step)
        ):
            row.version = "due again"
    session.flush()
