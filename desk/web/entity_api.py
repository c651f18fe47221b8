"""The HTTP API of entities: the acts of the pages, answered as `lantern entity --json` does."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from cases.entities import Attribute, EntityRecord
from cases.entity_links import Direction, LinkBasis, NewLink
from cases.identity import CaptureId
from cases.pole import Basis, Pole
from desk.entity_documents import candidate_document, entity_document, file_document
from desk.web.api_models import Answer
from desk.web.visitor import OurCall, Place, Signed
from jobs.candidates import CandidateAsk, list_candidates, show_candidate
from jobs.entity_files import list_entities, show_entity
from jobs.naming import Accepting, Turning, accept, reject, relabel, undo
from jobs.records import Adding, Editing, add, edit, link, merge

router = APIRouter(prefix="/api/v1/cases/{reference}")


class AttributeIn(Answer):
    """An attribute and what it rests on; an empty value ends it."""

    name: str
    value: str = ""
    basis: Basis = Basis.FACT


class CandidateIn(Answer):
    """A word on a candidate; `version` is the one that was seen."""

    candidate: str
    version: int | None = None
    name: str | None = None
    subtype: str | None = None
    into: str | None = None
    label: str | None = None
    at: str | None = None
    reason: str = ""


class LinkIn(Answer):
    """A link; of two records, or (`add`) to one."""

    type: str
    basis: LinkBasis = LinkBasis.FACT
    direction: Direction = Direction.TO
    from_date: str | None = None
    to_date: str | None = None
    grade: str | None = None
    conditions: str | None = None
    captures: tuple[str, ...] = ()

    def link(self) -> NewLink:
        """The link as the jobs take it."""
        captures = tuple(CaptureId(each) for each in self.captures)
        return NewLink(**{**self.model_dump(exclude={"ends"}), "captures": captures})


class EndsIn(LinkIn):
    """A link between two records."""

    ends: tuple[str, str]


class EntityIn(Answer):
    """A record to enter by hand, tied by captures or by a link."""

    type: Literal["person", "object", "location", "event"]
    name: str = ""
    subtype: str | None = None
    attributes: tuple[AttributeIn, ...] = ()
    categories: tuple[str, ...] = ()
    captures: tuple[str, ...] = ()
    to: str | None = None
    link: LinkIn | None = None


class EditIn(Answer):
    """What of a record is to change; `version` is the one that was seen."""

    version: int
    name: str | None = None
    subtype: str | None = None
    attributes: tuple[AttributeIn, ...] = ()
    categories: tuple[str, ...] | None = None
    captures: tuple[str, ...] = ()


class MergeIn(Answer):
    """Records that are one, each with the version that was seen if it is to be asked: P_002@3."""

    kept: str
    merged: tuple[str, ...]
    reason: str = ""


class UndoIn(Answer):
    """What the newest act on is to be taken back."""

    named: str
    reason: str = ""


class Made(Answer):
    """The id of what was made."""

    id: str


class Said(Answer):
    """What holds now."""

    says: str
    version: int | None = None


@router.get("/candidates")
def candidates(
    place: Place,
    visitor: Signed,
    reference: str,
    label: str | None = None,
    state: Literal["open", "decided", "all"] = "open",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """A page of a case's candidates."""
    with place.acting(visitor.code) as acting:
        found = list_candidates(acting, reference, CandidateAsk(label, state, limit, offset))
    items = [candidate_document(each) for each in found.items]
    return {"total": found.total, "labels": dict(found.labels), "candidates": items}


@router.get("/candidate")
def candidate(place: Place, visitor: Signed, reference: str, key: str = "") -> dict[str, Any]:
    """One candidate with its contexts."""
    with place.acting(visitor.code) as acting:
        return dict(candidate_document(show_candidate(acting, reference, key)))


@router.post("/candidates/accept", status_code=201)
def accepted(place: Place, visitor: OurCall, reference: str, said: CandidateIn) -> dict[str, Any]:
    """Make a candidate a record, or another name of one."""
    how = Accepting(said.name, said.subtype, said.into, said.version)
    with place.acting(visitor.code) as acting:
        return dict(entity_document(accept(acting, reference, said.candidate, how).entity))


@router.post("/candidates/reject", status_code=201)
def rejected(place: Place, visitor: OurCall, reference: str, said: CandidateIn) -> Said:
    """Say that a candidate, or one mention of it, is none."""
    how = Turning(said.reason, said.at, said.version)
    with place.acting(visitor.code) as acting:
        word = reject(acting, reference, said.candidate, how)
    return Said(says=str(word.verdict), version=word.version)


@router.post("/candidates/relabel", status_code=201)
def relabelled(place: Place, visitor: OurCall, reference: str, said: CandidateIn) -> Said:
    """Say that a candidate is of another label."""
    how = Turning(said.reason, None, said.version)
    with place.acting(visitor.code) as acting:
        word = relabel(acting, reference, said.candidate, said.label or "", how)
    return Said(says=str(word.verdict), version=word.version)


@router.get("/entities")
def entities(place: Place, visitor: Signed, reference: str) -> list[dict[str, Any]]:
    """The records of a case."""
    with place.acting(visitor.code) as acting:
        held, under = list_entities(acting, reference)
    names = {each.id: each.reference for each in held}
    return [
        {**entity_document(each), "merged_into": names.get(under.get(each.id, ""))} for each in held
    ]


@router.post("/entities", status_code=201)
def added(place: Place, visitor: OurCall, reference: str, new: EntityIn) -> dict[str, Any]:
    """Enter a record by hand."""
    record = EntityRecord(
        " ".join(new.name.split()),
        new.subtype,
        attributes=_attributes(new.attributes),
        categories=new.categories,
    )
    tie = new.link.link() if new.link else None
    adding = Adding(Pole[new.type.upper()], record, new.captures, new.to, tie)
    with place.acting(visitor.code) as acting:
        return dict(entity_document(add(acting, reference, adding).entity))


@router.post("/entities/merge", status_code=201)
def merged(place: Place, visitor: OurCall, reference: str, new: MergeIn) -> Made:
    """Say that records are one."""
    with place.acting(visitor.code) as acting:
        return Made(id=merge(acting, reference, new.kept, new.merged, new.reason))


@router.post("/entities/link", status_code=201)
def linked(place: Place, visitor: OurCall, reference: str, new: EndsIn) -> Made:
    """Tie two records."""
    with place.acting(visitor.code) as acting:
        return Made(id=link(acting, reference, new.ends, new.link()))


@router.post("/entities/undo", status_code=201)
def undone(place: Place, visitor: OurCall, reference: str, what: UndoIn) -> Said:
    """Take back the newest act on a record or candidate, a merge or a link."""
    with place.acting(visitor.code) as acting:
        return Said(says=undo(acting, reference, what.named, what.reason))


@router.get("/entities/{named}")
def one(place: Place, visitor: Signed, reference: str, named: str) -> dict[str, Any]:
    """All of one record."""
    with place.acting(visitor.code) as acting:
        return dict(file_document(show_entity(acting, reference, named)))


@router.post("/entities/{named}", status_code=201)
def edited(
    place: Place, visitor: OurCall, reference: str, named: str, change: EditIn
) -> dict[str, Any]:
    """Save a next version of a record; 409 where somebody else did in the meantime."""
    asked = Editing(
        change.name,
        change.subtype,
        _attributes(change.attributes),
        change.categories,
        change.captures,
        change.version,
    )
    with place.acting(visitor.code) as acting:
        return dict(entity_document(edit(acting, reference, named, asked).entity))


def _attributes(given: tuple[AttributeIn, ...]) -> tuple[Attribute, ...]:
    return tuple(Attribute(each.name, each.value, each.basis) for each in given)
