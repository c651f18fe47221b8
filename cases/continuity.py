"""Continuity: what the ledger holds on one object, as acts and times (EXH-3).

A reveal reads `access`, like any look: that it was one is in the committed text alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.canonical import Json
from cases.entries import ObjectRef
from cases.identity import EntryId, Sha256
from cases.ledger_objects import BATCH, batches, known_objects
from cases.ledger_tables import ENTRIES, LINKS


def actors_on(session: Session, refs: Iterable[ObjectRef]) -> set[str]:
    """Everybody (and the vault) who did something to any of the objects."""
    known = [each.seq for each in known_objects(session, refs).values()]
    found: set[str] = set()
    for batch in batches(known, BATCH):
        found |= set(
            session.scalars(
                select(ENTRIES.c.actor)
                .join(LINKS, LINKS.c.entry_id == ENTRIES.c.id)
                .where(LINKS.c.object_seq.in_(batch))
                .distinct()
            )
        )
    return found


def signing_keys(session: Session, leaves: Iterable[int]) -> dict[int, Sha256 | None]:
    """The key that signed each of these leaves' entries; None where an entry is asserted."""
    found: dict[int, Sha256 | None] = {}
    for batch in batches(leaves, BATCH):
        rows = session.execute(
            select(ENTRIES.c.leaf_index, ENTRIES.c.signature_key).where(
                ENTRIES.c.leaf_index.in_(batch)
            )
        )
        found |= {index: Sha256(key) if key else None for index, key in rows}
    return found


@dataclass(frozen=True, slots=True)
class Handling:
    """One line of the continuity: who (an opaque id) did what when, and the leaf that proves it."""

    leaf: int
    leaf_sha256: Sha256
    time: str
    act: str
    actor: str
    entry: EntryId

    def document(self) -> dict[str, Json]:
        """Its JSON in an exhibit's record."""
        return {
            "leaf": self.leaf,
            "leaf_sha256": self.leaf_sha256,
            "time": self.time,
            "act": self.act,
            "actor": self.actor,
        }


def continuity_of(session: Session, ref: ObjectRef) -> list[Handling]:
    """Every numbered leaf on the object, oldest first; none where the ledger does not know it."""
    known = known_objects(session, [ref]).get(ref)
    if known is None:
        return []
    rows = session.execute(
        select(
            ENTRIES.c.leaf_index,
            ENTRIES.c.leaf_hash,
            ENTRIES.c.time,
            ENTRIES.c.act,
            ENTRIES.c.actor,
            ENTRIES.c.id,
        )
        .join(LINKS, LINKS.c.entry_id == ENTRIES.c.id)
        .where(LINKS.c.object_seq == known.seq, ENTRIES.c.leaf_index.is_not(None))
        .order_by(ENTRIES.c.leaf_index)
    )
    return [
        Handling(index, Sha256(hashed.hex()), time, act, actor, EntryId(entry))
        for index, hashed, time, act, actor, entry in rows
    ]
