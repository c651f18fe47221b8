"""The slice of a WARC that one capture is: its file's `warcinfo` and its members, as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cases.captures import SealedCapture
from cases.identity import Sha256
from evidence.digests import pieces
from evidence.errors import EvidenceDamaged, EvidenceMissing
from evidence.manifest_check import NotAManifest, listed_warcinfo, read_manifest
from evidence.reader import lies_inside, read_block


@dataclass(frozen=True, slots=True)
class _Span:
    """One member: where it lies in its file and what it hashes to."""

    offset: int
    member_bytes: int
    member_sha256: Sha256
    record: str


@dataclass(frozen=True, slots=True)
class CaptureSlice:
    """A capture's slice, ready to be copied. `manifest` is the manifest's block."""

    path: Path
    spans: tuple[_Span, ...]
    manifest: bytes
    capture: str

    @property
    def size_bytes(self) -> int:
        """How long the slice is."""
        return sum(span.member_bytes for span in self.spans)

    def pieces(self) -> Iterator[bytes]:
        """The members' bytes, in file order, each held against its digest as it goes by.

        Raises `EvidenceMissing`, and `EvidenceDamaged` at the end of a member that is not the one
        that was sealed: what has gone by is then to be thrown away.
        """
        try:
            with self.path.open("rb") as file:
                for span in self.spans:
                    file.seek(span.offset)
                    digest, left = hashlib.sha256(), span.member_bytes
                    for piece in pieces(file, span.member_bytes):
                        digest.update(piece)
                        left -= len(piece)
                        yield piece
                    if left or digest.hexdigest() != span.member_sha256:
                        raise _damaged(self.capture, f"{span.record} is not what was sealed")
        except OSError as error:
            raise EvidenceMissing(
                f"{self.path} cannot be read ({error.strerror}), so capture {self.capture} cannot "
                "be copied. Put the file back from a copy, then run: lantern verify",
                file=str(self.path),
            ) from error


def capture_slice(evidence: Path, capture: SealedCapture) -> CaptureSlice:
    """The slice of a sealed capture. Raises `EvidenceMissing`, and `EvidenceDamaged` where its
    manifest is not the one that was sealed.
    """
    manifest = capture.manifest
    if not all(lies_inside(record.file) for record in capture.records):
        raise _damaged(capture.capture, "the catalogue names a file outside the evidence folder")
    block = read_block(evidence, manifest)
    if hashlib.sha256(block).hexdigest() != capture.manifest_sha256:
        raise _damaged(capture.capture, "its manifest is not the one that was sealed")
    try:
        warcinfo = listed_warcinfo(read_manifest(block))
    except NotAManifest as error:
        raise _damaged(capture.capture, f"its manifest is none: {error}") from None
    if warcinfo is None:
        raise _damaged(capture.capture, "its manifest names no warcinfo")
    first = _Span(0, warcinfo.member_bytes, warcinfo.member_sha256, warcinfo.record)
    records = sorted(capture.records, key=lambda record: record.offset)
    spans = [_Span(r.offset, r.member_bytes, r.member_sha256, r.record) for r in records]
    return CaptureSlice(evidence / manifest.file, (first, *spans), block, capture.capture)


def _damaged(capture: str, why: str) -> EvidenceDamaged:
    return EvidenceDamaged(
        f"Capture {capture} cannot be copied: {why}. See what happened: lantern verify",
        capture=capture,
    )
