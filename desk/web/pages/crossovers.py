"""Crossovers at the desk: what a case shares with others, and the policies that allow it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from desk.verbs.crossovers import crossovers_document, policy_document
from desk.web.api_models import Answer
from desk.web.rendering import page
from desk.web.visitor import OurCall, OurForm, Place, Signed
from jobs.casework import case_file
from jobs.crossing import list_crossovers, set_policy

router = APIRouter()


class PolicyIn(Answer):
    """A word on this case and another."""

    other: str
    allowed: bool
    reason: str


@router.get("/cases/{reference}/crossovers")
def listed(request: Request, place: Place, visitor: Signed, reference: str) -> HTMLResponse:
    """What a case shares with those that it may be compared with."""
    with place.acting(visitor.code) as acting:
        case = case_file(acting, reference).case
        found = list_crossovers(acting, reference)
    return page(request, "crossovers.html", visitor, case=case, found=found)


@router.post("/cases/{reference}/crossovers")
def said(
    place: Place,
    visitor: OurForm,
    reference: str,
    other: Annotated[str, Form()] = "",
    word: Annotated[str, Form()] = "deny",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Say whether two cases may be told what they share."""
    with place.acting(visitor.code) as acting:
        set_policy(acting, reference, other, allowed=word == "allow", reason=reason)
    to = f"/cases/{quote(reference, safe='')}/crossovers?said=policy"
    return RedirectResponse(to, status_code=303)


@router.get("/api/v1/cases/{reference}/crossovers")
def told(place: Place, visitor: Signed, reference: str) -> dict[str, Any]:
    """What a case shares with those that it may be compared with."""
    with place.acting(visitor.code) as acting:
        return dict(crossovers_document(list_crossovers(acting, reference)))


@router.post("/api/v1/cases/{reference}/crossovers", status_code=201)
def decided(place: Place, visitor: OurCall, reference: str, word: PolicyIn) -> dict[str, Any]:
    """Say whether two cases may be told what they share."""
    with place.acting(visitor.code) as acting:
        held = set_policy(acting, reference, word.other, allowed=word.allowed, reason=word.reason)
    return dict(policy_document(held))
