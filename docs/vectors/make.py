"""Writes the ledger's test vectors (docs/formats.md, 1 to 5) beside itself, byte for byte the same
each time: `python docs/vectors/make.py`. Salts, nonces and decoys are counted, not drawn; the two
keys are those of RFC 8032, section 7.1, tests 1 (a person's) and 2 (the vault's).
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cases.canonical import Json
from cases.commitments import CommitmentSet, Disclosure, commit
from cases.entries import (
    HEADS_ACT,
    S62,
    Auth,
    Entry,
    EntrySignature,
    LeafObject,
    ObjectKind,
    ObjectRef,
    entry_bytes,
    entry_message,
    leaf_bytes,
    object_id,
)
from cases.heads import Head, head_hashes
from cases.identity import EntryId, Sha256
from cases.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    reader_of,
    root_of,
)
from cases.notes import Checkpoint, key_hash, origin_of, sign_note

VAULT, PERSON, CASE = "v-vectorsaaaaaaaaa", "p-vectorsaaaaaaaaa", "c-vectorsaaaaaaaaa"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Key:
    """A signer from a published secret."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
        self.public_key = self._private.public_key().public_bytes_raw()
        self.key = Sha256(sha256(self.public_key).hexdigest())

    def sign(self, message: bytes) -> bytes:
        """The signature of `message`."""
        return self._private.sign(message)

    def document(self) -> dict[str, Json]:
        """Its parts, in hexadecimal."""
        return {"secret": self.secret, "public": self.public_key.hex(), "sha256": self.key}


JO = Key("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
VAULT_KEY = Key("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")

OBJECTS = {
    ObjectRef(ObjectKind.CASE, CASE): bytes(range(16)),
    ObjectRef(ObjectKind.CAPTURE, "k-vectorsaaaaaaaaa"): bytes(range(16, 32)),
    ObjectRef.address(CASE, "https://example.test/café"): bytes(range(32, 48)),
}
CASE_REF, CAPTURE_REF, ADDRESS_REF = OBJECTS
ACTS: list[tuple[str, S62 | None, list[ObjectRef], dict[str, str], dict[str, str]]] = [
    ("case.open", None, [CASE_REF], {}, {"reason": "a market stall that sells phones"}),
    (
        "capture.seal",
        S62.COLLECTION,
        [CASE_REF, CAPTURE_REF, ADDRESS_REF],
        {"manifest_sha256": sha256(b"manifest").hexdigest()},
        {"host": "desk-1", "operator_name": "Jo Smith", "os_account": "jo"},
    ),
    ("access", S62.CONSULTATION, [CAPTURE_REF], {}, {"query": "07700 900123 \u2014 \U0001f4f1"}),
]


def counted() -> Callable[[int], bytes]:
    """Dice that count: 00 01 02 … ff 00 …, going on where they stopped."""
    numbers = count()
    return lambda many: bytes(next(numbers) % 256 for _ in range(many))


class Log:
    """The log of the vectors, grown in memory, apart from the sequencer."""

    def __init__(self) -> None:
        self.random = counted()
        self.leaves: list[bytes] = []
        self.heads: dict[Sha256, Head] = {}
        self.lines: list[dict[str, Json]] = []

    def add(
        self,
        act: tuple[str, S62 | None, list[ObjectRef], Mapping[str, str], Mapping[str, str]],
        actor: str,
        key: Key | None,
    ) -> None:
        """Appends the leaf of one act."""
        word, s62, refs_to, refs, texts = act
        index = len(self.leaves)
        commitments, disclosures = commit(texts, 8, self.random)
        entry = Entry(
            id=EntryId("e-vector" + "abcdefgh"[index] * 10),
            vault=VAULT,
            time=START + timedelta(seconds=index, microseconds=index),
            act=word,
            s62=s62,
            actor=actor,
            auth=Auth.SIGNED if key else Auth.ASSERTED,
            nonce=self.random(16),
            objects=tuple(sorted(object_id(ref, OBJECTS[ref]) for ref in refs_to)),
            refs=refs,
            texts=commitments,
        )
        raw = entry_bytes(entry)
        signature = EntrySignature(key.key, key.sign(entry_message(raw))) if key else None
        numbered = tuple(map(self._numbered, entry.objects))
        leaf = leaf_bytes(index, raw, signature, numbered)
        for item in numbered:
            self.heads[item.id] = Head(item.id, item.n, leaf_hash(leaf))
        self.leaves.append(leaf)
        self.lines.append(self._line(raw, signature, leaf, disclosures))

    def _numbered(self, id_: Sha256) -> LeafObject:
        head = self.heads.get(id_)
        return (
            LeafObject(id_, head.count + 1, Sha256(head.last.hex()))
            if head
            else (LeafObject(id_, 1, None))
        )

    @staticmethod
    def _line(
        raw: bytes,
        signature: EntrySignature | None,
        leaf: bytes,
        disclosures: tuple[Disclosure, ...],
    ) -> dict[str, Json]:
        return {
            "entry": raw.decode(),
            "signature": None
            if signature is None
            else {
                "key": signature.key,
                "message_sha256": sha256(entry_message(raw)).hexdigest(),
                "value": b64encode(signature.value).decode(),
            },
            "leaf": leaf.decode(),
            "leaf_hash": leaf_hash(leaf).hex(),
            "disclosures": [item.text for item in disclosures],
        }

    def sorted_heads(self) -> list[Head]:
        """The heads as they stand."""
        return sorted(self.heads.values(), key=lambda head: head.id)

    def checkpoint(self) -> tuple[dict[str, Json], dict[str, Json]]:
        """Appends a heads entry and signs: the heads document and the checkpoint document."""
        heads, size = self.sorted_heads(), len(self.leaves)
        refs = {
            "heads_root": root_of(head_hashes(heads)).hex(),
            "heads_count": str(len(heads)),
            "heads_size": str(size),
        }
        self.add((HEADS_ACT, None, [], refs, {}), VAULT, VAULT_KEY)
        root = root_of(map(leaf_hash, self.leaves))
        origin = origin_of(VAULT)
        note = sign_note(Checkpoint(origin, size + 1, root).text(), origin, VAULT_KEY)
        listed: list[Json] = [
            {"id": h.id, "count": h.count, "last": h.last.hex(), "leaf_hash": h.hashed().hex()}
            for h in heads
        ]
        return {"size": size, "heads": listed, "root": refs["heads_root"]}, {
            "size": size + 1,
            "root": root.hex(),
            "origin": origin,
            "key_hash": key_hash(origin, VAULT_KEY.public_key).hex(),
            "note": note.written(),
        }


def commitment_document() -> dict[str, Json]:
    """A set of four over two values, and its parts."""
    made: CommitmentSet
    made, disclosures = commit({"purpose": "LINDEN", "persona": None}, 4, counted())
    return {
        "values": {"purpose": "LINDEN", "persona": None},
        "dice": "00 01 02 …: a salt of 16 for each value in order, then 32 for each decoy",
        "disclosures": [{"text": d.text, "digest": d.digest} for d in disclosures],
        "set": made.document(),
    }


def documents() -> dict[str, dict[str, Json]]:
    """Every vector file's document, by name."""
    log = Log()
    for act in ACTS[:2]:
        log.add(act, PERSON, JO)
    old_heads, old = log.checkpoint()
    log.add(ACTS[2], PERSON, None)
    new_heads, new = log.checkpoint()
    hashes = [leaf_hash(leaf) for leaf in log.leaves]
    tree, size = reader_of(hashes), len(hashes)
    heads = reader_of(head_hashes(log.sorted_heads()))
    known = len(log.heads)
    return {
        "keys": {"person": JO.document(), "vault": VAULT_KEY.document()},
        "commitment": commitment_document(),
        "objects": {
            "objects": [
                {"kind": ref.kind.value, "id": ref.id, "salt": salt.hex(),
                 "salted": object_id(ref, salt)}
                for ref, salt in OBJECTS.items()
            ]
        },
        "log": {"lines": list(log.lines)},
        "heads": {"at": [old_heads, new_heads]},
        "checkpoints": {"checkpoints": [old, new]},
        "proofs": {
            "inclusion": [
                {"index": index, "size": size, "hashes": _hex(inclusion_proof(index, size, tree))}
                for index in range(size)
            ],
            "heads": [
                {"position": at, "count": known, "hashes": _hex(inclusion_proof(at, known, heads))}
                for at in range(known)
            ],
            "consistency": [
                {"old": was, "new": size, "hashes": _hex(consistency_proof(was, size, tree))}
                for was in range(1, size + 1)
            ],
        },
    }  # fmt: skip


def written(document: Mapping[str, Json]) -> str:
    """A vector file's text."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _hex(hashes: list[bytes]) -> list[Json]:
    return [value.hex() for value in hashes]


if __name__ == "__main__":
    for name, document in documents().items():
        path = Path(__file__).with_name(f"{name}.json")
        path.write_text(written(document), encoding="utf-8", newline="\n")
        print(path.name)
