"""A job rehearsed: what it would ask for and what it would not, with nothing sent or opened."""

from __future__ import annotations

from dataclasses import dataclass

from cases.authorities import authorities_of, covering, named_authority, renewals_of
from cases.casebook import open_case_row
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import AuthorityError
from cases.identity import CaseId
from collectors.commission import Order
from collectors.errors import BadAddress, RefusedScheme
from collectors.guard_rules import LOOPBACK, AllowedAddress, Rules, check_url_address, parse_allowed
from collectors.ways_out import parse_way_out
from evidence.acting import Acting


@dataclass(frozen=True, slots=True)
class RehearsedSeed:
    """One address: under which authority it would be asked for, or why it would not."""

    url: str
    authority: str | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a job would do. `starts` says whether it would begin at all."""

    way_out: str
    starts: bool
    says: str
    seeds: tuple[RehearsedSeed, ...]


def why_not_a_seed(text: str) -> str | None:
    """Why a line is no address that can be collected; None where it is one. Nothing is resolved.

    A private address is one all the same: whether it may be reached, the job's guard decides.
    """
    refusal = check_url_address(text)
    if refusal is None or refusal.kind in ("private-address", "refused-port"):
        return None
    return refusal.says


def rehearse(acting: Acting, order: Order) -> Rehearsal:
    """The rehearsal, on the ledger as a consultation. Raises `CaseUnknown`, `CaseClosed`, and
    `AllowanceError` for an `--allow-address` that is none.
    """
    allowed = [parse_allowed(text) for text in order.allow_addresses]
    with acting.act(_act(acting, order)) as session:
        case = open_case_row(session, order.case)
        held = authorities_of(session, CaseId(case.id))
    if order.authority is not None:
        held = renewals_of(held, named_authority(held, order.authority).id)
    way = acting.vault.settings.egress.way_out
    said = parse_way_out(way).sentence if way else "No way out is set: nothing would be fetched."
    seeds = []
    begins = bool(way) and (order.immediate is None or len(order.seeds) == 1)
    for url in order.seeds:
        refusal, authority = _refusal(url, allowed), None
        begins = begins and not _unreadable(url)
        try:
            if order.immediate is None:
                found = covering(held, url, acting.clock(), case_reference=order.case)
                authority = found.reference
            else:
                authority = "a new one of immediate response"
        except AuthorityError as fault:
            refusal, begins = refusal or fault.says, False
        seeds.append(RehearsedSeed(url, None if refusal else authority, refusal))
    fetched = sum(seed.refusal is None for seed in seeds)
    says = f"The job would begin: {fetched} of {len(seeds)} addresses would be asked for."
    if not begins:
        says = "The job would not begin: every address needs an authority, and the vault a way out."
    return Rehearsal(said, begins, says, tuple(seeds))


def _unreadable(url: str) -> bool:
    """Whether this address keeps the whole job from beginning, whatever the authority."""
    return isinstance(check_url_address(url), RefusedScheme | BadAddress)


def _refusal(url: str, allowed: list[AllowedAddress]) -> str | None:
    rules = Rules(
        frozenset(
            (address, each.port)
            for each in allowed
            for address in ([each.host] if not isinstance(each.host, str) else LOOPBACK)
        )
    )
    barred = check_url_address(url, rules)
    return None if barred is None else barred.says


def _act(acting: Acting, order: Order) -> Act:
    with acting.catalogue.reading() as session:
        case = open_case_row(session, order.case).id
    seeds = " ".join(order.seeds).encode("utf-8", "backslashreplace").decode()
    objects = (ObjectRef(ObjectKind.CASE, case),)
    refs = {"collector": order.collector, "dry_run": "yes"}
    return Act("access", S62.CONSULTATION, objects, refs, {"seeds": seeds})
