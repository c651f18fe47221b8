"""One address over time: its captures, and what changed and vanished between them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cases.errors import CallerError
from cases.identity import CaptureId
from desk.web.rendering import page
from desk.web.visitor import Place, Signed
from jobs.gating import view_of
from jobs.over_time import history_of

router = APIRouter()
TOLD = 40  # sentences of a kind; the command line has more


@router.get("/history")
def over_time(
    request: Request,
    place: Place,
    visitor: Signed,
    url: str = "",
    case: str = "",
    capture: str = "",
) -> HTMLResponse:
    """The address over time, as typed or as a capture has it: no link of a page repeats a collected
    address, which can hold a picture. One consultation; one never captured is said in place.
    """
    found, refused = None, None
    if url.strip() or capture:
        with place.acting(visitor.code) as acting:
            try:
                url = view_of(acting, CaptureId(capture)).requested_url if capture else url
                found = history_of(acting, url, case or None)
            except CallerError as error:
                refused = error
    return page(
        request,
        "over_time.html",
        visitor,
        url=url,
        case=case,
        found=found,
        refused=refused,
        told=TOLD,
    )
