"""How a visit ended: one table."""

from __future__ import annotations

import pytest

from cases.identity import Outcome
from collectors.outcomes import ALREADY_ASKED, STOPPED, TOO_MANY_HOPS, Ending, judge
from collectors.signs import PageSigns, read_signs
from evidence.exchange import Failure, HttpFacts, Truncation

ASKED = "http://site.example.test/members/list"
LOGIN = "http://site.example.test/enter?next=list"


def answered(
    status: int = 200,
    *,
    final: str = ASKED,
    truncated: Truncation | None = None,
    failure: Failure | None = None,
    ended_by: Failure | None = None,
    signs: PageSigns | None = None,
) -> Ending:
    http = HttpFacts(status, "", (), 20, False)
    return Ending(ASKED, final, http, truncated, failure, ended_by, 100, signs or PageSigns())


def silent(kind: str) -> Ending:
    return Ending(ASKED, ASKED, failure=Failure(kind, f"because of {kind}"))


def ended(kind: str, received_bytes: int = 0) -> Ending:
    by = Failure(kind, f"because of {kind}")
    return Ending(ASKED, ASKED, ended_by=by, received_bytes=received_bytes)


DROPPED = Failure("disconnect", "The connection was closed by the server inside its body.")
UNREAD = Failure("not-http", "The parser gave up.")
UNVERIFIED = Failure("tls-not-verified", "The certificate was not verified: it has expired.")

TABLE = {
    "200": (answered(200), "complete"),
    "404": (answered(404), "complete"),
    "410": (answered(410), "complete"),
    "500": (answered(500), "complete"),
    "503 of a server in trouble": (answered(503), "complete"),
    "304": (answered(304), "complete"),
    "a redirect that leads nowhere": (answered(302), "complete"),
    "an unverified certificate": (answered(200, failure=UNVERIFIED), "complete"),
    "401": (answered(401), "walled"),
    "403": (answered(403), "walled"),
    "407": (answered(407), "walled"),
    "429": (answered(429), "walled"),
    "451": (answered(451), "walled"),
    "403 cut short": (answered(403, truncated=Truncation.DISCONNECT, failure=DROPPED), "walled"),
    "a login form elsewhere": (
        answered(200, final=LOGIN, signs=PageSigns(password_field=True, words=900)),
        "walled",
    ),
    "a login form and little else": (
        answered(200, signs=PageSigns(password_field=True, words=30)),
        "walled",
    ),
    "an article with a login form": (
        answered(200, signs=PageSigns(password_field=True, words=900)),
        "complete",
    ),
    "a challenge": (answered(200, signs=PageSigns(challenge="Cloudflare", words=20)), "walled"),
    "a challenge under 503": (
        answered(503, signs=PageSigns(challenge="Cloudflare", words=500)),
        "walled",
    ),
    "an article that loads a captcha": (
        answered(200, signs=PageSigns(challenge="reCAPTCHA", words=900)),
        "complete",
    ),
    "cut by the server": (
        answered(200, truncated=Truncation.DISCONNECT, failure=DROPPED),
        "partial",
    ),
    "cut at our size": (answered(200, truncated=Truncation.LENGTH), "partial"),
    "cut at our time": (answered(200, truncated=Truncation.TIME), "partial"),
    "a head that only we could read": (answered(200, failure=UNREAD), "partial"),
    "bytes that are no HTTP": (
        Ending(ASKED, ASKED, failure=UNREAD, received_bytes=88),
        "failed",
    ),
    "no such name": (silent("dns"), "failed"),
    "refused": (silent("connection-refused"), "failed"),
    "a timeout": (silent("timeout"), "failed"),
    "no answer": (silent("no-answer"), "failed"),
    "a private address": (silent("private-address"), "refused"),
    "a port of another service": (silent("refused-port"), "refused"),
    "out of scope": (ended("scope", 100), "refused"),
    "the authority": (ended("authority"), "refused"),
    "robots.txt": (ended("robots"), "refused"),
    "a redirect to a file": (ended("refused-scheme", 100), "refused"),
    "too many redirects": (ended(TOO_MANY_HOPS, 100), "failed"),
    "a redirect to what was asked for": (ended(ALREADY_ASKED, 100), "complete"),
    "stopped before an answer": (ended(STOPPED), "failed"),
    "stopped in mid answer": (ended(STOPPED, 100), "partial"),
    "a fault of ours": (ended("fault"), "failed"),
    "nothing known": (Ending(ASKED, ASKED), "failed"),
}


@pytest.mark.standard("CAP-5")
@pytest.mark.parametrize(("ending", "outcome"), TABLE.values(), ids=TABLE.keys())
def test_a_visit_ends_as(ending: Ending, outcome: str) -> None:
    verdict = judge(ending)

    assert verdict.outcome is Outcome(outcome)
    assert (verdict.reason is None) <= (verdict.outcome is Outcome.COMPLETE)


def test_a_login_page_that_was_asked_for_is_the_page() -> None:
    signs = PageSigns(password_field=True, words=30)
    asked = Ending(LOGIN.replace("enter", "login"), LOGIN.replace("enter", "login"))
    ending = Ending(asked.asked_url, asked.final_url, answered().http, None, None, None, 9, signs)

    assert judge(ending).outcome is Outcome.COMPLETE


def test_signs_are_read_from_the_page_as_a_reader_sees_it() -> None:
    page = b"<title>x y z</title><script>a b c</script><p>Log in</p><INPUT name=p TYPE='Password'>"

    assert read_signs(page) == PageSigns(password_field=True, challenge=None, words=2)
    assert read_signs(b"<p>one two") == PageSigns()
    assert (
        read_signs(b'<script src="/cdn-cgi/challenge-platform/h/b"></script>').challenge
        == "Cloudflare"
    )


@pytest.mark.parametrize("body", [b"", b"\0", b"<input type=password", b"<input type=password>"])
def test_no_page_makes_the_reading_of_signs_raise(body: bytes) -> None:
    assert read_signs(body).words == 0
