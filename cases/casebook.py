"""Cases: opened, found by reference, closed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.access import hidden_captures, hidden_cases
from cases.errors import CallerError, UsageError
from cases.identity import CaptureId, CaseId, PersonId, new_id
from cases.models import Capture, Case, Note
from cases.times import from_rfc3339, rfc3339

REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,39}")
# Names that Windows keeps for devices: evidence folders must be safe on NTFS.
NTFS_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL"} | {f"{d}{n}" for d in ("COM", "LPT") for n in range(10)}
)


class CaseUnknown(CallerError):
    """There is no case of that reference."""

    kind = "case-unknown"


class CaseClosed(CallerError):
    """The case is closed: nothing more is collected in it."""

    kind = "case-closed"


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as the other rooms see it."""

    id: CaseId
    reference: str
    title: str
    urn: str | None
    operation: str | None
    template: str | None
    state: str
    opened_at: datetime
    captures: int


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a person enters to open a case."""

    reference: str
    title: str
    urn: str | None = None
    operation: str | None = None
    template: str | None = None


def open_case(session: Session, new: NewCase, *, in_charge: PersonId, now: datetime) -> Case:
    """Open a case. Raises `UsageError` for a bad reference, `CallerError` where it exists."""
    if not REFERENCE.fullmatch(new.reference) or new.reference in NTFS_DEVICES:
        raise UsageError(
            f"{new.reference!r} cannot be a case's reference. Use 2 to 40 capitals, digits and "
            "hyphens: LINDEN."
        )
    if not new.title.strip():
        raise UsageError(f"Case {new.reference} needs a --title.")
    if session.scalar(select(Case.id).where(Case.reference == new.reference)) is not None:
        raise CallerError(f"Case {new.reference} is already open or closed. Choose another name.")
    row = Case(
        id=new_id("c"),
        reference=new.reference,
        title=new.title.strip(),
        urn=new.urn,
        operation=new.operation,
        template=new.template,
        in_charge=in_charge,
        state="open",
        opened_at=rfc3339(now),
        closed_at=None,
    )
    session.add(row)
    session.flush()
    return row


def case_row(session: Session, reference: str) -> Case:
    """The case of that reference, in any letter case. Raises `CaseUnknown` naming those that
    exist, as far as the session's person may see them.
    """
    row = session.scalar(select(Case).where(Case.reference == reference.strip().upper()))
    hidden = hidden_cases(session)
    if row is None or row.id in hidden:
        visible = select(Case.reference).where(Case.id.not_in(hidden))
        known = list(session.scalars(visible.order_by(Case.reference).limit(8)))
        there_are = f"There are: {', '.join(known)}." if known else "There are none yet."
        raise CaseUnknown(
            f"There is no case {reference!r}. {there_are} Open one: "
            f"lantern case open {reference.strip().upper()} --title …"
        )
    return row


def open_case_row(session: Session, reference: str) -> Case:
    """The case of that reference, refused where it is closed."""
    row = case_row(session, reference)
    if row.state != "open":
        raise CaseClosed(f"Case {row.reference} is closed, so nothing more is collected in it.")
    return row


def close_case(session: Session, reference: str, *, now: datetime) -> Case:
    """Close the case. Raises `CaseClosed` where it already is."""
    row = open_case_row(session, reference)
    row.state, row.closed_at = "closed", rfc3339(now)
    return row


def view_of(session: Session, row: Case) -> CaseView:
    """The case with the number of its captures that the session's person may open."""
    counted = select(func.count()).where(Capture.case_id == row.id)
    held = session.scalar(counted.where(Capture.id.not_in(hidden_captures(session)))) or 0
    return CaseView(
        CaseId(row.id),
        row.reference,
        row.title,
        row.urn,
        row.operation,
        row.template,
        row.state,
        from_rfc3339(row.opened_at),
        held,
    )


def cases(session: Session) -> list[CaseView]:
    """Every case that the session's person may see, by reference."""
    rows = session.scalars(select(Case).order_by(Case.reference))
    hidden = hidden_cases(session)
    return [view_of(session, row) for row in rows if row.id not in hidden]


def add_note(
    session: Session,
    case: CaseId,
    capture: CaptureId | None,
    words: str,
    by: PersonId,
    now: datetime,
) -> str:
    """Keep a person's words about a case or a capture; the note's id. Raises `UsageError` for
    none.
    """
    if not words.strip():
        raise UsageError("A note needs words.")
    row = Note(
        id=new_id("n"), case_id=case, capture_id=capture, words=words, by=by, at=rfc3339(now)
    )
    session.add(row)
    session.flush()
    return row.id


def case_references(session: Session) -> dict[str, str]:
    """The reference of every case, by its id."""
    return dict(session.execute(select(Case.id, Case.reference)).all())


def case_views_named(session: Session, references: list[str] | None) -> list[CaseView]:
    """The cases of those references, or every case for None. Raises `CaseUnknown`."""
    if references is None:
        return cases(session)
    return [view_of(session, case_row(session, reference)) for reference in references]
