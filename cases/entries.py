"""Ledger entries and leaves: typed values, and their bytes (docs/formats.md, 2 and 3). Pure.

A value that exists is valid: building one checks it, so what is written can be read back, and
what is read back is what was written (the bytes are canonical, and parsing compares them).
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from cases.canonical import Json, NotCanonical, canonical
from cases.commitments import SALT_BYTES, CommitmentSet, b64u
from cases.identity import EntryId, Sha256
from cases.ledger_errors import EntryRefused
from cases.times import rfc3339

VERSION = 1
TEXT_COUNT = 8  # commitments in every entry, so that a reveal looks like any look
HEADS_ACT = "ledger.heads"
ENTRY_CONTEXT = b"darklantern entry v1\x00"
OBJECT_CONTEXT = b"darklantern object v1\x00"

_WORDS = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*")
_ID = re.compile(r"[a-z]-[a-z2-7]{16}")
_HEX32 = re.compile(r"[0-9a-f]{64}")


class S62(StrEnum):
    """The operations that the Data Protection Act 2018, section 62, wants logged (DPA-1)."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"


class Auth(StrEnum):
    """How the actor was authenticated."""

    SIGNED = "signed"  # the actor's key signed the entry
    ASSERTED = "asserted"


class ObjectKind(StrEnum):
    """What an act can concern."""

    CASE = "case"
    JOB = "job"
    CAPTURE = "capture"
    EXHIBIT = "exhibit"
    AUTHORITY = "authority"
    PERSON = "person"
    ADDRESS = "address"
    ENTITY = "entity"


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object that an act concerns. The id of an address: `ObjectRef.address(case, url)`."""

    kind: ObjectKind
    id: str

    @classmethod
    def address(cls, case: str, address: str) -> ObjectRef:
        """An address within its case: the case's id, a space, and the address."""
        return cls(ObjectKind.ADDRESS, f"{case} {address}")


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be recorded: the deed, the objects, the digests it fixes, its erasable texts."""

    act: str
    s62: S62 | None = None
    objects: tuple[ObjectRef, ...] = ()
    refs: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One act on record. `objects` are salted ids, sorted. Raises `EntryRefused` if impossible."""

    id: EntryId
    vault: str
    time: datetime
    act: str
    s62: S62 | None
    actor: str
    auth: Auth
    nonce: bytes
    objects: tuple[Sha256, ...]
    refs: Mapping[str, str]
    texts: CommitmentSet

    def __post_init__(self) -> None:
        if fault := _entry_fault(self):
            raise EntryRefused(f"The act {self.act!r} cannot be recorded: {fault}.")

    def document(self) -> dict[str, Json]:
        """The entry's members, as docs/formats.md names them."""
        return {
            "v": VERSION,
            "id": self.id,
            "vault": self.vault,
            "time": rfc3339(self.time),
            "act": self.act,
            "s62": self.s62,
            "actor": self.actor,
            "auth": self.auth,
            "nonce": b64u(self.nonce),
            "objects": list(self.objects),
            "refs": dict(self.refs),
            "texts": self.texts.document(),
        }


@dataclass(frozen=True, slots=True)
class EntrySignature:
    """An Ed25519 signature and the SHA-256 of the raw public key that made it."""

    key: Sha256
    value: bytes


@dataclass(frozen=True, slots=True)
class LeafObject:
    """An object's running number at this leaf and the hash of the leaf before it on that object."""

    id: Sha256
    n: int
    previous: Sha256 | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry with its place: what the tree hashes."""

    index: int
    entry: Entry
    signature: EntrySignature | None
    objects: tuple[LeafObject, ...]


def entry_bytes(entry: Entry) -> bytes:
    """The canonical bytes of an entry. Raises `EntryRefused` for text that is not Unicode."""
    try:
        return canonical(entry.document())
    except NotCanonical as fault:
        raise EntryRefused(f"The act {entry.act!r} cannot be recorded: {fault}.") from None


def entry_message(entry: bytes) -> bytes:
    """What is signed: the context and the entry's canonical bytes."""
    return ENTRY_CONTEXT + entry


def leaf_bytes(
    index: int,
    entry: bytes,
    signature: EntrySignature | None,
    objects: Sequence[LeafObject],
) -> bytes:
    """The canonical bytes of a leaf, made around the entry's own bytes.

    Written out member by member, in canonical order, for every other part is a number or plain
    ASCII: a fifth of the time of the general encoder.
    """
    numbers = ",".join(
        f'{{"id":"{o.id}","n":{o.n},"previous":{_quoted(o.previous)}}}' for o in objects
    )
    tail = (
        f',"index":{index},"objects":[{numbers}],'
        f'"signature":{_signature_text(signature)},"v":{VERSION}}}'
    )
    return b'{"entry":' + entry + tail.encode()


def object_id(ref: ObjectRef, salt: bytes) -> Sha256:
    """The salted id of an object: what stands in entries and leaves in its place."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt is {SALT_BYTES} bytes, not {len(salt)}")
    if "\x00" in ref.id:
        raise EntryRefused(f"The {ref.kind} {ref.id[:80]!r} has a NUL in its id; leave it out.")
    try:
        words = ref.kind.encode() + b"\x00" + ref.id.encode()
    except UnicodeEncodeError:
        raise EntryRefused(
            f"The {ref.kind} {ref.id[:80]!r} is not Unicode text; percent-encode its odd bytes."
        ) from None
    return Sha256(sha256(OBJECT_CONTEXT + salt + words).hexdigest())


def is_hash(value: object) -> bool:
    """Whether it is a SHA-256 in lower-case hexadecimal."""
    return isinstance(value, str) and _HEX32.fullmatch(value) is not None


def _quoted(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'


def _signature_text(signature: EntrySignature | None) -> str:
    if signature is None:
        return "null"
    value = b2a_base64(signature.value, newline=False).decode()
    return f'{{"key":"{signature.key}","value":"{value}"}}'


def _entry_fault(entry: Entry) -> str | None:
    """The first thing that no entry may be, in words."""
    ids = (entry.id, entry.vault, entry.actor)
    if not all(map(_ID.fullmatch, ids)):
        return f"an id among {', '.join(ids)} is not a letter, a hyphen and 16 base-32 letters"
    if not _WORDS.fullmatch(entry.act):
        return "an act is a dotted lower-case word, like case.open"
    if len(entry.nonce) != SALT_BYTES:
        return f"a nonce is {SALT_BYTES} bytes, not {len(entry.nonce)}"
    if list(entry.objects) != sorted(set(entry.objects)) or not all(map(is_hash, entry.objects)):
        return "its objects are not salted ids, sorted, each once"
    if len(entry.texts.digests) != TEXT_COUNT:
        return f"an entry has {TEXT_COUNT} commitments, not {len(entry.texts.digests)}"
    if not all(isinstance(part, str) for pair in entry.refs.items() for part in pair):
        return "refs hold texts only"
    return None
