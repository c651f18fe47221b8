"""Exhibits on record: references allocated one by one, rows written, gaps found and explained.

What allocates holds the case: SQLite by the writing transaction, PostgreSQL by the case's row. So
no two exhibits of a case get one number, whoever asks at the same moment (EXH-1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.errors import CallerError, UsageError
from cases.exhibit_references import (
    INITIALS,
    ExhibitReference,
    could_be_of,
    gaps_in,
    numbered,
    own_initials,
    read_reference,
)
from cases.exhibit_tables import Exhibit, ExhibitGap
from cases.holdings import capture_view
from cases.identity import CaptureId, CaseId, PersonId, Sha256, new_id
from cases.models import Case, Person
from cases.people import PersonView
from cases.times import from_rfc3339, rfc3339


class ExhibitUnknown(CallerError):
    """There is no exhibit of that reference in the case."""

    kind = "exhibit-unknown"


class ReferenceTaken(CallerError):
    """The reference, or the same number written otherwise, is another exhibit's."""

    kind = "reference-taken"


class InitialsTaken(CallerError):
    """The initials are another producer's in this case."""

    kind = "initials-taken"


class NoGap(CallerError):
    """The number is an exhibit's, or is above the highest: there is no gap to explain."""

    kind = "no-gap"


@dataclass(frozen=True, slots=True)
class ExhibitView:
    """An exhibit as lists show it; `manifest_sha256` is its digest."""

    id: str
    reference: str
    safe_name: str
    capture: CaptureId
    case: CaseId
    producer: PersonId
    producer_code: str
    producer_name: str
    description: str
    made_at: datetime
    manifest_sha256: Sha256
    document: str


@dataclass(frozen=True, slots=True)
class GapView:
    """A number left out: its reference, the reason on record (None where nobody gave one yet)."""

    reference: str
    reason: str | None
    by: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class NewExhibit:
    """What is frozen when an exhibit is made."""

    id: str
    reference: ExhibitReference
    capture: CaptureId
    description: str
    manifest_sha256: Sha256
    document: str


def allocate(
    session: Session, case: Case, producer: PersonView, wanted: str | None
) -> ExhibitReference:
    """The reference that the producer's next exhibit gets: the one wanted, or the next free.

    `wanted` may be initials alone (JAS): the next number under them. Raises `ReferenceRefused`,
    `InitialsTaken`, `ReferenceTaken`, `UsageError`.
    """
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    if wanted is not None and not INITIALS.fullmatch(wanted):
        reference = read_reference(wanted)
        _refuse_others_initials(session, case, producer, reference.initials)
        _refuse_taken(session, case, reference)
        return reference
    initials = wanted or _initials_in_use(session, case, producer)
    _refuse_others_initials(session, case, producer, initials)
    return numbered(initials, max(_numbers(session, case.id, initials), default=0) + 1)


def _initials_in_use(session: Session, case: Case, producer: PersonView) -> str:
    """Those of the producer's newest exhibit in the case, else the producer's own."""
    newest = session.scalar(
        select(Exhibit.initials)
        .where(Exhibit.case_id == case.id, Exhibit.producer == producer.id)
        .order_by(Exhibit.made_at.desc())
        .limit(1)
    )
    initials = newest or own_initials(producer.code, producer.name)
    if initials is None:
        raise UsageError(
            f"The initials of {producer.name} cannot be told from the code {producer.code}. "
            "Name the reference: --as JS/1"
        )
    return initials


def _refuse_others_initials(
    session: Session, case: Case, producer: PersonView, initials: str
) -> None:
    own = own_initials(producer.code, producer.name)
    other = session.scalar(
        select(Person.name)
        .join(Exhibit, Exhibit.producer == Person.id)
        .where(
            Exhibit.case_id == case.id,
            Exhibit.initials == initials,
            Exhibit.producer != producer.id,
        )
        .limit(1)
    ) or session.scalar(
        select(Person.name).where(Person.code == initials, Person.id != producer.id)
    )
    if other is not None:
        raise InitialsTaken(
            f"The initials {initials} are {other}'s in case {case.reference}. Put a middle initial "
            f"between yours: --as {initials[0]}X{initials[-1]}/1"
        )
    if not could_be_of(initials, own):
        raise InitialsTaken(
            f"{initials} are not the initials of {producer.name} ({own}). An exhibit is produced "
            f"by the person who makes it: --as {own}/1"
        )
    used = session.scalar(
        select(Exhibit.initials).where(
            Exhibit.case_id == case.id,
            Exhibit.producer == producer.id,
            Exhibit.initials != initials,
        )
    )
    if used is not None:
        raise InitialsTaken(
            f"{producer.name} produces as {used} in case {case.reference}, so {initials} is "
            f"refused: one producer, one set of initials. Use: --as {used}/…"
        )


def _refuse_taken(session: Session, case: Case, reference: ExhibitReference) -> None:
    held = session.scalar(
        select(Exhibit.reference).where(
            Exhibit.case_id == case.id,
            Exhibit.initials == reference.initials,
            Exhibit.number == reference.number,
            Exhibit.sub == reference.sub,
        )
    )
    if held is not None:
        raise ReferenceTaken(
            f"{reference.text} is taken: case {case.reference} has the exhibit {held}. Leave out "
            "--as for the next free number."
        )
    gap = session.scalar(
        select(ExhibitGap.reason).where(
            ExhibitGap.case_id == case.id,
            ExhibitGap.initials == reference.initials,
            ExhibitGap.number == reference.number,
        )
    )
    if gap is not None:
        raise ReferenceTaken(
            f"{reference.text} is on record as not used ({gap}). Leave out --as for the next free "
            "number."
        )


def _numbers(session: Session, case: str, initials: str) -> set[int]:
    """The numbers used under the initials, and those on record as left out."""
    used = select(Exhibit.number).where(Exhibit.case_id == case, Exhibit.initials == initials)
    left = select(ExhibitGap.number).where(
        ExhibitGap.case_id == case, ExhibitGap.initials == initials
    )
    return {*session.scalars(used), *session.scalars(left)}


def add_exhibit(
    session: Session, case: Case, producer: PersonView, new: NewExhibit, *, now: datetime
) -> Exhibit:
    """Put the exhibit on record."""
    row = Exhibit(
        id=new.id,
        case_id=case.id,
        capture_id=new.capture,
        producer=producer.id,
        initials=new.reference.initials,
        number=new.reference.number,
        sub=new.reference.sub,
        reference=new.reference.text,
        description=new.description,
        manifest_sha256=new.manifest_sha256,
        document=new.document,
        made_at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


def explain_gap(
    session: Session,
    case: Case,
    producer: PersonView,
    named: str,
    reason: str,
    *,
    now: datetime,
) -> ExhibitGap:
    """Put on record why a number is not used. Raises `NoGap`, `ReferenceRefused`, `UsageError`."""
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    reference = read_reference(named)
    if not reason.strip():
        raise UsageError("Say why the number is not used: --reason …")
    _refuse_taken(session, case, reference)
    _refuse_others_initials(session, case, producer, reference.initials)
    highest = max(_numbers(session, case.id, reference.initials), default=0)
    used = session.scalar(
        select(Exhibit.reference).where(
            Exhibit.case_id == case.id,
            Exhibit.initials == reference.initials,
            Exhibit.number == reference.number,
        )
    )
    if reference.sub or used is not None or reference.number > highest + 1:
        raise NoGap(
            f"{reference.text} is not a gap of case {case.reference}. See them: "
            f"lantern exhibit list --case {case.reference}"
        )
    row = ExhibitGap(
        id=new_id("g"),
        case_id=case.id,
        initials=reference.initials,
        number=reference.number,
        reason=reason.strip(),
        by=producer.id,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


def exhibits_of(session: Session, case: CaseId) -> list[ExhibitView]:
    """The exhibits of a case, in exhibit order: by initials, number, sub-number."""
    query = (
        select(Exhibit, Person)
        .join(Person, Person.id == Exhibit.producer)
        .where(Exhibit.case_id == case)
        .order_by(Exhibit.initials, Exhibit.number, Exhibit.sub)
    )
    return [_view(row, person) for row, person in session.execute(query)]


def exhibits_named(session: Session, case: Case, references: Iterable[str]) -> list[ExhibitView]:
    """Those exhibits, in exhibit order, each once. Raises `ExhibitUnknown`, `ReferenceRefused`, and
    `CaptureLocked` or `CaptureUnknown` for one whose capture the session's person may not open.
    """
    held = {_place(view): view for view in exhibits_of(session, CaseId(case.id))}
    wanted = {}
    for text in references:
        reference = read_reference(text.strip())
        view = held.get(reference.place)
        if view is None:
            there = ", ".join(view.reference for view in list(held.values())[:8]) or "none yet"
            raise ExhibitUnknown(
                f"Case {case.reference} has no exhibit {reference.text}. There are: {there}. "
                "Make one: lantern exhibit make CAPTURE"
            )
        capture_view(session, view.capture)
        wanted[reference.place] = view
    return [wanted[place] for place in sorted(wanted)]


def _place(view: ExhibitView) -> tuple[str, int, int]:
    return read_reference(view.reference).place


def _view(row: Exhibit, person: Person) -> ExhibitView:
    reference = read_reference(row.reference)
    return ExhibitView(
        id=row.id,
        reference=row.reference,
        safe_name=reference.safe_name,
        capture=CaptureId(row.capture_id),
        case=CaseId(row.case_id),
        producer=PersonId(row.producer),
        producer_code=person.code,
        producer_name=person.name,
        description=row.description,
        made_at=from_rfc3339(row.made_at),
        manifest_sha256=Sha256(row.manifest_sha256),
        document=row.document,
    )


def gaps_of(session: Session, case: CaseId) -> list[GapView]:
    """Every number left out, in exhibit order, with the reason where one was given."""
    numbers: dict[str, set[int]] = {}
    rows = session.execute(select(Exhibit.initials, Exhibit.number).where(Exhibit.case_id == case))
    for initials, number in rows:
        numbers.setdefault(initials, set()).add(number)
    explained = {
        (gap.initials, gap.number): (gap, code)
        for gap, code in session.execute(
            select(ExhibitGap, Person.code)
            .join(Person, Person.id == ExhibitGap.by)
            .where(ExhibitGap.case_id == case)
        )
    }
    missing = {(initials, n) for initials, used in numbers.items() for n in gaps_in(used)}
    return [_gap(place, explained.get(place)) for place in sorted(missing | explained.keys())]


def _gap(place: tuple[str, int], told: tuple[ExhibitGap, str] | None) -> GapView:
    reference = numbered(*place).text
    if told is None:
        return GapView(reference, None, None, None)
    gap, code = told
    return GapView(reference, gap.reason, code, from_rfc3339(gap.at))
