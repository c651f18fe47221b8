"""Who may see a case, and captures locked as confidential or restricted: each word on record."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.access import (
    CONFIDENTIAL,
    KEEPING_ROLES,
    MARKS,
    TRUSTED_ROLES,
    AccessRefused,
    Viewer,
    add_access,
    add_mark,
    door_of,
    hidden_cases,
    marks_held,
)
from cases.casebook import case_row
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import MachineError
from cases.holdings import CaptureUnknown, capture_view, forget_steps_of
from cases.identity import CaptureId, CaseId, PersonId
from cases.models import Capture, Case, Person
from cases.people import person_of
from cases.row_texts import ROW, row_text
from evidence.acting import Acting

__all__ = [
    "MARKS",
    "Door",
    "Marked",
    "case_door",
    "mark_capture",
    "marked_captures",
    "release_capture",
    "set_door",
    "set_member",
]


@dataclass(frozen=True, slots=True)
class Door:
    """Who may see a case: everybody, or its members; codes, whoever is in charge first."""

    case: str
    closed: bool
    members: tuple[str, ...]


def case_door(acting: Acting, reference: str) -> Door:
    """Who may see the case. Raises `CaseUnknown`."""
    with acting.catalogue.reading() as session:
        return _door(session, _kept(acting, session, reference))


def _door(session: Session, case: Case) -> Door:
    door = door_of(session, CaseId(case.id))
    query = select(Person.id, Person.code).order_by(Person.code)
    people = session.execute(query).all()
    first = [code for person, code in people if person == case.in_charge]
    others = [c for p, c in people if PersonId(p) in door.members and p != case.in_charge]
    return Door(case.reference, door.closed, (*first, *others))


def _kept(acting: Acting, session: Session, reference: str) -> Case:
    """The case whose door is meant: some roles say who sees a case that they do not see."""
    if acting.person.role in KEEPING_ROLES:
        held = select(Case).where(Case.reference == reference.strip().upper())
        if (row := session.scalar(held)) is not None:
            return row
    return case_row(session, reference)


def set_door(acting: Acting, reference: str, *, closed: bool, reason: str) -> Door:
    """Close a case to its members, or open it to everybody. Raises `AccessRefused`."""
    return _said(acting, reference, None, not closed, reason)


def set_member(acting: Acting, reference: str, code: str, *, member: bool, reason: str) -> Door:
    """Make somebody a member of a case, or no longer one; who is in charge always is one.

    Raises `AccessRefused`, `CaseUnknown`, `PersonUnknown`.
    """
    return _said(acting, reference, code, member, reason)


def _said(acting: Acting, reference: str, code: str | None, allowed: bool, reason: str) -> Door:
    with acting.catalogue.writing() as session:
        case = _kept(acting, session, reference)
        person = person_of(session, code).id if code else None
        row = add_access(
            session, case, person, allowed=allowed, by=_viewer(acting), now=acting.clock()
        )
        about = [ObjectRef(ObjectKind.CASE, case.id)]
        if person is not None:
            about.append(ObjectRef(ObjectKind.PERSON, person))
        texts = {"reason": reason, ROW: row_text(row)}
        acting.ledger.record(session, [Act("case.access", S62.ALTERATION, tuple(about), {}, texts)])
        return _door(session, case)


def _viewer(acting: Acting) -> Viewer:
    return Viewer(acting.person.id, acting.person.role)


@dataclass(frozen=True, slots=True)
class Marked:
    """A capture and the marks that it has; no address, which may itself be confidential."""

    capture: CaptureId
    case: str
    marks: tuple[str, ...]


def mark_capture(acting: Acting, named: str, kind: str, reason: str) -> Marked:
    """Mark a capture confidential of a kind (AUT-7), or restricted.

    What is confidential is locked at once: no search finds it from the moment that the mark is on
    record, and what was drawn from it is forgotten. Raises `CaptureUnknown`, `CaptureLocked`,
    `UsageError`.
    """
    marked = _marked(acting, named, kind, reason, holds=True)
    if kind in CONFIDENTIAL:
        _forget(acting, marked.capture)
    return marked


def release_capture(acting: Acting, named: str, kind: str, reason: str) -> Marked:
    """Take a mark off: a named role's act. The steps of what was locked are due again.

    Raises `AccessRefused`, `CaptureUnknown`, `UsageError`.
    """
    return _marked(acting, named, kind, reason, holds=False)


def _marked(acting: Acting, named: str, kind: str, reason: str, *, holds: bool) -> Marked:
    with acting.catalogue.writing() as session:
        capture, case = _capture(session, named)
        if holds:
            capture_view(session, capture)  # who may not open it is not told how it is marked
        row = add_mark(session, capture, kind, holds=holds, by=_viewer(acting), now=acting.clock())
        forget_steps_of(session, [capture], None if kind in CONFIDENTIAL else "index")
        acting.ledger.record(
            session,
            [
                Act(
                    "capture.mark",
                    S62.ALTERATION,
                    (ObjectRef(ObjectKind.CASE, case.id), ObjectRef(ObjectKind.CAPTURE, capture)),
                    {},
                    {"reason": reason, ROW: row_text(row)},
                )
            ],
        )
        return Marked(capture, case.reference, _marks(session, capture))


def _capture(session: Session, named: str) -> tuple[CaptureId, Case]:
    """A capture of a case that may be seen, locked or not. Raises `CaptureUnknown`."""
    found = session.execute(
        select(Capture.id, Case)
        .join(Case, Case.id == Capture.case_id)
        .where(Capture.id == named, Case.id.not_in(hidden_cases(session)))
    ).one_or_none()
    if found is None:
        raise CaptureUnknown(f"There is no capture {named!r}. List them: lantern capture list")
    return CaptureId(found[0]), found[1]


def _marks(session: Session, capture: CaptureId) -> tuple[str, ...]:
    return tuple(sorted(marks_held(session).get(capture, ())))


def _forget(acting: Acting, capture: CaptureId) -> None:
    """Take what was drawn out of a capture away. Where the index cannot be written now, it is
    still left out of every search (`sight.scope_of`).
    """
    # The rooms that read and search take a second to load: to list cases nobody waits for them.
    from enrich import DerivedStore
    from jobs.indexing import open_index

    with closing(DerivedStore(acting.vault.derived)) as store:
        store.drop(capture)
        try:
            with closing(open_index(acting, store)) as engine:
                engine.delete([capture])
                engine.commit()
        except MachineError:
            return


def marked_captures(acting: Acting) -> list[Marked]:
    """Every capture that is marked, for the roles that may open them. Raises `AccessRefused`."""
    if acting.person.role not in TRUSTED_ROLES:
        raise AccessRefused(
            f"What is marked is listed for a {' or '.join(sorted(TRUSTED_ROLES))} alone."
        )
    with acting.catalogue.writing() as session:
        held = marks_held(session)
        rows = session.execute(
            select(Capture.id, Case.reference)
            .join(Case, Case.id == Capture.case_id)
            .where(Capture.id.in_(held), Case.id.not_in(hidden_cases(session)))
            .order_by(Capture.seq)
        ).all()
        refs = {"listed": str(len(rows))}
        acting.ledger.record(session, [Act("access", S62.CONSULTATION, (), refs)])
        return [Marked(CaptureId(c), ref, tuple(sorted(held[CaptureId(c)]))) for c, ref in rows]
