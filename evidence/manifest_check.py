"""A manifest's block against the catalogue's capture and against the openings kept for it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from cases.captures import SealedCapture
from cases.identity import RecordId, Sha256
from cases.times import rfc3339
from evidence.context import RESTRICTED_NAMES, RESTRICTED_SET
from evidence.manifest import FORMAT, ListedRecord, canonical_form
from evidence.problems import Problem, ProblemKind
from evidence.restricted_fields import COUNT, opens

Document = Mapping[str, object]


class NotAManifest(Exception):
    """A block that is no manifest of a known format; says why."""


def read_manifest(block: bytes) -> Document:
    """The manifest's members. Raises `NotAManifest` unless it is in the one canonical form."""
    try:
        document = json.loads(block.decode("utf-8"))
        again = canonical_form(document)
    except (ValueError, RecursionError) as error:
        raise NotAManifest(f"it is not JSON in UTF-8 ({error})") from None
    if again != block:  # our keys are ASCII: this is the order and form of RFC 8785
        raise NotAManifest("it is JSON, but not in the canonical form")
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise NotAManifest(f"its format is not {FORMAT}")
    return document


def listed_records(document: Document) -> list[ListedRecord] | None:
    """The records that the manifest lists, in its order; None where the list is malformed."""
    listed = document.get("records")
    if not isinstance(listed, list):
        return None
    read = [_listed(each) for each in listed]
    records = [record for record in read if record is not None]
    return records if len(records) == len(read) else None


def listed_warcinfo(document: Document) -> ListedRecord | None:
    """The `warcinfo` that the manifest names; None where it is malformed."""
    return _listed(document.get("warcinfo"))


def _listed(value: object) -> ListedRecord | None:
    match value:
        case {
            "id": str(record),
            "type": str(kind),
            "block_sha256": str(block),
            "block_bytes": int(block_bytes),
            "payload_sha256": str() | None as payload,
            "member_sha256": str(member),
            "member_bytes": int(member_bytes),
            **rest,
        } if not rest:
            return ListedRecord(
                record=RecordId(record),
                type=kind,
                block_sha256=Sha256(block),
                block_bytes=block_bytes,
                payload_sha256=None if payload is None else Sha256(payload),
                member_sha256=Sha256(member),
                member_bytes=member_bytes,
            )
    return None


def capture_problems(document: Document, capture: SealedCapture) -> Iterator[Problem]:
    """Where the catalogue's rows of a capture differ from what its manifest says."""
    manifest = capture.manifest

    def problem(kind: ProblemKind, says: str) -> Problem:
        return Problem(kind, says, manifest.file, manifest.offset, manifest.record, capture.capture)

    listed = [ListedRecord.of(record).document() for record in capture.records[:-1]]
    if document.get("records") != listed:
        says = "the manifest lists other records, or other digests, than the catalogue"
        yield problem(ProblemKind.MANIFEST_RECORDS, says)
    if manifest.block_sha256 != capture.manifest_sha256:
        says = "the catalogue gives the capture another manifest digest than the manifest's record"
        yield problem(ProblemKind.CATALOGUE_CAPTURE, says)
    for name, here, there in _compared(document, capture):
        if here != there:
            says = f"the manifest says {name} {here!r:.120}, the catalogue {there!r:.120}"
            yield problem(ProblemKind.CATALOGUE_CAPTURE, says)


def _compared(document: Document, capture: SealedCapture) -> Iterator[tuple[str, object, object]]:
    yield "capture", document.get("capture"), capture.capture
    yield "case", document.get("case"), capture.case
    yield "job", document.get("job"), capture.job
    yield "requested_url", document.get("requested_url"), capture.requested_url
    yield "final_url", document.get("final_url"), capture.final_url
    yield "status", _member(document.get("http"), "status"), capture.status
    yield "outcome", _member(document.get("result"), "outcome"), capture.outcome.value
    yield "reason", _member(document.get("result"), "reason"), capture.reason
    yield "started", document.get("started"), rfc3339(capture.started_at)
    yield "ended", document.get("ended"), rfc3339(capture.ended_at)
    yield "depth", document.get("depth"), capture.depth


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def opening_problems(
    document: Document, capture: SealedCapture, openings: Mapping[str, str | None]
) -> Iterator[Problem]:
    """Openings that are lost or that open nothing. An erased one (None) is as it should be."""
    restricted = document.get("restricted")
    digests = _member(restricted, "_sd")
    if (
        _member(restricted, "set") != RESTRICTED_SET
        or not isinstance(digests, list)
        or len(digests) != COUNT
    ):
        says = f"its restricted fields are not set {RESTRICTED_SET} of {COUNT} digests"
        yield Problem(ProblemKind.MANIFEST_FORM, says, capture=capture.capture)
        return
    lost = [name for name in RESTRICTED_NAMES if name not in openings]
    if lost:
        says = f"no opening is kept for {', '.join(lost)}"
        yield Problem(ProblemKind.OPENING_MISSING, says, capture=capture.capture)
    committed = set(map(str, digests))
    for name, disclosure in openings.items():
        if disclosure is not None and not opens(disclosure, name, committed):
            says = f"the opening kept for {name} does not open a commitment of the manifest"
            yield Problem(ProblemKind.OPENING_FALSE, says, capture=capture.capture)
