"""Every route of the desk is walked, and no byte of a covered picture is in any answer."""

from __future__ import annotations

import base64
import io
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from desk_rig import Pictures, ServedDesk, leaks, routes_of
from PIL import Image

from cases.gate_book import Verdict
from cases.identity import CaptureId
from jobs.gating import PictureFacts, pictures_of
from jobs.revealing import order_reveal
from jobs.workplace import Named, at_work

CALM = frozenset({404, 403, 303, 201, 202, 200, 400, 409})
THE_DOOR = ("/reveal", "/captures/{capture}/pictures/{sha256}/reveal")  # POST: shows it, once
KEPT_BY_NAME = ("/search/kept", "/watches")  # a name of these is taken once
ENDS_SESSIONS = ("/sign-out", "/me/passphrase", "/sign-in", "/sign-in/link")
_WRITTEN_OUT = re.compile(rb"data:image/[a-z+]+;base64,([A-Za-z0-9+/=]+)")


def pictures_held(desk: ServedDesk, capture: str) -> tuple[PictureFacts, ...]:
    named = Named({}, desk.place.vault, str(desk.place.vault), "JS", desk.place.keys)
    with at_work(named) as acting:
        return pictures_of(acting, CaptureId(capture))


def ticket(desk: ServedDesk, capture: str, sha256: str) -> str:
    named = Named({}, desk.place.vault, str(desk.place.vault), "JS", desk.place.keys)
    with at_work(named) as acting:
        return order_reveal(acting, CaptureId(capture), sha256, "a test").token


def bodies(path: str, out: Path, exhibit: str) -> dict[str, object]:
    """What a person could type into every field of every form."""
    return {
        "reference": f"W-{secrets.token_hex(4).upper()}" if path == "/cases" else "",
        "title": "Walked",
        "words": "Walked",
        "case": "LINDEN",
        "seeds": "http://127.0.0.1:9/none",
        "act": "rehearse",
        "verdict": "flagged",
        "reason": "walked",
        "version": "0",
        "exhibits": exhibit,
        "exhibit": exhibit,
        "to": str(out),
        "product": "viewing",
        "description": "A page",
        "scope": "walked.example",
        "template": "research",
        "token": "forged",
        "code": "JS",
        "passphrase": "wrong wrong wrong",
        "candidate": "0 PERSON:Marta Quillfeather",
        "tick": ["P_001", "P_002"],
        "named": "P_009",
        "one": "P_001",
        "other": "P_002",
        "kind": "knows",
        "basis": "opinion",
        "label": "ORG",
        "name": f"W {secrets.token_hex(4)}" if path in KEPT_BY_NAME else "Walked On",
        "q": "marker-word",
        "form": "csv",
        "query": "captured:>2020",
        "from_start": "true",
    }


def calls() -> dict[str, dict[str, object]]:
    """What a program could send to every call of the API that takes a body."""
    return {
        "/api/v1/cases": {
            "reference": f"W-{secrets.token_hex(4).upper()}",
            "title": "Walked",
        },
        "/api/v1/cases/{reference}/notes": {"words": "Walked"},
        "/api/v1/cases/{reference}/jobs": {"seeds": ["http://127.0.0.1:9/none"]},
        "/api/v1/captures/{capture}/pictures/{sha256}/decision": {
            "verdict": "flagged",
            "reason": "walked",
            "version": 0,
        },
        "/api/v1/captures/{capture}/pictures/{sha256}/cover": {},
        "/api/v1/captures/{capture}/exhibit": {},
        "/api/v1/cases/{reference}/crossovers": {
            "other": "W-NONE",
            "allowed": True,
            "reason": "Walked for a test",
        },
        "/api/v1/alerts/{alert}/seen": {},
        "/api/v1/searches/{named}/rerun": {},
        "/api/v1/cases/{reference}/candidates/accept": {"candidate": "PERSON:Marta Quillfeather"},
        "/api/v1/cases/{reference}/candidates/reject": {"candidate": "PERSON:Nobody"},
        "/api/v1/cases/{reference}/candidates/relabel": {"candidate": "PERSON:x", "label": "ORG"},
        "/api/v1/cases/{reference}/entities": {"type": "person", "name": "Walked"},
        "/api/v1/cases/{reference}/entities/merge": {"kept": "P_001", "merged": ["P_002"]},
        "/api/v1/cases/{reference}/entities/link": {"ends": ["P_001", "P_009"], "type": "knows"},
        "/api/v1/cases/{reference}/entities/undo": {"named": "P_009"},
        "/api/v1/cases/{reference}/entities/{named}": {"version": 9},
    }


def walk(
    desk: ServedDesk, capture: str, sha256: str, exhibit: str, out: Path
) -> Iterator[tuple[str, httpx.Response]]:
    """Every route asked, each with a capture and a picture that are there."""
    person = desk.signed_in()
    for method, path in routes_of(desk.place):
        if method == "POST" and path in THE_DOOR:
            continue
        filled = (
            path.replace("{reference}", "LINDEN")
            .replace("{capture}", capture)
            .replace("{sha256}", sha256)
            .replace("{part}", "0")
            .replace("{job}", desk.job)
            .replace("{named}", "P_001")
            .replace("{alert}", "q-none")
            .replace("{watch}", "b-none")
        )
        if "{token}" in path:
            filled = filled.replace("{token}", ticket(desk, capture, sha256))
        assert "{" not in filled, f"the walk does not know how to fill {path}"
        if method == "GET":
            query = {"q": "marker-word", "exhibit": exhibit, "case": "LINDEN"}
            answer = person.client.get(filled, params=query)
        elif path.startswith("/api/"):
            headers = {"X-CSRF-Token": person.csrf}
            body = calls()[path]  # a new call must be added there, or the walk fails
            answer = person.client.post(filled, json=body, headers=headers)
        else:
            answer = person.post(filled, **bodies(path, out, exhibit))
        yield f"{method} {path}", answer
        if path in ENDS_SESSIONS:
            person = desk.signed_in()


@pytest.mark.parametrize("page", ["/page", "/picture.png", "/photo.jpg"])
@pytest.mark.promise("P-15")
def test_no_route_of_the_desk_answers_with_a_byte_of_a_covered_picture(
    desk: ServedDesk, pictures: Pictures, tmp_path: Path, page: str
) -> None:
    capture = desk.captures[page]
    held = pictures_held(desk, capture)
    assert held
    assert all(each.covered and each.verdict is Verdict.UNRECOGNISED for each in held)
    exhibit = desk.lantern.ok("exhibit", "make", capture)["exhibit"]
    shown = 0
    for route, answer in walk(desk, capture, held[0].sha256, exhibit, tmp_path / "out"):
        assert answer.status_code in CALM, (route, answer.status_code, answer.text[:500])
        assert leaks(pictures.all(), answer.content) == [], route
        for size in picture_sizes(answer):
            assert max(size) <= 8, route
            shown += 1
    assert shown  # the rendition was among them


def picture_sizes(answer: httpx.Response) -> Iterator[tuple[int, int]]:
    """The size of every picture in an answer, as itself or written out in the page."""
    contents = [base64.b64decode(match[1]) for match in _WRITTEN_OUT.finditer(answer.content)]
    if answer.headers.get("content-type", "").startswith("image/png"):
        contents.append(answer.content)
    for content in contents:
        with Image.open(io.BytesIO(content)) as picture:
            yield picture.size


def test_the_leak_search_finds_what_it_looks_for(pictures: Pictures) -> None:
    for number, each in enumerate(pictures.all()):
        middle = each[101:300]
        assert leaks([each], b"before" + middle + b"after"), number
        assert leaks([each], b"<img src=" + base64.b64encode(middle) + b">"), number
        assert leaks([each], middle.hex().encode()), number
        assert not leaks([each], b"calm words " * 500)
