"""Who may see which case and which capture (DPA-1, AUT-7): rows on record, and one question.

A case is open to everybody of the vault until it is closed to its members; whoever is in charge of
it is one. A capture marked confidential is locked to named roles and read by no machine; one marked
restricted is seen by those roles and by whoever is in charge of its case. A session of a person's
own (`Catalogue.viewer`) finds nothing else; the steps that run for nobody in particular see all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.errors import CallerError, UsageError
from cases.identity import CaptureId, CaseId, PersonId, new_id
from cases.models import Capture, Case
from cases.search_tables import CaptureMark, CaseAccess
from cases.times import rfc3339

VIEWER: Final = "viewer"  # in `Session.info`
RESTRICTED: Final = "restricted"
CONFIDENTIAL: Final = (
    "legal-privilege",
    "medical",
    "journalistic",
    "spiritual",
    "constituency",
)
MARKS: Final = (*CONFIDENTIAL, RESTRICTED)
# The roles that confidential material is locked to, and that see what is restricted.
TRUSTED_ROLES: Final = frozenset({"supervisor", "authorising-officer"})
# Who may say who sees a case, besides whoever is in charge: seeing it is another matter.
KEEPING_ROLES: Final = TRUSTED_ROLES | {"administrator"}


class AccessRefused(CallerError):
    """The person may not do this, or may not see this."""

    kind = "access-refused"


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whose eyes a session reads."""

    person: PersonId
    role: str

    @property
    def trusted(self) -> bool:
        """Whether confidential and restricted material is open to their role."""
        return self.role in TRUSTED_ROLES


def viewer_of(session: Session) -> Viewer | None:
    """For whose eyes the session reads; None for the steps, which see all."""
    return session.info.get(VIEWER)


@dataclass(frozen=True, slots=True)
class CaseDoor:
    """Who may see a case: its members where it is closed to them, else everybody."""

    closed: bool
    members: frozenset[PersonId]


def door_of(session: Session, case: CaseId) -> CaseDoor:
    """Who may see the case, as it stands."""
    return _doors(session, [case]).get(case, CaseDoor(closed=False, members=frozenset()))


def _doors(session: Session, cases: Iterable[CaseId] | None) -> dict[CaseId, CaseDoor]:
    """The doors of the cases on which anything was said."""
    query = select(CaseAccess.case_id, CaseAccess.person, CaseAccess.allowed)
    if cases is not None:
        query = query.where(CaseAccess.case_id.in_(list(cases)))
    said: dict[CaseId, dict[str | None, bool]] = {}
    for case, person, allowed in session.execute(query.order_by(CaseAccess.number)):
        said.setdefault(CaseId(case), {})[person] = allowed
    return {
        case: CaseDoor(
            not words.get(None, True),
            frozenset(PersonId(person) for person, allowed in words.items() if person and allowed),
        )
        for case, words in said.items()
    }


def hidden_cases(session: Session) -> frozenset[CaseId]:
    """The cases that the session's person may not see."""
    viewer = viewer_of(session)
    if viewer is None:
        return frozenset()
    shut = {
        case
        for case, door in _doors(session, None).items()
        if door.closed and viewer.person not in door.members
    }
    if not shut:
        return frozenset()
    own = session.scalars(select(Case.id).where(Case.in_charge == viewer.person))
    return frozenset(shut.difference(map(CaseId, own)))


def hidden_captures(session: Session) -> frozenset[CaptureId]:
    """The captures, of cases that they may see, that the session's person may not open."""
    viewer = viewer_of(session)
    if viewer is None or viewer.trusted:
        return frozenset()
    marked = marks_held(session)
    restricted = [capture for capture, kinds in marked.items() if kinds == {RESTRICTED}]
    mine: set[str] = set()
    if restricted:
        mine = set(
            session.scalars(
                select(Capture.id)
                .join(Case, Case.id == Capture.case_id)
                .where(Case.in_charge == viewer.person, Capture.id.in_(restricted))
            )
        )
    return frozenset(capture for capture in marked if capture not in mine)


def locked_captures(session: Session) -> frozenset[CaptureId]:
    """The captures that hold confidential material: neither read by machines nor found (AUT-7)."""
    held = marks_held(session)
    return frozenset(capture for capture, kinds in held.items() if kinds != {RESTRICTED})


def closed_captures(session: Session) -> frozenset[CaptureId]:
    """The captures that are locked, or not for the session's person to open: what they are told of,
    and what is counted for them, leaves these out.
    """
    return locked_captures(session) | hidden_captures(session)


def restricted_captures(session: Session) -> frozenset[CaptureId]:
    """The captures that are marked restricted."""
    held = marks_held(session)
    return frozenset(capture for capture, kinds in held.items() if RESTRICTED in kinds)


def marks_held(session: Session) -> dict[CaptureId, set[str]]:
    """The marks that hold now, of each capture that has any."""
    query = select(CaptureMark.capture_id, CaptureMark.kind, CaptureMark.holds)
    held: dict[CaptureId, set[str]] = {}
    for capture, kind, holds in session.execute(query.order_by(CaptureMark.number)):
        kinds = held.setdefault(CaptureId(capture), set())
        kinds.add(kind) if holds else kinds.discard(kind)
    return {capture: kinds for capture, kinds in held.items() if kinds}


def add_access(
    session: Session,
    case: Case,
    person: PersonId | None,
    *,
    allowed: bool,
    by: Viewer,
    now: datetime,
) -> CaseAccess:
    """The row of a word on who may see a case. Raises `AccessRefused` for who may not say it."""
    if by.person != case.in_charge and by.role not in KEEPING_ROLES:
        raise AccessRefused(
            f"Who may see case {case.reference} is for whoever is in charge of it to say, or for a "
            f"{', '.join(sorted(KEEPING_ROLES))}. Ask one of them."
        )
    newest = session.scalar(
        select(func.max(CaseAccess.number)).where(CaseAccess.case_id == case.id)
    )
    row = CaseAccess(
        id=new_id("u"),
        case_id=case.id,
        number=(newest or 0) + 1,
        person=person,
        allowed=allowed,
        by=by.person,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


def add_mark(
    session: Session,
    capture: CaptureId,
    kind: str,
    *,
    holds: bool,
    by: Viewer,
    now: datetime,
) -> CaptureMark:
    """The row of a mark put on or taken off. Anybody may lock; a trusted role alone releases.

    Raises `UsageError` for a kind there is not or a mark that stands so already, `AccessRefused`.
    """
    if kind not in MARKS:
        raise UsageError(f"There is no mark {kind[:40]!r}. Choose one of: {', '.join(MARKS)}.")
    if not holds and not by.trusted:
        raise AccessRefused(
            f"Capture {capture} is released by a {' or '.join(sorted(TRUSTED_ROLES))} alone. Ask "
            "one of them."
        )
    if (kind in marks_held(session).get(capture, ())) is holds:
        raise UsageError(
            f"Capture {capture} {'has the mark' if holds else 'has no mark'} {kind} already."
        )
    newest = session.scalar(
        select(func.max(CaptureMark.number)).where(CaptureMark.capture_id == capture)
    )
    row = CaptureMark(
        id=new_id("k"),
        capture_id=capture,
        number=(newest or 0) + 1,
        kind=kind,
        holds=holds,
        by=by.person,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row
