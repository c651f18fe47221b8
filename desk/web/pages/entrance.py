"""Signing in and out, and one's own passphrase."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cases.sign_in import SignedIn
from desk.web.rendering import page
from desk.web.visitor import COOKIE, OurForm, Place, Signed
from jobs.signing_in import by_link, by_passphrase, choose_passphrase, sign_out

router = APIRouter()


@router.get("/sign-in")
def entrance(request: Request) -> HTMLResponse:
    """The form."""
    return page(request, "sign_in.html", None, refused="", code="")


@router.post("/sign-in")
def enter(
    place: Place,
    code: Annotated[str, Form()] = "",
    passphrase: Annotated[str, Form()] = "",
) -> Response:
    """Sign in by passphrase. A page from elsewhere that posts here signs nobody in as itself:
    origin and Host were checked before.
    """
    with place.acting(place.keeper) as acting:
        return _let_in(by_passphrase(acting, code.strip().upper(), passphrase))


@router.get("/sign-in/link/{token}")
def link(request: Request, token: str) -> HTMLResponse:
    """What a link shows: a button. To open an address uses nothing up."""
    return page(request, "sign_in_link.html", None, token=token)


@router.post("/sign-in/link")
def enter_by_link(place: Place, token: Annotated[str, Form()] = "") -> Response:
    """Sign in by a one-time link."""
    with place.acting(place.keeper) as acting:
        return _let_in(by_link(acting, token))


def _let_in(session: SignedIn) -> Response:
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(COOKIE, session.secret, httponly=True, samesite="strict", path="/")
    return answer


@router.post("/sign-out")
def leave(place: Place, visitor: OurForm) -> Response:
    """Sign out."""
    with place.acting(visitor.code) as acting:
        sign_out(acting, visitor.secret)
    answer = RedirectResponse("/sign-in?said=signed-out", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.get("/me")
def me(request: Request, visitor: Signed) -> HTMLResponse:
    """One's own page."""
    return page(request, "me.html", visitor)


@router.post("/me/passphrase")
def passphrase(place: Place, visitor: OurForm, passphrase: Annotated[str, Form()] = "") -> Response:
    """Set one's own passphrase; one's sessions end."""
    with place.acting(visitor.code) as acting:
        choose_passphrase(acting, passphrase)
    return RedirectResponse("/sign-in?said=passphrase", status_code=303)


@router.get("/keyboard")
def keyboard(request: Request, visitor: Signed) -> HTMLResponse:
    """The keys that do something."""
    return page(request, "keyboard.html", visitor)
