"""Merges: entities that a person said are one, and such words taken back.

A merge changes no record: it is a row, and taking it back is a row more, after which each stands
for itself again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.entities import EntityView, entities_of, lock_case
from cases.entity_tables import EntityMerge
from cases.errors import CallerError
from cases.identity import CaseId, PersonId, new_id
from cases.times import rfc3339


class MergeRefused(CallerError):
    """The entities cannot be merged, or the merge cannot be taken back."""

    kind = "merge"


def merges_of(session: Session, case: CaseId) -> dict[str, tuple[str, str]]:
    """Each merged entity of a case: the one it was merged into, and the merge's id."""
    rows = list(
        session.scalars(
            select(EntityMerge).where(EntityMerge.case_id == case).order_by(EntityMerge.number)
        )
    )
    undone = {row.undoes for row in rows}
    return {
        merged: (row.kept, row.id)
        for row in rows
        if row.undoes is None and row.id not in undone
        for merged in row.merged
    }


def root_of(entity: str, merges: Mapping[str, tuple[str, str]]) -> str:
    """The entity that stands for it and all that were merged with it."""
    seen = {entity}
    while entity in merges and merges[entity][0] not in seen:  # rows edited by hand can go round
        entity = merges[entity][0]
        seen.add(entity)
    return entity


def add_merge(
    session: Session,
    kept: EntityView,
    merged: list[EntityView],
    *,
    by: PersonId,
    now: datetime,
) -> EntityMerge:
    """The row that merges entities into one of them. Raises `MergeRefused`."""
    lock_case(session, kept.case)
    merges = merges_of(session, kept.case)
    for each in (kept, *merged):
        if each.id in merges:
            raise MergeRefused(f"{each.reference} is merged already: take that back first.")
        if not each.standing:
            raise MergeRefused(f"{each.reference} was taken back.")
        if each.pole is not kept.pole:
            raise MergeRefused(
                f"{each.reference} is a {each.pole.says} and {kept.reference} a "
                f"{kept.pole.says}: tie them by a link instead."
            )
    ids = [each.id for each in merged]
    if not ids or len({kept.id, *ids}) != len(ids) + 1:
        raise MergeRefused("Name two or more different entities to merge.")
    return _add_merge(session, kept.case, kept.id, ids, None, by, now)


def undo_merge(
    session: Session, case: CaseId, named: str, *, by: PersonId, now: datetime
) -> EntityMerge:
    """The row that takes a merge back. Raises `MergeRefused`, in the same words for a merge of what
    the session's person may not see.
    """
    lock_case(session, case)
    row = session.get(EntityMerge, named)
    seen = {view.id for view in entities_of(session, case)}
    if (
        row is None
        or row.case_id != case
        or row.undoes is not None
        or not seen.issuperset((row.kept, *row.merged))
    ):
        raise MergeRefused(f"There is no merge {named[:40]!r} in this case.")
    if session.scalar(select(EntityMerge.id).where(EntityMerge.undoes == named)) is not None:
        raise MergeRefused(f"The merge {named} was taken back already.")
    return _add_merge(session, case, row.kept, list(row.merged), row.id, by, now)


def _add_merge(
    session: Session,
    case: CaseId,
    kept: str,
    merged: list[str],
    undoes: str | None,
    by: PersonId,
    now: datetime,
) -> EntityMerge:
    highest = session.scalar(
        select(func.max(EntityMerge.number)).where(EntityMerge.case_id == case)
    )
    row = EntityMerge(
        id=new_id("m"),
        case_id=case,
        number=(highest or 0) + 1,
        kept=kept,
        merged=merged,
        undoes=undoes,
        by=by,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


def names_of(session: Session, case: CaseId, entity: EntityView) -> tuple[str, ...]:
    """Every name of an entity and of all that were merged with it, once each: what a question
    about it is widened to.
    """
    merges = merges_of(session, case)
    root = root_of(entity.id, merges)
    names = [
        name
        for each in entities_of(session, case)
        if each.standing and root_of(each.id, merges) == root
        for name in (each.record.name, *each.record.aliases)
        if name
    ]
    return tuple(dict.fromkeys(names))
