"""A file whose members are not those that were sealed: what exactly happened to it.

Members as they are now are matched with records as they were sealed: by digest, then by id, then
by place. What is left over on either side is missing or added.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cases.captures import SealedCapture, SealedRecord
from evidence.manifest import ListedRecord
from evidence.manifest_check import (
    NotAManifest,
    listed_records,
    listed_warcinfo,
    read_manifest,
)
from evidence.problems import Problem, ProblemKind
from evidence.read_heads import DamageKind, ReadHead
from evidence.walk import Damage, WalkedRecord, walk_warc
from evidence.warc_records import MANIFEST, WARC_FIELDS

# Damage that is not of a record that was read: bytes where none may be, or none where some must.
STRUCTURAL = frozenset(
    {
        DamageKind.STRAY_BYTES,
        DamageKind.BROKEN_MEMBER,
        DamageKind.TRUNCATED,
        DamageKind.NOT_A_WARC,
        DamageKind.EMPTY,
    }
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record as sealed, with the capture it belongs to; None for the file's `warcinfo`."""

    record: SealedRecord
    capture: SealedCapture | None

    @property
    def altered(self) -> ProblemKind:
        """What it is called when this record's bytes were changed."""
        if self.capture is None:
            return ProblemKind.ALTERED_WARCINFO
        if self.record is self.capture.records[-1]:
            return ProblemKind.ALTERED_MANIFEST
        return ProblemKind.ALTERED_RECORD

    def problem(self, kind: ProblemKind, says: str) -> Problem:
        """A problem of this record."""
        capture = None if self.capture is None else self.capture.capture
        record = self.record
        return Problem(kind, says, record.file, record.offset, record.record, capture)


@dataclass(slots=True)
class _Matches:
    found: dict[int, int] = field(default_factory=dict)  # sealed index -> walked index
    altered: dict[int, int | None] = field(default_factory=dict)  # None: damage, not a record
    missing: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)


def explain(
    path: Path, name: str, captures: Sequence[SealedCapture], tail_ok: bool
) -> Iterator[Problem]:
    """What differs between the file as it is and the captures sealed in it.

    Where a manifest that is as sealed agrees with the file and the catalogue does not, it is the
    catalogue that was changed. `tail_ok` allows unsealed bytes at the end, in a job that is not
    finished.
    """
    walked: list[WalkedRecord] = []
    damages: list[Damage] = []
    for step in walk_warc(path, is_manifest):
        if isinstance(step, WalkedRecord):
            walked.append(step)
        elif step.kind in STRUCTURAL:
            damages.append(step)
    intact, warcinfo = _intact(walked, captures)
    sealed = [Sealed(record, capture) for capture in captures for record in capture.records]
    if warcinfo is not None:
        sealed.insert(0, Sealed(as_sealed(warcinfo, name), None))
    end = max(each.record.offset + each.record.member_bytes for each in sealed)
    size = path.stat().st_size
    matches = _matched(sealed, walked, damages)
    unproven = [] if warcinfo is not None else _unproven(name, walked, sealed, matches)
    problems = [
        *unproven,
        *_about_sealed(sealed, walked, matches, intact),
        *_about_order(sealed, matches),
        *_about_added(name, walked, damages, sealed, matches, None if tail_ok else end),
    ]
    if size < end:
        says = f"the file ends at byte {size}, and records were sealed in it up to {end}"
        yield Problem(ProblemKind.CUT_FILE, says, name, size)
    yield from problems
    if not problems:
        yield from _about_places(sealed, walked, matches)


def _unproven(
    name: str, walked: Sequence[WalkedRecord], sealed: Sequence[Sealed], matches: _Matches
) -> list[Problem]:
    """The `warcinfo`, where every manifest that names it was changed: it was not put in, and
    nothing proves it. It is taken out of what was added.
    """
    first = walked[0] if walked else None
    if first is None or first.type != "warcinfo" or 0 not in matches.added:
        return []
    if first.offset or first.member_bytes != min(each.record.offset for each in sealed):
        return []
    matches.added.remove(0)
    says = "no manifest in the file is as sealed, so nothing proves the warcinfo"
    return [Problem(ProblemKind.UNPROVEN_WARCINFO, says, name, 0, first.record)]


def is_manifest(head: ReadHead) -> bool:
    """Whether a record is one of our manifests, whose block is wanted."""
    return head.value("Content-Type") == MANIFEST


def as_sealed(warcinfo: ListedRecord, name: str) -> SealedRecord:
    """The first record of the file `name`, as its manifests list it."""
    return SealedRecord(
        record=warcinfo.record,
        type=warcinfo.type,
        url=None,
        media_type=WARC_FIELDS,
        file=name,
        offset=0,
        member_bytes=warcinfo.member_bytes,
        member_sha256=warcinfo.member_sha256,
        block_bytes=warcinfo.block_bytes,
        block_sha256=warcinfo.block_sha256,
        payload_sha256=warcinfo.payload_sha256,
    )


def _intact(
    walked: Sequence[WalkedRecord], captures: Sequence[SealedCapture]
) -> tuple[set[tuple[str | None, str | None]], ListedRecord | None]:
    """Ids and member digests listed by manifests that are as sealed, and their `warcinfo`."""
    digests = {capture.manifest.member_sha256 for capture in captures}
    intact: set[tuple[str | None, str | None]] = set()
    warcinfo: ListedRecord | None = None
    for each in walked:
        if each.block is None or each.member_sha256 not in digests:
            continue
        try:
            document = read_manifest(each.block)
        except NotAManifest:
            continue
        intact |= {
            (listed.record, listed.member_sha256) for listed in listed_records(document) or ()
        }
        warcinfo = warcinfo or listed_warcinfo(document)
    return intact, warcinfo


def _matched(
    sealed: Sequence[Sealed], walked: Sequence[WalkedRecord], damages: Sequence[Damage]
) -> _Matches:
    matches = _Matches()
    by_digest = {each.member_sha256: at for at, each in reversed(list(enumerate(walked)))}
    by_id = {each.record: at for at, each in reversed(list(enumerate(walked)))}
    by_offset = {each.offset: at for at, each in enumerate(walked)}
    damaged = {damage.offset for damage in damages}
    for at, each in enumerate(sealed):
        found = by_digest.get(each.record.member_sha256)
        if found is not None:
            matches.found[at] = found
    claimed = set(matches.found.values())
    for at, each in enumerate(sealed):
        if at in matches.found:
            continue
        found = by_id.get(each.record.record)
        if found is None or found in claimed:
            found = by_offset.get(each.record.offset)
        if found is not None and found not in claimed:
            matches.altered[at] = found
            claimed.add(found)
        elif each.record.offset in damaged:
            matches.altered[at] = None
        else:
            matches.missing.append(at)
    matches.added = [at for at in range(len(walked)) if at not in claimed]
    return matches


def _about_sealed(
    sealed: Sequence[Sealed],
    walked: Sequence[WalkedRecord],
    matches: _Matches,
    intact: Collection[tuple[str | None, str | None]],
) -> Iterator[Problem]:
    for at, each in enumerate(sealed):
        if at in matches.missing:
            yield each.problem(ProblemKind.MISSING_RECORD, "the record is not in the file")
        elif at in matches.altered:
            now = matches.altered[at]
            seen = None if now is None else walked[now]
            if seen is not None and (seen.record, seen.member_sha256) in intact:
                says = "its manifest and the file agree, and the catalogue has another digest"
                yield each.problem(ProblemKind.CATALOGUE_RECORD, says)
            else:
                yield each.problem(each.altered, _how(each.record, seen))


def _how(record: SealedRecord, seen: WalkedRecord | None) -> str:
    if seen is None:
        return "the record's compressed bytes were changed and cannot be read any more"
    if seen.block_sha256 == record.block_sha256 and seen.whole:
        if seen.record == record.record:
            return "the record's block is as sealed, its head or its compressed bytes are not"
        return "the record was replaced by one with the same block"
    return "the record's block is not the one that was sealed"


def _about_order(sealed: Sequence[Sealed], matches: _Matches) -> Iterator[Problem]:
    last = -1
    for at in sorted(matches.found):
        if matches.found[at] < last:
            says = "the record stands before one that was sealed before it"
            yield sealed[at].problem(ProblemKind.RECORD_ORDER, says)
        last = max(last, matches.found[at])


def _about_added(
    name: str,
    walked: Sequence[WalkedRecord],
    damages: Sequence[Damage],
    sealed: Sequence[Sealed],
    matches: _Matches,
    end: int | None,
) -> Iterator[Problem]:
    """Records and bytes that were never sealed. Those after every sealed one are one tail."""
    known = [walked[at].offset for at in matches.found.values()]
    known += [walked[at].offset for at in matches.altered.values() if at is not None]
    last = max(known, default=-1)
    explained = {sealed[at].record.offset for at, now in matches.altered.items() if now is None}
    explained.update(known)
    tail = False
    for at in matches.added:
        if walked[at].offset > last and not matches.missing:
            tail = True
            continue
        says = "the record is in the file, and no capture in the catalogue has it"
        yield Problem(ProblemKind.ADDED_RECORD, says, name, walked[at].offset, walked[at].record)
    for damage in damages:
        if damage.offset in explained:
            continue
        if damage.offset > last and not matches.missing:
            tail = True
        else:
            yield Problem(ProblemKind.EXTRA_BYTES, damage.says, name, damage.offset)
    if tail and end is not None:
        says = "bytes that were never sealed stand after the last sealed record"
        yield Problem(ProblemKind.EXTRA_BYTES, says, name, end)


def _about_places(
    sealed: Sequence[Sealed], walked: Sequence[WalkedRecord], matches: _Matches
) -> Iterator[Problem]:
    """Records that are as sealed and lie elsewhere than the catalogue says, nothing else wrong."""
    for at, now in matches.found.items():
        record, seen = sealed[at].record, walked[now]
        if (seen.offset, seen.member_bytes) != (record.offset, record.member_bytes):
            says = (
                f"the record lies at byte {seen.offset} with {seen.member_bytes} bytes, and the "
                f"catalogue says byte {record.offset} with {record.member_bytes}"
            )
            yield sealed[at].problem(ProblemKind.CATALOGUE_RECORD, says)
