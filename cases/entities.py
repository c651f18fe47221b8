"""Entities on record: POLE records in versions, found by reference, as far as one may see them.

A record is added to and never changed: what is edited, taken back or restored is a version more, so
nothing is lost and whoever saves is told when somebody else saved first. Part of the caller's
transaction; who records the act writes its ledger entry in the same one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from cases.access import closed_captures
from cases.entity_tables import Entity, EntityVersion
from cases.errors import CallerError
from cases.identity import CaptureId, CaseId, PersonId, new_id
from cases.models import Capture, Case, Person
from cases.pole import NOT_YET, Basis, Pole
from cases.pole_rules import Draft
from cases.times import rfc3339

_REFERENCE = re.compile(r"([POLE])_?([0-9]{1,9})")


class EntityUnknown(CallerError):
    """The case has no entity of that reference."""

    kind = "entity-unknown"


class EntityChanged(CallerError):
    """Somebody else saved the entity in the meantime."""

    kind = "entity-changed"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing said of an entity, and what it rests on (DPA-4)."""

    name: str
    value: str
    basis: Basis = Basis.FACT


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """What a record says. `captures` are those that the entity was seen in."""

    name: str
    subtype: str | None = None
    aliases: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    categories: tuple[str, ...] = ()
    captures: tuple[CaptureId, ...] = ()

    def draft(self, pole: Pole) -> Draft:
        """The record as the rules read it."""
        held = {each.name: each.value for each in self.attributes}
        return Draft(pole, self.name, self.subtype, self.aliases, held)


@dataclass(frozen=True, slots=True)
class EntityView:
    """An entity as it stands; `by` and `at` are of its newest version."""

    id: str
    case: CaseId
    pole: Pole
    reference: str
    version: int
    record: EntityRecord
    standing: bool
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A record to be kept as an entity's next version. `seen` is the version that the person saw,
    None where nothing is asked.
    """

    record: EntityRecord
    seen: int | None = None
    standing: bool = True


def reference_of(pole: str, number: int) -> str:
    """The reference of a record, as in P_001."""
    return f"{pole}_{number:03d}"


def lock_case(session: Session, case: CaseId) -> None:
    """Hold the case: numbers and versions are drawn by one at a time."""
    session.execute(select(Case.id).where(Case.id == case).with_for_update())


def add_entity(
    session: Session, case: CaseId, pole: Pole, record: EntityRecord, *, by: PersonId, now: datetime
) -> tuple[Entity, EntityVersion]:
    """The rows of a new entity: itself and its first version. The record was checked before."""
    lock_case(session, case)
    highest = session.scalar(
        select(func.max(Entity.number)).where(Entity.case_id == case, Entity.pole == str(pole))
    )
    row = Entity(
        id=new_id("o"),
        case_id=case,
        pole=str(pole),
        number=(highest or 0) + 1,
        by=by,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row, _add(session, row.id, 1, NewVersion(categorised(pole, record)), by, now)


def categorised(pole: Pole, record: EntityRecord) -> EntityRecord:
    """The record with "not yet categorised" where a person has no category (DPA-4)."""
    if pole is not Pole.PERSON or record.categories:
        return record
    return replace(record, categories=(NOT_YET,))


def add_version(
    session: Session, view: EntityView, new: NewVersion, *, by: PersonId, now: datetime
) -> EntityVersion:
    """The row of an entity's next version. Raises `EntityChanged` where somebody came first."""
    lock_case(session, view.case)
    newest = session.scalars(
        select(EntityVersion)
        .where(EntityVersion.entity_id == view.id)
        .order_by(EntityVersion.version.desc())
        .limit(1)
    ).one()
    held = newest.version
    if held != (view.version if new.seen is None else new.seen):
        raise EntityChanged(
            f"Somebody else saved {view.reference} in the meantime (version {held}). Nothing was "
            f"changed. Look at what it says now, then do it again: lantern entity show "
            f"{view.reference}"
        )
    unseen = closed_captures(session)
    kept = [CaptureId(each) for each in newest.captures if each in unseen]  # not theirs to drop
    seen = tuple(dict.fromkeys([*kept, *new.record.captures]))
    record = replace(categorised(view.pole, new.record), captures=seen)
    return _add(session, view.id, held + 1, NewVersion(record, standing=new.standing), by, now)


def _add(
    session: Session,
    entity: str,
    version: int,
    new: NewVersion,
    by: PersonId,
    now: datetime,
) -> EntityVersion:
    record = new.record
    row = EntityVersion(
        id=new_id("w"),
        entity_id=entity,
        version=version,
        name=record.name,
        subtype=record.subtype,
        aliases=list(record.aliases),
        attributes=[
            {"name": each.name, "value": each.value, "basis": str(each.basis)}
            for each in record.attributes
        ],
        categories=list(record.categories),
        captures=[str(capture) for capture in record.captures],
        standing=new.standing,
        by=by,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


def entities_of(session: Session, case: CaseId, *only: ColumnElement[bool]) -> list[EntityView]:
    """The entities of a case as they stand, in order of class and number; those taken back too.

    One that was seen in nothing but captures that the session's person may not see is left out.
    `only` narrows them.
    """
    newest = (
        select(EntityVersion.entity_id, func.max(EntityVersion.version).label("version"))
        .join(Entity, Entity.id == EntityVersion.entity_id)
        .where(Entity.case_id == case, *only)
        .group_by(EntityVersion.entity_id)
        .subquery()
    )
    rows = session.execute(
        select(Entity, EntityVersion, Person.code)
        .join(newest, newest.c.entity_id == Entity.id)
        .join(
            EntityVersion,
            and_(
                EntityVersion.entity_id == Entity.id,
                EntityVersion.version == newest.c.version,
            ),
        )
        .join(Person, Person.id == EntityVersion.by)
        .order_by(Entity.pole, Entity.number)
    )
    unseen = closed_captures(session)
    return [view for found in rows if (view := _view(*found, unseen)) is not None]


def versions_of(session: Session, view: EntityView) -> list[EntityView]:
    """Every version of an entity, oldest first."""
    rows = session.execute(
        select(EntityVersion, Person.code)
        .join(Person, Person.id == EntityVersion.by)
        .where(EntityVersion.entity_id == view.id)
        .order_by(EntityVersion.version)
    )
    entity = session.get_one(Entity, view.id)
    unseen = closed_captures(session)
    found = [_view(entity, row, code, unseen) for row, code in rows]
    return [each for each in found if each is not None]


def _view(
    entity: Entity, row: EntityVersion, code: str, unseen: frozenset[CaptureId]
) -> EntityView | None:
    captures = tuple(CaptureId(each) for each in row.captures if each not in unseen)
    if row.captures and not captures:
        return None
    record = EntityRecord(
        row.name,
        row.subtype,
        tuple(row.aliases),
        tuple(
            Attribute(each["name"], each["value"], Basis(each["basis"])) for each in row.attributes
        ),
        tuple(row.categories),
        captures,
    )
    return EntityView(
        entity.id,
        CaseId(entity.case_id),
        Pole(entity.pole),
        reference_of(entity.pole, entity.number),
        row.version,
        record,
        row.standing,
        code,
        row.at,
    )


def entity_named(session: Session, case: Case, named: str) -> EntityView:
    """The entity of that reference (P_001) or id. Raises `EntityUnknown`."""
    wanted = _REFERENCE.fullmatch(named.strip().upper())
    which = [Entity.id == named]
    if wanted:
        which = [Entity.pole == wanted[1], Entity.number == int(wanted[2])]
    for view in entities_of(session, CaseId(case.id), *which):
        return view
    raise EntityUnknown(
        f"Case {case.reference} has no entity {named[:40]!r}. List them: "
        f"lantern entity list --case {case.reference}"
    )


def captures_of_case(session: Session, case: Case, named: Iterable[str]) -> tuple[CaptureId, ...]:
    """Those captures, once each, if all are of the case and open to the session's person.

    Raises `CallerError` naming the first that is not.
    """
    wanted = list(dict.fromkeys(each.strip() for each in named))
    held = set(visible_captures(session, CaseId(case.id), wanted))
    for each in wanted:
        if each not in held:
            raise CallerError(
                f"Case {case.reference} has no capture {each[:40]!r}. List them: "
                f"lantern capture list --case {case.reference}"
            )
    return tuple(CaptureId(each) for each in wanted)


def visible_captures(
    session: Session, case: CaseId, among: Sequence[str] | None = None
) -> list[CaptureId]:
    """The captures of a case that the session's person may see and that no lock keeps from being
    read (AUT-7), oldest first.
    """
    unseen = closed_captures(session)
    query = select(Capture.id).where(Capture.case_id == case).order_by(Capture.seq)
    if among is not None:
        query = query.where(Capture.id.in_(among))
    return [CaptureId(each) for each in session.scalars(query) if each not in unseen]
