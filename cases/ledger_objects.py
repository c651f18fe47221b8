"""The objects that entries concern: their salts are drawn once, and looked up in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cases.commitments import SALT_BYTES, Random
from cases.entries import ObjectKind, ObjectRef, object_id
from cases.identity import Sha256
from cases.ledger_tables import OBJECTS

BATCH = 500  # values in one IN list: SQLite before 3.32 took at most 999

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class KnownObject:
    """An object as the catalogue knows it. `salt`, kind and id together open the salted id."""

    seq: int
    ref: ObjectRef
    salt: bytes
    salted: Sha256


def lookup_of(ref: ObjectRef) -> bytes:
    """What an object is found by: of one length, however long its id."""
    return sha256(f"{ref.kind}\x00{ref.id}".encode("utf-8", "surrogatepass")).digest()


def known_objects(session: Session, refs: Iterable[ObjectRef]) -> dict[ObjectRef, KnownObject]:
    """Those of `refs` that the ledger has met."""
    table = OBJECTS.c
    found = {}
    for batch in batches(refs, BATCH):
        rows = session.execute(
            select(table.seq, table.kind, table.ref, table.salt, table.salted).where(
                table.lookup.in_([lookup_of(ref) for ref in batch])
            )
        )
        for seq, kind, ref, salt, salted in rows:
            known = KnownObject(seq, ObjectRef(ObjectKind(kind), ref), salt, salted)
            found[known.ref] = known
    return found


def objects_for(
    session: Session, refs: Iterable[ObjectRef], random: Random
) -> dict[ObjectRef, KnownObject]:
    """Every one of `refs`, the new ones with a fresh salt. Raises `EntryRefused` for an odd id."""
    wanted = list(dict.fromkeys(refs))
    found = known_objects(session, wanted)
    new = [ref for ref in wanted if ref not in found]
    if new:
        session.execute(_insert_absent(session), [_row(ref, random(SALT_BYTES)) for ref in new])
        # Read again: another writer may have been first, and then its salt is the one
        found |= known_objects(session, new)
    return found


def batches(items: Iterable[Item], size: int) -> Iterator[Sequence[Item]]:
    """`items` in lists of `size`, the last one shorter."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch


def _row(ref: ObjectRef, salt: bytes) -> dict[str, object]:
    return {
        "lookup": lookup_of(ref),
        "kind": ref.kind.value,
        "ref": ref.id,
        "salt": salt,
        "salted": object_id(ref, salt),
        "leaf_count": 0,
    }


def _insert_absent(session: Session) -> sqlite.Insert | postgresql.Insert:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(OBJECTS).on_conflict_do_nothing(index_elements=["lookup"])
    return sqlite.insert(OBJECTS).on_conflict_do_nothing(index_elements=["lookup"])
