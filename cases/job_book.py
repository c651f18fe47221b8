"""Collection jobs on record: opened under an authority, stopped on request, ended with an
outcome.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.access import hidden_captures, hidden_cases
from cases.authorities import AuthorityView
from cases.errors import CallerError
from cases.identity import AuthorityId, CaseId, JobId, Outcome, PersonId, new_id
from cases.models import Capture, Case, Job
from cases.times import from_rfc3339, rfc3339

NUMBER = re.compile(r"[0-9]{1,9}")  # what a database's integer holds
RUNNING, FINISHED, STOPPED, INTERRUPTED = "running", "finished", "stopped", "interrupted"


class JobUnknown(CallerError):
    """There is no job of that id or reference."""

    kind = "job-unknown"


class JobEnded(CallerError):
    """The job has already ended."""

    kind = "job-ended"


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as the other rooms see it. `reference` is LINDEN-J3; `outcomes` counts its captures,
    as far as the session's person may open them.
    """

    id: JobId
    reference: str
    case: CaseId
    case_reference: str
    authority: AuthorityId
    collector: str
    plan: Mapping[str, object]
    state: str
    outcome: str | None
    created_at: datetime
    ended_at: datetime | None
    stop_asked: bool
    outcomes: Mapping[str, int]


def open_job(
    session: Session,
    authority: AuthorityView,
    collector: str,
    plan: Mapping[str, object],
    *,
    by: PersonId,
    now: datetime,
) -> JobId:
    """Put a running job on record."""
    # SQLite's write lock is held since BEGIN IMMEDIATE; PostgreSQL locks the case's row here.
    session.execute(select(Case.id).where(Case.id == authority.case).with_for_update())
    highest = session.scalar(select(func.max(Job.number)).where(Job.case_id == authority.case))
    row = Job(
        id=new_id("j"),
        case_id=authority.case,
        number=(highest or 0) + 1,
        authority_id=authority.id,
        collector=collector,
        plan=dict(plan),
        state=RUNNING,
        outcome=None,
        created_by=by,
        created_at=rfc3339(now),
        ended_at=None,
        stop_asked_at=None,
    )
    session.add(row)
    session.flush()
    return JobId(row.id)


def job_of(session: Session, named: str) -> JobView:
    """The job of that id or reference (LINDEN-J3). Raises `JobUnknown`."""
    query = select(Job, Case.reference).join(Case, Case.id == Job.case_id)
    case, _, number = named.upper().rpartition("-J")
    if case and NUMBER.fullmatch(number):
        query = query.where(Case.reference == case, Job.number == int(number))
    else:
        query = query.where(Job.id == named)
    found = session.execute(query).one_or_none()
    if found is None or found[0].case_id in hidden_cases(session):
        raise JobUnknown(f"There is no job {named!r}. List them: lantern job list")
    return _view(session, *found)


def jobs_of(session: Session, case: CaseId | None, *, state: str | None = None) -> list[JobView]:
    """The jobs of a case, or of all, oldest first."""
    query = select(Job, Case.reference).join(Case, Case.id == Job.case_id)
    query = query.order_by(Job.created_at, Case.reference, Job.number)
    if case is not None:
        query = query.where(Job.case_id == case)
    if state is not None:
        query = query.where(Job.state == state)
    hidden = hidden_cases(session)
    rows = session.execute(query.where(Job.case_id.not_in(hidden)) if hidden else query)
    return [_view(session, job, reference) for job, reference in rows]


def _view(session: Session, row: Job, case_reference: str) -> JobView:
    return JobView(
        id=JobId(row.id),
        reference=f"{case_reference}-J{row.number}",
        case=CaseId(row.case_id),
        case_reference=case_reference,
        authority=AuthorityId(row.authority_id),
        collector=row.collector,
        plan=row.plan,
        state=row.state,
        outcome=row.outcome,
        created_at=from_rfc3339(row.created_at),
        ended_at=from_rfc3339(row.ended_at) if row.ended_at else None,
        stop_asked=row.stop_asked_at is not None,
        outcomes=_counted(session, row.id, hidden_captures(session)),
    )


def outcomes_of(session: Session, job: JobId) -> dict[str, int]:
    """How all captures of a job ended, whoever may open them: for its own ending."""
    return _counted(session, job, ())


def _counted(session: Session, job: str, without: Collection[str]) -> dict[str, int]:
    counted = session.execute(
        select(Capture.outcome, func.count())
        .where(Capture.job_id == job, Capture.id.not_in(without))
        .group_by(Capture.outcome)
    )
    return dict(counted.all())


def ask_to_stop(session: Session, job: JobView, *, now: datetime) -> None:
    """Ask a running job to stop at its next fetch. Raises `JobEnded`."""
    row = session.get_one(Job, job.id)
    if row.state != RUNNING:
        raise JobEnded(f"Job {job.reference} is {row.state}: there is nothing to stop.")
    row.stop_asked_at = rfc3339(now)


def end_job(
    session: Session, job: JobId, state: str, outcome: str | None, *, now: datetime
) -> None:
    """Record how a job ended. A job that already ended keeps its first ending."""
    row = session.get_one(Job, job)
    if row.state == RUNNING:
        row.state, row.outcome, row.ended_at = state, outcome, rfc3339(now)


def outcome_of(outcomes: Mapping[str, int]) -> Outcome:
    """A job's outcome from its captures': complete, partial or failed.

    A job whose every capture is complete is complete; one that has something usable is partial.
    Refusals by robots or scope inside a crawl are the crawl working as told: they do not count.
    """
    counted = Counter(outcomes)
    counted.pop(Outcome.REFUSED, None)
    usable = counted[Outcome.COMPLETE] + counted[Outcome.PARTIAL]
    total = sum(counted.values())
    if total == 0:
        return Outcome.FAILED
    if counted[Outcome.COMPLETE] == total:
        return Outcome.COMPLETE
    return Outcome.PARTIAL if usable else Outcome.FAILED
