"""Search in one box, and a capture: text, names, pictures as facts, records, history."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from cases.casebook import CaseUnknown
from cases.errors import CallerError
from cases.identity import CaptureId
from desk.web.marking import marked
from desk.web.rendering import page
from desk.web.timeline import HEIGHT, WIDTH, bars_drawn
from desk.web.visitor import OurForm, Place, Signed
from jobs.casework import all_cases
from jobs.finding import SORTS, SearchAnswer, asked_for, joined, narrowed, search, show
from jobs.gating import is_screened, safe_parts, safe_screenshot
from jobs.hit_export import export_hits
from jobs.overview import capture_history
from jobs.saved_searches import end_search, keep_search, kept_searches

router = APIRouter()
HITS = 50
LABELS: Final = {
    "person": "People named",
    "org": "Organisations named",
    "place": "Places named",
    "domain": "Domain",
    "email": "E-mail",
    "phone": "Telephone",
    "handle": "User name",
    "lang": "Language",
    "kind": "Kind",
    "case": "Case",
    "outcome": "Outcome",
    "status": "HTTP status",
}
# What every capture has: one value for all that was found narrows nothing and tells nothing.
SAID_ANYWAY: Final = frozenset({"domain", "lang", "kind", "case", "outcome", "status"})
FACETS: Final = tuple(f"{field}:8" for field in LABELS)
LISTED = 400  # names and identifiers on a page; the command line has all


class Wanted(BaseModel):
    """What the search page was asked for, as its address has it."""

    q: str = ""
    case: str = ""
    sort: str = "best"
    after: str = ""
    limit: Annotated[int, Field(ge=1, le=500)] = HITS
    said: str = ""

    def address(self, **other: str) -> str:
        """The address of this search with something else in it, from its first page."""
        asked = {"q": self.q, "case": self.case, "sort": self.sort, **other}
        return "/search?" + urlencode({name: value for name, value in asked.items() if value})


@router.get("/search")
def find(
    request: Request,
    place: Place,
    visitor: Signed,
    wanted: Annotated[Wanted, Query()],
) -> HTMLResponse:
    """What a search finds, with its facets and bars; a query that is wrong is said in place."""
    found, refused = None, None
    with place.acting(visitor.code) as acting:
        known = all_cases(acting)
        if wanted.q.strip():
            try:
                asking = asked_for(FACETS, wanted.sort, wanted.after, "captured:fitting")
                found = search(acting, wanted.q, wanted.case or None, wanted.limit, asking)
            except CallerError as error:
                refused = error
        kept = kept_searches(acting, wanted.case if found and wanted.case else None)
    shown: dict[str, Any] = {"found": found, "hits": [], "facets": [], "bars": []}
    if found is not None:
        shown = _shown(found, wanted)
    return page(
        request,
        "search.html",
        visitor,
        status=status_of_query(refused),
        wanted=wanted,
        address=wanted.address,
        cases=known,
        refused=refused.says if refused else "",
        kept=kept,
        sorts=SORTS,
        frame=(WIDTH, HEIGHT),
        **shown,
    )


def status_of_query(refused: CallerError | None) -> int:
    """The status of a page that says what is wrong with a query, or with its case."""
    return 200 if refused is None else 404 if isinstance(refused, CaseUnknown) else 400


def _shown(found: SearchAnswer, wanted: Wanted) -> dict[str, Any]:
    bars = bars_drawn(found.histogram, found.unit, "captured")
    hits = {hit.capture: hit for hit in found.hits}
    return {
        "found": found,
        "hits": [
            (
                hits[near.capture],
                marked(hits[near.capture].snippet, hits[near.capture].highlights),
                [hits[copy] for copy in near.copies],
                near.first,
            )
            for near in found.near
        ],
        "facets": [
            (
                LABELS[facet.field],
                facet,
                [(v, n, _to(wanted, facet.field, v)) for v, n in facet.values],
            )
            for facet in found.facets
            if facet.values
            and (len(facet.values) > 1 or facet.missing or facet.field not in SAID_ANYWAY)
        ],
        "bars": [(bar, wanted.address(q=joined(wanted.q, bar.query))) for bar in bars],
    }


def _to(wanted: Wanted, field: str, value: str) -> str:
    """The address that narrows the search to a facet's value."""
    return wanted.address(q=narrowed(wanted.q, field, value))


@router.post("/search/kept")
def keep(
    place: Place,
    visitor: OurForm,
    name: Annotated[str, Form()],
    q: Annotated[str, Form()],
    case: Annotated[str, Form()] = "",
    sort: Annotated[str, Form()] = "best",
) -> Response:
    """Keep a search under a name."""
    wanted = Wanted(q=q, case=case, sort=sort)
    with place.acting(visitor.code) as acting:
        keep_search(acting, name, wanted.q, wanted.case or None, wanted.sort)
    return RedirectResponse(wanted.address(said="kept"), status_code=303)


@router.post("/search/kept/{named}/end")
def end(place: Place, visitor: OurForm, named: str) -> Response:
    """Keep a search no longer."""
    with place.acting(visitor.code) as acting:
        end_search(acting, named)
    return RedirectResponse("/search?said=unkept", status_code=303)


@router.post("/search/export")
def export(
    place: Place,
    visitor: OurForm,
    form: Annotated[str, Form()],
    q: Annotated[str, Form()],
    case: Annotated[str, Form()] = "",
) -> Response:
    """All that a search finds as a file: a disclosure on record."""
    with place.acting(visitor.code) as acting:
        written = export_hits(acting, q, case or None, form)
    return Response(
        written.content,
        media_type="text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{written.entry}.{form}"'},
    )


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
