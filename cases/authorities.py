"""Authorities on record: entered, looked up before every fetch, cancelled, renewed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from cases.authority_types import authority_type, limit_of
from cases.errors import AuthorityError, CallerError, UsageError
from cases.identity import AuthorityId, CaseId, PersonId, Sha256, new_id
from cases.models import Authority, Case
from cases.scope import covers, host_pattern
from cases.times import for_people, from_rfc3339, rfc3339

LEVEL_LETTERS = 40  # the column's; SQLite would not mind more, PostgreSQL would


class AuthorityMissing(AuthorityError):
    """No authority of the case was ever entered, or none of that id."""

    kind = "authority-missing"


class AuthorityExpired(AuthorityError):
    """The authority ended before the fetch began (AUT-8)."""

    kind = "authority-expired"


class AuthorityCancelled(AuthorityError):
    """The authority was cancelled before the fetch began (AUT-8)."""

    kind = "authority-cancelled"


class AuthorityNotBegun(AuthorityError):
    """The authority was granted after the instant asked about: a clock was put back."""

    kind = "authority-not-begun"


class OutsideAuthority(AuthorityError):
    """A live authority exists, but it does not cover the address (AUT-5)."""

    kind = "outside-authority"


class AuthorityTooLong(CallerError):
    """The end entered is later than the law allows for that type (AUT-2)."""

    kind = "authority-too-long"


@dataclass(frozen=True, slots=True)
class NewAuthority:
    """What a person enters. `until` None takes the type's own limit. Texts are the user's, never
    ours (AUT-1).
    """

    type: str
    purpose: str
    necessity: str
    proportionality: str
    scope: tuple[str, ...]
    granted_by: str
    granted_at: datetime
    mode: str = "written"
    until: datetime | None = None
    level: str | None = None
    conduct: str | None = None
    subjects: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    form_sha256: Sha256 | None = None
    approver: PersonId | None = None
    approval: str = "asserted"
    for_review: bool = False
    renews: AuthorityId | None = None


@dataclass(frozen=True, slots=True)
class AuthorityView:
    """An authority as read from the catalogue: what the other rooms may see of it."""

    id: AuthorityId
    case: CaseId
    reference: str  # LINDEN/2
    type: str
    purpose: str
    scope: tuple[str, ...]
    granted_by: str
    granted_at: datetime
    until: datetime
    cancelled_at: datetime | None
    for_review: bool
    approval: str
    renews: AuthorityId | None

    def live_at(self, moment: datetime) -> bool:
        """Whether it was granted by that instant and had neither ended nor been cancelled."""
        if not self.granted_at <= moment <= self.until:
            return False
        return self.cancelled_at is None or moment < self.cancelled_at


def add_authority(
    session: Session, case: Case, new: NewAuthority, *, by: PersonId, now: datetime
) -> tuple[AuthorityView, bool]:
    """Enter an authority; with it, whether its end should be confirmed with the authorising
    officer.

    Raises `UsageError` for an unknown type, an empty text, a scope that is no host or a grant that
    is yet to come, `AuthorityTooLong` for an end beyond the type's limit.
    """
    kind = authority_type(new.type)
    _require_texts(new)
    if new.granted_at > now:
        raise UsageError(
            f"An authority granted at {for_people(new.granted_at)} is not granted yet. Enter it "
            "once it is."
        )
    scope = [host_pattern(line).text for line in new.scope]
    limit = limit_of(kind, new.granted_at)
    until = new.until or (limit.until if limit else None)
    if until is None:
        raise UsageError(f"An authority of type {new.type} needs an end: --until TIME.")
    if limit is not None and until > limit.until:
        raise AuthorityTooLong(
            f"--until {for_people(until)} is later than {kind.says} can last: "
            f"{for_people(limit.until)} ({kind.source}). Enter that or an earlier time."
        )
    if until <= now:
        raise UsageError(f"--until {for_people(until)} is already past. Enter a later time.")
    number = _next_number(session, case)
    row = Authority(
        id=new_id("a"),
        case_id=case.id,
        number=number,
        type=new.type,
        level=new.level,
        purpose=new.purpose,
        necessity=new.necessity,
        proportionality=new.proportionality,
        conduct=new.conduct,
        subjects=list(new.subjects),
        accounts=list(new.accounts),
        scope=scope,
        granted_by=new.granted_by,
        granted_at=rfc3339(new.granted_at),
        mode=new.mode,
        entered_by=by,
        entered_at=rfc3339(now),
        until=rfc3339(until),
        form_sha256=new.form_sha256,
        approval=new.approval,
        approver=new.approver,
        for_review=new.for_review,
        renews=new.renews,
        cancelled_at=None,
    )
    session.add(row)
    session.flush()
    return _view(row, case.reference), limit is not None and limit.confirm


def _next_number(session: Session, case: Case) -> int:
    # SQLite's write lock is held since BEGIN IMMEDIATE; PostgreSQL locks the case's row here.
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    highest = select(func.max(Authority.number)).where(Authority.case_id == case.id)
    return (session.scalar(highest) or 0) + 1


def _require_texts(new: NewAuthority) -> None:
    for name in ("purpose", "necessity", "proportionality", "granted_by"):
        if not getattr(new, name).strip():
            option = name.replace("_", "-")
            raise UsageError(
                f"An authority of type {new.type} needs --{option}, in your own words."
            )
    if not new.scope:
        raise UsageError("An authority needs at least one --scope HOST: what may be collected.")
    if new.level is not None and len(new.level) > LEVEL_LETTERS:
        raise UsageError(f"--level has room for {LEVEL_LETTERS} letters. Shorten it: L3.")


# Columns, not entities, and built once: a running job asks this before every fetch.
_OF_CASE = (
    select(*Authority.__table__.c, Case.reference)
    .join(Case, Case.id == Authority.case_id)
    .where(Authority.case_id == bindparam("case"))
    .order_by(Authority.number)
)


def authorities_of(session: Session, case: CaseId) -> list[AuthorityView]:
    """Every authority of the case, oldest first."""
    rows = session.connection().execute(_OF_CASE, {"case": case})
    return [_view(row, row.reference) for row in rows]


def _view(row: Authority | Row[*tuple[Any, ...]], case_reference: str) -> AuthorityView:
    return AuthorityView(
        id=AuthorityId(row.id),
        case=CaseId(row.case_id),
        reference=f"{case_reference}/{row.number}",
        type=row.type,
        purpose=row.purpose,
        scope=tuple(row.scope),
        granted_by=row.granted_by,
        granted_at=from_rfc3339(row.granted_at),
        until=from_rfc3339(row.until),
        cancelled_at=from_rfc3339(row.cancelled_at) if row.cancelled_at else None,
        for_review=row.for_review,
        approval=row.approval,
        renews=AuthorityId(row.renews) if row.renews else None,
    )


def named_authority(held: Iterable[AuthorityView], named: str) -> AuthorityView:
    """The authority of that id, reference (LINDEN/2) or number. Raises `AuthorityMissing`."""
    for authority in held:
        if named in (authority.id, authority.reference, authority.reference.rpartition("/")[2]):
            return authority
    raise AuthorityMissing(
        f"The case has no authority {named!r}. List them: lantern authority list."
    )


def renewals_of(held: Sequence[AuthorityView], first: AuthorityId) -> list[AuthorityView]:
    """The authority and every later one that renews it, directly or in turn."""
    chain = {first}
    for authority in held:  # by number: a renewal is always entered after what it renews
        if authority.renews in chain:
            chain.add(authority.id)
    return [authority for authority in held if authority.id in chain]


def covering(
    held: Sequence[AuthorityView], url: str, at: datetime, *, case_reference: str
) -> AuthorityView:
    """The authority that allows the address to be fetched at that instant.

    Raises `AuthorityMissing`, `OutsideAuthority`, `AuthorityNotBegun`, `AuthorityCancelled` or
    `AuthorityExpired`: the reason nearest to being lawful, with what to type next. The newest
    covering authority is chosen.
    """
    add = f"lantern authority add --case {case_reference} --scope HOST --until TIME …"
    if not held:
        raise AuthorityMissing(
            f"Case {case_reference} has no authority, so {url} was not fetched. Enter one: {add}"
        )
    of_address = [authority for authority in held if covers(list(authority.scope), url)]
    for authority in reversed(of_address):
        if authority.live_at(at):
            return authority
    if not of_address:
        live = [a.reference for a in held if a.live_at(at)]
        said = f"covers {url}" if live else f"is live or covers {url}"
        raise OutsideAuthority(
            f"No authority of case {case_reference} {said}, so it was not fetched. Enter one: "
            f"{add}",
            url=url,
        )
    raise _why_not(of_address[-1], url, at, add)


def _why_not(last: AuthorityView, url: str, at: datetime, add: str) -> AuthorityError:
    if at < last.granted_at:
        return AuthorityNotBegun(
            f"Authority {last.reference} begins at {for_people(last.granted_at)} and this "
            f"machine's clock says {for_people(at)}, so {url} was not fetched. Set the clock.",
            url=url,
        )
    if last.cancelled_at is not None and last.cancelled_at <= at:
        return AuthorityCancelled(
            f"Authority {last.reference} was cancelled at {for_people(last.cancelled_at)}, so "
            f"{url} was not fetched. Enter another if collection is still lawful: {add}",
            url=url,
        )
    return AuthorityExpired(
        f"Authority {last.reference} ended at {for_people(last.until)}, so {url} was not fetched. "
        f"Renew it: lantern authority renew {last.reference} --until TIME",
        url=url,
    )


def cancel(session: Session, authority: AuthorityView, *, now: datetime) -> None:
    """Mark the authority cancelled from `now` on; running jobs stop at their next fetch (AUT-8)."""
    row = session.get_one(Authority, authority.id)
    if row.cancelled_at is not None:
        raise CallerError(f"Authority {authority.reference} is already cancelled.")
    row.cancelled_at = rfc3339(now)
