"""A collection is ordered: the authority is found, the job and its ledger entry are written.

Nothing is sent here. Where no live authority covers a seed, or no way out is set, the refusal
itself goes on the ledger, and the error says what to type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from cases.authorities import (
    AuthorityView,
    NewAuthority,
    add_authority,
    authorities_of,
    covering,
    named_authority,
    renewals_of,
)
from cases.casebook import open_case_row
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import AuthorityError, CallerError, LanternError, UsageError
from cases.identity import CaseId, JobId
from cases.job_book import open_job
from cases.models import Authority, Case, Job
from cases.row_texts import ROW, row_text
from cases.times import rfc3339
from collectors.errors import BadAddress, RefusedScheme
from collectors.guard_rules import check_url_address
from collectors.plan import RobotsChoice, ScopeKind
from collectors.ways_out import parse_way_out
from evidence.acting import Acting


class NoWayOut(CallerError):
    """The vault names no way out, so nothing is collected (rule 10)."""

    kind = "no-way-out"


class ImmediateTooWide(UsageError):
    """Immediate response is one page."""

    kind = "immediate-too-wide"


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks to be collected. `collector` is a spider: `page` (the seeds alone) or
    `site`.

    `immediate` is the reason for collecting one page without an authority: it writes one of that
    type, flagged for review (rule 6).
    """

    case: str
    seeds: tuple[str, ...]
    scope: ScopeKind = ScopeKind.PAGE
    depth: int = 0
    max_pages: int = 200
    delay_s: float = 1.0
    robots: RobotsChoice = RobotsChoice.NOT_ASKED
    allow_addresses: tuple[str, ...] = ()
    authority: str | None = None
    immediate: str | None = None
    browser: bool = False
    attended: bool = False  # a person at a terminal waits for it: a statement may say "I did"

    @property
    def collector(self) -> str:
        """Which spider does it, or the browser."""
        if self.browser:
            return "browser"
        return "page" if self.scope is ScopeKind.PAGE and self.depth == 0 else "site"

    def plan(self) -> dict[str, object]:
        """What the job's row keeps of the order."""
        return {
            "seeds": list(self.seeds),
            "scope": str(self.scope),
            "depth": self.depth,
            "max_pages": self.max_pages,
            "delay_s": self.delay_s,
            "robots": str(self.robots),
            "allow_addresses": list(self.allow_addresses),
            "attended": self.attended,
        }


def commission(acting: Acting, order: Order) -> tuple[JobId, AuthorityView]:
    """The job on record, running, and the authority it runs under.

    Raises `NoWayOut`, `CaseUnknown`, `CaseClosed`, `BadAddress`, `RefusedScheme`, and the
    authority's errors; each is on the ledger as `job.refuse` before it is raised.
    """
    now = acting.clock()
    try:
        if not acting.vault.settings.egress.way_out:
            raise NoWayOut(
                "No way out is set, so nothing was fetched. Choose one in "
                f'{acting.vault.settings_path}: [egress] way_out = "direct" (or socks5://…).'
            )
        parse_way_out(acting.vault.settings.egress.way_out)
        for seed in order.seeds:
            refusal = check_url_address(seed)
            if isinstance(refusal, RefusedScheme | BadAddress):
                raise refusal
        with acting.catalogue.writing() as session:
            return _commissioned(session, acting, order, now)
    except LanternError as refusal:
        _record_refusal(acting, order, refusal)
        raise


def _commissioned(
    session: Session, acting: Acting, order: Order, now: datetime
) -> tuple[JobId, AuthorityView]:
    case = open_case_row(session, order.case)
    if order.immediate is not None:
        authority = _immediate(session, acting, case, order, now)
    else:
        authority = _authority(session, case, order, now)
    job = open_job(session, authority, order.collector, order.plan(), by=acting.person.id, now=now)
    row = row_text(session.get_one(Job, job))
    acting.ledger.record(session, [_opening_act(job, authority, order, row)])
    return job, authority


def _opening_act(job: JobId, authority: AuthorityView, order: Order, row: str) -> Act:
    return Act(
        "job.open",
        S62.COLLECTION,
        (
            ObjectRef(ObjectKind.CASE, authority.case),
            ObjectRef(ObjectKind.AUTHORITY, authority.id),
            ObjectRef(ObjectKind.JOB, job),
        ),
        {"collector": order.collector},
        {"reason": authority.purpose, "seeds": _storable(order.seeds), ROW: row},
    )


def _authority(session: Session, case: Case, order: Order, now: datetime) -> AuthorityView:
    held = authorities_of(session, CaseId(case.id))
    if order.authority is not None:
        held = renewals_of(held, named_authority(held, order.authority).id)
    chosen = [covering(held, seed, now, case_reference=case.reference) for seed in order.seeds]
    return chosen[0]


def _immediate(
    session: Session, acting: Acting, case: Case, order: Order, now: datetime
) -> AuthorityView:
    if len(order.seeds) != 1 or order.collector not in ("page", "browser"):
        raise ImmediateTooWide(
            "--immediate is for one page: name one address, without --depth or --scope."
        )
    new = NewAuthority(
        type="immediate",
        purpose=order.immediate or "",
        necessity="Immediate response to events (to be reviewed)",
        proportionality="One page, once",
        scope=(order.seeds[0].split("?")[0].split("#")[0],),
        granted_by=acting.person.name,
        granted_at=now,
        mode="oral",
        for_review=True,
    )
    authority, _ = add_authority(session, case, new, by=acting.person.id, now=now)
    acting.ledger.record(
        session,
        [
            Act(
                "authority.add",
                None,
                (
                    ObjectRef(ObjectKind.CASE, case.id),
                    ObjectRef(ObjectKind.AUTHORITY, authority.id),
                ),
                {"until": rfc3339(authority.until)},
                {
                    "reason": new.purpose,
                    "reference": authority.reference,
                    ROW: row_text(session.get_one(Authority, authority.id)),
                },
            )
        ],
    )
    return authority


def _storable(seeds: tuple[str, ...]) -> str:
    """The seeds as the ledger can keep them: bytes that are no UTF-8 as escapes."""
    return " ".join(seeds).encode("utf-8", "backslashreplace").decode()


def _record_refusal(acting: Acting, order: Order, refusal: LanternError) -> None:
    """The refused attempt is on the ledger, whoever refused it (AUT-5)."""
    with acting.catalogue.writing() as session:
        objects: tuple[ObjectRef, ...] = ()
        try:
            case = open_case_row(session, order.case)
            objects = (ObjectRef(ObjectKind.CASE, case.id),)
        except CallerError:
            objects = ()
        acting.ledger.record(
            session,
            [
                Act(
                    "job.refuse",
                    None,
                    objects,
                    {"kind": refusal.kind},
                    {"reason": refusal.says, "seeds": " ".join(order.seeds)},
                )
            ],
        )


@dataclass(slots=True)
class _Held:
    """The authorities of a job as last read, and the catalogue's version then."""

    version: int | None = None
    authorities: Sequence[AuthorityView] = ()


@dataclass(frozen=True, slots=True)
class AuthorityPermit:
    """The authority's word before every fetch of a running job (AUT-8).

    The job's authority or a renewal of it must be live and cover the address at that instant. Each
    question looks whether anybody has changed the catalogue, and reads it again where they have: a
    cancellation or a renewal that is committed is heeded by the very next fetch.
    """

    acting: Acting
    case_reference: str
    case: CaseId
    authority: AuthorityView
    _held: _Held = field(default_factory=_Held)

    def __call__(self, url: str) -> str | None:
        """None where the fetch is covered now; else the sentence that says why it is not."""
        try:
            self.live(url)
        except AuthorityError as refusal:
            return refusal.says
        return None

    def live(self, url: str) -> AuthorityView:
        """The authority that covers the address now. Raises the authority's errors."""
        now = self.acting.clock()
        return covering(self._renewals(), url, now, case_reference=self.case_reference)

    def ended(self) -> str | None:
        """None while the authority or a renewal of it is live; else the sentence that says not."""
        now, held = self.acting.clock(), self._renewals()
        if any(authority.live_at(now) for authority in held):
            return None
        return f"Authority {held[-1].reference} is no longer live, so the job stops."

    def _renewals(self) -> Sequence[AuthorityView]:
        version = self.acting.catalogue.version()
        if version is None or version != self._held.version:
            with self.acting.catalogue.reading() as session:
                found = authorities_of(session, self.case)
            self._held.authorities = renewals_of(found, self.authority.id)
            self._held.version = version
        return self._held.authorities
