"""Verification: everything re-hashed in one pass, differences given as typed problems.

Sound evidence is read once: each member's compressed bytes are hashed, inflated, and the block
hashed, by as many threads as are asked for. Only a file in which something differs is walked a
second time, to say what happened to it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cases.captures import SealedCapture
from cases.identity import CaptureId, JobId
from evidence.digests import sha256_of
from evidence.forensics import explain
from evidence.manifest import ListedRecord
from evidence.manifest_check import (
    NotAManifest,
    capture_problems,
    listed_warcinfo,
    opening_problems,
    read_manifest,
)
from evidence.member_check import RunChecked, check_run
from evidence.problems import Problem, ProblemKind, Tally
from evidence.reader import lies_inside

RUN_BYTES = 4 << 20  # how much of a file one thread takes at a time
WORKERS = 2


class OpeningsReader(Protocol):
    """What is kept of restricted openings: `evidence.restricted.OpeningsStore`."""

    def of_job(self, job: JobId) -> Mapping[CaptureId, Mapping[str, str | None]]:
        """The disclosures of each capture of the job, None where one was erased."""
        ...


@dataclass(slots=True)
class _File:
    """One evidence file: the captures sealed in it and what was found so far."""

    name: str
    captures: list[SealedCapture]
    runs: list[Future[RunChecked]] = field(default_factory=list)
    warcinfos: set[ListedRecord] = field(default_factory=set)
    broken: bool = False


def verify_evidence(
    folder: Path,
    captures: Iterable[SealedCapture],
    *,
    openings: OpeningsReader | None = None,
    unfinished: Collection[JobId] = (),
    workers: int = WORKERS,
    tally: Tally | None = None,
) -> Iterator[Problem]:
    """Each way in which the evidence `folder` differs from `captures`, the catalogue's rows.

    In the order of files and of captures in them; nothing where all is as sealed. Files of jobs
    in `unfinished` may have a tail not yet sealed. `tally` counts what was gone through. That the
    catalogue itself is as it was recorded is the ledger's to prove.
    """
    counted = Tally() if tally is None else tally
    files = _by_file(captures)
    yield from _added_files(folder, files, unfinished)
    kept: dict[JobId, Mapping[CaptureId, Mapping[str, str | None]]] = {}
    with ThreadPoolExecutor(max_workers=workers) as pool:
        ahead: deque[_File] = deque()
        for file in [*files, None]:
            if file is not None and not lies_inside(file.name):
                says = "the catalogue names a file outside the evidence folder; it was not read"
                yield Problem(ProblemKind.OUTSIDE_FILE, says, file.name)
                continue
            if file is not None:
                for run in _runs(file.captures):
                    file.runs.append(pool.submit(check_run, folder / file.name, run))
                ahead.append(file)
            while ahead and (file is None or len(ahead) > 2 * workers):
                done = ahead.popleft()
                job = done.captures[0].job
                if openings is not None and job not in kept:
                    kept = {job: openings.of_job(job)}
                yield from _file_problems(folder, done, kept.get(job), unfinished, counted)


def _by_file(captures: Iterable[SealedCapture]) -> list[_File]:
    files: dict[str, list[SealedCapture]] = {}
    for capture in captures:
        files.setdefault(capture.manifest.file, []).append(capture)
    return [
        _File(name, sorted(files[name], key=lambda capture: capture.records[0].offset))
        for name in sorted(files)
    ]


def _runs(captures: Sequence[SealedCapture]) -> Iterator[list[SealedCapture]]:
    run: list[SealedCapture] = []
    size = 0
    for capture in captures:
        run.append(capture)
        size += sum(record.member_bytes for record in capture.records)
        if size >= RUN_BYTES:
            yield run
            run, size = [], 0
    if run:
        yield run


def _added_files(
    folder: Path, files: Sequence[_File], unfinished: Collection[JobId]
) -> Iterator[Problem]:
    known = {file.name for file in files}
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            relative = path.relative_to(folder).as_posix()
            if path.is_symlink():
                says = "a symbolic link stands here: the evidence lies elsewhere"
                yield Problem(ProblemKind.LINKED_FILE, says, relative)
            if relative not in known and path.parent.name not in unfinished:
                says = "no capture in the catalogue lies in this file"
                yield Problem(ProblemKind.ADDED_FILE, says, relative)


def _file_problems(
    folder: Path,
    file: _File,
    openings: Mapping[CaptureId, Mapping[str, str | None]] | None,
    unfinished: Collection[JobId],
    tally: Tally,
) -> Iterator[Problem]:
    path = folder / file.name
    tally.files += 1
    tally.captures += len(file.captures)
    try:
        for run in file.runs:
            checked = run.result()
            tally.records += checked.records
            tally.bytes += checked.bytes
            file.broken = file.broken or checked.broken
            yield from checked.problems
            for capture, block in checked.manifests:
                yield from _manifest_problems(file, capture, block, openings)
        yield from _layout_problems(path, file, unfinished, tally)
    except FileNotFoundError:
        for run in file.runs:
            run.exception()
        says = f"the file is not there: it held {len(file.captures)} captures"
        yield Problem(ProblemKind.MISSING_FILE, says, file.name)
    except OSError as error:
        for run in file.runs:
            run.exception()
        says = f"the file cannot be read: {error.strerror or error}"
        yield Problem(ProblemKind.UNREADABLE_FILE, says, file.name)


def _manifest_problems(
    file: _File,
    capture: SealedCapture,
    block: bytes,
    openings: Mapping[CaptureId, Mapping[str, str | None]] | None,
) -> Iterator[Problem]:
    manifest = capture.manifest
    try:
        document = read_manifest(block)
    except NotAManifest as error:
        says = f"the manifest is not one: {error}"
        yield Problem(
            ProblemKind.MANIFEST_FORM,
            says,
            manifest.file,
            manifest.offset,
            manifest.record,
            capture.capture,
        )
        return
    warcinfo = listed_warcinfo(document)
    if warcinfo is not None:
        file.warcinfos.add(warcinfo)
    yield from capture_problems(document, capture)
    if openings is not None:
        yield from opening_problems(document, capture, openings.get(capture.capture, {}))


def _layout_problems(
    path: Path, file: _File, unfinished: Collection[JobId], tally: Tally
) -> Iterator[Problem]:
    """The file as a whole: its `warcinfo`, its records one after the other, and its end."""
    end = file.captures[0].records[0].offset
    if len(file.warcinfos) > 1:
        says = "manifests in this file name different warcinfo records"
        yield Problem(ProblemKind.MANIFEST_WARCINFO, says, file.name)
    for warcinfo in list(file.warcinfos)[:1]:
        with path.open("rb") as opened:
            digest = sha256_of(opened.read(warcinfo.member_bytes))
        file.broken = file.broken or digest != warcinfo.member_sha256
        end = warcinfo.member_bytes
        tally.records += 1
        tally.bytes += warcinfo.member_bytes
    for capture in file.captures:
        for record in capture.records:
            file.broken = file.broken or record.offset != end
            end = record.offset + record.member_bytes
    tail_ok = file.captures[0].job in unfinished
    size = path.stat().st_size
    if file.broken or size < end:
        yield from explain(path, file.name, file.captures, tail_ok)
    elif size > end and not tail_ok:
        says = f"{size - end} bytes that were never sealed stand after the last sealed record"
        yield Problem(ProblemKind.EXTRA_BYTES, says, file.name, end)
