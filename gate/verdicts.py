"""What is known of a picture, and whether that leaves it covered. Pure.

A detector, list or rule may flag; only a person, a list of what is known to be harmless, a host
rule or being a tiny interface picture clears. What says `flagged` stands before what says
`harmless`, but for a person of this case who spoke after it (docs/gate.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cases.gate_book import Decision, HostRule, ListHit, Policy, Verdict
from cases.identity import CaseId

TINY_SIDE = 32  # pixels: arrows, bullets, flags of a page's own furniture (our own limit)
TINY_BYTES = 4096
TINY_MOST = 20  # of one capture: more of them can be the tiles of one picture


@dataclass(frozen=True, slots=True)
class Measured:
    """What screening measured: None throughout where the picture could not be decoded."""

    width: int | None
    height: int | None
    frames: int | None
    size_bytes: int
    says: str | None  # why it could not be decoded

    @property
    def decoded(self) -> bool:
        """Whether it was decoded, safely and whole."""
        return self.width is not None and self.says is None


@dataclass(frozen=True, slots=True)
class Known:
    """All that bears on one picture in one case. `small_ones` counts the capture's tiny ones."""

    case: CaseId
    kind: str
    url: str
    measured: Measured | None
    small_ones: int = 0
    lists: Sequence[ListHit] = ()
    rules: Sequence[HostRule] = ()
    decisions: Sequence[Decision] = ()  # of every case, newest first


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and what led to it, a line each."""

    verdict: Verdict
    why: tuple[str, ...] = field(default=())


def covered(verdict: Verdict, policy: Policy) -> bool:
    """Whether the policy covers it. Anything unforeseen is covered."""
    if policy is Policy.ALL_BUT_HARMLESS:
        return verdict is not Verdict.HARMLESS
    if policy is Policy.FLAGGED:
        return verdict not in (Verdict.HARMLESS, Verdict.UNRECOGNISED)
    return True


def judge(known: Known) -> Judgement:
    """The verdict on a picture in a case."""
    own = next((d for d in known.decisions if d.case == known.case), None)
    flags = _flags(known)
    later = [(at, says) for at, says in flags if own is None or at >= own.at]
    if own is not None and (own.verdict is Verdict.FLAGGED or not later):
        return Judgement(own.verdict, (_decided(own), *(says for _, says in flags)))
    if flags:
        return Judgement(Verdict.FLAGGED, tuple(says for _, says in flags))
    if known.measured is None:
        return Judgement(Verdict.UNSCREENED, ("It has not been screened yet.",))
    cleared = _clearings(known)
    if cleared:
        return Judgement(Verdict.HARMLESS, tuple(cleared))
    if not known.measured.decoded:
        return Judgement(Verdict.UNSCREENED, (known.measured.says or "It could not be decoded.",))
    return Judgement(Verdict.UNRECOGNISED, ("Nothing and nobody has recognised it.",))


def _flags(known: Known) -> list[tuple[str, str]]:
    """What flags it, with when that was said. Covering spreads to every case of the vault."""
    newest: dict[CaseId, Decision] = {}
    for decision in known.decisions:
        newest.setdefault(decision.case, decision)
    return [
        *((h.at, _listed(h)) for h in known.lists if h.verdict is Verdict.FLAGGED),
        *((r.at, _ruled(r)) for r in _serving(known) if r.verdict is Verdict.FLAGGED),
        *(
            (d.at, f"Flagged in another case by {d.by}, {d.at}.")
            for d in newest.values()
            if d.case != known.case and d.verdict is Verdict.FLAGGED
        ),
    ]


def _clearings(known: Known) -> list[str]:
    # MD5 flags and never clears: two pictures with one MD5 can be made at will (RFC 6151).
    clearing = [
        _listed(h) for h in known.lists if h.verdict is Verdict.HARMLESS and h.algorithm == "sha256"
    ]
    if known.kind == "response":
        clearing += [_ruled(r) for r in _serving(known) if r.verdict is Verdict.HARMLESS]
    if _tiny(known):
        side = f"{TINY_SIDE} x {TINY_SIDE}"
        clearing.append(f"A tiny interface picture: at most {side} pixels, {TINY_BYTES} bytes.")
    return clearing


def _tiny(known: Known) -> bool:
    found = known.measured
    return (
        found is not None
        and found.decoded
        and known.kind in ("response", "data")
        and max(found.width or TINY_SIDE + 1, found.height or TINY_SIDE + 1) <= TINY_SIDE
        and found.frames == 1
        and found.size_bytes <= TINY_BYTES
        and known.small_ones <= TINY_MOST
    )


def is_small(measured: Measured) -> bool:
    """Whether it counts as one of a capture's tiny pictures."""
    return (
        measured.decoded
        and max(measured.width or 0, measured.height or 0) <= TINY_SIDE
        and measured.size_bytes <= TINY_BYTES
    )


def _serving(known: Known) -> list[HostRule]:
    """The rules for the host that served it; of a picture inside a page, the page's host."""
    address = known.url.removeprefix("inside ").removeprefix("data: in ")
    try:
        host = (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return []
    return [rule for rule in known.rules if host and host_matches(rule.host, host)]


def host_matches(rule: str, host: str) -> bool:
    """Whether a rule for `example.test` or `*.example.test` speaks of `host`."""
    if rule.startswith("*."):
        return host == rule[2:] or host.endswith(rule[1:])
    return host == rule.strip("[]")


def _decided(decision: Decision) -> str:
    return f"{str(decision.verdict).capitalize()} by {decision.by}, {decision.at}."


def _listed(hit: ListHit) -> str:
    return f"On the list of {hit.source}, {hit.category} ({hit.verdict})."


def _ruled(rule: HostRule) -> str:
    return f"Served by {rule.host}, ruled {rule.verdict} by {rule.by}."
