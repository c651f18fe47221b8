"""Crossovers: identifiers and accepted entities that two cases share, where a policy allows it.

Without a policy on the pair nothing of the other case is looked at, so nothing can be told: no
value, no count. With one, a person is told what lies in captures that they may see; of a case that
they may not see, only what lies in captures open to every member of it, and then no more than the
value and whom to ask. Each look is a combination on the ledgers of both cases (DPA-1, DPA-5).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.access import locked_captures, restricted_captures
from cases.casebook import case_row
from cases.crossovers import PolicyView, add_policy, policies_of
from cases.entities import EntityView, entities_of, visible_captures
from cases.entity_decisions import WHOLE, CandidateVerdict, words_of
from cases.entity_keys import candidate_digest, folded_name
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.identity import CaptureId, CaseId
from cases.models import Capture
from cases.row_texts import ROW, row_text
from enrich import DerivedStore, shared_identifiers
from evidence.acting import Acting
from gate.text import fold_line

MOST_SHARED = 2_000  # of one pair, the rarest first: our own limit
LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Shared:
    """What both cases hold. `there` and `entity_there` are None where the other is not seen."""

    kind: str  # of an identifier, or the class of a record
    value: str  # gated
    here: int  # captures
    there: int | None
    entity: str | None = None  # the record here
    entity_there: str | None = None


@dataclass(frozen=True, slots=True)
class Crossover:
    """A pair of cases that may be compared, and what they share."""

    policy: PolicyView
    shared: tuple[Shared, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class CrossoverList:
    """A case's crossovers, and every policy on it."""

    case: str
    policies: tuple[PolicyView, ...]
    crossovers: tuple[Crossover, ...]


def set_policy(acting: Acting, case: str, other: str, *, allowed: bool, reason: str) -> PolicyView:
    """Say whether two cases may be told what they share, and why. Raises `AccessRefused`,
    `CaseUnknown`, `UsageError`.
    """
    with acting.catalogue.writing() as session:
        pair = (case_row(session, case), case_row(session, other))
        word = (allowed, reason[:LONGEST_REASON])
        row = add_policy(session, pair, word, by=acting.person.id, now=acting.clock())
        objects = tuple(ObjectRef(ObjectKind.CASE, each.id) for each in pair)
        refs = {"allowed": "yes" if allowed else "no", "policy": row.id}
        texts = {"reason": row.reason, ROW: row_text(row)}
        acting.ledger.record(session, [Act("crossover.policy", None, objects, refs, texts)])
        held = policies_of(session, CaseId(pair[0].id))
        return next(each for each in held if each.other == pair[1].id)


def list_crossovers(acting: Acting, case: str) -> CrossoverList:
    """What a case shares with those that a policy lets it be compared with; one combination, or a
    consultation where there are none. Raises `CaseUnknown`.
    """
    with (
        acting.catalogue.reading() as session,
        closing(DerivedStore(acting.vault.derived)) as store,
    ):
        row = case_row(session, case)
        policies = policies_of(session, CaseId(row.id))
        crossovers = tuple(
            _crossover(session, store, CaseId(row.id), policy)
            for policy in policies
            if policy.allowed
        )
    compared = [CaseId(row.id), *(each.policy.other for each in crossovers)]
    objects = tuple(ObjectRef(ObjectKind.CASE, each) for each in compared)
    refs = {"shared": str(sum(len(each.shared) for each in crossovers))}
    s62 = S62.COMBINATION if crossovers else S62.CONSULTATION
    with acting.act(Act("crossover.list", s62, objects, refs)):
        pass  # nothing is answered unless it is on record
    return CrossoverList(row.reference, tuple(policies), crossovers)


def _crossover(
    session: Session, store: DerivedStore, case: CaseId, policy: PolicyView
) -> Crossover:
    here = visible_captures(session, case)
    if policy.seen:
        there = visible_captures(session, policy.other)
    else:
        there = _open_captures(session, policy.other)
    found = [
        *_shared_entities(session, case, policy, frozenset(there)),
        *_shared_values(session, store, case, policy, (here, there)),
    ]
    return Crossover(policy, tuple(found[:MOST_SHARED]), len(found) > MOST_SHARED)


def _open_captures(session: Session, case: CaseId) -> list[CaptureId]:
    """The captures of a case that every member of it may see."""
    kept_back = restricted_captures(session) | locked_captures(session)
    held = session.scalars(select(Capture.id).where(Capture.case_id == case))
    return [CaptureId(each) for each in held if each not in kept_back]


def _shared_values(
    session: Session,
    store: DerivedStore,
    case: CaseId,
    policy: PolicyView,
    captures: tuple[list[CaptureId], list[CaptureId]],
) -> Iterator[Shared]:
    words = words_of(session, case) | words_of(session, policy.other)
    for kind, value, here, there in shared_identifiers(store, *captures, MOST_SHARED + 1):
        said = [
            words.get((candidate_digest(each, kind, value), WHOLE)) for each in (case, policy.other)
        ]
        if any(word and word.verdict is CandidateVerdict.REJECTED for word in said):
            continue
        yield Shared(kind, fold_line(value), here, there if policy.seen else None)


def _shared_entities(
    session: Session, case: CaseId, policy: PolicyView, there: frozenset[CaptureId]
) -> Iterator[Shared]:
    others = {
        key: view
        for view in entities_of(session, policy.other)
        if view.standing and (policy.seen or there & set(view.record.captures))
        for key in _keys(view)
    }
    for view in entities_of(session, case):
        other = next((others[key] for key in _keys(view) if key in others), None)
        if not view.standing or other is None:
            continue
        yield Shared(
            view.pole.says,
            fold_line(view.record.name or view.record.aliases[0]),
            len(view.record.captures),
            len(other.record.captures) if policy.seen else None,
            view.reference,
            other.reference if policy.seen else None,
        )


def _keys(view: EntityView) -> list[tuple[str, str]]:
    names = (view.record.name, *view.record.aliases)
    return [(str(view.pole), folded_name(name)) for name in names if folded_name(name)]
