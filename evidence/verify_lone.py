"""A lone WARC verified without catalogue, ledger or keys: by its heads and the manifests inside.

What it cannot see: a capture removed together with its manifest. Only the ledger shows that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence.forensics import is_manifest
from evidence.manifest import ListedRecord
from evidence.manifest_check import (
    NotAManifest,
    listed_records,
    listed_warcinfo,
    read_manifest,
)
from evidence.problems import Problem, ProblemKind, Tally
from evidence.walk import Damage, WalkedRecord, walk_warc


@dataclass(frozen=True, slots=True)
class _Found:
    """What the file has of a record: enough to hold it against a manifest."""

    at: int  # which record of the file it is
    offset: int
    record: str | None
    type: str | None
    member_sha256: str | None
    block_sha256: str


@dataclass(frozen=True, slots=True)
class _Manifest:
    found: _Found
    capture: str
    records: Sequence[ListedRecord]
    warcinfo: ListedRecord


def verify_warc(path: Path, *, tally: Tally | None = None) -> Iterator[Problem]:
    """Each thing wrong with the file: its own damage, then what its manifests say otherwise.

    A WARC without our manifests is checked by its heads' digests alone. In an uncompressed file
    there are no members, so the manifests' block digests are checked and not their members'.
    """
    counted = Tally() if tally is None else tally
    counted.files += 1
    name = path.name
    found: list[_Found] = []
    manifests: list[_Manifest] = []
    for step in walk_warc(path, is_manifest):
        if isinstance(step, Damage):
            yield Problem(step.kind, step.says, name, step.offset, step.record)
            continue
        counted.records += 1
        counted.bytes += step.member_bytes
        found.append(
            _Found(
                at=len(found),
                offset=step.offset,
                record=step.record,
                type=step.type,
                member_sha256=step.member_sha256,
                block_sha256=step.block_sha256,
            )
        )
        if step.block is not None and step.whole:
            manifest = _manifest(step, found[-1])
            if isinstance(manifest, _Manifest):
                manifests.append(manifest)
            else:
                says = f"the manifest is not one: {manifest}"
                yield Problem(ProblemKind.MANIFEST_FORM, says, name, step.offset, step.record)
    counted.captures += len(manifests)
    if manifests:
        yield from _against_manifests(name, found, manifests)


def _manifest(step: WalkedRecord, found: _Found) -> _Manifest | str:
    """The manifest in a record, or why it is none."""
    try:
        document = read_manifest(step.block or b"")
    except NotAManifest as error:
        return str(error)
    records, warcinfo = listed_records(document), listed_warcinfo(document)
    if records is None or warcinfo is None:
        return "its list of records is malformed"
    return _Manifest(found, str(document.get("capture")), records, warcinfo)


def _against_manifests(
    name: str, found: Sequence[_Found], manifests: Sequence[_Manifest]
) -> Iterator[Problem]:
    by_id = {each.record: each for each in reversed(found)}
    claimed = {manifest.found.at for manifest in manifests}
    for manifest in manifests:
        last = -1
        for listed in manifest.records:
            here = by_id.get(listed.record)
            if here is None:
                says = "the manifest lists the record, and it is not in the file"
                yield Problem(
                    ProblemKind.MISSING_RECORD, says, name, None, listed.record, manifest.capture
                )
                continue
            claimed.add(here.at)
            if not _as_listed(here, listed):
                yield _problem(ProblemKind.ALTERED_RECORD, name, here, manifest)
            if not last < here.at < manifest.found.at:
                yield _problem(ProblemKind.RECORD_ORDER, name, here, manifest)
            last = max(last, here.at)
    yield from _about_warcinfo(name, found, manifests)
    for each in found:
        if each.at not in claimed and each.type != "warcinfo":
            says = "no manifest in the file lists the record"
            yield Problem(ProblemKind.ADDED_RECORD, says, name, each.offset, each.record)


def _about_warcinfo(
    name: str, found: Sequence[_Found], manifests: Sequence[_Manifest]
) -> Iterator[Problem]:
    named = {manifest.warcinfo for manifest in manifests}
    if len(named) > 1:
        says = "manifests in the file name different warcinfo records"
        yield Problem(ProblemKind.MANIFEST_WARCINFO, says, name)
        return
    listed = next(iter(named))
    if found[0].record != listed.record:
        says = "the file does not start with the warcinfo that its manifests name"
        yield Problem(ProblemKind.ALTERED_WARCINFO, says, name, 0, listed.record)
    elif not _as_listed(found[0], listed):
        says = "the warcinfo is not the one that the manifests name"
        yield Problem(ProblemKind.ALTERED_WARCINFO, says, name, 0, listed.record)


def _as_listed(here: _Found, listed: ListedRecord) -> bool:
    same_member = here.member_sha256 in (None, listed.member_sha256)
    return same_member and here.block_sha256 == listed.block_sha256 and here.type == listed.type


def _problem(kind: ProblemKind, name: str, here: _Found, manifest: _Manifest) -> Problem:
    says = {
        ProblemKind.ALTERED_RECORD: "the record is not the one that its manifest lists",
        ProblemKind.RECORD_ORDER: "the record does not stand where its manifest has it",
    }[kind]
    return Problem(kind, says, name, here.offset, here.record, manifest.capture)
