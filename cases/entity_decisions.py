"""What people decided on candidates: a name of a case, or one mention of it, by digest.

The highest version holds. `accepted` made an entity, `joined` is another name of one; `open` takes
a decision back. A changed label stays with the candidate whatever is decided after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.entities import EntityView, NewVersion, lock_case
from cases.entity_keys import candidate_digest
from cases.entity_tables import CandidateDecision
from cases.errors import CallerError
from cases.identity import CaptureId, CaseId, PersonId, Sha256, new_id
from cases.models import Person
from cases.times import rfc3339

WHOLE = Sha256("")  # in the place of a mention: all of them


class CandidateVerdict(StrEnum):
    """What holds of a candidate."""

    OPEN = "open"
    ACCEPTED = "accepted"
    JOINED = "joined"
    REJECTED = "rejected"
    RELABELLED = "relabelled"


MADE = (CandidateVerdict.ACCEPTED, CandidateVerdict.JOINED)


class CandidateChanged(CallerError):
    """Somebody else decided on the candidate in the meantime."""

    kind = "candidate-changed"


@dataclass(frozen=True, slots=True)
class CandidateWord:
    """A decision on a candidate, or on the mention of that digest."""

    digest: Sha256
    mention: Sha256
    version: int
    label: str
    verdict: CandidateVerdict
    to_label: str | None
    entity: str | None
    capture: CaptureId | None
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class NewWord:
    """A decision to be recorded. `seen` is the version that the person saw, None where nothing is
    asked.
    """

    case: CaseId
    digest: Sha256
    label: str
    verdict: CandidateVerdict
    to_label: str | None = None
    entity: str | None = None
    mention: Sha256 = WHOLE
    capture: CaptureId | None = None
    seen: int | None = None


def words_of(session: Session, case: CaseId) -> dict[tuple[Sha256, Sha256], CandidateWord]:
    """The decision that holds on each candidate and mention of a case."""
    rows = session.execute(
        select(CandidateDecision, Person.code)
        .join(Person, Person.id == CandidateDecision.by)
        .where(CandidateDecision.case_id == case)
        .order_by(CandidateDecision.version)
    )
    held = {}
    for row, code in rows:
        word = _word(row, code)
        held[word.digest, word.mention] = word
    return held


def words_on(
    session: Session, case: CaseId, digest: Sha256, mention: Sha256 = WHOLE
) -> list[CandidateWord]:
    """Every decision on one candidate or mention, oldest first."""
    rows = session.execute(
        select(CandidateDecision, Person.code)
        .join(Person, Person.id == CandidateDecision.by)
        .where(CandidateDecision.case_id == case, CandidateDecision.digest == digest)
        .where(CandidateDecision.mention == mention)
        .order_by(CandidateDecision.version)
    )
    return [_word(row, code) for row, code in rows]


def _word(row: CandidateDecision, code: str) -> CandidateWord:
    return CandidateWord(
        Sha256(row.digest),
        Sha256(row.mention),
        row.version,
        row.label,
        CandidateVerdict(row.verdict),
        row.to_label,
        row.entity_id,
        CaptureId(row.capture_id) if row.capture_id else None,
        code,
        row.at,
    )


def add_word(session: Session, new: NewWord, *, by: PersonId, now: datetime) -> CandidateDecision:
    """The row of a decision. Raises `CandidateChanged` where somebody else came first."""
    lock_case(session, new.case)
    held = (
        session.scalar(
            select(func.max(CandidateDecision.version))
            .where(CandidateDecision.case_id == new.case)
            .where(CandidateDecision.digest == new.digest)
            .where(CandidateDecision.mention == new.mention)
        )
        or 0
    )
    if new.seen is not None and new.seen != held:
        raise CandidateChanged(
            f"Somebody else decided on this candidate in the meantime (version {held}). Nothing "
            "was changed. Look at what it says now, then decide again."
        )
    row = CandidateDecision(
        id=new_id("d"),
        case_id=new.case,
        digest=new.digest,
        mention=new.mention,
        version=held + 1,
        label=new.label,
        verdict=str(new.verdict),
        to_label=new.to_label,
        entity_id=new.entity,
        capture_id=new.capture,
        by=by,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


def follow_record(
    session: Session, view: EntityView, new: NewVersion, *, by: PersonId, now: datetime
) -> list[CandidateDecision]:
    """The rows by which the candidates of an entity follow its record: taken back with it, joined
    while their name is one of its aliases, restored with it. Others' later words stand.
    """
    rows = session.scalars(
        select(CandidateDecision)
        .where(CandidateDecision.entity_id == view.id, CandidateDecision.mention == WHOLE)
        .where(CandidateDecision.verdict.in_([str(each) for each in MADE]))
        .order_by(CandidateDecision.version)
    )
    made = {Sha256(row.digest): row for row in rows}
    held = words_of(session, view.case)
    added = []
    for digest, row in made.items():
        verdict, now_held = CandidateVerdict(row.verdict), held[digest, WHOLE]
        names = {candidate_digest(view.case, row.label, alias) for alias in new.record.aliases}
        stays = new.standing and (verdict is CandidateVerdict.ACCEPTED or digest in names)
        is_ours = now_held.verdict in MADE and now_held.entity == view.id
        if stays is is_ours or (stays and now_held.verdict is not CandidateVerdict.OPEN):
            continue
        word = NewWord(
            view.case,
            digest,
            row.label,
            verdict if stays else CandidateVerdict.OPEN,
            now_held.to_label,
            view.id if stays else None,
        )
        added.append(add_word(session, word, by=by, now=now))
    return added
