"""Records that people enter, edit, tie and merge: each act on the ledger, each one reversible.

A record is never tied to nothing (POL-3); a merge is a combination (DPA-1). What is of a special
category is kept apart, and nothing extracted ever fills it (DPA-6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cases.entities import (
    Attribute,
    EntityRecord,
    EntityView,
    NewVersion,
    add_entity,
    captures_of_case,
    entity_named,
)
from cases.entity_links import (
    NewLink,
    Orphan,
    add_link,
)
from cases.entity_merges import MergeRefused, add_merge
from cases.entity_tables import SpecialAttribute
from cases.entries import S62
from cases.errors import UsageError
from cases.identity import new_id
from cases.pole import CATEGORIES, SPECIAL_FIELDS, Basis, Pole
from cases.pole_rules import checked, uk_today
from cases.times import rfc3339
from evidence.acting import Acting
from jobs.deeds import LONGEST_REASON, Deed, NotAcceptable, Saved, doing, save_version


@dataclass(frozen=True, slots=True)
class Adding:
    """A record that a person enters, tied by its captures or by a link to an entity."""

    pole: Pole
    record: EntityRecord
    captures: Sequence[str] = ()
    to: str | None = None
    link: NewLink | None = None


@dataclass(frozen=True, slots=True)
class Editing:
    """What of a record is to change; None leaves it, and so does no captures. `attributes` are set
    one by one; an empty value ends one.
    """

    name: str | None = None
    subtype: str | None = None
    attributes: tuple[Attribute, ...] = ()
    categories: tuple[str, ...] | None = None
    captures: tuple[str, ...] = ()
    seen: int | None = None


def add(acting: Acting, case: str, new: Adding) -> Saved:
    """Enter a record by hand. Raises `Orphan` for one tied to nothing (POL-3), `RecordRefused`,
    `LinkRefused`, `UsageError`.
    """
    with doing(acting, case, "entity.add", S62.COLLECTION) as deed:
        captures = captures_of_case(deed.session, deed.case, new.captures)
        record = replace(new.record, captures=captures)
        _refuse_categories(new.pole, record.categories)
        warnings = checked(record.draft(new.pole), today=uk_today(acting.clock()))
        if not captures and new.to is None:
            raise Orphan(
                "An entity is linked to another or to a capture (POL-3): name one with "
                "--capture x-… or --to P_001"
            )
        by, now = acting.person.id, acting.clock()
        row, version = add_entity(deed.session, deed.case_id, new.pole, record, by=by, now=now)
        deed.rows += [row, version]
        view = deed.of(entity_named(deed.session, deed.case, row.id))
        link = None
        if new.to is not None:
            if new.link is None:
                raise UsageError("Say how they are tied: --link-type uses")
            other = entity_named(deed.session, deed.case, new.to)
            tied = add_link(deed.session, (view, other), new.link, by=by, now=now)
            deed.rows.append(tied)
            deed.of(other)
            link = tied.id
        return Saved(view, tuple(warnings), link)


def _refuse_categories(pole: Pole, categories: Sequence[str]) -> None:
    if categories and pole is not Pole.PERSON:
        raise UsageError("Persons alone have categories (DPA-4).")
    for each in categories:
        if each not in CATEGORIES:
            known = ", ".join(CATEGORIES)
            raise UsageError(f"{each[:40]!r} is no category. Choose of: {known}.")


def edit(acting: Acting, case: str, named: str, change: Editing) -> Saved:
    """Save a next version of a record. Raises `EntityChanged`, `EntityUnknown`, `RecordRefused`."""
    with doing(acting, case, "entity.edit", S62.ALTERATION) as deed:
        view = entity_named(deed.session, deed.case, named)
        record = view.record
        held = {each.name: each for each in record.attributes}
        held |= {each.name: each for each in change.attributes}
        new_captures = captures_of_case(deed.session, deed.case, change.captures)
        if change.categories is not None:
            _refuse_categories(view.pole, change.categories)
        edited = EntityRecord(
            record.name if change.name is None else change.name.strip(),
            record.subtype if change.subtype is None else change.subtype or None,
            record.aliases,
            tuple(each for each in held.values() if each.value),
            record.categories if change.categories is None else change.categories,
            tuple(dict.fromkeys([*record.captures, *new_captures])),
        )
        if not view.standing:
            raise NotAcceptable(f"{view.reference} was taken back: lantern entity undo {named}")
        return save_version(acting, deed, view, NewVersion(edited, change.seen))


def link(acting: Acting, case: str, ends: tuple[str, str], new: NewLink) -> str:
    """Tie two entities; the link's id. Raises `LinkRefused`, `EntityUnknown`."""
    with doing(acting, case, "entity.link", S62.ALTERATION) as deed:
        views = tuple(entity_named(deed.session, deed.case, each) for each in ends)
        captures = captures_of_case(deed.session, deed.case, new.captures)
        row = add_link(
            deed.session,
            (views[0], views[1]),
            replace(new, captures=captures),
            by=acting.person.id,
            now=acting.clock(),
        )
        deed.rows.append(row)
        for view in views:
            deed.of(view)
        deed.refs["link"] = row.id
        return row.id


def merge(acting: Acting, case: str, kept: str, merged: Sequence[str], reason: str = "") -> str:
    """Say that entities are one, kept under the first; the merge's id. Raises `MergeRefused`,
    `EntityUnknown`. Each may be named with the version that was seen (P_002@3): `EntityChanged`
    where it is another now.
    """
    with doing(acting, case, "entity.merge", S62.COMBINATION, reason) as deed:
        views = [_seen(deed, each) for each in (kept, *merged)]
        row = add_merge(deed.session, views[0], views[1:], by=acting.person.id, now=acting.clock())
        deed.rows.append(row)
        for view in views:
            deed.of(view)
        deed.refs["merge"] = row.id
        return row.id


def _seen(deed: Deed, named: str) -> EntityView:
    reference, _, version = named.partition("@")
    view = entity_named(deed.session, deed.case, reference)
    if version and version != str(view.version):
        raise MergeRefused(
            f"{view.reference} was changed in the meantime (version {view.version}). Nothing was "
            "merged: look at it first."
        )
    return view


def set_special(
    acting: Acting,
    case: str,
    named: str,
    special: tuple[str, str | None, Basis],
    necessity: str,
) -> None:
    """Keep a special-category attribute of a person (field, value or None to take it back, basis),
    with why that is strictly necessary (DPA-6). Raises `UsageError`, `EntityUnknown`.
    """
    name, value, basis = special
    if name not in SPECIAL_FIELDS:
        raise UsageError(f"{name[:40]!r} is none of: {', '.join(SPECIAL_FIELDS)}.")
    if len(necessity.split()) < 3:
        raise UsageError(
            "Say why it is strictly necessary (DPA 2018, section 35): --strictly-necessary TEXT"
        )
    with doing(acting, case, "entity.special", S62.ALTERATION) as deed:
        view = entity_named(deed.session, deed.case, named)
        if view.pole is not Pole.PERSON:
            raise UsageError(f"{view.reference} is no person.")
        row = SpecialAttribute(
            id=new_id("s"),
            entity_id=view.id,
            field=name,
            value=value.strip() if value and value.strip() else None,
            basis=str(basis),
            necessity=necessity[:LONGEST_REASON],
            by=acting.person.id,
            at=rfc3339(acting.clock()),
        )
        deed.session.add(row)
        deed.session.flush()
        deed.rows.append(row)
        deed.of(view)
