"""What a sealed capture looks like to the catalogue: typed rows, written in one transaction
with their ledger entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.identity import CaptureId, CaseId, JobId, Outcome, RecordId, Sha256


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """One WARC record as written: where it lies and what it hashes to.

    `file` is relative to the vault's evidence folder, with forward slashes. `payload_sha256` is
    of the payload with transfer coding removed and content coding kept, None where there is
    none.
    """

    record: RecordId
    type: str
    url: str | None
    media_type: str
    file: str
    offset: int
    member_bytes: int
    member_sha256: Sha256
    block_bytes: int
    block_sha256: Sha256
    payload_sha256: Sha256 | None


@dataclass(frozen=True, slots=True)
class SealedCapture:
    """A capture whose bytes lie fsynced in a WARC: what the catalogue is told about it.

    `records` includes the manifest's own record, last. `manifest_sha256` is of the manifest's
    block.
    """

    capture: CaptureId
    case: CaseId
    job: JobId
    requested_url: str
    final_url: str
    status: int | None
    outcome: Outcome
    reason: str | None
    started_at: datetime
    ended_at: datetime
    depth: int
    manifest_sha256: Sha256
    records: tuple[SealedRecord, ...]

    @property
    def manifest(self) -> SealedRecord:
        """The manifest's record."""
        return self.records[-1]
