"""The frozen record of an exhibit: canonical JSON (docs/formats.md, section 10). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.canonical import canonical
from cases.captures import SealedCapture
from cases.continuity import Handling
from cases.exhibit_references import ExhibitReference
from cases.people import PersonView
from cases.times import rfc3339

FORMAT = "darklantern-exhibit/1"
NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class Freezing:
    """What an exhibit is frozen from, all read in one transaction."""

    vault: str
    case_reference: str
    urn: str | None
    operation: str | None
    exhibit: str
    reference: ExhibitReference
    description: str
    producer: PersonView
    capture: SealedCapture
    continuity: Sequence[Handling]
    checkpoint: str
    made_at: datetime


def exhibit_record(frozen: Freezing) -> str:
    """The record's canonical JSON. Its SHA-256 stands in the ledger entry of the making."""
    capture, manifest = frozen.capture, frozen.capture.manifest
    return canonical(
        {
            "format": FORMAT,
            "vault": frozen.vault,
            "case": capture.case,
            "case_reference": frozen.case_reference,
            "urn": frozen.urn or NOT_RECORDED,
            "operation": frozen.operation or NOT_RECORDED,
            "exhibit": frozen.exhibit,
            "reference": frozen.reference.text,
            "safe_name": frozen.reference.safe_name,
            "description": frozen.description,
            "producer": {"id": frozen.producer.id, "name": frozen.producer.name},
            "capture": capture.capture,
            "job": capture.job,
            "requested_url": capture.requested_url,
            "final_url": capture.final_url,
            "outcome": capture.outcome.value,
            "status": capture.status,
            "started": rfc3339(capture.started_at),
            "ended": rfc3339(capture.ended_at),
            "manifest_record": manifest.record,
            "manifest_sha256": capture.manifest_sha256,
            "manifest_member_sha256": manifest.member_sha256,
            "continuity": [handling.document() for handling in frozen.continuity],
            "checkpoint": frozen.checkpoint,
            "made": rfc3339(frozen.made_at),
        }
    ).decode("utf-8")
