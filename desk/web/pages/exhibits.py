"""Exhibits at the desk: made from a capture, listed, their label and statement draft, exported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cases.errors import UsageError
from desk.web.rendering import page
from desk.web.visitor import OurForm, Place, Signed
from jobs.casework import case_file
from jobs.exhibit_pages import label_html, statement_html
from jobs.exhibiting import list_exhibits, make_exhibit
from jobs.exporting import export_bundle
from jobs.gating import view_of
from jobs.viewing_copies import export_viewing_copy

router = APIRouter()
# These pages go into bundles as they are, with their style inside them: nothing else may load.
SHEET_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)


@router.get("/cases/{reference}/exhibits")
def listed(request: Request, place: Place, visitor: Signed, reference: str) -> HTMLResponse:
    """The exhibits of a case, in order, with the numbers left out."""
    with place.acting(visitor.code) as acting:
        case = case_file(acting, reference).case
        held = list_exhibits(acting, reference)
    return page(request, "exhibits.html", visitor, case=case, held=held, exported=None)


@router.post("/captures/{capture}/exhibit")
def make(
    place: Place,
    visitor: OurForm,
    capture: str,
    reference: Annotated[str, Form()] = "",
    description: Annotated[str, Form()] = "",
) -> Response:
    """Make a capture an exhibit."""
    with place.acting(visitor.code) as acting:
        made = make_exhibit(acting, capture, reference.strip() or None, description or None)
        case = view_of(acting, made.capture).case_reference
    return RedirectResponse(f"/cases/{case}/exhibits?said=exhibit", status_code=303)


@router.get("/cases/{reference}/exhibits/label")
def label(place: Place, visitor: Signed, reference: str, exhibit: str) -> HTMLResponse:
    """An exhibit's label, to print."""
    with place.acting(visitor.code) as acting:
        text = label_html(acting, reference, exhibit)
    return HTMLResponse(text, headers={"Content-Security-Policy": SHEET_POLICY})


@router.get("/cases/{reference}/exhibits/statement")
def statement(place: Place, visitor: Signed, reference: str, exhibit: str) -> HTMLResponse:
    """The draft of a statement about an exhibit, to print."""
    with place.acting(visitor.code) as acting:
        text = statement_html(acting, reference, exhibit)
    return HTMLResponse(text, headers={"Content-Security-Policy": SHEET_POLICY})


@router.post("/cases/{reference}/exhibits/export")
def export(
    request: Request,
    place: Place,
    visitor: OurForm,
    reference: str,
    exhibits: Annotated[list[str] | None, Form()] = None,
    to: Annotated[str, Form()] = "",
    recipients: Annotated[str, Form()] = "",
    product: Annotated[str, Form()] = "bundle",
) -> HTMLResponse:
    """Write a bundle or a viewing copy to a folder of the machine that the desk runs on."""
    chosen, folder = exhibits or [], _folder(to)
    with place.acting(visitor.code) as acting:
        case = case_file(acting, reference).case
        if product == "viewing":
            done = export_viewing_copy(acting, reference, chosen, folder)
        else:
            done = export_bundle(acting, reference, chosen, folder, recipients.split())
        held = list_exhibits(acting, reference)
    return page(request, "exhibits.html", visitor, case=case, held=held, exported=done)


def _folder(typed: str) -> Path:
    """The folder named. A relative one would lie wherever the desk was started from."""
    folder = Path(typed.strip())
    if "\0" in typed or not folder.is_absolute():
        raise UsageError(
            "Name the folder from the root, as in /media/stick/JS-1: the desk has none."
        )
    return folder
