"""What the catalogue's rows were when they were entered: a text on the ledger, committed and
erasable.

A row of the catalogue can be edited with any SQLite shell. So the entry that records a row's
making carries the row itself, as a committed text named `row`: `verify` compares. What may change
later (a state, an end) stands in the entry that changed it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from cases.canonical import Json, canonical
from cases.crossover_tables import CrossoverPolicy
from cases.entity_tables import (
    CandidateDecision,
    Entity,
    EntityLink,
    EntityMerge,
    EntityVersion,
    SpecialAttribute,
)
from cases.exhibit_tables import Exhibit, ExhibitGap
from cases.gate_tables import GateDecision, GateList, GatePolicy, GateRule
from cases.identity import EntryId
from cases.ledger import open_texts
from cases.ledger_tables import LedgerEntry, LedgerLink, LedgerObject
from cases.models import Authority, Case, Job, Note, Person
from cases.search_tables import CaptureMark, CaseAccess, SavedSearch
from cases.tables import Base
from cases.watch_tables import Alert, Watch

ROW = "row"  # the text's name in the entry
# The tables held to their entries: what may change later, and the acts that enter a row.
HELD: dict[type[Base], tuple[frozenset[str], frozenset[str]]] = {
    Person: (frozenset(), frozenset({"person.add", "vault.init"})),
    Case: (frozenset({"state", "closed_at"}), frozenset({"case.open"})),
    Authority: (frozenset({"cancelled_at"}), frozenset({"authority.add"})),
    Job: (
        frozenset({"state", "outcome", "ended_at", "stop_asked_at"}),
        frozenset({"job.open"}),
    ),
    Note: (frozenset(), frozenset({"note.add"})),
    Exhibit: (frozenset(), frozenset({"exhibit.make"})),
    ExhibitGap: (frozenset(), frozenset({"exhibit.gap"})),
    GatePolicy: (frozenset(), frozenset({"gate.policy"})),
    GateList: (frozenset(), frozenset({"gate.import"})),
    GateRule: (frozenset(), frozenset({"gate.rule"})),
    GateDecision: (frozenset(), frozenset({"gate.decide"})),
    CaseAccess: (frozenset(), frozenset({"case.access"})),
    CaptureMark: (frozenset(), frozenset({"capture.mark"})),
    Entity: (frozenset(), frozenset({"entity.accept", "entity.add"})),
    EntityVersion: (
        frozenset(),
        frozenset({"entity.accept", "entity.add", "entity.edit", "entity.undo"}),
    ),
    CandidateDecision: (
        frozenset(),
        frozenset({"entity.accept", "entity.reject", "entity.relabel", "entity.undo"}),
    ),
    EntityMerge: (frozenset(), frozenset({"entity.merge", "entity.undo"})),
    EntityLink: (frozenset(), frozenset({"entity.link", "entity.add", "entity.undo"})),
    CrossoverPolicy: (frozenset(), frozenset({"crossover.policy"})),
    SpecialAttribute: (frozenset(), frozenset({"entity.special"})),
    SavedSearch: (frozenset({"ended_at"}), frozenset({"search.save"})),
    Watch: (frozenset({"seen_seq", "fault", "stopped_at"}), frozenset({"watch.add"})),
    Alert: (frozenset({"acknowledged_at", "acknowledged_by"}), frozenset({"watch.alert"})),
}
BATCH = 500


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row that is not as the ledger has it: its table, its id, and a sentence."""

    table: str
    row: str
    says: str


def row_text(row: Base) -> str:
    """The row's lasting columns as canonical JSON (RFC 8785), with its table's name.

    Lists and objects stand as their own JSON text; so do numbers, whose form differs by database.
    """
    changing, _ = HELD[type(row)]
    held: dict[str, Json] = {"table": row.__tablename__}
    for column in inspect(type(row)).columns:
        if column.key not in changing:
            held[column.key] = _plain(getattr(row, column.key))
    return canonical(held).decode("utf-8")


def rows_text(rows: Sequence[Base]) -> str:
    """The text of several rows that one act enters: each as `row_text` has it, in a JSON array."""
    return f"[{','.join(map(row_text, rows))}]"


def _plain(value: object) -> Json:
    if value is None or isinstance(value, bool | str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


def row_differences(session: Session) -> Iterator[RowDifference]:
    """Every row that was changed, added or removed behind the ledger.

    A row whose text was erased is not compared, but only an erasure that is itself on the ledger
    excuses it: a text that merely is not there was taken away. Entries and texts themselves are
    the audit's.
    """
    lawful = _erasures(session)
    for table, (changing, acts) in HELD.items():
        entered, erased, taken = _entered(session, table.__tablename__, acts, lawful)
        for entry in taken:
            says = (
                f"The row that entry {entry} committed to was taken away with no erasure on record."
            )
            yield RowDifference(table.__tablename__, entry, says)
        for row in session.scalars(select(table)):
            sealed = entered.pop(row.id, None)  # type: ignore[attr-defined] # each has one
            if sealed is None and not erased:
                yield _difference(row, "The ledger holds no entry of its making.")
            elif sealed is not None:
                yield from _changed(row, sealed, changing)
        for gone in sorted(entered):
            yield RowDifference(table.__tablename__, gone, "It is on the ledger, its row is gone.")
    yield from _later_differences(session)


def _erasures(session: Session) -> set[str]:
    """The entries whose texts were erased by an act on record."""
    found: set[str] = set()
    for raw in session.scalars(select(LedgerEntry.entry).where(LedgerEntry.act == "ledger.erase")):
        try:
            found.add(str(json.loads(raw)["refs"]["entry"]))
        except (ValueError, KeyError, TypeError):
            continue  # the audit names the entry that cannot be read
    return found


def _entered(
    session: Session, table: str, acts: frozenset[str], lawful: set[str]
) -> tuple[dict[str, dict[str, Json]], int, list[str]]:
    """The table's rows entered by those acts, by id; how many of the texts were erased on record;
    and the entries whose text is gone without one.
    """
    ids = [
        EntryId(e) for e in session.scalars(select(LedgerEntry.id).where(LedgerEntry.act.in_(acts)))
    ]
    rows: dict[str, dict[str, Json]] = {}
    erased, taken = 0, []
    for start in range(0, len(ids), BATCH):
        for entry, texts in open_texts(session, ids[start : start + BATCH]).items():
            if ROW not in texts:
                if entry in lawful:
                    erased += 1
                else:
                    taken.append(str(entry))
                continue
            try:
                held = json.loads(texts[ROW])
                for row in held if isinstance(held, list) else [held]:
                    if row["table"] == table:
                        rows[str(row["id"])] = row
            except (ValueError, KeyError, TypeError):
                continue  # not the text that was committed to: the audit names it
    return rows, erased, taken


def _changed(
    row: Base, sealed: dict[str, Json], changing: frozenset[str]
) -> Iterator[RowDifference]:
    for column in inspect(type(row)).columns:
        name = column.key
        if name in changing:
            continue
        held = _plain(getattr(row, name))
        if held != sealed.get(name):
            yield _difference(
                row, f"Its {name} is {held!r}; it was entered as {sealed.get(name)!r}."
            )


def _difference(row: Base, says: str) -> RowDifference:
    return RowDifference(row.__tablename__, row.id, says)  # type: ignore[attr-defined] # as above


def _later_differences(session: Session) -> Iterator[RowDifference]:
    """What may change: each change against the entry that made it."""
    cancelled = _refs_of(session, "authority", "authority.cancel")
    for authority in session.scalars(select(Authority)):
        said = cancelled.get(authority.id, {}).get("cancelled_at")
        if authority.cancelled_at != said:
            yield _difference(
                authority, f"It is cancelled at {authority.cancelled_at}; the ledger says {said}."
            )
    ended = _refs_of(session, "job", "job.end") | _refs_of(session, "job", "job.interrupted")
    for job in session.scalars(select(Job)):
        refs = ended.get(job.id)
        state, outcome = (refs.get("state"), refs.get("outcome")) if refs else ("running", None)
        if (job.state, job.outcome) != (state, outcome):
            yield _difference(
                job, f"It is {job.state}, {job.outcome}; the ledger says {state}, {outcome}."
            )
    yield from _told_differences(session)
    closed = _refs_of(session, "case", "case.close")
    for case in session.scalars(select(Case)):
        if (case.state == "closed") is not (case.id in closed):
            yield _difference(case, f"It is {case.state}; the ledger says otherwise.")


# What ends or is seen to later: the column, the act that sets it, and that act's names for the row
# and for the value.
LATER: tuple[tuple[type[Base], str, str, str, str], ...] = (
    (SavedSearch, "ended_at", "search.unsave", "search", "ended_at"),
    (Watch, "stopped_at", "watch.stop", "watch", "stopped_at"),
    (Alert, "acknowledged_at", "alert.acknowledge", "alert", "at"),
)


def _told_differences(session: Session) -> Iterator[RowDifference]:
    """A watch stopped, a search ended, an alert seen to by no act of the ledger, or by another."""
    for table, column, act, named, value in LATER:
        said: dict[str, tuple[str, str]] = {}
        entries = select(LedgerEntry.entry, LedgerEntry.actor).where(LedgerEntry.act == act)
        for raw, actor in session.execute(entries):
            try:
                refs = json.loads(raw)["refs"]
                said[str(refs[named])] = str(refs[value]), actor
            except (ValueError, KeyError, TypeError):
                continue  # the audit names the entry that cannot be read
        for row in session.scalars(select(table)):
            named_by = said.get(row.id)  # type: ignore[attr-defined] # each has one
            at, by = named_by or (None, None)
            held = getattr(row, column)
            if held != at:
                yield _difference(row, f"Its {column} is {held}; the ledger says {at}.")
            elif at is not None and getattr(row, "acknowledged_by", by) != by:
                yield _difference(row, "Somebody else acknowledged it, the ledger says.")


def _refs_of(session: Session, kind: str, act: str) -> dict[str, dict[str, str]]:
    """The refs of each object's entry of that act, by the object's id."""
    found = session.execute(
        select(LedgerObject.ref, LedgerEntry.entry)
        .join(LedgerLink, LedgerLink.object_seq == LedgerObject.seq)
        .join(LedgerEntry, LedgerEntry.id == LedgerLink.entry_id)
        .where(LedgerObject.kind == kind, LedgerEntry.act == act)
    )
    refs = {}
    for ref, raw in found:
        try:
            refs[ref] = json.loads(raw)["refs"]
        except (ValueError, KeyError, TypeError):
            continue  # the audit names the entry that cannot be read
    return refs
