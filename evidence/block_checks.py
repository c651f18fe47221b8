"""A block's digests against what its WARC head says of them, while the block goes by. Pure."""

from __future__ import annotations

import hashlib

from cases.identity import Sha256
from evidence.digests import labelled_digest
from evidence.http_head import HEAD_LIMIT_BYTES, head_end
from evidence.read_heads import DamageKind, Fault, ReadHead

# A revisit's digests are of the response that it stands for, not of its own block.
UNCHECKED_TYPES = frozenset({"revisit"})


class BlockChecks:
    """Feeds on a block; then knows its SHA-256 and what does not fit the head."""

    def __init__(self, head: ReadHead) -> None:
        checked = (head.value("WARC-Type") or "").lower() not in UNCHECKED_TYPES
        self._sha256 = hashlib.sha256()
        self._block_wanted = _wanted(head, "WARC-Block-Digest") if checked else None
        self._block = None if self._block_wanted is None else _other(self._block_wanted[0])
        segment = head.value("WARC-Segment-Number") is not None
        self._payload_wanted = None
        if checked and not segment:
            self._payload_wanted = _wanted(head, "WARC-Payload-Digest")
        self._payload = None
        self._start = b""
        if self._payload_wanted is not None:
            self._payload = hashlib.new(self._payload_wanted[0], usedforsecurity=False)
        media_type = (head.value("Content-Type") or "").lower()
        self._in_head = media_type.startswith("application/http")
        self._unknown = [
            f"{name} is {value!r:.60}"
            for name in ("WARC-Block-Digest", "WARC-Payload-Digest")
            if (value := head.value(name)) is not None and labelled_digest(value) is None
        ]

    @property
    def block_sha256(self) -> Sha256:
        """The digest of the block so far."""
        return Sha256(self._sha256.hexdigest())

    def feed(self, piece: bytes) -> None:
        """Takes the next piece of the block."""
        self._sha256.update(piece)
        if self._block is not None:
            self._block.update(piece)
        if self._payload is None:
            return
        if not self._in_head:
            self._payload.update(piece)
            return
        self._start += piece
        end = head_end(self._start)
        if end is not None:
            if b"\ntransfer-encoding:" in self._start[:end].lower():
                self._payload = None  # tools disagree about what its digest covers
            else:
                self._payload.update(self._start[end:])
            self._in_head, self._start = False, b""
        elif len(self._start) > HEAD_LIMIT_BYTES:
            self._payload = None

    def faults(self) -> list[Fault]:
        """What the head says of the block that is not so. Call once the block is whole."""
        faults = [Fault(DamageKind.FIELD_VALUE, says) for says in self._unknown]
        if self._block_wanted is not None:
            found = self._sha256 if self._block is None else self._block
            if found.digest() != self._block_wanted[1]:
                says = f"the block is not the one whose {found.name} its head gives"
                faults.append(Fault(DamageKind.BLOCK_DIGEST, says))
        seen = self._payload is not None and not self._in_head
        if self._payload_wanted is not None and self._payload is not None and seen:
            faults += self._payload_faults(self._payload, self._payload_wanted[1])
        return faults

    def _payload_faults(self, found: hashlib._Hash, wanted: bytes) -> list[Fault]:
        if found.digest() == wanted:
            return []
        says = f"the payload is not the one whose {found.name} its head gives"
        return [Fault(DamageKind.PAYLOAD_DIGEST, says)]


def _wanted(head: ReadHead, name: str) -> tuple[str, bytes] | None:
    value = head.value(name)
    return None if value is None else labelled_digest(value)


def _other(algorithm: str) -> hashlib._Hash | None:
    return None if algorithm == "sha256" else hashlib.new(algorithm, usedforsecurity=False)
