"""Alerts and watches at the desk, as pages and as an API: what turned up, who has seen to it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cases.times import rfc3339
from cases.watchlists import AlertView
from desk.web.api_models import Answer
from desk.web.rendering import page
from desk.web.visitor import OurCall, OurForm, Place, Signed
from gate.text import fold_line
from jobs.watching import (
    acknowledge_alert,
    list_alerts,
    list_watches,
    stop_watch,
    watch_for,
)

router = APIRouter()
PAGE = 200
Words = Annotated[str, Form()]


class AlertOut(Answer):
    """An alert: which watch found which capture; `rows` are the list's rows that it holds."""

    alert: str
    watch: str
    name: str
    case: str
    capture: str
    url: str
    rows: tuple[int, ...]
    raised: str
    acknowledged: str | None
    by: str | None


class AlertsOut(Answer):
    """How many alerts there are, and the newest."""

    total: int
    alerts: tuple[AlertOut, ...]


@router.get("/alerts")
def listed(
    request: Request, place: Place, visitor: Signed, everything: bool = False, refused: int = 0
) -> HTMLResponse:
    """The alerts that nobody has seen to, or all of them, and the watches."""
    with place.acting(visitor.code) as acting:
        found = list_alerts(acting, unseen_only=not everything, limit=PAGE)
        shown: dict[str, Any] = {"found": found, "watches": list_watches(acting)}
    return page(request, "alerts.html", visitor, everything=everything, refused=refused, **shown)


@router.post("/alerts/{alert}/seen")
def seen(place: Place, visitor: OurForm, alert: str) -> Response:
    """Note that somebody has seen to it."""
    with place.acting(visitor.code) as acting:
        acknowledge_alert(acting, alert)
    return RedirectResponse("/alerts?said=seen", status_code=303)


@router.post("/watches")
def add(
    place: Place,
    visitor: OurForm,
    name: Words = "",
    case: Words = "",
    query: Words = "",
    pasted: Words = "",
    from_start: Annotated[bool, Form()] = False,
) -> Response:
    """Watch for a query or a pasted list."""
    with place.acting(visitor.code) as acting:
        added = watch_for(
            acting,
            name,
            case=case.strip() or None,
            query=query,
            pasted=pasted,
            from_start=from_start,
        )
    return RedirectResponse(f"/alerts?said=watching&refused={len(added.refused)}", status_code=303)


@router.post("/watches/{watch}/stop")
def stop(place: Place, visitor: OurForm, watch: str) -> Response:
    """Match it no more."""
    with place.acting(visitor.code) as acting:
        stop_watch(acting, watch)
    return RedirectResponse("/alerts?said=stopped", status_code=303)


@router.get("/api/v1/alerts")
def found(
    place: Place,
    visitor: Signed,
    unseen: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AlertsOut:
    """What the watches found, newest first."""
    with place.acting(visitor.code) as acting:
        listed = list_alerts(acting, unseen_only=unseen, limit=limit)
    return AlertsOut(total=listed.total, alerts=tuple(map(_alert, listed.alerts)))


@router.post("/api/v1/alerts/{alert}/seen", status_code=204)
def see_to(place: Place, visitor: OurCall, alert: str) -> Response:
    """Note that somebody has seen to it."""
    with place.acting(visitor.code) as acting:
        acknowledge_alert(acting, alert)
    return Response(status_code=204)


def _alert(view: AlertView) -> AlertOut:
    return AlertOut(
        alert=view.id,
        watch=view.watch,
        name=view.watch_name,
        case=view.capture.case_reference,
        capture=view.capture.capture,
        url=fold_line(view.capture.final_url),
        rows=view.rows,
        raised=rfc3339(view.at),
        acknowledged=rfc3339(view.acknowledged_at) if view.acknowledged_at else None,
        by=view.acknowledged_by,
    )
