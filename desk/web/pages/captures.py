"""A capture: text, names, pictures as facts, records, history; each name leads on to a search."""

from __future__ import annotations

import json
from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cases.errors import UsageError
from cases.identity import CaptureId
from desk.web.rendering import page, search_address
from desk.web.visitor import Place, Signed
from jobs.finding import like_this, show
from jobs.gating import is_screened, safe_parts, safe_screenshot
from jobs.narrowing import query_for
from jobs.overview import capture_history

router = APIRouter()
LISTED = 400  # names and identifiers on a page; the command line has all


@router.get("/captures/{capture}")
def one_capture(
    request: Request, place: Place, visitor: Signed, capture: str, search: str = ""
) -> HTMLResponse:
    """A capture through the gate; one consultation, which names the search it was found by."""
    with place.acting(visitor.code) as acting:
        shown = show(acting, capture, search)
        held = CaptureId(capture)
        history = capture_history(acting, held)
        parts = safe_parts(acting, held)
        screened = is_screened(acting, held)
    reading = shown.reading
    return page(
        request,
        "capture.html",
        visitor,
        view=shown.view,
        reading=reading,
        entities=_grouped((m.label, m.text) for m in reading.entities[:LISTED]) if reading else [],
        identifiers=_grouped((i.kind, i.value) for i in reading.identifiers[:LISTED])
        if reading
        else [],
        linked={(i.kind, i.value) for i in reading.identifiers if i.source != "page"}
        if reading
        else set(),
        manifest=json.dumps(shown.manifest, indent=1, ensure_ascii=False),
        pictures=shown.pictures,
        covered=sum(each.covered for each in shown.pictures),
        history=history,
        parts=range(parts),
        screened=screened,
    )


def _grouped(found: Iterable[tuple[str, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """By kind, each value once, with the address of the search for it in every case."""
    groups: dict[str, dict[str, str]] = {}
    for kind, value in found:
        groups.setdefault(kind, {})[value] = search_address(query_for(kind, value))
    return [(kind, list(values.items())) for kind, values in sorted(groups.items())]


@router.get("/captures/{capture}/like")
def like(request: Request, place: Place, visitor: Signed, capture: str, case: str = "") -> Response:
    """The search for what is like a capture: an ordinary query, to be changed or kept. That there
    is nothing like it is said.
    """
    with place.acting(visitor.code) as acting:
        try:
            query = like_this(acting, capture, case or None)
        except UsageError as none:
            return page(request, "error.html", visitor, status=404, says=none.says, kind=none.kind)
    return RedirectResponse(search_address(query, case), status_code=303)


@router.get("/captures/{capture}/safe/{part}.png")
def safe(place: Place, visitor: Signed, capture: str, part: int) -> Response:
    """A tile of the safe screenshot, which holds no picture. Part of the look at its page."""
    with place.acting(visitor.code) as acting:
        png = safe_screenshot(acting, CaptureId(capture), part)
    if png is None:
        return Response("There is no such part.", status_code=404, media_type="text/plain")
    return Response(png, media_type="image/png")
