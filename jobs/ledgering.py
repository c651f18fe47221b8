"""The ledger read, checkpointed and proved from: each look at it is itself on it (DPA-3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from cases.access import hidden_captures, hidden_cases
from cases.canonical import Json
from cases.casebook import case_row
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.identity import CaseId, EntryId
from cases.job_book import job_of
from cases.ledger import open_texts
from cases.ledger_errors import NotInLedger
from cases.ledger_tables import LedgerEntry, LedgerLink, LedgerObject
from cases.people import people
from cases.proving import Prover
from cases.row_texts import ROW
from cases.sequencer import StoredCheckpoint, checkpoint
from cases.times import from_rfc3339
from evidence.acting import Acting


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as those who may see its texts see it. `leaf` is None while it waits."""

    id: EntryId
    leaf: int | None
    time: datetime
    act: str
    s62: str | None
    actor: str
    auth: str
    texts: dict[str, str]


FILTERS = "filters"  # the text of a search that says what it was kept to


def list_entries(acting: Acting, case: str | None, limit: int) -> list[EntryView]:
    """The newest entries, of one case or of all that the person may see, oldest of them first;
    one consultation entry.
    """
    query = select(LedgerEntry).order_by(LedgerEntry.seq.desc()).limit(limit)
    objects: tuple[ObjectRef, ...] = ()
    with acting.catalogue.reading() as session:
        query = query.where(*seen_by(session))
        if case is not None:
            row = case_row(session, case)
            objects = (ObjectRef(ObjectKind.CASE, row.id),)
            query = query.where(LedgerEntry.id.in_(concerning([CaseId(row.id)])))
        rows = list(session.scalars(query))[::-1]
        names = {str(person.id): person.code for person in people(session)}
        texts = open_texts(session, [EntryId(row.id) for row in rows])
        views = [entry_view(row, names, _told(texts, row)) for row in rows]
    refs = {"listed": str(len(views))}
    with acting.act(Act("ledger.list", S62.CONSULTATION, objects, refs)):
        pass
    return views


def _told(texts: Mapping[EntryId, dict[str, str]], row: LedgerEntry) -> dict[str, str]:
    """The texts of an entry without the row that it holds: that is for `verify` to compare, and may
    be of a special category or rest on captures that whoever lists may not see; nor with a search's
    filters, which name such captures: the search log gives what of them is theirs.
    """
    held = texts.get(EntryId(row.id), {})
    return {name: text for name, text in held.items() if name not in (ROW, FILTERS)}


def seen_by(session: Session) -> list[ColumnElement[bool]]:
    """What keeps to the entries that the session's person may see: those that concern no case or
    capture that is closed to them.
    """
    closed: tuple[tuple[ObjectKind, frozenset[str]], ...] = (
        (ObjectKind.CASE, frozenset(hidden_cases(session))),
        (ObjectKind.CAPTURE, frozenset(hidden_captures(session))),
    )
    return [
        LedgerEntry.id.not_in(_concerning(kind, objects)) for kind, objects in closed if objects
    ]


def concerning(cases: Iterable[CaseId]) -> Select[str]:
    """The entries that concern any of these cases."""
    return _concerning(ObjectKind.CASE, cases)


def _concerning(kind: ObjectKind, objects: Iterable[str]) -> Select[str]:
    return (
        select(LedgerLink.entry_id)
        .join(LedgerObject, LedgerObject.seq == LedgerLink.object_seq)
        .where(LedgerObject.kind == str(kind), LedgerObject.ref.in_(list(objects)))
    )


def entry_view(row: LedgerEntry, names: Mapping[str, str], texts: dict[str, str]) -> EntryView:
    """An entry as it is listed; `names` are people's codes by id, `texts` what of it is shown."""
    return EntryView(
        EntryId(row.id),
        row.leaf_index,
        from_rfc3339(row.time),
        row.act,
        row.s62,
        names.get(row.actor, row.actor),
        "signed" if row.signature else "asserted",
        texts,
    )


def make_checkpoint(acting: Acting) -> StoredCheckpoint:
    """A checkpoint over everything recorded, signed by the vault's key. Raises `KeyMissing`."""
    signer = acting.keys.needed_vault()
    with acting.catalogue.writing() as session:
        return checkpoint(session, acting.vault.id, signer, acting.clock)


def prove(acting: Acting, named: str) -> dict[str, Json]:
    """The proof of an entry, or the whole history of a case, job, capture, authority or person.

    A checkpoint is made first, so that the newest entries are covered. Raises `NotInLedger`,
    `UsageError` and `KeyMissing`.
    """
    with acting.catalogue.reading() as session:
        wanted = None if named.startswith("e-") else _object(session, named)
        _refuse_unseen(session, named, wanted)
    refs = {"of": wanted.id if wanted else named}
    with acting.act(Act("ledger.prove", S62.CONSULTATION, (), refs)):
        pass
    make_checkpoint(acting)
    with acting.catalogue.reading() as session:
        prover = Prover(session)
        if wanted is None:
            return prover.entry(EntryId(named)).document()
        return prover.history(wanted).document()


def _refuse_unseen(session: Session, named: str, wanted: ObjectRef | None) -> None:
    """Raises `NotInLedger` for what is of a case or capture that is closed to the person."""
    query = select(LedgerEntry.id)
    if wanted is None:
        query = query.where(LedgerEntry.id == named)
    else:
        query = query.where(LedgerEntry.id.in_(_concerning(wanted.kind, [wanted.id])))
    if not session.scalar(query.where(*seen_by(session)).limit(1)):
        raise NotInLedger(f"The ledger has no {named[:60]!r}. Look for it in: lantern ledger list")


_KINDS = {
    "x-": ObjectKind.CAPTURE,
    "c-": ObjectKind.CASE,
    "a-": ObjectKind.AUTHORITY,
    "p-": ObjectKind.PERSON,
    "o-": ObjectKind.ENTITY,
}


def _object(session: Session, named: str) -> ObjectRef:
    """The object that a person names: an id, a job's reference (LINDEN-J3), a case's (LINDEN)."""
    if (kind := _KINDS.get(named[:2])) is not None:
        return ObjectRef(kind, named)
    if named.startswith("j-") or "-J" in named.upper():
        return ObjectRef(ObjectKind.JOB, job_of(session, named).id)
    return ObjectRef(ObjectKind.CASE, case_row(session, named).id)
