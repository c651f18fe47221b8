"""The sequencer: gives waiting entries their leaves, under one lock, and signs checkpoints.

On SQLite the caller's transaction is the lock (`BEGIN IMMEDIATE`, as `Catalogue.writing` opens
it); on PostgreSQL an advisory lock is held until the transaction ends. Nothing here commits.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session

from cases.commitments import Random
from cases.entries import HEADS_ACT, Act, EntrySignature, LeafObject, leaf_bytes
from cases.heads import Head, head_hashes
from cases.identity import Sha256
from cases.ledger import Ledger, store
from cases.ledger_errors import LedgerDamaged
from cases.ledger_objects import BATCH, batches
from cases.ledger_tables import CHECKPOINTS, ENTRIES, NODES, OBJECTS
from cases.merkle import Growth, Node, edge_nodes, leaf_hash, root_of
from cases.notes import Checkpoint, origin_of, sign_note
from cases.signing import Signer
from cases.times import Clock, rfc3339

CHUNK = 2000  # waiting entries held in memory at once
LOCK = 0x6C616E7465726E  # "lantern": the key of PostgreSQL's advisory lock


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint as kept: `note` is the signed note as written."""

    size: int
    time: str
    note: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An entry without a leaf."""

    seq: int
    id: str
    raw: bytes
    signature: EntrySignature | None
    objects: tuple[str, ...]


def sequence(session: Session) -> int:
    """How many waiting entries were given their leaf: all of them, in the order they came.

    Raises `LedgerDamaged` where the stored tree or an entry is not as it was written.
    """
    _lock(session)
    growth = _growth(session)
    done = 0
    while waiting := _waiting(session, CHUNK):
        _append(session, growth, waiting)
        done += len(waiting)
    return done


def checkpoint(
    session: Session,
    vault: str,
    signer: Signer,
    clock: Clock,
    random: Random = secrets.token_bytes,
) -> StoredCheckpoint:
    """A signed checkpoint over everything recorded: the last one, where nothing came since.

    What waits is numbered first; then the vault records the heads, and signs. Raises
    `LedgerDamaged`.
    """
    sequence(session)
    growth = _growth(session)
    last = last_checkpoint(session)
    if last and last.size == growth.size:
        return last
    pen = Ledger(vault, vault, signer, clock, random=random)
    sealed = pen.seal(Act(HEADS_ACT, refs=_heads_refs(session, growth.size)), [], clock())
    store(session, [sealed], [])
    # This entry alone: on PostgreSQL others may have come to wait in the meantime
    _append(session, growth, _waiting(session, 1, sealed.entry.id))
    origin = origin_of(vault)
    note = sign_note(Checkpoint(origin, growth.size, growth.root).text(), origin, signer)
    stored = StoredCheckpoint(growth.size, rfc3339(sealed.entry.time), note.written())
    row = {"size": stored.size, "time": stored.time, "note": stored.note}
    session.execute(insert(CHECKPOINTS), [row])
    return stored


def last_checkpoint(session: Session) -> StoredCheckpoint | None:
    """The newest checkpoint, None where there is none yet."""
    row = session.execute(
        select(CHECKPOINTS.c.size, CHECKPOINTS.c.time, CHECKPOINTS.c.note)
        .order_by(CHECKPOINTS.c.size.desc())
        .limit(1)
    ).first()
    return StoredCheckpoint(*row) if row else None


def tree_size(session: Session) -> int:
    """How many leaves the tree has."""
    newest = session.scalar(select(func.max(ENTRIES.c.leaf_index)))
    return 0 if newest is None else newest + 1


def waiting_count(session: Session) -> int:
    """How many entries have no leaf yet."""
    counted = select(func.count()).select_from(ENTRIES).where(ENTRIES.c.leaf_index.is_(None))
    return session.scalar(counted) or 0


def current_heads(session: Session) -> list[Head]:
    """The heads of all objects that have leaves, sorted by salted id."""
    rows = session.execute(
        select(OBJECTS.c.salted, OBJECTS.c.leaf_count, OBJECTS.c.last_leaf).where(
            OBJECTS.c.leaf_count > 0
        )
    )
    return sorted((Head(*row) for row in rows), key=lambda head: head.id)


def read_nodes(session: Session, nodes: Sequence[Node]) -> list[bytes]:
    """The stored hashes of `nodes`, in their order. Raises `LedgerDamaged` where one is missing.

    With the session bound, a `HashReader` of `cases.merkle`.
    """
    found: dict[Node, bytes] = {}
    by_level: dict[int, list[int]] = {}
    for node in nodes:
        by_level.setdefault(node.level, []).append(node.number)
    for level, numbers in by_level.items():
        for batch in batches(numbers, BATCH):
            rows = session.execute(
                select(NODES.c.number, NODES.c.hash).where(
                    NODES.c.level == level, NODES.c.number.in_(batch)
                )
            )
            found |= {Node(level, number): value for number, value in rows}
    if missing := [node for node in nodes if node not in found]:
        raise LedgerDamaged(
            f"The ledger's tree lacks its node {missing[0].number} of level {missing[0].level}. "
            "Run: lantern verify",
        )
    return [found[node] for node in nodes]


def _lock(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def _growth(session: Session) -> Growth:
    size = tree_size(session)
    return Growth(size, read_nodes(session, edge_nodes(size)))


def _waiting(session: Session, limit: int, only: str | None = None) -> list[_Waiting]:
    columns = (ENTRIES.c.seq, ENTRIES.c.id, ENTRIES.c.entry)
    chosen = select(*columns, ENTRIES.c.signature_key, ENTRIES.c.signature).where(
        ENTRIES.c.leaf_index.is_(None)
    )
    if only is not None:
        chosen = chosen.where(ENTRIES.c.id == only)
    rows = session.execute(chosen.order_by(ENTRIES.c.seq).limit(limit))
    return [
        _Waiting(seq, id_, raw, EntrySignature(key, value) if key else None, _objects(id_, raw))
        for seq, id_, raw, key, value in rows
    ]


def _objects(entry: str, raw: bytes) -> tuple[str, ...]:
    """The salted ids in an entry, from its own (signed) bytes rather than from the links."""
    try:
        return tuple(json.loads(raw)["objects"])
    except (ValueError, KeyError, TypeError):
        raise LedgerDamaged(
            f"The waiting ledger entry {entry} is not as it was written, so nothing can be added. "
            "Run: lantern verify",
        ) from None


def _append(session: Session, growth: Growth, waiting: Sequence[_Waiting]) -> None:
    """Writes the leaves of `waiting`, the nodes they complete, and their objects' new heads."""
    heads = _heads_of(session, {salted for item in waiting for salted in item.objects})
    leaves, nodes = [], []
    for item in waiting:
        numbered = tuple(_numbered(item, salted, heads) for salted in item.objects)
        leaf = leaf_bytes(growth.size, item.raw, item.signature, numbered)
        hashed = leaf_hash(leaf)
        leaves.append({"of": item.seq, "at": growth.size, "bytes": leaf, "hash": hashed})
        for salted, count in ((object_.id, object_.n) for object_ in numbered):
            heads[salted] = (count, hashed)
        nodes += [
            {"level": node.level, "number": node.number, "hash": value}
            for node, value in growth.append(hashed)
        ]
    session.execute(_SET_LEAF, leaves)
    session.execute(insert(NODES), nodes)
    if heads:
        rows = [{"of": id_, "count": count, "last": last} for id_, (count, last) in heads.items()]
        session.execute(_SET_HEAD, rows)


_SET_LEAF = (
    update(ENTRIES)
    .where(ENTRIES.c.seq == bindparam("of"))
    .values(leaf_index=bindparam("at"), leaf=bindparam("bytes"), leaf_hash=bindparam("hash"))
)
_SET_HEAD = (
    update(OBJECTS)
    .where(OBJECTS.c.salted == bindparam("of"))
    .values(leaf_count=bindparam("count"), last_leaf=bindparam("last"))
)


def _heads_of(session: Session, salted: Iterable[str]) -> dict[str, tuple[int, bytes | None]]:
    heads: dict[str, tuple[int, bytes | None]] = {}
    for batch in batches(salted, BATCH):
        rows = session.execute(
            select(OBJECTS.c.salted, OBJECTS.c.leaf_count, OBJECTS.c.last_leaf).where(
                OBJECTS.c.salted.in_(batch)
            )
        )
        heads |= {id_: (count, last) for id_, count, last in rows}
    return heads


def _numbered(
    item: _Waiting, salted: str, heads: dict[str, tuple[int, bytes | None]]
) -> LeafObject:
    if salted not in heads:
        raise LedgerDamaged(
            f"The waiting ledger entry {item.id} concerns an object that the catalogue has lost, "
            "so nothing can be added. Run: lantern verify",
        )
    count, last = heads[salted]
    return LeafObject(Sha256(salted), count + 1, Sha256(last.hex()) if last else None)


def _heads_refs(session: Session, size: int) -> dict[str, str]:
    """What the heads entry fixes: root and count over all objects that have leaves."""
    heads = current_heads(session)
    return {
        "heads_root": root_of(head_hashes(heads)).hex(),
        "heads_count": str(len(heads)),
        "heads_size": str(size),
    }
