"""Which pairs of cases may be told what they share: decisions with reasons, on record (DPA-5).

Part of the caller's transaction; who records the act writes its ledger entry in the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from cases.access import TRUSTED_ROLES, AccessRefused, hidden_cases, viewer_of
from cases.crossover_tables import CrossoverPolicy
from cases.entities import lock_case
from cases.errors import UsageError
from cases.identity import CaseId, PersonId, new_id
from cases.models import Case, Person
from cases.times import rfc3339


@dataclass(frozen=True, slots=True)
class PolicyView:
    """The word that holds on a case and another. `seen`: whether the other may be looked
    into; of one that may not, the reason is not told.
    """

    other: CaseId
    reference: str
    in_charge: str
    allowed: bool
    reason: str
    by: str
    at: str
    seen: bool


def add_policy(
    session: Session,
    cases: tuple[Case, Case],
    word: tuple[bool, str],
    *,
    by: PersonId,
    now: datetime,
) -> CrossoverPolicy:
    """The row of a word (allowed or not, why) on two cases, both of which the person sees.

    Raises `AccessRefused` for who is in charge of neither and of no trusted role, `UsageError`.
    """
    allowed, reason = word
    one, other = sorted(cases, key=lambda case: case.id)
    if one.id == other.id:
        raise UsageError("Name two cases.")
    viewer = viewer_of(session)
    if viewer is not None and not viewer.trusted and by not in (one.in_charge, other.in_charge):
        raise AccessRefused(
            f"Whether {one.reference} and {other.reference} may be compared is for whoever is in "
            f"charge of one of them to say, or for a {' or '.join(sorted(TRUSTED_ROLES))}."
        )
    if len(reason.split()) < 2:
        raise UsageError("Say why the purposes are compatible, or are not: --reason TEXT")
    for case in (one, other):
        lock_case(session, CaseId(case.id))
    highest = session.scalar(
        select(func.max(CrossoverPolicy.number))
        .where(CrossoverPolicy.one == one.id)
        .where(CrossoverPolicy.other == other.id)
    )
    row = CrossoverPolicy(
        id=new_id("q"),
        one=one.id,
        other=other.id,
        number=(highest or 0) + 1,
        allowed=allowed,
        reason=reason.strip(),
        by=by,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


def policies_of(session: Session, case: CaseId) -> list[PolicyView]:
    """The words that hold on a case and others, by reference. One that says no to a case which the
    session's person may not see is not told: the case's name would be.
    """
    rows = session.execute(
        select(CrossoverPolicy, Person.code)
        .join(Person, Person.id == CrossoverPolicy.by)
        .where(or_(CrossoverPolicy.one == case, CrossoverPolicy.other == case))
        .order_by(CrossoverPolicy.number)
    )
    newest = {(row.other if row.one == case else row.one): (row, code) for row, code in rows}
    hidden = hidden_cases(session)
    found = []
    for other, (row, code) in newest.items():
        seen = other not in hidden
        if not (seen or row.allowed):
            continue
        there = session.get_one(Case, other)
        in_charge = session.get_one(Person, there.in_charge).code
        found.append(
            PolicyView(
                CaseId(other),
                there.reference,
                in_charge,
                row.allowed,
                row.reason if seen else "",
                code,
                row.at,
                seen,
            )
        )
    return sorted(found, key=lambda each: each.reference)
