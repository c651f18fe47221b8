"""What may not come in, and what every answer carries: asked of the served desk over a socket."""

from __future__ import annotations

import contextlib
import re
import socket
import time

import httpx
import pytest
from desk_rig import ServedDesk, routes_of

OPEN = ("/sign-in", "/static")  # what nobody needs to be signed in for


def filled(path: str) -> str:
    return re.sub(r"{[^}]*}", "1", path)


def test_every_page_and_call_wants_a_signed_in_person(desk: ServedDesk) -> None:
    with desk.stranger() as stranger:
        for method, path in routes_of(desk.place):
            if path.startswith(OPEN):
                continue
            answer = stranger.request(method, filled(path), data={} if method == "POST" else None)
            if path.startswith("/api/"):
                assert answer.status_code == 401, (method, path)
                assert answer.json()["error"]["kind"] == "not-signed-in"
            else:
                assert answer.status_code == 303, (method, path)
                assert answer.headers["location"] == "/sign-in"


def test_the_schema_is_for_signed_in_people_too(desk: ServedDesk) -> None:
    with desk.stranger() as stranger:
        for path in ("/api/v1/schema", "/docs", "/redoc", "/openapi.json"):
            assert stranger.get(path).status_code in (401, 404), path


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil", ""],
)
@pytest.mark.promise("P-18")
def test_a_name_that_is_not_the_desks_is_answered_nothing(desk: ServedDesk, host: str) -> None:
    with desk.stranger() as stranger:
        for method, path in (
            ("GET", "/sign-in"),
            ("POST", "/sign-in"),
            ("GET", "/static/desk.css"),
        ):
            answer = stranger.request(
                method, path, headers={"Host": host.replace("{port}", str(desk.port))}
            )
            assert answer.status_code in (400, 403)
            assert "Sign in" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST", "[::1]"])
def test_every_name_of_loopback_is_the_desks(desk: ServedDesk, host: str) -> None:
    with desk.stranger() as stranger:
        answer = stranger.get("/sign-in", headers={"Host": f"{host}:{desk.port}"})
    assert answer.status_code == 200


FROM_ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "made-up"},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE, ids=str)
@pytest.mark.promise("P-18")
def test_a_page_from_elsewhere_may_not_act_even_with_the_session_and_its_token(
    desk: ServedDesk, headers: dict[str, str]
) -> None:
    person = desk.signed_in()
    before = len(person.client.get("/api/v1/cases").json())
    answer = person.client.post(
        "/cases",
        data={"csrf": person.csrf, "reference": "ELM", "title": "From elsewhere"},
        headers=headers,
    )
    assert answer.status_code == 403
    assert len(person.client.get("/api/v1/cases").json()) == before


def test_a_form_of_the_desks_own_page_is_taken_as_a_browser_sends_it(desk: ServedDesk) -> None:
    person = desk.signed_in()
    answer = person.client.post(
        "/cases",
        data={"csrf": person.csrf, "reference": "OWN", "title": "Our own form"},
        headers={"Sec-Fetch-Site": "same-origin", "Origin": desk.address},
    )
    assert answer.status_code == 303


def test_every_act_wants_the_sessions_own_form_token(desk: ServedDesk) -> None:
    person, other = desk.signed_in(), desk.signed_in("AB")
    for token in ("", "wrong", "ü", other.csrf):
        for method, path in routes_of(desk.place):
            if method == "GET" or path.startswith(OPEN):
                continue
            if path.startswith("/api/"):
                answer = person.client.request(
                    method, filled(path), json={}, headers={"X-CSRF-Token": token.encode().hex()}
                )
            else:
                answer = person.client.request(method, filled(path), data={"csrf": token})
            assert answer.status_code == 403, (method, path, token, answer.text)


def test_no_get_changes_anything_and_no_page_takes_another_method(desk: ServedDesk) -> None:
    methods = {method for method, _ in routes_of(desk.place)}
    assert methods <= {"GET", "POST"}
    person = desk.signed_in()
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        assert person.client.request(method, "/cases").status_code in (403, 405), method


def test_every_answer_says_keep_nothing_frame_nothing_run_nothing(desk: ServedDesk) -> None:
    person = desk.signed_in()
    answers = [
        person.get(filled(path)) for method, path in routes_of(desk.place) if method == "GET"
    ]
    answers += [person.get("/static/desk.css"), person.get("/no-such-page")]
    answers.append(person.client.get("/", headers={"Host": "evil.example"}))
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, answer.url
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "script-src 'unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers


def test_a_body_without_end_is_refused(desk: ServedDesk) -> None:
    person = desk.signed_in()
    big = {"csrf": person.csrf, "words": "x" * (2 << 20)}
    assert person.client.post("/cases/LINDEN/notes", data=big).status_code == 413

    def endless() -> object:
        for _ in range(64):
            yield b"words=" + b"y" * (64 << 10)

    try:
        answer = person.client.post(
            "/cases/LINDEN/notes",
            content=endless(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
    except httpx.TransportError:
        return
    assert answer.status_code >= 400


def _asked_for(desk: ServedDesk, cookie: str, path: str, letters: int) -> bytes:
    """What a query of that many letters is answered, sent as it comes, piece by piece."""
    head = f"Host: 127.0.0.1:{desk.port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    answer = b""
    with socket.create_connection(("127.0.0.1", desk.port), timeout=20) as asked:
        with contextlib.suppress(ConnectionError):  # it may be refused before it was all sent
            asked.sendall(f"GET {path}?q=".encode())
            for _ in range(0, letters, 20_000):
                asked.sendall(b"a" * 20_000)
                time.sleep(0.002)
            asked.sendall(f" HTTP/1.1\r\n{head}".encode())
        with contextlib.suppress(ConnectionError):
            while piece := asked.recv(1 << 16):
                answer += piece
    return answer


@pytest.mark.parametrize("path", ["/search", "/api/v1/search"])
def test_a_query_of_any_length_is_one_clear_refusal(desk: ServedDesk, path: str) -> None:
    person = desk.signed_in()
    cookie = "; ".join(f"{name}={value}" for name, value in person.client.cookies.items())
    longest = 200_000  # 20,000 letters of any script, as an address carries what a box takes
    said = _asked_for(desk, cookie, path, longest)
    assert said.startswith(b"HTTP/1.1 400")
    assert b"it has 200,000 characters and the limit is 10,000" in said
    assert _asked_for(desk, cookie, path, 1 << 20).startswith(b"HTTP/1.1 400")
    assert person.get("/").status_code == 200


def test_every_box_for_a_query_takes_what_an_address_can_carry(desk: ServedDesk) -> None:
    person = desk.signed_in()
    for page in ("/", "/cases/LINDEN", "/search"):
        (box,) = re.findall(r'<input [^>]*name="q" type="search"[^>]*>', person.get(page).text)
        assert 'maxlength="20000"' in box


HOSTILE_IDS = [
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "<script>alert(1)</script>",
    "x-' OR 1=1 --",
    "x" * 3000,
    "%ff%fe",
    "{{7*7}}",
    "x-aaaaaaaaaaaaaaaa",
]
PLACES = [
    "/cases/{}",
    "/captures/{}",
    "/captures/{}/pictures/1",
    "/captures/x/pictures/{}/rendition.png",
    "/captures/x/safe/{}.png",
    "/jobs/{}",
    "/reveal/{}",
    "/sign-in/link/{}",
    "/api/v1/captures/{}",
    "/cases/LINDEN/exhibits/label?exhibit={}",
    "/search?q={}",
    "/ledger?case={}",
]


@pytest.mark.parametrize("place", PLACES)
def test_an_address_made_up_gets_a_calm_page(desk: ServedDesk, place: str) -> None:
    person = desk.signed_in()
    for bad in HOSTILE_IDS:
        answer = person.get(place.replace("{}", bad))
        assert answer.status_code < 500, (bad, answer.text)
        assert "Traceback" not in answer.text
        assert "<script>alert" not in answer.text


def test_the_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites(desk: ServedDesk) -> None:
    with desk.stranger() as client:
        token = desk.link().rpartition("/")[2]
        answer = client.post("/sign-in/link", data={"token": token})
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert "domain" not in said
