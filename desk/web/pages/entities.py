"""Entities at the desk: candidates decided on with one key, records, links and merges."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cases.entities import Attribute
from cases.entity_links import Direction, LinkBasis, NewLink
from cases.errors import UsageError
from cases.identity import CaptureId
from cases.pole import CATEGORIES, NAMES, SUBTYPES, Basis, Pole
from desk.web.rendering import page
from desk.web.visitor import OurForm, Place, Signed
from jobs.candidates import CandidateAsk, list_candidates, show_candidate
from jobs.casework import case_file
from jobs.entity_files import list_entities, show_entity
from jobs.naming import Accepting, Turning, accept, reject, relabel, undo
from jobs.records import Editing, edit, link, merge

router = APIRouter()
PAGE = 40
Text = Annotated[str, Form()]
Texts = Annotated[list[str], Form()]


@router.get("/cases/{reference}/entities")
def listed(
    request: Request,
    place: Place,
    visitor: Signed,
    reference: str,
    label: str = "",
    state: str = "open",
    start: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """The records of a case, and a page of its candidates."""
    ask = CandidateAsk(label or None, state, PAGE, start)
    with place.acting(visitor.code) as acting:
        case = case_file(acting, reference).case
        held, under = list_entities(acting, reference)
        found = list_candidates(acting, reference, ask)
    names = {each.id: each.reference for each in held}
    return page(
        request,
        "entities.html",
        visitor,
        case=case,
        held=held,
        under={entity: names.get(root, "another") for entity, root in under.items()},
        found=found,
        ask=ask,
        step=PAGE,
    )


@router.get("/cases/{reference}/candidate")
def candidate(
    request: Request, place: Place, visitor: Signed, reference: str, key: str = ""
) -> HTMLResponse:
    """One candidate, where it was found, and what can be said of it."""
    with place.acting(visitor.code) as acting:
        case = case_file(acting, reference).case
        found = show_candidate(acting, reference, key)
        held, _ = list_entities(acting, reference)
    return page(
        request,
        "candidate.html",
        visitor,
        case=case,
        found=found,
        held=held,
        labels=list(NAMES),
    )


def _seen(value: str) -> tuple[int, str]:
    """A version and the candidate's key, as a button or a tick carries them."""
    version, _, key = value.partition(" ")
    if not version.isdigit() or len(version) > 9 or ":" not in key:
        raise UsageError("This names no candidate. Open the page again and retry.")
    return int(version), key


@router.post("/cases/{reference}/entities/accept")
def accepted(
    place: Place,
    visitor: OurForm,
    reference: str,
    candidate: Text = "",
    name: Text = "",
    into: Text = "",
    back: Text = "",
) -> Response:
    """Make a candidate a record, or another name of one."""
    version, key = _seen(candidate)
    with place.acting(visitor.code) as acting:
        how = Accepting(name.strip() or None, None, into.strip() or None, version)
        accept(acting, reference, key, how)
    return _back(reference, back, "recorded")


@router.post("/cases/{reference}/entities/reject")
def rejected(
    place: Place,
    visitor: OurForm,
    reference: str,
    candidate: Text = "",
    at: Text = "",
    reason: Text = "",
    back: Text = "",
) -> Response:
    """Say that a candidate, or one mention of it, is none."""
    version, key = _seen(candidate)
    seen = None if at else version
    with place.acting(visitor.code) as acting:
        reject(acting, reference, key, Turning(reason, at or None, seen))
    return _back(reference, back, "rejected")


@router.post("/cases/{reference}/entities/relabel")
def relabelled(
    place: Place,
    visitor: OurForm,
    reference: str,
    candidate: Text = "",
    label: Text = "",
    back: Text = "",
) -> Response:
    """Say that a candidate is of another label."""
    version, key = _seen(candidate)
    with place.acting(visitor.code) as acting:
        relabel(acting, reference, key, label, Turning(seen=version))
    return _back(reference, back, "relabelled")


@router.post("/cases/{reference}/entities/merge")
def merged(
    place: Place,
    visitor: OurForm,
    reference: str,
    tick: Texts = [],  # noqa: B006 - read, never changed
    reason: Text = "",
    back: Text = "",
) -> Response:
    """Make one of what is ticked: records are merged under the first, candidates join it."""
    records = [each for each in tick if " " not in each]
    candidates = [_seen(each) for each in tick if " " in each]
    if len(tick) < 2:
        raise UsageError("Tick two or more to merge them.")
    with place.acting(visitor.code) as acting:
        if not records:
            version, key = candidates.pop(0)
            made = accept(acting, reference, key, Accepting(seen=version))
            records = [made.entity.reference]
        if len(records) > 1:
            merge(acting, reference, records[0], records[1:], reason)
        first = records[0].partition("@")[0]
        for version, key in candidates:
            accept(acting, reference, key, Accepting(into=first, seen=version))
    return _back(reference, back, "merged")


@router.post("/cases/{reference}/entities/undo")
def undone(
    place: Place,
    visitor: OurForm,
    reference: str,
    named: Text = "",
    reason: Text = "",
    back: Text = "",
) -> Response:
    """Take back the newest act on a record or candidate, a merge or a link."""
    with place.acting(visitor.code) as acting:
        undo(acting, reference, named, reason)
    return _back(reference, back, "undone")


@router.post("/cases/{reference}/entities/link")
def linked(
    place: Place,
    visitor: OurForm,
    reference: str,
    one: Text = "",
    other: Text = "",
    kind: Text = "",
    basis: Text = "fact",
    both: Text = "",
    since: Text = "",
    until: Text = "",
    grade: Text = "",
    conditions: Text = "",
    captures: Text = "",
) -> Response:
    """Tie two records."""
    new = NewLink(
        kind.strip(),
        LinkBasis.OPINION if basis == "opinion" else LinkBasis.FACT,
        Direction.BOTH if both else Direction.TO,
        since.strip() or None,
        until.strip() or None,
        grade.strip() or None,
        conditions.strip() or None,
        tuple(CaptureId(each) for each in captures.split()),
    )
    with place.acting(visitor.code) as acting:
        link(acting, reference, (one, other.strip()), new)
    return _back(reference, one, "linked")


@router.get("/cases/{reference}/entities/{named}")
def one(
    request: Request, place: Place, visitor: Signed, reference: str, named: str
) -> HTMLResponse:
    """All of one record."""
    with place.acting(visitor.code) as acting:
        case = case_file(acting, reference).case
        found = show_entity(acting, reference, named)
    return page(
        request,
        "entity.html",
        visitor,
        case=case,
        found=found,
        entity=found.entity,
        subtypes=SUBTYPES[found.entity.pole],
        categories=CATEGORIES if found.entity.pole is Pole.PERSON else (),
    )


@router.post("/cases/{reference}/entities/{named}/edit")
def edited(
    place: Place,
    visitor: OurForm,
    reference: str,
    named: str,
    version: Annotated[int, Form(ge=0)] = 0,
    name: Text = "",
    subtype: Text = "",
    category: Texts = [],  # noqa: B006 - read, never changed
    attribute: Text = "",
    value: Text = "",
    basis: Text = "fact",
) -> Response:
    """Save a next version of a record. Refused where somebody else saved since."""
    kind = Basis.ASSESSMENT if basis == "assessment" else Basis.FACT
    said = (Attribute(attribute.strip(), value.strip(), kind),) if attribute.strip() else ()
    change = Editing(name, subtype, said, tuple(category) if category else None, (), version)
    with place.acting(visitor.code) as acting:
        edit(acting, reference, named, change)
    return _back(reference, named, "recorded")


def _back(reference: str, back: str, said: str) -> Response:
    """To the list (with its label and state), or to a record, never to an address of a form."""
    to = f"/cases/{quote(reference, safe='')}/entities"
    if back.startswith("?"):
        to += f"{back}&said={said}"
    else:
        to += (f"/{quote(back, safe='')}" if back else "") + f"?said={said}"
    return RedirectResponse(to, status_code=303)
