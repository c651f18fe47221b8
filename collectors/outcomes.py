"""How a visit ended, as one pure function: complete, partial, walled, failed or refused.

The server's whole answer is `complete` whatever its status: a 404 and a 500 are what the server
said. `walled` means that something else came in the page's place, by the server's own word (401,
403, 407, 429, 451) or by the look of the page (a login form, a challenge). `partial` means bytes
are missing, or that what came could only be read in part; `failed` that nothing usable came;
`refused` that we ended it: scope, authority, robots, address.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from cases.identity import Outcome
from collectors.errors import BadAddress, PrivateAddress, RefusedPort, RefusedScheme
from collectors.signs import NO_SIGNS, PageSigns
from evidence.exchange import Failure, HttpFacts, Truncation

REFUSED_BY_US = frozenset(
    {
        *(each.kind for each in (BadAddress, PrivateAddress, RefusedPort, RefusedScheme)),
        "scope",
        "authority",
        "robots",
        "limit",
    }
)
WALLS = {
    401: "the server asks for a login",
    403: "the server forbids it",
    407: "a proxy asks for a login",
    429: "the server says that it was asked too often",
    451: "the server withholds it for legal reasons",
}
CUT_SHORT = {
    Truncation.LENGTH: "our limit on size",
    Truncation.TIME: "our limit on time",
    Truncation.DISCONNECT: "the end of the connection",
    Truncation.UNSPECIFIED: "the end of the job",
}
TOO_MANY_HOPS = "too-many-redirects"
ALREADY_ASKED = "already-asked"
STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known when a visit is over. `failure` is the last exchange's, `ended_by` what ended
    the visit apart from any exchange: a hop out of scope, too many hops, the end of the job.
    """

    asked_url: str
    final_url: str
    http: HttpFacts | None = None
    truncated: Truncation | None = None
    failure: Failure | None = None
    ended_by: Failure | None = None
    received_bytes: int = 0
    signs: PageSigns = NO_SIGNS


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, and why where it is not simply complete."""

    outcome: Outcome
    reason: str | None = None


def judge(ending: Ending) -> Verdict:
    """The verdict on a visit. The first rule that fits decides."""
    if ending.ended_by is not None:
        return _ended(ending.ended_by, ending.received_bytes)
    if not ending.received_bytes:
        return _nothing_came(ending.failure)
    if ending.http is None:
        return Verdict(Outcome.FAILED, _says(ending.failure) or "What came cannot be read as HTTP.")
    wall = _wall(ending, ending.http)
    if wall is not None:
        return Verdict(Outcome.WALLED, wall)
    if ending.truncated is not None:
        return Verdict(
            Outcome.PARTIAL,
            _says(ending.failure) or f"The answer was cut short by {CUT_SHORT[ending.truncated]}.",
        )
    if ending.failure is not None and ending.failure.kind == "not-http":
        return Verdict(Outcome.PARTIAL, ending.failure.says)
    return Verdict(Outcome.COMPLETE)


def _ended(by: Failure, received_bytes: int) -> Verdict:
    if by.kind in REFUSED_BY_US:
        return Verdict(Outcome.REFUSED, by.says)
    if by.kind == ALREADY_ASKED:
        return Verdict(Outcome.COMPLETE, by.says)
    if by.kind == STOPPED and received_bytes:
        return Verdict(Outcome.PARTIAL, by.says)
    return Verdict(Outcome.FAILED, by.says)


def _nothing_came(failure: Failure | None) -> Verdict:
    if failure is not None and failure.kind in REFUSED_BY_US:
        return Verdict(Outcome.REFUSED, failure.says)
    return Verdict(Outcome.FAILED, _says(failure) or "Nothing came.")


def _says(failure: Failure | None) -> str | None:
    return failure.says if failure is not None else None


def _wall(ending: Ending, http: HttpFacts) -> str | None:
    """What stands in the page's place, or None."""
    signs = ending.signs
    if signs.challenge is not None and (signs.few_words or http.status in (403, 429, 503)):
        return f"A challenge of {signs.challenge} came instead (status {http.status})."
    if http.status in WALLS:
        return f"Status {http.status}: {WALLS[http.status]}."
    if signs.password_field and 200 <= http.status < 300:
        if _elsewhere(ending.asked_url, ending.final_url):
            return f"A login form at {ending.final_url} came instead."
        if signs.few_words and not _asks_for_login(ending.asked_url):
            return "A login form came instead."
    return None


def _elsewhere(asked: str, final: str) -> bool:
    """Whether the visit ended at another page, not only at another spelling of it."""
    was, came = urlsplit(asked), urlsplit(final)
    return was.path.rstrip("/") != came.path.rstrip("/")


def _asks_for_login(url: str) -> bool:
    """Whether the address itself is that of a login page: then the form is the page."""
    path = urlsplit(url).path.lower()
    return any(word in path for word in ("login", "log-in", "signin", "sign-in", "/auth"))
