"""What people and lists say of pictures: decisions, lists, rules, policies, each on the ledger."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cases.access import hidden_captures
from cases.casebook import case_row
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import AuthorityError, CallerError, UsageError
from cases.gate_book import (
    SAYABLE,
    Decision,
    NewDecision,
    NewList,
    Policy,
    Verdict,
    add_decision,
    add_list,
    add_policy,
    add_rule,
    decisions_on,
    policy_of,
    relaxes,
    was_revealed,
)
from cases.identity import CaptureId, CaseId, PersonId, Sha256
from cases.people import person_of
from cases.row_texts import ROW, row_text
from evidence.acting import Acting, own_key
from gate.exposure import Exposure, ExposureStore
from gate.lists import RefusedRow, read_list
from gate.shelf import Shelf
from jobs.gating import PictureFacts, PictureUnknown, facts_of, view_of

LONGEST_REASON = 2000


class RelaxationRefused(AuthorityError):
    """Relaxing the gate wants the signature of the person who answers for it."""

    kind = "relaxation-refused"


def decide(
    acting: Acting, case: str, sha256: str, verdict: str, reason: str, *, version: int | None
) -> Decision:
    """A person's word on a picture in a case. `version` is the one that they saw, None where
    nothing is asked. Raises `DecisionChanged`, `PictureUnknown`, `UsageError`.
    """
    said = _sayable(verdict)
    if not reason.strip():
        raise UsageError("Say why: --reason TEXT. A decision without a look still has a reason.")
    facts = _in_case(acting, case, sha256)
    return _decided(acting, facts, said, reason, version=version, exposed=False)


def should_have_been_covered(acting: Acting, capture: CaptureId, sha256: str) -> Decision:
    """Covers a picture for everybody; counts as a sight of it; asks nothing.

    Raises `PictureUnknown`, `ExposureKeyUnusable` after the decision is on record.
    """
    facts = facts_of(acting, capture, sha256)
    done = _decided(
        acting, facts, Verdict.FLAGGED, "It should have been covered.", version=None, exposed=True
    )
    _expose(acting, facts, "unexpected", acting.clock())
    return done


def _decided(
    acting: Acting,
    facts: PictureFacts,
    verdict: Verdict,
    reason: str,
    *,
    version: int | None,
    exposed: bool,
) -> Decision:
    case = view_of(acting, facts.capture).case
    with acting.catalogue.writing() as session:
        new = NewDecision(
            case,
            facts.sha256,
            verdict,
            version,
            was_covered=facts.covered,
            revealed=was_revealed(session, case, facts.sha256),
            exposed=exposed,
        )
        row = add_decision(session, new, by=acting.person.id, now=acting.clock())
        act = Act(
            "gate.decide",
            S62.ALTERATION,
            (ObjectRef(ObjectKind.CASE, case), ObjectRef(ObjectKind.CAPTURE, facts.capture)),
            {"picture": facts.sha256, "verdict": str(verdict), "version": str(row.version)},
            {"reason": reason[:LONGEST_REASON], ROW: row_text(row)},
        )
        acting.ledger.record(session, [act])
        return decisions_on(session, [facts.sha256])[facts.sha256][0]


def _sayable(verdict: str) -> Verdict:
    try:
        said = Verdict(verdict)
    except ValueError:
        said = Verdict.UNSCREENED
    if said not in SAYABLE:
        raise UsageError(f"{verdict!r} is no decision. Say one of: harmless, flagged.")
    return said


def _in_case(acting: Acting, case: str, sha256: str) -> PictureFacts:
    digest = sha256.strip().lower()
    with acting.catalogue.reading() as session:
        wanted = case_row(session, case).id
        hidden = hidden_captures(session)
    with closing(Shelf(acting.vault.renditions)) as shelf:
        places = [each for each in shelf.of_digest(digest) if each.capture not in hidden]
    place = next((each for each in places if each.case == wanted), None)
    if place is None:
        raise PictureUnknown(
            f"Case {case} holds no picture {sha256[:64]!r}. See: lantern gate status --case {case}"
        )
    return facts_of(acting, place.capture, digest)


def _expose(acting: Acting, facts: PictureFacts, size: str, now: datetime) -> None:
    case, person = view_of(acting, facts.capture).case, PersonId(acting.person.id)
    with closing(ExposureStore(acting.vault.exposure, acting.keys.folder)) as store:
        store.keep(Exposure(person, case, facts.capture, facts.sha256, size, now))


@dataclass(frozen=True, slots=True)
class Imported:
    """A list as it was taken: how many digests, which rows were refused."""

    imported: int
    duplicates: int
    refused: tuple[RefusedRow, ...]


class ListUnreadable(CallerError):
    """The list's file cannot be read, or holds nothing to import."""

    kind = "list-unreadable"


def import_list(
    acting: Acting, path: Path, *, source: str, category: str, verdict: str = "flagged"
) -> Imported:
    """Take a list of digests: what it names is flagged (or harmless) everywhere from now on.

    Raises `ListUnreadable`, `UsageError`.
    """
    said = _sayable(verdict)
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise ListUnreadable(f"The list {path} cannot be read: {fault.strerror}.") from None
    found = read_list(content, clearing=said is Verdict.HARMLESS)
    if not found.digests:
        first = f" Line {found.refused[0].line}: {found.refused[0].says}" if found.refused else ""
        raise ListUnreadable(f"The list {path} names no SHA-256 and no MD5.{first}")
    digest = Sha256(hashlib.sha256(content).hexdigest())
    new = NewList(source, category, said, digest, found.digests)
    with acting.catalogue.writing() as session:
        row = add_list(session, new, by=acting.person.id, now=acting.clock())
        refs = {"file_sha256": digest, "count": str(row.count), "verdict": str(said)}
        texts = {"source": source, "category": category, ROW: row_text(row)}
        acting.ledger.record(session, [Act("gate.import", None, (), refs, texts)])
    return Imported(len(found.digests), found.duplicates, found.refused)


def add_host_rule(acting: Acting, host: str, verdict: str, reason: str, *, case: str | None) -> str:
    """Rule what a host serves flagged or harmless, in one case or in all; the rule's id."""
    said = _sayable(verdict)
    if not reason.strip():
        raise UsageError("Say why: --reason TEXT.")
    with acting.catalogue.writing() as session:
        of = CaseId(case_row(session, case).id) if case else None
        row = add_rule(session, host, said, of, by=acting.person.id, now=acting.clock())
        objects = (ObjectRef(ObjectKind.CASE, of),) if of else ()
        texts = {"reason": reason[:LONGEST_REASON], ROW: row_text(row)}
        refs = {"verdict": str(said), "rule": row.id}
        acting.ledger.record(session, [Act("gate.rule", None, objects, refs, texts)])
        return row.id


def set_policy(
    acting: Acting, case: str, policy: str, reason: str, *, approver: str | None
) -> Policy:
    """Set what a case covers. Covering less wants an approver whose key signs it.

    Raises `RelaxationRefused`, `UsageError`, `CaseUnknown`, `PersonUnknown`.
    """
    try:
        wanted = Policy(policy)
    except ValueError:
        known = ", ".join(str(each) for each in Policy)
        raise UsageError(f"{policy!r} is no policy. Choose one of: {known}.") from None
    if not reason.strip():
        raise UsageError("Say why: --reason TEXT.")
    with acting.catalogue.writing() as session:
        row = case_row(session, case)
        relaxing = relaxes(policy_of(session, CaseId(row.id)), wanted)
        signer = None
        if approver is not None:
            person = person_of(session, approver)
            signer = own_key(session, acting.keys, person.id)
        if relaxing and signer is None:
            raise RelaxationRefused(
                f"Covering less in {row.reference} is a decision of a named person, signed with "
                "their key. Name one whose key is at hand: --approver AB"
            )
        by = PersonId(person.id) if approver is not None else None
        held = add_policy(
            session, CaseId(row.id), wanted, by, by=acting.person.id, now=acting.clock()
        )
        objects = (ObjectRef(ObjectKind.CASE, row.id),)
        texts = {"reason": reason[:LONGEST_REASON], ROW: row_text(held)}
        act = Act("gate.policy", None, objects, {"policy": str(wanted)}, texts)
        acting.ledger.record(session, [act])
        if signer is not None and by is not None:
            approval = Act(
                "gate.approve", None, objects, {"policy": str(wanted)}, {"reason": reason}
            )
            replace(acting.ledger, actor=by, signer=signer).record(session, [approval])
    return wanted
