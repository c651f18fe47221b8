"""Checks on what stands beside the lines: checkpoints, the objects' counts, strays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.audit_lines import Heads, Trust
from cases.entries import ObjectKind, ObjectRef, object_id
from cases.errors import LanternError
from cases.findings import Finding, FindingKind
from cases.identity import Sha256
from cases.ledger_objects import lookup_of
from cases.ledger_tables import CHECKPOINTS, ENTRIES, LINKS, OBJECTS, TEXTS
from cases.notes import Checkpoint, read_checkpoint, read_note


@dataclass(frozen=True, slots=True)
class HeldNote:
    """A checkpoint as kept: with the row's size and time, or neither where it came from outside."""

    size: int | None
    time: str | None
    note: str

    def sizes(self) -> Iterator[int]:
        """The tree size that its text names, where it can be read."""
        try:
            yield read_checkpoint(read_note(self.note)).size
        except LanternError:
            return


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What the lines gave: how many, roots at the sizes asked for, the times of heads entries."""

    size: int
    broken: bool
    roots: Mapping[int, bytes]
    heads_times: Mapping[int, str]


def stored_notes(session: Session) -> list[HeldNote]:
    """All checkpoints, oldest first."""
    rows = session.execute(
        select(CHECKPOINTS.c.size, CHECKPOINTS.c.time, CHECKPOINTS.c.note).order_by(
            CHECKPOINTS.c.size
        )
    )
    return [HeldNote(size, str(time), str(note)) for size, time, note in rows]


def check_checkpoints(
    notes: Sequence[HeldNote], facts: TreeFacts, trust: Trust
) -> Iterator[Finding]:
    """What is wrong with the checkpoints, and heads entries whose checkpoint is gone."""
    seen = set()
    for note in notes:
        where = "checkpoint held elsewhere" if note.size is None else f"checkpoint {note.size}"
        if note.size is not None:
            seen.add(note.size)
        try:
            signed = read_note(note.note)
            checkpoint = read_checkpoint(signed)
        except LanternError as fault:
            yield Finding(FindingKind.CHECKPOINT_UNREADABLE, where, fault.says)
            continue
        if note.size is not None:
            seen.add(checkpoint.size)
            yield from _check_row(note, checkpoint, facts, where)
        if checkpoint.origin != trust.vault.name or not signed.holds(trust.vault, trust.check):
            says = f"It is not signed by the key of {trust.vault.name}."
            yield Finding(FindingKind.CHECKPOINT_SIGNATURE, where, says)
        yield from _check_root(checkpoint, facts, where)
    for size in sorted(facts.heads_times.keys() - seen):
        says = f"Line {size - 1} records the heads for it, but it is not there."
        yield Finding(FindingKind.CHECKPOINT_MISSING, f"checkpoint {size}", says)


def _check_row(
    note: HeldNote, checkpoint: Checkpoint, facts: TreeFacts, where: str
) -> Iterator[Finding]:
    if note.size != checkpoint.size:
        says = f"Its note is over {checkpoint.size} lines."
        yield Finding(FindingKind.CHECKPOINT_CHANGED, where, says)
    elif note.time != facts.heads_times.get(note.size) and note.size <= facts.size:
        says = "Its time is not that of the heads entry before it."
        yield Finding(FindingKind.CHECKPOINT_CHANGED, where, says)


def _check_root(checkpoint: Checkpoint, facts: TreeFacts, where: str) -> Iterator[Finding]:
    if checkpoint.size > facts.size:
        says = f"It covers {checkpoint.size} lines; {facts.size} are there. The newest are gone."
        yield Finding(FindingKind.TRUNCATED, where, says)
    elif checkpoint.size not in facts.roots:
        says = "Its root cannot be recomputed: a line before it is lost, and its hash too."
        yield Finding(FindingKind.CHECKPOINT_ROOT, where, says)
    elif facts.roots[checkpoint.size] != checkpoint.root:
        says = f"The first {checkpoint.size} lines do not give its root."
        yield Finding(FindingKind.CHECKPOINT_ROOT, where, says)


def check_objects(session: Session, heads: Heads) -> Iterator[Finding]:
    """What is wrong with the table of objects."""
    left = dict(heads.of)
    columns = (OBJECTS.c.kind, OBJECTS.c.ref, OBJECTS.c.salt, OBJECTS.c.salted, OBJECTS.c.lookup)
    rows = session.execute(
        select(OBJECTS.c.seq, *columns, OBJECTS.c.leaf_count, OBJECTS.c.last_leaf)
        .order_by(OBJECTS.c.seq)
        .execution_options(yield_per=1000)
    )
    for seq, kind, ref, salt, salted, lookup, count, last in rows:
        where = f"object {seq}"
        if not _belongs(str(kind), str(ref), salt, salted, lookup):
            says = "Its kind, id and salt do not give the salted id that stands in the leaves."
            yield Finding(FindingKind.OBJECT_CHANGED, where, says)
        head = left.pop(Sha256(str(salted)), None)
        found, newest = (head.count, head.last) if head else (0, None)
        if (count, last) != (found, newest):
            says = f"It is said to have {count} leaves; the log has {found}, or another last one."
            yield Finding(FindingKind.OBJECT_COUNT, where, says)
    for salted in sorted(left):
        says = "Leaves concern it, but the table of objects lacks it."
        yield Finding(FindingKind.OBJECT_MISSING, f"object {salted}", says)


def _belongs(kind: str, ref: str, salt: bytes, salted: str, lookup: bytes) -> bool:
    try:
        known = ObjectRef(ObjectKind(kind), ref)
        return object_id(known, salt) == salted and lookup_of(known) == lookup
    except (ValueError, LanternError):
        return False


def check_strays(session: Session) -> Iterator[Finding]:
    """Texts and links whose entry is gone: it was taken out without them."""
    for table, kind, what in (
        (TEXTS, FindingKind.TEXT_CHANGED, "texts"),
        (LINKS, FindingKind.LINK_CHANGED, "links"),
    ):
        strays = session.execute(
            select(table.c.entry_id, func.count())
            .join(ENTRIES, ENTRIES.c.id == table.c.entry_id, isouter=True)
            .where(ENTRIES.c.seq.is_(None))
            .group_by(table.c.entry_id)
            .order_by(table.c.entry_id)
        )
        for entry, count in strays:
            says = f"{count} {what} belong to this entry, which is not there."
            yield Finding(kind, f"entry {entry}", says)
