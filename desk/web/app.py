"""The desk's application: its pages, its API, its one layer of protection, its errors."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from cases.access import AccessRefused
from cases.casebook import CaseUnknown
from cases.entities import EntityChanged, EntityUnknown
from cases.entity_decisions import CandidateChanged
from cases.entity_merges import MergeRefused
from cases.errors import AuthorityError, LanternError, MachineError, UsageError
from cases.exhibits import ExhibitUnknown
from cases.gate_book import DecisionChanged
from cases.holdings import CaptureLocked, CaptureUnknown
from cases.job_book import JobUnknown
from cases.saved_searches import SavedSearchUnknown
from cases.sign_in import SignInRefused
from cases.watchlists import AlertUnknown, WatchUnknown
from desk.web import api, entity_api
from desk.web.pages import (
    alerts,
    captures,
    casework,
    collecting,
    crossovers,
    entities,
    entrance,
    exhibits,
    finding,
    gate,
    over_time,
    search_log,
)
from desk.web.place import DeskPlace
from desk.web.protection import HEADERS, Protection
from desk.web.rendering import page
from desk.web.running import RunningJobs
from desk.web.visitor import FormNotOurs, NotSignedIn, Visitor, signed_in
from jobs.candidates import CandidateUnknown
from jobs.gating import PictureCovered, PictureUnknown
from jobs.search_log import SearchUnknown

PAGES = (
    *(entrance, casework, collecting, finding, captures, gate, exhibits, entities, crossovers),
    *(alerts, over_time, search_log),
)
STATIC = Path(__file__).parent / "static"
_STATUS: tuple[tuple[type[LanternError], int], ...] = (
    (CaseUnknown, 404),
    (CaptureUnknown, 404),
    (CaptureLocked, 403),
    (AccessRefused, 403),
    (SearchUnknown, 404),
    (SavedSearchUnknown, 404),
    (JobUnknown, 404),
    (PictureUnknown, 404),
    (ExhibitUnknown, 404),
    (EntityUnknown, 404),
    (CandidateUnknown, 404),
    (AlertUnknown, 404),
    (WatchUnknown, 404),
    (PictureCovered, 403),
    (FormNotOurs, 403),
    (SignInRefused, 403),
    (NotSignedIn, 401),
    (DecisionChanged, 409),
    (EntityChanged, 409),
    (CandidateChanged, 409),
    (MergeRefused, 409),
    (UsageError, 422),
    (AuthorityError, 403),
    (MachineError, 503),
)


def create_app(place: DeskPlace) -> FastAPI:
    """The application that serves one vault."""
    # The schema too is for signed-in people: `api` answers with it.
    app = FastAPI(title="Dark Lantern", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.place = place
    app.state.jobs = RunningJobs()
    for each in (*PAGES, api, entity_api):
        app.include_router(each.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Protection, hosts=place.hosts)
    app.add_exception_handler(LanternError, _refused)
    app.add_exception_handler(HTTPException, _no_such_page)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Exception, _broke)
    return app


def status_of(error: LanternError) -> int:
    """The HTTP status that stands for an error of ours (RFC 9110, section 15)."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, LanternError)  # noqa: S101 - registered for it alone
    if isinstance(error, NotSignedIn) and not _is_api(request):
        return RedirectResponse("/sign-in", status_code=303)
    return _said(request, status_of(error), error.kind, error.says)


async def _no_such_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    says = "There is no such page." if status == 404 else "That cannot be done at this address."
    return _said(request, status, "http", says)


async def _unreadable(request: Request, error: Exception) -> Response:
    fields = ""
    if isinstance(error, RequestValidationError):
        fields = ", ".join(str(each["loc"][-1]) for each in error.errors()[:5])
    return _said(request, 422, "usage", f"These fields cannot be read: {fields}. Mend them.")


async def _broke(request: Request, error: Exception) -> Response:  # noqa: ARG001 - said on stderr
    """A fault of ours: a calm page, marked as every answer is. The server reports the fault."""
    answer = _said(request, 500, "fault", "Something broke here. What you did may not be kept.")
    answer.headers.update(HEADERS)
    return answer


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _said(request: Request, status: int, kind: str, says: str) -> Response:
    if _is_api(request):
        return JSONResponse({"error": {"kind": kind, "says": says}}, status_code=status)
    if request.url.path.startswith("/sign-in"):
        return page(request, "sign_in.html", None, status=status, refused=says, code="")
    return page(request, "error.html", _visitor(request), status=status, says=says, kind=kind)


def _visitor(request: Request) -> Visitor | None:
    try:
        return signed_in(request, request.app.state.place)
    except LanternError:
        return None
