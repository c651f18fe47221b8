"""Entities read: the records of a case, all of one, its names. Each look is on the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.casebook import case_row
from cases.entities import (
    EntityView,
    entities_of,
    entity_named,
    versions_of,
)
from cases.entity_links import (
    LinkView,
    links_of,
)
from cases.entity_merges import merges_of, root_of
from cases.entity_merges import names_of as all_names
from cases.entity_tables import SpecialAttribute
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.identity import CaseId
from cases.models import Person
from cases.pole import Basis
from cases.pole_rules import Broken, broken_rules, missing, uk_today
from evidence.acting import Acting


@dataclass(frozen=True, slots=True)
class SpecialView:
    """A special-category attribute, with why it is strictly necessary."""

    field: str
    value: str
    basis: Basis
    necessity: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class EntityFile:
    """All of an entity: record, other records merged with it, links, history, what is missing."""

    entity: EntityView
    names: tuple[str, ...]
    merged: tuple[tuple[EntityView, str], ...]  # each with the id of its merge
    merged_into: EntityView | None
    links: tuple[LinkView, ...]
    ends: dict[str, EntityView]
    versions: tuple[EntityView, ...]
    warnings: tuple[Broken, ...]
    missing: tuple[str, ...]
    special: tuple[SpecialView, ...] = field(default=())


def list_entities(acting: Acting, case: str) -> tuple[list[EntityView], dict[str, str]]:
    """The records of a case that stand, and of each merged one the id of what it stands under;
    one consultation. Raises `CaseUnknown`.
    """
    with acting.catalogue.writing() as session:
        row = case_row(session, case)
        held = [view for view in entities_of(session, CaseId(row.id)) if view.standing]
        merges = merges_of(session, CaseId(row.id))
        objects = (ObjectRef(ObjectKind.CASE, row.id),)
        refs = {"listed": str(len(held))}
        acting.ledger.record(session, [Act("access", S62.CONSULTATION, objects, refs)])
    return held, {each.id: root_of(each.id, merges) for each in held if each.id in merges}


def show_entity(acting: Acting, case: str, named: str, *, special: bool = False) -> EntityFile:
    """All of one entity; one consultation, which says where special categories were looked at.

    Raises `EntityUnknown`, `CaseUnknown`.
    """
    with acting.catalogue.writing() as session:
        row = case_row(session, case)
        view = entity_named(session, row, named)
        held = entities_of(session, CaseId(row.id))
        merges = merges_of(session, CaseId(row.id))
        by_id = {each.id: each for each in held}
        links = links_of(session, CaseId(row.id), held)
        draft = view.record.draft(view.pole)
        objects = (ObjectRef(ObjectKind.CASE, row.id), ObjectRef(ObjectKind.ENTITY, view.id))
        refs = {"entity": view.id} | ({"special": "shown"} if special else {})
        acting.ledger.record(session, [Act("access", S62.CONSULTATION, objects, refs)])
        into = merges.get(view.id)
        return EntityFile(
            entity=view,
            names=all_names(session, CaseId(row.id), view),
            merged=tuple(
                (by_id[each], made)
                for each, (kept, made) in merges.items()
                if kept == view.id and each in by_id
            ),
            merged_into=by_id.get(into[0]) if into else None,
            links=tuple(k for k in links if view.id in (k.from_entity, k.to_entity)),
            ends=by_id,
            versions=tuple(versions_of(session, view)),
            warnings=tuple(broken_rules(draft, today=uk_today(acting.clock()))),
            missing=tuple(missing(draft)),
            special=tuple(_special_of(session, view)) if special else (),
        )


def _special_of(session: Session, view: EntityView) -> Iterator[SpecialView]:
    rows = session.execute(
        select(SpecialAttribute, Person.code)
        .join(Person, Person.id == SpecialAttribute.by)
        .where(SpecialAttribute.entity_id == view.id)
        .order_by(SpecialAttribute.at)
    )
    newest = {row.field: (row, code) for row, code in rows}
    for row, code in newest.values():
        if row.value is not None:
            yield SpecialView(row.field, row.value, Basis(row.basis), row.necessity, code, row.at)


def names_of(acting: Acting, case: str, named: str) -> tuple[str, ...]:
    """Every name of an entity and of what was merged with it: what a question is widened to.

    Part of an act that its caller records. Raises `EntityUnknown`, `CaseUnknown`.
    """
    with acting.catalogue.reading() as session:
        row = case_row(session, case)
        return all_names(session, CaseId(row.id), entity_named(session, row, named))
