"""Search in one box: what is found, in place, with what narrows it and turns it round."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from cases.casebook import CaseUnknown
from cases.errors import CallerError, LanternError, MachineError
from desk.web.marking import around, marked
from desk.web.rendering import page
from desk.web.timeline import HEIGHT, WIDTH, bars_drawn
from desk.web.visitor import OurForm, Place, Signed
from jobs.casework import all_cases
from jobs.explaining import Explanation, explain_query
from jobs.finding import SORTS, SearchAnswer, asked_for, search
from jobs.hit_export import export_hits
from jobs.narrowing import COUNTED, Narrowing, turned_round, value_of
from jobs.saved_searches import end_search, keep_search, kept_searches
from jobs.workplace import Acting

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
COMPANY: Final = ("person", "org", "place")
VALUES = 8
ORDERS: Final = {
    "best": "best first",
    "newest": "newest first",
    "oldest": "oldest first",
    "indexed": "as indexed",
}


class Wanted(BaseModel):
    """What the search page was asked for, as its address has it: whoever is given the address and
    may see as much is given the same search. `count` is one more field whose values are counted,
    `company` one whose names are weighed, `explain` tells of each word.
    """

    q: str = ""
    case: str = ""
    sort: str = "best"
    after: str = ""
    limit: Annotated[int, Field(ge=1, le=500)] = HITS
    count: str = ""
    company: str = ""
    explain: bool = False
    said: str = ""

    def address(self, **other: str) -> str:
        """The address of this search with something else in it, from its first page."""
        limit = "" if self.limit == HITS else str(self.limit)
        asked = {"q": self.q, "case": self.case, "sort": self.sort, "limit": limit}
        asked |= {"count": self.count, **other}
        return "/search?" + urlencode({name: value for name, value in asked.items() if value})

    def facets(self) -> list[str]:
        """The facets to count."""
        more = [self.count] if self.count and self.count not in LABELS else []
        return [f"{field}:{VALUES}" for field in (*more, *LABELS)]


@router.get("/search")
def find(
    request: Request,
    place: Place,
    visitor: Signed,
    wanted: Annotated[Wanted, Query()],
) -> HTMLResponse:
    """What a search finds, with its facets and bars; a query that is wrong is said in place, and
    so is an engine that cannot be asked.
    """
    found, told, refused = None, None, None
    with place.acting(visitor.code) as acting:
        known = all_cases(acting)
        if wanted.q.strip():
            try:
                found, told = _answered(acting, wanted)
            except (CallerError, MachineError) as error:
                refused = error
        kept = kept_searches(acting, wanted.case if found and wanted.case else None)
    shown: dict[str, Any] = {"hits": [], "facets": [], "bars": [], "parts": []}
    if found is not None:
        shown = _shown(found, wanted)
    column = refused.facts.get("column") if refused else None
    return page(
        request,
        "search.html",
        visitor,
        status=status_of_query(refused),
        wanted=wanted,
        address=wanted.address,
        cases=known,
        refused=refused,
        wrong_at=around(wanted.q, column) if isinstance(column, int) else None,
        kept=kept,
        orders={name: ORDERS.get(name, name) for name in SORTS},
        countable=[name for name in COUNTED if name not in LABELS],
        companies=COMPANY,
        frame=(WIDTH, HEIGHT),
        found=found,
        told=told,
        **shown,
    )


def _answered(acting: Acting, wanted: Wanted) -> tuple[SearchAnswer, Explanation | None]:
    case = wanted.case or None
    asking = asked_for(
        wanted.facets(), wanted.sort, wanted.after, "captured:fitting", wanted.company
    )
    found = search(acting, wanted.q, case, wanted.limit, asking)
    return found, explain_query(acting, wanted.q, case) if wanted.explain else None


def status_of_query(refused: LanternError | None) -> int:
    """The status of a page that says what is wrong with a query, with its case, or here."""
    if refused is None:
        return 200
    if isinstance(refused, MachineError):
        return 503
    return 404 if isinstance(refused, CaseUnknown) else 400


def _shown(found: SearchAnswer, wanted: Wanted) -> dict[str, Any]:
    bars = bars_drawn(found.histogram, found.unit, "captured")
    hits = {hit.capture: hit for hit in found.hits}
    narrowing = Narrowing(wanted.q)
    return {
        "hits": [
            (
                hits[near.capture],
                marked(hits[near.capture].snippet, hits[near.capture].highlights),
                [hits[copy] for copy in near.copies],
                near.first,
            )
            for near in found.near
        ],
        "parts": [(part.text, wanted.address(q=part.without)) for part in narrowing.parts()],
        "facets": [
            (
                LABELS.get(facet.field, facet.field),
                facet,
                [_value(narrowing, wanted, facet.field, value, n) for value, n in facet.values],
            )
            for facet in found.facets
            if facet.values
            and (len(facet.values) > 1 or facet.missing or facet.field not in SAID_ANYWAY)
        ],
        "bars": [(bar, wanted.address(q=narrowing.within(bar.query))) for bar in bars],
    }


def _value(
    narrowing: Narrowing, wanted: Wanted, field: str, value: str, count: int
) -> tuple[str, int, str, str]:
    """A facet's value, its count, and the addresses that ask for it (empty where it is asked for
    already) and that leave it out.
    """
    part = value_of(field, value)
    held = narrowing.holds(part)
    to = "" if held else wanted.address(q=narrowing.also(part))
    return value, count, to, wanted.address(q=narrowing.also(turned_round(part)))


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
