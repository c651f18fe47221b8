"""What ties entities: links with type, direction, dates, basis, grade and captures (POL-4).

A link is taken back by a row that replaces it. An entity is never left tied to nothing (POL-3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.access import closed_captures
from cases.entities import EntityView, entities_of, lock_case
from cases.entity_tables import EntityLink
from cases.errors import CallerError, UsageError
from cases.grading import parse_grade
from cases.identity import CaptureId, CaseId, PersonId, new_id
from cases.models import Person
from cases.pole import ATTRIBUTED, Pole
from cases.times import rfc3339

_TYPE = re.compile(r"[a-z][a-z-]{1,39}")


class LinkRefused(UsageError):
    """The link lacks something that it must have, or ties what cannot be tied."""

    kind = "link"


class Orphan(CallerError):
    """The entity would be linked to nothing (POL-3)."""

    kind = "orphan"


class Direction(StrEnum):
    """Which way a link reads."""

    TO = "to"
    BOTH = "both"


class LinkBasis(StrEnum):
    """What a link rests on (POL-4)."""

    FACT = "fact"
    OPINION = "opinion"


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link as a person enters it; dates are ISO days, the grade as typed."""

    type: str
    basis: LinkBasis
    direction: Direction = Direction.TO
    from_date: str | None = None
    to_date: str | None = None
    grade: str | None = None
    conditions: str | None = None
    captures: tuple[CaptureId, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link that stands."""

    id: str
    from_entity: str
    to_entity: str
    link: NewLink
    by: str
    at: str


def add_link(
    session: Session,
    ends: tuple[EntityView, EntityView],
    new: NewLink,
    *,
    by: PersonId,
    now: datetime,
) -> EntityLink:
    """The row of a link from the first entity to the second. Raises `LinkRefused`."""
    lock_case(session, ends[0].case)
    _refuse_unfit(ends, new)
    return _add(session, ends, new, True, None, by, now)


def _refuse_unfit(ends: tuple[EntityView, EntityView], new: NewLink) -> None:
    one, other = ends
    if one.id == other.id or one.case != other.case:
        raise LinkRefused("A link ties two entities of one case.")
    gone = next((end for end in ends if not end.standing), None)
    if gone is not None:
        raise LinkRefused(f"{gone.reference} was taken back: lantern entity undo {gone.reference}")
    if not _TYPE.fullmatch(new.type):
        raise LinkRefused(f"{new.type[:40]!r} is no type of link: write it as uses or seen-with.")
    if not new.captures and new.basis is LinkBasis.FACT:
        raise LinkRefused("A fact is shown by a capture: --capture x-… , or say --basis opinion.")
    if new.grade is None and _attributes_to_a_person(ends):
        raise LinkRefused(
            "Whose a handle, number, address or account is, is a graded link (POL-1): --grade 2DP"
        )
    days = [_day(each) for each in (new.from_date, new.to_date) if each]
    if days != sorted(days):
        raise LinkRefused(f"The link ends ({new.to_date}) before it begins ({new.from_date}).")


def _attributes_to_a_person(ends: tuple[EntityView, EntityView]) -> bool:
    return any(
        one.pole is Pole.PERSON and other.record.subtype in ATTRIBUTED
        for one, other in (ends, ends[::-1])
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LinkRefused(f"{text[:20]!r} is no day: write 2026-03-01.") from None


def _add(
    session: Session,
    ends: tuple[EntityView, EntityView],
    new: NewLink,
    standing: bool,
    replaces: str | None,
    by: PersonId,
    now: datetime,
) -> EntityLink:
    row = EntityLink(
        id=new_id("k"),
        case_id=ends[0].case,
        from_entity=ends[0].id,
        to_entity=ends[1].id,
        type=new.type,
        direction=str(new.direction),
        from_date=new.from_date,
        to_date=new.to_date,
        basis=str(new.basis),
        grade=parse_grade(new.grade, new.conditions) if new.grade else None,
        conditions=new.conditions,
        captures=[str(each) for each in new.captures],
        standing=standing,
        replaces=replaces,
        by=by,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


def links_of(session: Session, case: CaseId, entities: Iterable[EntityView]) -> list[LinkView]:
    """The links that stand between those entities, oldest first; without those that rest on
    nothing but captures that the session's person may not see.
    """
    unseen = closed_captures(session)
    known = {each.id for each in entities}
    rows = list(
        session.execute(
            select(EntityLink, Person.code)
            .join(Person, Person.id == EntityLink.by)
            .where(EntityLink.case_id == case)
            .order_by(EntityLink.at, EntityLink.id)
        )
    )
    replaced = {row.replaces for row, _ in rows}
    return [
        view
        for row, code in rows
        if row.standing and row.id not in replaced and {row.from_entity, row.to_entity} <= known
        if (view := _view(row, code, unseen)) is not None
    ]


def _view(row: EntityLink, code: str, unseen: frozenset[CaptureId]) -> LinkView | None:
    captures = tuple(CaptureId(each) for each in row.captures if each not in unseen)
    if row.captures and not captures:
        return None
    link = NewLink(
        row.type,
        LinkBasis(row.basis),
        Direction(row.direction),
        row.from_date,
        row.to_date,
        row.grade,
        row.conditions,
        captures,
    )
    return LinkView(row.id, row.from_entity, row.to_entity, link, code, row.at)


def end_link(
    session: Session, case: CaseId, named: str, *, by: PersonId, now: datetime
) -> EntityLink:
    """The row that takes a link back. Raises `LinkRefused`, and `Orphan` for an entity that would
    be tied to nothing then.
    """
    lock_case(session, case)
    held = entities_of(session, case)
    links = links_of(session, case, held)
    view = next((each for each in links if each.id == named), None)
    if view is None:
        raise LinkRefused(f"There is no link {named[:40]!r} that stands in this case.")
    by_id = {each.id: each for each in held}
    ends = (by_id[view.from_entity], by_id[view.to_entity])
    left = [each for each in links if each.id != named]
    for end in ends:
        refuse_orphan(end, left)
    return _add(session, ends, view.link, False, view.id, by, now)


def refuse_orphan(view: EntityView, links: Iterable[LinkView]) -> None:
    """Raises `Orphan` for an entity with no capture and none of these links (POL-3)."""
    if view.record.captures or any(view.id in (k.from_entity, k.to_entity) for k in links):
        return
    raise Orphan(
        f"{view.reference} would be linked to no other entity and no capture. Name one: "
        "--capture x-… or --link P_001"
    )
