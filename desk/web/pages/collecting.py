"""The job form with its dry run, a job's page with live progress, its stop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Form, Header, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from desk.web.rendering import page
from desk.web.running import RunningJobs
from desk.web.visitor import OurForm, Place, Signed
from jobs.casework import case_file
from jobs.collecting import Order, RobotsChoice, ScopeKind, job_report, stop_job
from jobs.rehearsing import rehearse

router = APIRouter()
BEAT_S = 10.0


def running_of(request: Request) -> RunningJobs:
    """The jobs of this desk."""
    jobs = request.app.state.jobs
    assert isinstance(jobs, RunningJobs)  # noqa: S101 - `create_app` put it there
    return jobs


@router.get("/cases/{reference}/collect")
def form(request: Request, place: Place, visitor: Signed, reference: str) -> HTMLResponse:
    """The job form."""
    with place.acting(visitor.code) as acting:
        held = case_file(acting, reference)
        settings = acting.vault.settings.collect
    return page(
        request,
        "collect.html",
        visitor,
        case=held.case,
        authorities=[a for a in held.authorities if a.cancelled_at is None],
        asked=None,
        found=None,
        max_pages=settings.max_pages,
        delay=settings.delay_s,
    )


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
    return page(
        request,
        "collect.html",
        visitor,
        case=held.case,
        authorities=[a for a in held.authorities if a.cancelled_at is None],
        asked={
            "seeds": seeds,
            "how": how,
            "depth": depth,
            "scope": scope,
            "allow": allow,
        },
        found=found,
        max_pages=max_pages,
        delay=delay,
    )


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
    live = report.job.state == "running"
    return page(request, "job.html", visitor, job=report.job, captures=report.captures, live=live)


@router.get("/jobs/{job}/events")
def events(
    request: Request,
    visitor: Signed,
    job: str,
    last_event_id: Annotated[str, Header()] = "",
) -> StreamingResponse:
    """The job's progress as server-sent events (WHATWG HTML, 9.2), for whoever is signed in."""
    assert visitor.code  # noqa: S101 - the dependency let them in
    jobs = running_of(request)
    seen = int(last_event_id) if last_event_id.isdigit() else 0
    return StreamingResponse(_stream(jobs, job, seen), media_type="text/event-stream")


def _stream(jobs: RunningJobs, job: str, seen: int) -> Iterator[str]:
    if not jobs.knows(job):
        yield 'event: over\ndata: {"event": "over"}\n\n'
        return
    while True:
        told = jobs.after(job, seen, BEAT_S)
        if not told:
            yield ": still running\n\n"
            continue
        for event in told:
            seen += 1
            yield f"id: {seen}\nevent: {event['event']}\ndata: {json.dumps(event)}\n\n"
            if event["event"] == "over":
                return


@router.post("/jobs/{job}/stop")
def stop(place: Place, visitor: OurForm, job: str, reason: Annotated[str, Form()] = "") -> Response:
    """Ask a job to stop."""
    with place.acting(visitor.code) as acting:
        stop_job(acting, job, reason or "Stopped at the desk")
    return RedirectResponse(f"/jobs/{job}?said=stopping", status_code=303)
