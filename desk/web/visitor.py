"""Who asks: the signed-in person of a request, and the check that a form is ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Header, Request

from cases import sign_in
from cases.errors import CallerError
from cases.times import system_clock
from cases.vault import open_vault
from desk.web.place import DeskPlace
from desk.web.protection import csrf_holds, csrf_token

COOKIE = "lantern_session"


class NotSignedIn(CallerError):
    """Nobody is signed in."""

    kind = "not-signed-in"


class FormNotOurs(CallerError):
    """The form's token is not this session's: the page was old, or from elsewhere."""

    kind = "form"


@dataclass(frozen=True, slots=True)
class Visitor:
    """The signed-in person, with what their forms must carry."""

    code: str
    name: str
    role: str
    secret: str
    csrf: str


def place_of(request: Request) -> DeskPlace:
    """The desk's place."""
    place = request.app.state.place
    assert isinstance(place, DeskPlace)  # noqa: S101 - `create_app` put it there
    return place


Place = Annotated[DeskPlace, Depends(place_of)]


def signed_in(request: Request, place: Place) -> Visitor:
    """The visitor. Raises `NotSignedIn`."""
    secret = request.cookies.get(COOKIE, "")
    now = system_clock()
    if secret:
        catalogue = open_vault(place.vault).catalogue()
        try:
            with catalogue.reading() as session:
                person = sign_in.person_at(session, secret, now)
                stale = person is not None and sign_in.is_stale(session, secret, now)
            if stale:
                with catalogue.writing() as session:
                    sign_in.seen(session, secret, now)
        finally:
            catalogue.close()
        if person is not None:
            return Visitor(person.code, person.name, person.role, secret, csrf_token(secret))
    raise NotSignedIn("Sign in first: the page is for people of this vault.")


Signed = Annotated[Visitor, Depends(signed_in)]


def our_form(visitor: Signed, csrf: Annotated[str, Form()] = "") -> Visitor:
    """The visitor, whose form carries their session's token. Raises `FormNotOurs`."""
    if not csrf_holds(visitor.secret, csrf):
        raise FormNotOurs("This page was open too long, or was not ours. Open it again and retry.")
    return visitor


def our_call(visitor: Signed, x_csrf_token: Annotated[str, Header()] = "") -> Visitor:
    """The visitor, whose call of the API carries their session's token in `X-CSRF-Token`, which a
    page from elsewhere cannot send. Raises `FormNotOurs`.
    """
    if not csrf_holds(visitor.secret, x_csrf_token):
        raise FormNotOurs("The call lacks its token: send X-CSRF-Token, which /api/v1/me gives.")
    return visitor


OurForm = Annotated[Visitor, Depends(our_form)]
OurCall = Annotated[Visitor, Depends(our_call)]
