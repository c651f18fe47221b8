"""Sealing: drafts in, WARC members written, fsynced, recorded; one writer thread per job.

The order never bends: bytes, fsync, openings, then the catalogue's and ledger's transaction
(`SealBook`), and only then is a capture's future done. A group of captures that wait together
shares each step. Whatever fails, the file is cut back to where the last sealed capture ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import Protocol, Self

from cases.captures import SealedCapture
from cases.commitments import Random
from cases.errors import LanternError
from cases.times import Clock, system_clock
from evidence.capture_records import CaptureRecords, FileOpening, open_file_record
from evidence.context import SealContext
from evidence.errors import DraftRefused, SealingEnded, SealingFailed
from evidence.exchange import CaptureDraft
from evidence.restricted import CaptureOpenings
from evidence.restricted_fields import RestrictedFields
from evidence.warc_writer import WarcFile

ROLL_BYTES = 1 << 30
GROUP_CAPTURES = 64
GROUP_BYTES = 64 << 20


class SealBook(Protocol):
    """The catalogue and ledger, as sealing needs them."""

    def seal(self, captures: Sequence[SealedCapture]) -> None:
        """Records all the captures in one transaction, or raises and has recorded none."""
        ...


class Openings(Protocol):
    """Where restricted openings are kept: `evidence.restricted.OpeningsStore`."""

    def keep(self, openings: Sequence[CaptureOpenings]) -> None:
        """Returns once all lie on the disk."""
        ...


@dataclass(frozen=True, slots=True)
class _Asked:
    draft: CaptureDraft
    future: Future[SealedCapture]

    @property
    def response_bytes(self) -> int:
        return sum(exchange.response_bytes for exchange in self.draft.exchanges)


@dataclass(frozen=True, slots=True)
class _Written:
    future: Future[SealedCapture]
    capture: SealedCapture
    openings: CaptureOpenings


class CaptureWriter:
    """Seals one job's captures in the order asked for. Files are the job's alone."""

    def __init__(
        self,
        evidence: Path,
        context: SealContext,
        book: SealBook,
        openings: Openings,
        *,
        clock: Clock = system_clock,
        random: Random = secrets.token_bytes,
        roll_bytes: int = ROLL_BYTES,
    ) -> None:
        """A writer for `context.job` under the vault's `evidence` folder. Starts its thread."""
        self._evidence = evidence
        self._context = context
        self._fields = RestrictedFields(context.restricted_values())
        self._book = book
        self._openings = openings
        self._clock = clock
        self._random = random
        self._roll_bytes = roll_bytes
        self._queue: SimpleQueue[_Asked | None] = SimpleQueue()
        self._gate = Lock()  # between a `seal` and the `close` or failure that shuts it out
        self._refusal: LanternError | None = None
        self._file: WarcFile | None = None
        self._opening: FileOpening | None = None
        self._sealed_end = 0
        self._thread = Thread(target=self._run, name=f"seal {context.job}", daemon=True)
        self._thread.start()

    def seal(self, draft: CaptureDraft) -> Future[SealedCapture]:
        """A future that holds the sealed capture once it is fsynced and recorded.

        Returns at once; the future's callbacks run on the writer's thread, which also reads the
        draft's response files: they must stay open until the future is done. The future fails
        with `SealingFailed` (the writer then refuses all that follows), or with `DraftRefused`
        (that capture alone).
        """
        future: Future[SealedCapture] = Future()
        with self._gate:
            if self._refusal is None:
                self._queue.put(_Asked(draft, future))
            else:
                future.set_exception(self._refusal)
        return future

    def close(self) -> None:
        """Returns once all that was asked for is sealed or has failed."""
        with self._gate:
            if self._refusal is None:
                self._refusal = SealingEnded(
                    f"Job {self._context.job} takes no more captures: its writer is closed.",
                    job=self._context.job,
                )
            self._queue.put(None)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        ended = False
        while not ended:
            group, ended = self._next_group()
            if self._file is not None and self._sealed_end >= self._roll_bytes:
                self._close_file()
            failure = self._seal_group(group)
            if failure is not None:
                with self._gate:
                    self._refusal = failure
                for asked in self._drain(group):
                    if not asked.future.done():
                        asked.future.set_exception(failure)
                break
        self._close_file()

    def _next_group(self) -> tuple[list[_Asked], bool]:
        """What waits, at least one and at most a group; and whether the end was asked for."""
        group: list[_Asked] = []
        size = 0
        while len(group) < GROUP_CAPTURES and size < GROUP_BYTES:
            try:
                asked = self._queue.get(block=not group)
            except Empty:
                return group, False
            if asked is None:
                return group, True
            if not asked.future.set_running_or_notify_cancel():
                continue
            group.append(asked)
            size += asked.response_bytes
        return group, False

    def _drain(self, group: list[_Asked]) -> list[_Asked]:
        """All that was asked for and cannot be done any more."""
        left = list(group)
        while True:
            try:
                asked = self._queue.get(block=False)
            except Empty:
                return left
            if asked is not None and asked.future.set_running_or_notify_cancel():
                left.append(asked)

    def _seal_group(self, group: Sequence[_Asked]) -> LanternError | None:
        """Seals the group; None where that went well, else why no more can be sealed."""
        written: list[_Written] = []
        try:
            for asked in group:
                made = self._write(asked)
                if made is not None:
                    written.append(made)
            if written and self._file is not None:
                self._file.sync()
                self._openings.keep([each.openings for each in written])
                self._book.seal([each.capture for each in written])
                self._sealed_end = self._file.end_offset
        except Exception as error:  # whatever it was, nothing half-written may stay
            return self._taken_back(error)
        for each in written:
            each.future.set_result(each.capture)
        return None

    def _write(self, asked: _Asked) -> _Written | None:
        file, opening = self._open_file()
        start = file.end_offset
        records = CaptureRecords(file, opening, self._context, self._fields, self._random)
        try:
            capture, openings = records.write(asked.draft)
        except DraftRefused as error:
            file.drop_unwritten_to(start)
            asked.future.set_exception(error)
            return None
        return _Written(asked.future, capture, openings)

    def _open_file(self) -> tuple[WarcFile, FileOpening]:
        """The file to append to, with its `warcinfo`: a new one at first and after a roll."""
        if self._file is None or self._opening is None:
            folder = self._evidence / self._context.case / self._context.job
            name = _next_name(folder, self._context.job)
            self._file = WarcFile(folder / name)
            self._sealed_end = 0
            relative = f"{self._context.case}/{self._context.job}/{name}"
            moment = self._clock()
            self._opening = open_file_record(
                self._file, relative, self._context, moment, self._random
            )
        return self._file, self._opening

    def _close_file(self) -> None:
        if self._file is not None:
            if not self._sealed_end:  # a warcinfo of no capture: the file never was
                with suppress(OSError):  # what stays is an unsealed tail, which the sweep removes
                    self._file.cut_to(0)
            self._file.close()
        self._file = self._opening = None

    def _taken_back(self, error: Exception) -> LanternError:
        """Cuts the file back to its last sealed capture, and says what happened."""
        file = self._file
        where = self._evidence if file is None else file.path
        says = f"Captures could not be sealed in {where}: {_reason(error)}."
        if file is not None:
            try:
                file.cut_to(self._sealed_end)
            except OSError as second:
                says += f" Its unsealed end could not be cut off either ({_reason(second)})."
        failure = SealingFailed(
            f"{says} What was sealed before is kept; what was not is not recorded. Free space or "
            "mend the fault, then run the job again.",
            job=self._context.job,
            file=str(where),
        )
        failure.__cause__ = error
        return failure


def _reason(error: Exception) -> str:
    if isinstance(error, LanternError):
        return error.says.rstrip(".")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"


def _next_name(folder: Path, job: str) -> str:
    """The first file name of the job that is not taken: a job run again starts a new file."""
    number = 1
    while (folder / f"{job}-{number:04d}.warc.gz").exists():
        number += 1
    return f"{job}-{number:04d}.warc.gz"


def local_utc_offset(moment: datetime) -> str:
    """The machine's offset from UTC at `moment`, "+01:00"."""
    text = moment.astimezone(UTC).astimezone().strftime("%z")
    return f"{text[:3]}:{text[3:5]}"
