"""Makes proofs from the stored ledger: the edge between `cases.proofs` and the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.entries import ObjectRef
from cases.heads import Head, head_hashes
from cases.identity import EntryId, Sha256
from cases.ledger_errors import LedgerDamaged, NotInLedger
from cases.ledger_objects import BATCH, KnownObject, batches, known_objects
from cases.ledger_reading import read_leaf
from cases.ledger_tables import CHECKPOINTS, ENTRIES, LINKS, NODES, OBJECTS
from cases.merkle import Node, consistency_proof, inclusion_proof, reader_of, root_of
from cases.proofs import ConsistencyProof, EntryProof, HeadProof, LeafProof, ObjectHistory
from cases.sequencer import current_heads, read_nodes, tree_size


class Prover:
    """Makes proofs to one checkpoint. The heads are read once, so that many proofs are cheap."""

    def __init__(self, session: Session, size: int | None = None) -> None:
        """To the newest checkpoint, or to that of `size` lines. Raises `NotInLedger` where there
        is none, `LedgerDamaged` where its heads cannot be given as they were.
        """
        self._session = session
        self.size, self.note = _checkpoint(session, size)
        self._nodes: dict[Node, bytes] = {}
        self._leaves: dict[int, LeafProof] = {}
        self._raw: dict[int, bytes | None] = {}
        self._known: dict[ObjectRef, KnownObject] = {}
        self._indexes: dict[ObjectRef, list[int]] = {}
        self._heads_leaf = self._proof(self.size - 1)
        heads = heads_at(session, self.size - 1)
        hashes = head_hashes(heads)
        said = read_leaf(self._heads_leaf.leaf.encode()).entry.refs.get("heads_root")
        if root_of(hashes).hex() != said:
            raise LedgerDamaged(
                f"The heads at the checkpoint of {self.size} lines are not as it fixed them. "
                "Run: lantern verify",
            )
        self._heads = {head.id: (place, head) for place, head in enumerate(heads)}
        self._heads_reader = reader_of(hashes)

    def entry(self, entry: EntryId) -> EntryProof:
        """The proof of one entry. Raises `NotInLedger` where the checkpoint does not cover it."""
        index = self._session.scalar(select(ENTRIES.c.leaf_index).where(ENTRIES.c.id == entry))
        if index is None or index >= self.size:
            raise NotInLedger(
                f"The checkpoint of {self.size} lines does not cover the entry {entry}. "
                "Make a new one: lantern ledger checkpoint",
            )
        proof = self._proof(index)
        objects = read_leaf(proof.leaf.encode()).entry.objects
        heads = tuple(self._head(salted) for salted in objects)
        return EntryProof(self.note, proof, self._heads_leaf, heads)

    def history(self, ref: ObjectRef) -> ObjectHistory:
        """Every leaf on one object, as of the checkpoint. Raises `NotInLedger`."""
        known = self._opened(ref)
        if ref not in self._indexes:
            self.prepare([ref])
        leaves = tuple(self._proof(index) for index in self._indexes[ref])
        head = self._head(known.salted)
        return ObjectHistory(self.note, ref, known.salt, leaves, self._heads_leaf, head)

    def prepare(self, refs: Collection[ObjectRef]) -> None:
        """Read what the histories of these objects need, in a few queries for all of them."""
        self._known |= known_objects(self._session, refs)
        by_seq = {self._known[ref].seq: ref for ref in refs if ref in self._known}
        self._indexes |= {ref: [] for ref in by_seq.values()}
        for batch in batches(by_seq, BATCH):
            rows = self._session.execute(
                select(LINKS.c.object_seq, ENTRIES.c.leaf_index, ENTRIES.c.leaf)
                .join(ENTRIES, LINKS.c.entry_id == ENTRIES.c.id)
                .where(LINKS.c.object_seq.in_(batch), ENTRIES.c.leaf_index < self.size)
                .order_by(ENTRIES.c.leaf_index)
            )
            for seq, index, leaf in rows:
                self._indexes[by_seq[seq]].append(index)
                self._raw[index] = leaf

    def head(self, ref: ObjectRef) -> tuple[bytes, HeadProof]:
        """The salt that opens an object's id, and how far it had come. Raises `NotInLedger`."""
        known = self._opened(ref)
        return known.salt, self._head(known.salted)

    def _opened(self, ref: ObjectRef) -> KnownObject:
        if ref not in self._known:
            self._known |= known_objects(self._session, [ref])
        known = self._known.get(ref)
        if known is None or known.salted not in self._heads:
            raise NotInLedger(
                f"The checkpoint of {self.size} lines knows no {ref.kind} {ref.id}. "
                "See: lantern ledger list",
            )
        return known

    def heads_proof(self) -> LeafProof:
        """The heads entry just before the checkpoint."""
        return self._heads_leaf

    def continuation(self, old: int) -> ConsistencyProof:
        """That this checkpoint's log begins with that of the checkpoint of `old` lines."""
        size, note = _checkpoint(self._session, old)
        if size > self.size:
            raise NotInLedger(
                f"The checkpoint of {old} lines is newer than that of {self.size}; ask the other "
                "way round.",
            )
        hashes = consistency_proof(size, self.size, self._reader)
        return ConsistencyProof(note, self.note, tuple(value.hex() for value in hashes))

    def _reader(self, nodes: Sequence[Node]) -> list[bytes]:
        """Stored hashes, each read once: proofs to one checkpoint share most of theirs."""
        wanted = [node for node in nodes if node not in self._nodes]
        found = read_nodes(self._session, wanted)
        self._nodes |= zip(wanted, found, strict=True)
        return [self._nodes[node] for node in nodes]

    def _proof(self, index: int) -> LeafProof:
        if index not in self._leaves:
            self._leaves[index] = self._read_proof(index)
        return self._leaves[index]

    def _read_proof(self, index: int) -> LeafProof:
        leaf = self._raw.pop(index, None) or self._session.scalar(
            select(ENTRIES.c.leaf).where(ENTRIES.c.leaf_index == index)
        )
        try:
            text = leaf.decode() if leaf is not None else ""
        except UnicodeDecodeError:
            text = ""
        if not text:
            raise LedgerDamaged(
                f"Line {index} of the ledger is missing or changed. Run: lantern verify"
            )
        hashes = inclusion_proof(index, self.size, self._reader)
        return LeafProof(text, tuple(value.hex() for value in hashes))

    def _head(self, salted: Sha256) -> HeadProof:
        if salted not in self._heads:  # only the heads entry itself concerns no counted object
            raise LedgerDamaged(f"The object {salted} has no head. Run: lantern verify")
        place, head = self._heads[salted]
        hashes = inclusion_proof(place, len(self._heads), self._heads_reader)
        last = Sha256(head.last.hex())
        return HeadProof(salted, head.count, last, place, tuple(value.hex() for value in hashes))


def heads_at(session: Session, size: int) -> list[Head]:
    """The heads as they stood when the tree had `size` leaves, sorted by salted id."""
    if tree_size(session) - 1 <= size:  # the heads entry itself concerns no object
        return current_heads(session)
    newest = (
        select(
            LINKS.c.object_seq,
            func.count().label("count"),
            func.max(ENTRIES.c.leaf_index).label("newest"),
        )
        .join(ENTRIES, ENTRIES.c.id == LINKS.c.entry_id)
        .where(ENTRIES.c.leaf_index < size)
        .group_by(LINKS.c.object_seq)
        .subquery()
    )
    rows = session.execute(
        select(OBJECTS.c.salted, newest.c.count, NODES.c.hash)
        .join(newest, newest.c.object_seq == OBJECTS.c.seq)
        .join(NODES, (NODES.c.level == 0) & (NODES.c.number == newest.c.newest))
    )
    return sorted((Head(*row) for row in rows), key=lambda head: head.id)


def _checkpoint(session: Session, size: int | None) -> tuple[int, str]:
    chosen = select(CHECKPOINTS.c.size, CHECKPOINTS.c.note)
    if size is not None:
        chosen = chosen.where(CHECKPOINTS.c.size == size)
    row = session.execute(chosen.order_by(CHECKPOINTS.c.size.desc()).limit(1)).first()
    if row is None:
        which = "no checkpoint yet" if size is None else f"no checkpoint of {size} lines"
        raise NotInLedger(f"The ledger has {which}. Make one: lantern ledger checkpoint")
    return row.size, row.note
