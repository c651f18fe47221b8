"""The gate at the desk: covered items as facts, decisions, one reveal at a time."""

from __future__ import annotations

import base64
import contextlib
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cases.casebook import CaseView
from cases.identity import CaptureId
from desk.web.protection import REVEAL_POLICY
from desk.web.rendering import page
from desk.web.visitor import OurForm, Place, Signed
from jobs.casework import case_file
from jobs.deciding import decide, should_have_been_covered
from jobs.gating import (
    SIZES,
    PictureUnknown,
    clear_picture,
    covered_line,
    facts_of,
    gate_status,
    rendition_of,
    view_of,
)
from jobs.revealing import REASONS, order_reveal, redeem_reveal
from jobs.same_picture import same_picture

router = APIRouter()
PAGE = 40


@router.get("/cases/{reference}/covered")
def line(
    request: Request,
    place: Place,
    visitor: Signed,
    reference: str,
    start: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """The covered pictures of a case, as facts."""
    with place.acting(visitor.code) as acting:
        case: CaseView = case_file(acting, reference).case
        held = covered_line(acting, reference, limit=PAGE, offset=start)
        status = gate_status(acting, reference)
    return page(
        request,
        "covered.html",
        visitor,
        case=case,
        line=held,
        figures=status,
        start=start,
        step=PAGE,
    )


@router.get("/captures/{capture}/pictures/{sha256}")
def facts(
    request: Request, place: Place, visitor: Signed, capture: str, sha256: str
) -> HTMLResponse:
    """One picture's facts."""
    with place.acting(visitor.code) as acting:
        found = facts_of(acting, CaptureId(capture), sha256)
        view = view_of(acting, CaptureId(capture))
        same = None
        with contextlib.suppress(PictureUnknown):  # it was not read yet
            same = same_picture(acting, found.sha256)
    return page(
        request,
        "picture.html",
        visitor,
        facts=found,
        same=same,
        view=view,
        reasons=REASONS,
        sizes=list(SIZES),
    )


@router.post("/captures/{capture}/pictures/{sha256}/decide")
def decided(
    place: Place,
    visitor: OurForm,
    capture: str,
    sha256: str,
    verdict: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    version: Annotated[int, Form(ge=0)] = 0,
    back: Annotated[str, Form()] = "",
) -> Response:
    """Decide by facts. Refused where somebody else decided since the page was made."""
    with place.acting(visitor.code) as acting:
        view = view_of(acting, CaptureId(capture))
        decide(acting, view.case_reference, sha256, verdict, reason, version=version)
    to = f"/cases/{view.case_reference}/covered" if back == "line" else _facts_of(capture, sha256)
    return RedirectResponse(f"{to}?said=decided", status_code=303)


@router.post("/captures/{capture}/pictures/{sha256}/cover")
def cover(place: Place, visitor: OurForm, capture: str, sha256: str) -> Response:
    """This should have been covered: it is now, for everybody; nothing is asked."""
    with place.acting(visitor.code) as acting:
        should_have_been_covered(acting, CaptureId(capture), sha256)
    return RedirectResponse(f"{_facts_of(capture, sha256)}?said=covered", status_code=303)


def _facts_of(capture: str, sha256: str) -> str:
    return f"/captures/{capture}/pictures/{sha256}"


@router.get("/captures/{capture}/pictures/{sha256}/rendition.png")
def rendition(place: Place, visitor: Signed, capture: str, sha256: str) -> Response:
    """The rendition: at most 8 x 8 grey samples."""
    with place.acting(visitor.code) as acting:
        found = facts_of(acting, CaptureId(capture), sha256)
        png = rendition_of(acting, found.sha256)
    if png is None:
        return Response("There is no rendition.", status_code=404, media_type="text/plain")
    return Response(png, media_type="image/png")


@router.get("/captures/{capture}/pictures/{sha256}/clear.png")
def clear(place: Place, visitor: Signed, capture: str, sha256: str) -> Response:
    """A picture that nothing covers, drawn anew. Refused where the policy covers it."""
    with place.acting(visitor.code) as acting:
        picture = clear_picture(acting, CaptureId(capture), sha256)
    return Response(picture.content, media_type="image/png")


@router.post("/captures/{capture}/pictures/{sha256}/reveal")
def reveal(
    request: Request,
    place: Place,
    visitor: OurForm,
    capture: str,
    sha256: str,
    reason: Annotated[str, Form()] = "",
    more: Annotated[str, Form()] = "",
    size: Annotated[str, Form()] = "small-grey",
) -> HTMLResponse:
    """One act for one item: ordered and shown in this one answer, which no address gives again."""
    why = f"{reason}: {more.strip()}" if more.strip() else reason
    with place.acting(visitor.code) as acting:
        ticket = order_reveal(acting, CaptureId(capture), sha256, why, size=size)
    return _shown(request, place, visitor, ticket.token)


@router.get("/reveal/{token}")
def announced(request: Request, visitor: Signed, token: str) -> HTMLResponse:
    """What the address of a reveal shows: a button. To open an address shows and uses nothing."""
    return page(request, "reveal_ask.html", visitor, token=token)


@router.post("/reveal")
def redeemed(
    request: Request, place: Place, visitor: OurForm, token: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """The picture that was ordered at the command line, once."""
    return _shown(request, place, visitor, token)


def _shown(request: Request, place: Place, visitor: Signed, token: str) -> HTMLResponse:
    with place.acting(visitor.code) as acting:
        seen = redeem_reveal(acting, token)
        view = view_of(acting, seen.facts.capture)
    answer = page(
        request,
        "reveal.html",
        visitor,
        picture=base64.b64encode(seen.content).decode("ascii"),
        seen=seen,
        facts=seen.facts,
        view=view,
    )
    answer.headers["Content-Security-Policy"] = REVEAL_POLICY
    return answer
