"""Checks on single lines of the ledger: an entry and its columns, signature, texts and links.

Pure: `cases.audit` reads the rows and puts the lines together.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cases.commitments import open_disclosure
from cases.entries import HEADS_ACT, Auth, Entry, EntrySignature, Leaf, entry_message, leaf_bytes
from cases.errors import LanternError
from cases.findings import Finding, FindingKind
from cases.heads import Head
from cases.identity import Sha256
from cases.ledger_reading import read_entry, read_leaf
from cases.ledger_tables import ENTRIES
from cases.merkle import leaf_hash, root_of
from cases.notes import NoteKey, origin_of
from cases.signing import SignatureCheck
from cases.times import rfc3339

COLUMNS = (
    *(ENTRIES.c.seq, ENTRIES.c.id, ENTRIES.c.time, ENTRIES.c.act, ENTRIES.c.s62, ENTRIES.c.actor),
    *(ENTRIES.c.entry, ENTRIES.c.signature_key, ENTRIES.c.signature),
    *(ENTRIES.c.leaf_index, ENTRIES.c.leaf, ENTRIES.c.leaf_hash),
)


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A row of entries with its texts and the salted ids of its links, as they are stored."""

    seq: int
    id: str
    time: str
    act: str
    s62: str | None
    actor: str
    entry: bytes
    signature_key: str | None
    signature: bytes | None
    index: int | None
    leaf: bytes | None
    leaf_hash: bytes | None
    texts: Sequence[tuple[str, str]] = ()  # name, disclosure
    links: Sequence[str] = ()

    @property
    def where(self) -> str:
        """How a finding names it."""
        return f"entry {self.id}" if self.index is None else f"line {self.index}"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose signatures count: public keys by their SHA-256, whose they are, and the vault's."""

    keys: Mapping[Sha256, bytes]
    holders: Mapping[Sha256, str] | None
    vault: NoteKey
    check: SignatureCheck

    @classmethod
    def of(
        cls,
        keys: Mapping[Sha256, bytes],
        holders: Mapping[Sha256, str] | None,
        vault: NoteKey,
        check: SignatureCheck,
    ) -> Trust:
        """The same with the vault's own key among the keys, held by the vault."""
        key = Sha256(sha256(vault.public_key).hexdigest())
        if holders is not None:
            holders = {**holders, key: vault.name.partition("/")[2]}
        return cls({**keys, key: vault.public_key}, holders, vault, check)


class Heads:
    """The heads of all objects as the lines so far make them, ready to be hashed in order."""

    def __init__(self) -> None:
        self.of: dict[Sha256, Head] = {}
        self._hashed: dict[Sha256, bytes] = {}
        self._moved: set[Sha256] = set()
        self._order: list[Sha256] = []

    def move(self, id_: Sha256, count: int, last: bytes) -> None:
        """The object has come to its leaf number `count`, whose hash is `last`."""
        if id_ not in self.of:
            insort(self._order, id_)
        self.of[id_] = Head(id_, count, last)
        self._moved.add(id_)

    def step_over(self, entry: Entry, hashed: bytes) -> None:
        """Count a line whose running numbers cannot be read."""
        for id_ in entry.objects:
            head = self.of.get(id_)
            self.move(id_, head.count + 1 if head else 1, hashed)

    def root(self) -> str:
        """The heads root, in hexadecimal. Only heads that moved are hashed again."""
        for id_ in self._moved:
            self._hashed[id_] = self.of[id_].hashed()
        self._moved.clear()
        return root_of(map(self._hashed.__getitem__, self._order)).hex()


def read_line(line: StoredLine) -> tuple[Leaf | None, Entry | None, list[Finding]]:
    """The leaf and the entry that a line holds, each None where unreadable, with what is wrong."""
    findings: list[Finding] = []

    def found(kind: FindingKind, says: str) -> None:
        findings.append(Finding(kind, line.where, says))

    leaf = None
    if line.leaf is not None:
        if leaf_hash(line.leaf) != line.leaf_hash:
            found(FindingKind.LEAF_CHANGED, "The leaf's bytes do not give its stored hash.")
        try:
            leaf = read_leaf(line.leaf)
        except LanternError as fault:
            found(FindingKind.LEAF_CHANGED, fault.says)
    elif line.index is not None:
        found(FindingKind.LEAF_CHANGED, "Its leaf is gone.")
    if leaf is not None:
        if leaf_bytes(leaf.index, line.entry, _signature(line), leaf.objects) != line.leaf:
            says = "The stored entry or signature is not the one in its leaf."
            found(FindingKind.ENTRY_CHANGED, says)
        entry: Entry | None = leaf.entry  # the same bytes, or what the log was told
    else:
        try:
            entry = read_entry(line.entry)
        except LanternError as fault:
            entry = None
            found(FindingKind.ENTRY_CHANGED, fault.says)
    if entry is not None and _columns_of(entry) != _columns(line):
        found(FindingKind.ENTRY_CHANGED, "Its columns do not say what its own bytes say.")
    return leaf, entry, findings


def check_signature(line: StoredLine, entry: Entry, trust: Trust) -> Iterator[Finding]:
    """What is wrong with who signed the line."""
    signature = _signature(line)
    if origin_of(entry.vault) != trust.vault.name:
        says = f"It was written in the vault {entry.vault}."
        yield Finding(FindingKind.FOREIGN, line.where, says)
    if (signature is None) != (entry.auth is Auth.ASSERTED):
        says = f"The entry says that it is {entry.auth}; its signature column says otherwise."
        yield Finding(FindingKind.SIGNATURE, line.where, says)
    if signature is None:
        return
    public_key = trust.keys.get(signature.key)
    if public_key is None:
        says = f"It is signed by the key {signature.key}, which is not known here."
        yield Finding(FindingKind.KEY_UNKNOWN, line.where, says)
    elif not trust.check(public_key, entry_message(line.entry), signature.value):
        says = f"The signature of {entry.actor} does not hold."
        yield Finding(FindingKind.SIGNATURE, line.where, says)
    elif trust.holders is not None and trust.holders.get(signature.key) != entry.actor:
        holder = trust.holders.get(signature.key, "nobody known")
        says = f"It says that {entry.actor} acted; the key that signed it is that of {holder}."
        yield Finding(FindingKind.SIGNER, line.where, says)


def check_texts_and_links(line: StoredLine, entry: Entry) -> Iterator[Finding]:
    """Each text that is left must open a commitment; erased ones are fine. Links must agree."""
    for name, disclosure in line.texts:
        says = None
        try:
            opening = open_disclosure(disclosure)
        except LanternError as fault:
            says = fault.says
        else:
            if not entry.texts.holds(disclosure):
                says = f"The text {name!r} does not open a commitment of its entry."
            elif opening.name != name:
                says = f"The text stored as {name!r} was committed to as {opening.name!r}."
        if says:
            yield Finding(FindingKind.TEXT_CHANGED, line.where, says)
    if tuple(sorted(line.links)) != entry.objects:
        says = "The objects that it is filed under are not those of its entry."
        yield Finding(FindingKind.LINK_CHANGED, line.where, says)


def check_numbers(leaf: Leaf, heads: Heads, hashed: bytes) -> Iterator[Finding]:
    """Whether each object's running number follows; afterwards `heads` stand at this leaf."""
    for numbered in leaf.objects:
        head = heads.of.get(numbered.id)
        count, previous = (head.count, head.last.hex()) if head else (0, None)
        if (numbered.n, numbered.previous) != (count + 1, previous):
            says = (
                f"It is leaf {numbered.n} on object {numbered.id[:16]}…, after {count} before it; "
                "one is missing or stands elsewhere."
            )
            yield Finding(FindingKind.NUMBER, f"line {leaf.index}", says)
        heads.move(numbered.id, numbered.n, hashed)  # taken at its word: one gap, one finding


def check_heads(leaf: Leaf, heads: Heads, trust: Trust) -> Iterator[Finding]:
    """Whether a heads entry records the heads as they stand before it."""
    entry, said = leaf.entry, leaf.entry.refs
    if entry.act != HEADS_ACT:
        return
    expected = {
        "heads_root": heads.root(),
        "heads_count": str(len(heads.of)),
        "heads_size": str(leaf.index),
    }
    if said != expected or origin_of(entry.actor) != trust.vault.name:
        says = "The heads that it records are not those of the lines before it."
        yield Finding(FindingKind.HEADS_ROOT, f"line {leaf.index}", says)


def _signature(line: StoredLine) -> EntrySignature | None:
    if line.signature_key is None and line.signature is None:
        return None
    return EntrySignature(Sha256(line.signature_key or ""), line.signature or b"")


def _columns(line: StoredLine) -> tuple[str | None, ...]:
    return line.id, line.time, line.act, line.s62, line.actor


def _columns_of(entry: Entry) -> tuple[str | None, ...]:
    return entry.id, rfc3339(entry.time), entry.act, entry.s62, entry.actor
