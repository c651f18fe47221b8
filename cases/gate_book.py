"""What people and lists have said of pictures: policies, lists, rules, decisions, tickets.

Part of the caller's transaction; who records the act writes its ledger entry in the same one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from cases.errors import CallerError, UsageError
from cases.gate_tables import (
    GateDecision,
    GateList,
    GateListDigest,
    GatePolicy,
    GateRule,
    RevealTicket,
)
from cases.identity import CaseId, PersonId, Sha256, new_id
from cases.ledger_objects import batches
from cases.models import Person
from cases.times import rfc3339

CHUNK = 500  # digests asked about in one query: below every database's limit on parameters


class Verdict(StrEnum):
    """What is known of a picture."""

    HARMLESS = "harmless"
    FLAGGED = "flagged"
    UNRECOGNISED = "unrecognised"
    UNSCREENED = "unscreened"


SAYABLE = (Verdict.HARMLESS, Verdict.FLAGGED)  # what a person, list or rule can say


class Policy(StrEnum):
    """What a case covers."""

    ALL_BUT_HARMLESS = "all-but-harmless"
    FLAGGED = "flagged"
    EVERYTHING = "everything"


# From what covers least to what covers most: going down the list relaxes the gate.
STRICTNESS = (Policy.FLAGGED, Policy.ALL_BUT_HARMLESS, Policy.EVERYTHING)


class DecisionChanged(CallerError):
    """Somebody else decided in the meantime."""

    kind = "decision-changed"


class BadHost(UsageError):
    """A rule's host is none."""

    kind = "bad-host"


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on a picture: the newest of its case has the highest version."""

    id: str
    case: CaseId
    sha256: Sha256
    version: int
    verdict: Verdict
    by: str  # the person's code
    at: str


@dataclass(frozen=True, slots=True)
class ListHit:
    """A list that holds a picture's digest."""

    source: str
    category: str
    verdict: Verdict
    at: str
    algorithm: str  # sha256, md5


@dataclass(frozen=True, slots=True)
class HostRule:
    """A rule by host that is in force."""

    id: str
    case: CaseId | None
    host: str
    verdict: Verdict
    by: str
    at: str


def policy_of(session: Session, case: CaseId) -> Policy:
    """The policy that holds in a case now; `all-but-harmless` where none was set."""
    held = session.scalar(
        select(GatePolicy.policy)
        .where(GatePolicy.case_id == case)
        .order_by(GatePolicy.number.desc())
        .limit(1)
    )
    return Policy(held) if held else Policy.ALL_BUT_HARMLESS


def relaxes(old: Policy, new: Policy) -> bool:
    """Whether `new` covers less than `old`."""
    return STRICTNESS.index(new) < STRICTNESS.index(old)


def add_policy(
    session: Session,
    case: CaseId,
    policy: Policy,
    approver: PersonId | None,
    *,
    by: PersonId,
    now: datetime,
) -> GatePolicy:
    """The row of a new policy."""
    newest = session.scalar(select(func.max(GatePolicy.number)).where(GatePolicy.case_id == case))
    row = GatePolicy(
        id=new_id("y"),
        case_id=case,
        number=(newest or 0) + 1,
        policy=str(policy),
        approver=approver,
        by=by,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


@dataclass(frozen=True, slots=True)
class NewList:
    """A list as read: its digests by algorithm, each in hexadecimal."""

    source: str
    category: str
    verdict: Verdict
    file_sha256: Sha256
    digests: Mapping[str, str]  # digest to algorithm


def add_list(session: Session, new: NewList, *, by: PersonId, now: datetime) -> GateList:
    """The row of a list, with its digests."""
    row = GateList(
        id=new_id("l"),
        source=new.source,
        category=new.category,
        verdict=str(new.verdict),
        file_sha256=new.file_sha256,
        count=len(new.digests),
        digests_sha256=digests_digest(new.digests),
        by=by,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    rows = [
        {"list_id": row.id, "digest": digest, "algorithm": algorithm}
        for digest, algorithm in new.digests.items()
    ]
    if rows:
        session.execute(insert(GateListDigest), rows)
    return row


def digests_digest(digests: Mapping[str, str]) -> Sha256:
    """One digest for a list: SHA-256 of `algorithm:digest` and a newline for each, sorted."""
    lines = sorted(f"{algorithm}:{digest}\n" for digest, algorithm in digests.items())
    return Sha256(hashlib.sha256("".join(lines).encode("ascii")).hexdigest())


def changed_lists(session: Session) -> list[str]:
    """The lists whose digests are not those that were imported: somebody was at the rows."""
    changed = []
    for row in session.scalars(select(GateList)):
        held = session.scalars(select(GateListDigest).where(GateListDigest.list_id == row.id))
        found = {each.digest: each.algorithm for each in held}
        if digests_digest(found) != row.digests_sha256:
            changed.append(row.id)
    return changed


def list_hits(session: Session, digests: Collection[str]) -> dict[str, list[ListHit]]:
    """The lists that hold each digest, newest first."""
    found: dict[str, list[ListHit]] = {}
    for chunk in batches(sorted(set(digests)), CHUNK):
        query = (
            select(GateListDigest.digest, GateListDigest.algorithm, GateList)
            .join(GateList, GateList.id == GateListDigest.list_id)
            .where(GateListDigest.digest.in_(chunk))
            .order_by(GateList.at.desc())
        )
        for digest, algorithm, held in session.execute(query):
            verdict = Verdict(held.verdict)
            hit = ListHit(held.source, held.category, verdict, held.at, algorithm)
            found.setdefault(digest, []).append(hit)
    return found


_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:]+\]")


def add_rule(
    session: Session,
    host: str,
    verdict: Verdict,
    case: CaseId | None,
    *,
    by: PersonId,
    now: datetime,
) -> GateRule:
    """The row of a host rule. Raises `BadHost`."""
    plain = host.strip().lower().rstrip(".")
    if not _HOST.fullmatch(plain):
        raise BadHost(
            f"{host[:80]!r} is no host. Write one as in images.example.test or *.example.test."
        )
    row = GateRule(
        id=new_id("r"),
        case_id=case,
        host=plain,
        verdict=str(verdict),
        by=by,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


def rules_in_force(session: Session, case: CaseId) -> list[HostRule]:
    """The host rules of a case and of all cases, newest first."""
    query = (
        select(GateRule, Person.code)
        .join(Person, Person.id == GateRule.by)
        .where((GateRule.case_id == case) | GateRule.case_id.is_(None))
        .where(GateRule.withdrawn_at.is_(None))
        .order_by(GateRule.at.desc())
    )
    return [
        HostRule(
            row.id,
            CaseId(row.case_id) if row.case_id else None,
            row.host,
            Verdict(row.verdict),
            code,
            row.at,
        )
        for row, code in session.execute(query)
    ]


def decisions_on(session: Session, digests: Collection[str]) -> dict[str, list[Decision]]:
    """Every decision on each picture, in every case, newest first."""
    found: dict[str, list[Decision]] = {}
    for chunk in batches(sorted(set(digests)), CHUNK):
        query = (
            select(GateDecision, Person.code)
            .join(Person, Person.id == GateDecision.by)
            .where(GateDecision.sha256.in_(chunk))
            .order_by(GateDecision.at.desc(), GateDecision.version.desc())
        )
        for row, code in session.execute(query):
            found.setdefault(row.sha256, []).append(_decision(row, code))
    return found


def _decision(row: GateDecision, code: str) -> Decision:
    return Decision(
        row.id,
        CaseId(row.case_id),
        Sha256(row.sha256),
        row.version,
        Verdict(row.verdict),
        code,
        row.at,
    )


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A decision to be recorded. `version` is the one that the person saw, None where it is not
    asked; `was_covered` and `revealed` tell whether it was made without a look.
    """

    case: CaseId
    sha256: Sha256
    verdict: Verdict
    version: int | None
    was_covered: bool
    revealed: bool
    exposed: bool = False


def add_decision(
    session: Session, new: NewDecision, *, by: PersonId, now: datetime
) -> GateDecision:
    """The row of a decision. Raises `DecisionChanged` where somebody else came first."""
    newest = session.scalars(
        select(GateDecision)
        .where(GateDecision.case_id == new.case, GateDecision.sha256 == new.sha256)
        .order_by(GateDecision.version.desc())
        .limit(1)
    ).first()
    held = newest.version if newest else 0
    if new.version is not None and new.version != held:
        what = f"it is now {newest.verdict}" if newest else "it was taken back"
        raise DecisionChanged(
            f"Somebody else decided on {new.sha256[:12]}… in the meantime: {what} (version "
            f"{held}). Nothing was changed. Look at what it says now, then decide again."
        )
    row = GateDecision(
        id=new_id("d"),
        case_id=new.case,
        sha256=new.sha256,
        version=held + 1,
        verdict=str(new.verdict),
        was_covered=new.was_covered,
        revealed=new.revealed,
        exposed=new.exposed,
        by=by,
        at=rfc3339(now),
    )
    session.add(row)
    session.flush()
    return row


@dataclass(frozen=True, slots=True)
class Avoided:
    """Exposures avoided: covered pictures decided on without a reveal, and how many of those
    decisions were later turned round.
    """

    decided: int
    reversed: int


def avoided_in(session: Session, cases: Sequence[CaseId]) -> Avoided:
    """The gate's own figure over some cases; never by person."""
    rows = session.scalars(
        select(GateDecision)
        .where(GateDecision.case_id.in_(cases))
        .order_by(GateDecision.case_id, GateDecision.sha256, GateDecision.version)
    )
    histories: dict[tuple[str, str], list[GateDecision]] = {}
    for row in rows:
        histories.setdefault((row.case_id, row.sha256), []).append(row)
    decided = turned = 0
    for history in histories.values():
        blind = [row for row in history if row.was_covered and not row.revealed]
        if blind and not history[0].exposed:
            decided += 1
            turned += any(row.verdict != blind[0].verdict for row in history)
    return Avoided(decided, turned)


def was_revealed(session: Session, case: CaseId, sha256: Sha256) -> bool:
    """Whether a picture was revealed in a case."""
    found = session.scalar(
        select(RevealTicket.token_sha256)
        .where(RevealTicket.case_id == case, RevealTicket.sha256 == sha256)
        .where(RevealTicket.used_at.is_not(None))
        .limit(1)
    )
    return found is not None
