"""Proofs from the ledger, as values that travel as JSON, and the checks that an outsider makes.

Pure: needs SHA-256, the vault's public key and an Ed25519 check, and nothing of the vault.
`cases.proving` makes the proofs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from cases.canonical import Json
from cases.entries import (
    HEADS_ACT,
    Leaf,
    ObjectRef,
    entry_bytes,
    entry_message,
    object_id,
)
from cases.errors import LanternError
from cases.findings import Finding, FindingKind
from cases.heads import Head
from cases.identity import Sha256
from cases.ledger_reading import read_leaf
from cases.merkle import leaf_hash, verify_consistency, verify_inclusion
from cases.notes import Checkpoint, NoteKey, origin_of, read_checkpoint, read_note
from cases.signing import SignatureCheck

ENTRY_PROOF = "darklantern-ledger-entry-proof/1"
HISTORY_PROOF = "darklantern-ledger-history-proof/1"
CONSISTENCY_PROOF = "darklantern-ledger-consistency-proof/1"


@dataclass(frozen=True, slots=True)
class LeafProof:
    """A leaf's canonical bytes (as text) and the hashes that tie it to the checkpoint's root."""

    leaf: str
    inclusion: tuple[str, ...]

    def document(self) -> dict[str, Json]:
        """Its JSON."""
        return {"leaf": self.leaf, "inclusion": list(self.inclusion)}

    @property
    def hashed(self) -> bytes:
        """The leaf hash."""
        return leaf_hash(self.leaf.encode())


@dataclass(frozen=True, slots=True)
class HeadProof:
    """An object's head and the hashes that tie it, at `position`, to the heads root."""

    id: Sha256
    count: int
    last: Sha256
    position: int
    inclusion: tuple[str, ...]

    def document(self) -> dict[str, Json]:
        """Its JSON."""
        return {
            "id": self.id,
            "count": self.count,
            "last": self.last,
            "position": self.position,
            "inclusion": list(self.inclusion),
        }


@dataclass(frozen=True, slots=True)
class EntryProof:
    """That an entry stands in the log of a checkpoint, and how far each of its objects had come.

    `heads` is the heads entry just before the checkpoint; `objects` are in the entry's order.
    """

    checkpoint: str
    entry: LeafProof
    heads: LeafProof
    objects: tuple[HeadProof, ...]

    def document(self) -> dict[str, Json]:
        """Its JSON."""
        return {
            "format": ENTRY_PROOF,
            "checkpoint": self.checkpoint,
            "entry": self.entry.document(),
            "heads": self.heads.document(),
            "objects": [head.document() for head in self.objects],
        }


@dataclass(frozen=True, slots=True)
class ObjectHistory:
    """Every leaf on one object up to a checkpoint, the newest included; opens its salted id."""

    checkpoint: str
    object: ObjectRef
    salt: bytes
    leaves: tuple[LeafProof, ...]
    heads: LeafProof
    head: HeadProof

    def document(self) -> dict[str, Json]:
        """Its JSON."""
        return {
            "format": HISTORY_PROOF,
            "checkpoint": self.checkpoint,
            "object": {
                "kind": self.object.kind.value,
                "id": self.object.id,
                "salt": self.salt.hex(),
            },
            "leaves": [leaf.document() for leaf in self.leaves],
            "heads": self.heads.document(),
            "head": self.head.document(),
        }


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the log of the newer checkpoint begins with the log of the older one."""

    old: str
    new: str
    hashes: tuple[str, ...]

    def document(self) -> dict[str, Json]:
        """Its JSON."""
        return {
            "format": CONSISTENCY_PROOF,
            "old": self.old,
            "new": self.new,
            "hashes": list(self.hashes),
        }


class _Wrong(Exception):  # never leaves this module
    """Carries the finding that ends a check early: what follows could not be judged."""

    def __init__(self, kind: FindingKind, where: str, says: str) -> None:
        super().__init__(says)
        self.finding = Finding(kind, where, says)


def verify_proof(
    proof: EntryProof,
    key: NoteKey,
    check: SignatureCheck,
    keys: Mapping[Sha256, bytes] | None = None,
) -> list[Finding]:
    """What is wrong with the proof of an entry; nothing, where it holds.

    With `keys` (public keys by their SHA-256) the entry's own signature is checked too.
    """
    try:
        checkpoint = _checkpoint(proof.checkpoint, key, check)
        leaf = _included(proof.entry, checkpoint, "entry")
        heads = _heads(proof.heads, checkpoint)
        if tuple(head.id for head in proof.objects) != leaf.entry.objects:
            raise _Wrong(FindingKind.PROOF_HEAD, "objects", "Not the heads of the entry's objects.")
        for head, numbered in zip(proof.objects, leaf.objects, strict=True):
            _check_head(head, heads)
            newest = head.count == numbered.n and head.last == proof.entry.hashed.hex()
            if head.count <= numbered.n and not newest:
                says = (
                    f"Object {head.id} has come to leaf {numbered.n}, its head says {head.count}."
                )
                raise _Wrong(FindingKind.PROOF_HEAD, "objects", says)
        _check_signature(leaf, check, keys)
    except _Wrong as wrong:
        return [wrong.finding]
    return []


def verify_history(
    history: ObjectHistory,
    key: NoteKey,
    check: SignatureCheck,
    keys: Mapping[Sha256, bytes] | None = None,
) -> list[Finding]:
    """What is wrong with an object's history: nothing, where it is whole, without a gap, and its
    newest leaf is the head's.
    """
    try:
        checkpoint = _checkpoint(history.checkpoint, key, check)
        heads = _heads(history.heads, checkpoint)
        _check_head(history.head, heads)
        salted = _salted(history)
        if history.head.id != salted:
            raise _Wrong(FindingKind.PROOF_HEAD, "head", "The head is another object's.")
        leaves = [
            _included(proof, checkpoint, f"leaf {place}")
            for place, proof in enumerate(history.leaves)
        ]
        _check_chain(history, leaves, salted)
        for leaf in leaves:
            _check_signature(leaf, check, keys)
    except _Wrong as wrong:
        return [wrong.finding]
    return []


def verify_continuation(
    proof: ConsistencyProof, key: NoteKey, check: SignatureCheck
) -> list[Finding]:
    """What is wrong with the proof that one checkpoint continues another; nothing if it holds."""
    try:
        old = _checkpoint(proof.old, key, check)
        new = _checkpoint(proof.new, key, check)
        hashes = _hashes(proof.hashes, "hashes")
        if not verify_consistency(old.size, new.size, hashes, old.root, new.root):
            says = f"The log of {new.size} lines does not begin with the log of {old.size}."
            raise _Wrong(FindingKind.PROOF_CONSISTENCY, "hashes", says)
    except _Wrong as wrong:
        return [wrong.finding]
    return []


def _checkpoint(written: str, key: NoteKey, check: SignatureCheck) -> Checkpoint:
    try:
        note = read_note(written)
        checkpoint = read_checkpoint(note)
    except LanternError as fault:
        raise _Wrong(FindingKind.CHECKPOINT_UNREADABLE, "checkpoint", fault.says) from None
    if checkpoint.origin != key.name or not note.holds(key, check):
        says = f"The checkpoint is not signed by the key of {key.name}."
        raise _Wrong(FindingKind.CHECKPOINT_SIGNATURE, "checkpoint", says)
    return checkpoint


def _included(proof: LeafProof, checkpoint: Checkpoint, where: str) -> Leaf:
    try:
        leaf = read_leaf(proof.leaf.encode())
    except (LanternError, UnicodeEncodeError) as fault:
        raise _Wrong(FindingKind.PROOF_UNREADABLE, where, str(fault)) from None
    hashes = _hashes(proof.inclusion, where)
    if not verify_inclusion(proof.hashed, leaf.index, checkpoint.size, hashes, checkpoint.root):
        says = f"Line {leaf.index} is not in the log of the checkpoint, or not as it stands here."
        raise _Wrong(FindingKind.PROOF_INCLUSION, where, says)
    return leaf


def _heads(proof: LeafProof, checkpoint: Checkpoint) -> Leaf:
    leaf = _included(proof, checkpoint, "heads")
    size = leaf.entry.refs.get("heads_size")
    ours = leaf.entry.act == HEADS_ACT and origin_of(leaf.entry.actor) == checkpoint.origin
    if not ours or leaf.index != checkpoint.size - 1 or size != str(leaf.index):
        says = "The line before the checkpoint does not record the heads as they stood there."
        raise _Wrong(FindingKind.PROOF_HEAD, "heads", says)
    return leaf


def _check_head(head: HeadProof, heads: Leaf) -> None:
    refs = heads.entry.refs
    try:
        root, count = bytes.fromhex(refs["heads_root"]), int(refs["heads_count"])
        hashed = Head(head.id, head.count, bytes.fromhex(head.last)).hashed()
    except (KeyError, ValueError, OverflowError):
        raise _Wrong(FindingKind.PROOF_UNREADABLE, "heads", "A head is not in its form.") from None
    if not verify_inclusion(hashed, head.position, count, _hashes(head.inclusion, "head"), root):
        says = f"The head of object {head.id} is not among the heads that the checkpoint fixes."
        raise _Wrong(FindingKind.PROOF_HEAD, "head", says)


def _check_chain(history: ObjectHistory, leaves: list[Leaf], salted: Sha256) -> None:
    """Running numbers from 1 to the head's count, each leaf naming the one before it."""
    hashes = [Sha256(proof.hashed.hex()) for proof in history.leaves]
    expected = [*zip(range(1, history.head.count + 1), [None, *hashes], strict=False)]
    found = [
        (numbered.n, numbered.previous)
        for leaf in leaves
        for numbered in leaf.objects
        if numbered.id == salted
    ]
    ordered = all(a.index < b.index for a, b in pairwise(leaves))
    if found != expected or len(found) != len(leaves) or not ordered:
        says = (
            f"The history has {len(leaves)} lines of {history.head.count}: "
            "one is missing, stands elsewhere or is another object's."
        )
        raise _Wrong(FindingKind.PROOF_GAP, "leaves", says)
    if hashes[-1:] != [history.head.last]:
        says = "The newest line is not the one that the checkpoint's heads name."
        raise _Wrong(FindingKind.PROOF_GAP, "leaves", says)


def _salted(history: ObjectHistory) -> Sha256:
    try:
        return object_id(history.object, history.salt)
    except (LanternError, ValueError) as fault:
        raise _Wrong(FindingKind.PROOF_UNREADABLE, "object", str(fault)) from None


def _check_signature(
    leaf: Leaf, check: SignatureCheck, keys: Mapping[Sha256, bytes] | None
) -> None:
    signature, where = leaf.signature, f"line {leaf.index}"
    if keys is None or signature is None:
        return
    if signature.key not in keys:
        says = f"Line {leaf.index} is signed by the key {signature.key}, which is not known here."
        raise _Wrong(FindingKind.KEY_UNKNOWN, where, says)
    message = entry_message(entry_bytes(leaf.entry))
    if not check(keys[signature.key], message, signature.value):
        says = f"The signature on line {leaf.index} does not hold."
        raise _Wrong(FindingKind.SIGNATURE, where, says)


def _hashes(texts: tuple[str, ...], where: str) -> list[bytes]:
    try:
        return [bytes.fromhex(text) for text in texts]
    except ValueError:
        says = "A hash of the proof is not hexadecimal."
        raise _Wrong(FindingKind.PROOF_UNREADABLE, where, says) from None
