"""The searches that were run, as disclosure material: listed, run again, written out (DIS-6)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from cases.errors import CallerError
from desk.verbs.finding import rerun_document
from desk.web.rendering import page, search_address
from desk.web.visitor import OurCall, OurForm, Place, Signed, Visitor
from jobs.casework import all_cases
from jobs.hit_export import export_log
from jobs.search_log import (
    LoggedSearch,
    Rerun,
    annex,
    logged_searches,
    rerun,
    show_search,
)

router = APIRouter()
LISTED: Final = 100
LongList = Annotated[int, Query(ge=1, le=2000)]


@router.get("/searches")
def listed(
    request: Request, place: Place, visitor: Signed, case: str = "", limit: LongList = LISTED
) -> HTMLResponse:
    """The newest searches of a case, or of all that the person may see; one consultation."""
    with place.acting(visitor.code) as acting:
        known = all_cases(acting)
        found = logged_searches(acting, case or None, limit)
    return page(
        request,
        "searches.html",
        visitor,
        cases=known,
        case=case,
        limit=limit,
        found=[(each, _address(each)) for each in found],
    )


@router.post("/searches/export")
def export(place: Place, visitor: OurForm, case: Annotated[str, Form()] = "") -> Response:
    """The whole log as a file: the digital-material annex, a disclosure on record."""
    with place.acting(visitor.code) as acting:
        written = export_log(acting, case or None)
    return Response(
        written.content,
        media_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{written.entry}.jsonl"'},
    )


@router.get("/searches/{named}")
def one(request: Request, place: Place, visitor: Signed, named: str) -> HTMLResponse:
    """One search on record; one consultation."""
    with place.acting(visitor.code) as acting:
        return _one(request, visitor, show_search(acting, named))


@router.post("/searches/{named}/rerun")
def again(request: Request, place: Place, visitor: OurForm, named: str) -> HTMLResponse:
    """Run it again over the index as it stood then, and say whether the same was found."""
    with place.acting(visitor.code) as acting:
        try:
            told = rerun(acting, named)
        except CallerError as refused:
            return _one(request, visitor, show_search(acting, named), refused=refused.says)
        return _one(request, visitor, told.search, again=told)


def _one(
    request: Request,
    visitor: Visitor,
    search: LoggedSearch,
    *,
    again: Rerun | None = None,
    refused: str = "",
) -> HTMLResponse:
    shown = {"search": search, "address": _address(search), "rerun": again, "refused": refused}
    return page(request, "logged.html", visitor, status=400 if refused else 200, **shown)


def _address(search: LoggedSearch) -> str:
    """The address that asks the same anew; empty where the query was erased."""
    one_case = search.cases[0] if len(search.cases) == 1 else ""
    return search_address(search.query or "", one_case)


@router.get("/api/v1/searches")
def told(
    place: Place, visitor: Signed, case: str | None = None, limit: LongList = LISTED
) -> list[dict[str, Any]]:
    """The newest searches, oldest first, as `lantern search-log export` writes them."""
    with place.acting(visitor.code) as acting:
        return [dict(each) for each in annex(logged_searches(acting, case, limit))]


@router.get("/api/v1/searches/{named}")
def told_of_one(place: Place, visitor: Signed, named: str) -> dict[str, Any]:
    """One search on record."""
    with place.acting(visitor.code) as acting:
        return dict(annex([show_search(acting, named)])[0])


@router.post("/api/v1/searches/{named}/rerun")
def told_again(place: Place, visitor: OurCall, named: str) -> dict[str, Any]:
    """Run it again; `same` is null where that cannot be told."""
    with place.acting(visitor.code) as acting:
        return dict(rerun_document(rerun(acting, named)))
