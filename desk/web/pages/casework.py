"""The start page, cases, authorities, notes, the ledger, the state of the machine."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cases.casebook import NewCase
from desk.web.rendering import page
from desk.web.visitor import OurForm, Place, Signed
from jobs.casework import AuthorityForm, all_cases, enter_authority, keep_note, open_new_case
from jobs.conditions import examine
from jobs.ledgering import list_entries
from jobs.overview import case_page, overview
from jobs.workplace import Named

router = APIRouter()
PAGE = 50
LEDGER_PAGE = 200


@router.get("/")
def start(request: Request, place: Place, visitor: Signed) -> HTMLResponse:
    """What is running, what is due, what failed."""
    with place.acting(visitor.code) as acting:
        return page(request, "start.html", visitor, view=overview(acting))


@router.get("/cases")
def case_list(request: Request, place: Place, visitor: Signed) -> HTMLResponse:
    """Every case, and the form for a new one."""
    with place.acting(visitor.code) as acting:
        templates = sorted(acting.vault.settings.templates)
        return page(request, "cases.html", visitor, cases=all_cases(acting), templates=templates)


@router.post("/cases")
def new_case(
    place: Place,
    visitor: OurForm,
    reference: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "",
    urn: Annotated[str, Form()] = "",
    operation: Annotated[str, Form()] = "",
    template: Annotated[str, Form()] = "",
) -> Response:
    """Open a case."""
    new = NewCase(reference.strip(), title, urn or None, operation or None, template or None)
    with place.acting(visitor.code) as acting:
        opened = open_new_case(acting, new)
    return RedirectResponse(f"/cases/{opened.reference}?said=opened", status_code=303)


@router.get("/cases/{reference}")
def one_case(
    request: Request,
    place: Place,
    visitor: Signed,
    reference: str,
    start: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """A case."""
    with place.acting(visitor.code) as acting:
        view = case_page(acting, reference, limit=PAGE, offset=start)
        now = acting.clock()
    return page(request, "case.html", visitor, view=view, start=start, step=PAGE, now=now)


@router.post("/cases/{reference}/notes")
def note_on_case(
    place: Place, visitor: OurForm, reference: str, words: Annotated[str, Form()] = ""
) -> Response:
    """Keep a note on a case."""
    with place.acting(visitor.code) as acting:
        keep_note(acting, reference, None, words)
    return RedirectResponse(f"/cases/{reference}?said=noted#notes", status_code=303)


@router.post("/captures/{capture}/notes")
def note_on_capture(
    place: Place,
    visitor: OurForm,
    capture: str,
    case: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    """Keep a note on a capture."""
    with place.acting(visitor.code) as acting:
        keep_note(acting, case, capture, words)
    return RedirectResponse(f"/captures/{capture}?said=noted#notes", status_code=303)


@router.post("/cases/{reference}/authorities")
def new_authority(
    place: Place,
    visitor: OurForm,
    reference: str,
    scope: Annotated[str, Form()] = "",
    template: Annotated[str, Form()] = "",
    purpose: Annotated[str, Form()] = "",
    necessity: Annotated[str, Form()] = "",
    proportionality: Annotated[str, Form()] = "",
) -> Response:
    """Enter an authority for open research, in the person's own words or a template's.

    Types that somebody else grants are entered at the command line, where their form is.
    """
    form = AuthorityForm(
        type=None,
        purpose=purpose.strip() or None,
        necessity=necessity.strip() or None,
        proportionality=proportionality.strip() or None,
        scope=tuple(scope.split()),
        granted_by=None,
        until=None,
        template=template or None,
    )
    with place.acting(visitor.code) as acting:
        enter_authority(acting, reference, form)
    return RedirectResponse(f"/cases/{reference}?said=authority#authorities", status_code=303)


@router.get("/ledger")
def ledger(
    request: Request,
    place: Place,
    visitor: Signed,
    case: str = "",
    limit: Annotated[int, Query(ge=1, le=2000)] = LEDGER_PAGE,
) -> HTMLResponse:
    """The newest entries, newest first."""
    with place.acting(visitor.code) as acting:
        entries = list_entries(acting, case or None, limit)[::-1]
        known = all_cases(acting)
    return page(
        request, "ledger.html", visitor, entries=entries, case=case, limit=limit, cases=known
    )


@router.get("/machine")
def machine(request: Request, place: Place, visitor: Signed) -> HTMLResponse:
    """What `lantern doctor` says."""
    named = Named(place.environment, place.vault, str(place.vault), visitor.code, place.keys)
    return page(request, "machine.html", visitor, checks=examine(named))
