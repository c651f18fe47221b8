"""The job form with its dry run, a job's page with live progress, its stop."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Form, Header, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from cases.job_book import RUNNING
from desk.web.place import DeskPlace
from desk.web.rendering import page
from desk.web.running import OVER, RunningJobs, running_of
from desk.web.visitor import OurForm, Place, Signed, Visitor
from jobs.casework import CaseFile, case_file
from jobs.collecting import Order, RobotsChoice, ScopeKind, job_report, show_job, stop_job
from jobs.rehearsing import rehearse

router = APIRouter()
BEAT_S = 5.0  # a line at least this often, so that a reader who left is noticed
LOOK_S = 2.0


@router.get("/cases/{reference}/collect")
def form(request: Request, place: Place, visitor: Signed, reference: str) -> HTMLResponse:
    """The job form."""
    with place.acting(visitor.code) as acting:
        held = case_file(acting, reference)
        settings = acting.vault.settings.collect
    limits = {"max_pages": settings.max_pages, "delay": settings.delay_s}
    return _form(request, visitor, held, asked=None, found=None, **limits)


@router.post("/cases/{reference}/collect")
def ask(
    request: Request,
    place: Place,
    visitor: OurForm,
    reference: str,
    seeds: Annotated[str, Form()] = "",
    how: Annotated[str, Form()] = "page",
    depth: Annotated[int, Form(ge=0, le=100)] = 0,
    scope: Annotated[str, Form()] = "page",
    max_pages: Annotated[int, Form(ge=1, le=100_000)] = 200,
    delay: Annotated[float, Form(ge=0, le=3600)] = 1.0,
    allow: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "rehearse",
) -> Response:
    """Rehearse the job, or begin it."""
    asked = _order(reference, seeds, how, depth, scope, max_pages, delay, allow)
    if act == "collect":
        job = running_of(request).start(place, visitor.code, asked)
        return RedirectResponse(f"/jobs/{job}", status_code=303)
    with place.acting(visitor.code) as acting:
        found = rehearse(acting, asked)
        held = case_file(acting, reference)
    typed = {"seeds": seeds, "how": how, "depth": depth, "scope": scope, "allow": allow}
    limits = {"max_pages": max_pages, "delay": delay}
    return _form(request, visitor, held, asked=typed, found=found, **limits)


def _form(request: Request, visitor: Visitor, held: CaseFile, **shown: Any) -> HTMLResponse:
    live = [a for a in held.authorities if a.cancelled_at is None]
    return page(request, "collect.html", visitor, case=held.case, authorities=live, **shown)


def _order(
    reference: str,
    seeds: str,
    how: str,
    depth: int,
    scope: str,
    max_pages: int,
    delay: float,
    allow: str,
) -> Order:
    crawl = how == "site"
    kind = ScopeKind(scope) if crawl and scope in list(ScopeKind) else ScopeKind.PAGE
    if crawl and kind is ScopeKind.PAGE:
        kind = ScopeKind.HOST
    return Order(
        case=reference,
        seeds=tuple(dict.fromkeys(seeds.split())),
        scope=kind,
        depth=depth if crawl else 0,
        max_pages=max_pages,
        delay_s=delay,
        robots=RobotsChoice.OBEYED if crawl else RobotsChoice.NOT_ASKED,
        allow_addresses=tuple(allow.split()),
        browser=how == "browser",
    )


@router.get("/jobs/{job}")
def one_job(request: Request, place: Place, visitor: Signed, job: str) -> HTMLResponse:
    """A job: how it stands, what it brought."""
    with place.acting(visitor.code) as acting:
        report = job_report(acting, job)
    live = report.job.state == RUNNING
    return page(request, "job.html", visitor, job=report.job, captures=report.captures, live=live)


@router.get("/jobs/{job}/events")
def events(
    request: Request,
    place: Place,
    visitor: Signed,
    job: str,
    last_event_id: Annotated[str, Header(max_length=9)] = "",
) -> StreamingResponse:
    """The job's progress as server-sent events (WHATWG HTML, 9.2), for whoever is signed in."""
    jobs = running_of(request)
    seen = int(last_event_id) if last_event_id.isdecimal() else 0
    if jobs.knows(job):
        told = _told_here(jobs, job, seen)
    else:
        told = _looked_at(place, visitor.code, _state_of(place, visitor.code, job), job)
    return StreamingResponse(told, media_type="text/event-stream")


def _state_of(place: DeskPlace, code: str, job: str) -> str:
    with place.acting(code) as acting:
        return show_job(acting, job).state


def _looked_at(place: DeskPlace, code: str, state: str, job: str) -> Iterator[str]:
    """A job that somebody runs elsewhere: its state is looked at until it has ended."""
    while state == RUNNING:
        yield ": still running\n\n"
        time.sleep(LOOK_S)
        state = _state_of(place, code, job)
    yield f'event: {OVER}\ndata: {{"event": "{OVER}"}}\n\n'


def _told_here(jobs: RunningJobs, job: str, seen: int) -> Iterator[str]:
    while True:
        told = jobs.after(job, seen, BEAT_S)
        if not told:
            yield ": still running\n\n"
            continue
        for event in told:
            seen += 1
            yield f"id: {seen}\nevent: {event['event']}\ndata: {json.dumps(event)}\n\n"
            if event["event"] == OVER:
                return


@router.post("/jobs/{job}/stop")
def stop(place: Place, visitor: OurForm, job: str, reason: Annotated[str, Form()] = "") -> Response:
    """Ask a job to stop."""
    with place.acting(visitor.code) as acting:
        stop_job(acting, job, reason or "Stopped at the desk")
    return RedirectResponse(f"/jobs/{job}?said=stopping", status_code=303)
