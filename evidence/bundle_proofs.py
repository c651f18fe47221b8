"""The proofs that go into a bundle, each leaf once (docs/formats.md, section 11)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence

from cases.canonical import Json, canonical
from cases.entries import ObjectRef, entry_bytes, entry_message
from cases.identity import Sha256
from cases.ledger_reading import read_leaf
from cases.notes import read_note
from cases.proofs import LeafProof, ObjectHistory
from cases.proving import Prover

LEDGER = "darklantern-bundle-ledger/1"
HISTORY = "darklantern-bundle-history/1"
_ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410


def ledger_document(prover: Prover, case: ObjectRef) -> bytes:
    """The checkpoint, the heads, and the case's opening and head: what a whole bundle shares."""
    salt, head = prover.head(case)
    return canonical(
        {
            "format": LEDGER,
            "checkpoint": prover.note,
            "heads": prover.heads_proof().document(),
            "case": {"object": _opening(case, salt), "head": head.document()},
        }
    )


def history_document(histories: Sequence[ObjectHistory]) -> bytes:
    """Every leaf on the objects, without a gap, each leaf written once."""
    places: dict[str, int] = {}
    leaves: list[Json] = []
    objects: list[Json] = []
    for history in histories:
        for proof in history.leaves:
            if proof.leaf not in places:
                places[proof.leaf] = len(leaves)
                leaves.append(proof.document())
        objects.append(
            {
                "object": _opening(history.object, history.salt),
                "head": history.head.document(),
                "leaves": [places[proof.leaf] for proof in history.leaves],
            }
        )
    return canonical({"format": HISTORY, "leaves": leaves, "objects": objects})


def _opening(ref: ObjectRef, salt: bytes) -> dict[str, Json]:
    return {"kind": ref.kind.value, "id": ref.id, "salt": salt.hex()}


def seal_by_hand(seal: LeafProof) -> tuple[bytes, bytes | None]:
    """What was signed when the capture was sealed, and the signature, for `openssl`."""
    leaf = read_leaf(seal.leaf.encode())
    signature = None if leaf.signature is None else leaf.signature.value
    return entry_message(entry_bytes(leaf.entry)), signature


def note_by_hand(written: str) -> tuple[bytes, bytes]:
    """What the vault's key signed of a checkpoint, and the signature, for `openssl`."""
    note = read_note(written)
    return note.text.encode(), note.signatures[0].value


def public_pem(public: bytes) -> bytes:
    """A raw Ed25519 public key as OpenSSL reads it (SubjectPublicKeyInfo, RFC 8410)."""
    body = b64encode(_ED25519_SPKI + public).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n".encode()


def key_files(keys: Mapping[Sha256, tuple[str, bytes]]) -> dict[str, bytes]:
    """Each key's file by its name: owner and the start of the key's own name."""
    return {
        f"{owner}-{name[:16]}.pem": public_pem(public) for name, (owner, public) in keys.items()
    }
