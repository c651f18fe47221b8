"""Search in one box, and a capture: text, names, pictures as facts, records, history."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from cases.identity import CaptureId
from desk.web.marking import marked
from desk.web.rendering import page
from desk.web.visitor import Place, Signed
from jobs.casework import all_cases
from jobs.finding import search, show
from jobs.gating import is_screened, safe_parts, safe_screenshot
from jobs.overview import capture_history

router = APIRouter()
HITS = 50
LISTED = 400  # names and identifiers on a page; the command line has all


@router.get("/search")
def find(
    request: Request,
    place: Place,
    visitor: Signed,
    q: str = "",
    case: str = "",
    limit: Annotated[int, Query(ge=1, le=500)] = HITS,
) -> HTMLResponse:
    """What a search finds."""
    with place.acting(visitor.code) as acting:
        known = all_cases(acting)
        found = search(acting, q, case or None, limit) if q.strip() else None
    hits = [(hit, marked(hit.snippet, hit.highlights)) for hit in found.hits] if found else []
    return page(
        request,
        "search.html",
        visitor,
        q=q,
        case=case,
        cases=known,
        found=found,
        hits=hits,
        limit=limit,
    )


@router.get("/captures/{capture}")
def one_capture(request: Request, place: Place, visitor: Signed, capture: str) -> HTMLResponse:
    """A capture through the gate; one consultation."""
    with place.acting(visitor.code) as acting:
        shown = show(acting, capture)
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
        entities=_grouped(reading.entities[:LISTED]) if reading else [],
        identifiers=list(dict.fromkeys((i.kind, i.value) for i in reading.identifiers[:LISTED]))
        if reading
        else [],
        manifest=json.dumps(shown.manifest, indent=1, ensure_ascii=False),
        pictures=shown.pictures,
        covered=sum(each.covered for each in shown.pictures),
        history=history,
        parts=range(parts),
        screened=screened,
    )


def _grouped(mentions: tuple[object, ...] | list[object]) -> list[tuple[str, list[str]]]:
    groups: dict[str, dict[str, None]] = {}
    for mention in mentions:
        label, text = getattr(mention, "label", ""), getattr(mention, "text", "")
        groups.setdefault(label, {})[text] = None
    return [(label, list(texts)) for label, texts in sorted(groups.items())]


@router.get("/captures/{capture}/safe/{part}.png")
def safe(place: Place, visitor: Signed, capture: str, part: int) -> Response:
    """A tile of the safe screenshot, which holds no picture. Part of the look at its page."""
    with place.acting(visitor.code) as acting:
        png = safe_screenshot(acting, CaptureId(capture), part)
    if png is None:
        return Response("There is no such part.", status_code=404, media_type="text/plain")
    return Response(png, media_type="image/png")
