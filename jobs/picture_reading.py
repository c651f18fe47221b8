"""The step `pictures`: words, EXIF and PDQ of a capture's pictures, each distinct one read once.

It comes after what is quick, so that a page can be found by its own text before its pictures are
read: some 0.3 s each. A capture that holds any is then due for the index again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cases.captures import SealedCapture
from cases.errors import LanternError
from cases.holdings import StepDone, StepProgress, due, make_due_again, record_steps, sealed_capture
from cases.identity import Sha256
from enrich import ENRICHER_VERSION, DerivedStore, NameModel, find_identifiers
from enrich.images import (
    READING_VERSION,
    PictureReader,
    PictureReaderUnusable,
    PictureReading,
    image_source,
)
from evidence.acting import Acting
from gate.pictures import Picture, pictures_in
from jobs.indexing import INDEX

PICTURES = "pictures"
BATCH = 25
MOST_WORDS = 30  # pictures of one capture whose words are read, the largest first
# A thumbnail's words are its picture's; a screenshot's are the page's, and so is its look.
_WITH_WORDS = ("response", "data")
_READ = (*_WITH_WORDS, "embedded")


def pictures_version(acting: Acting, model: NameModel) -> str:
    """The version of the step: how pictures are read, and how names are found in their words."""
    words = "words" if acting.vault.settings.enrich.ocr else "no words"
    return f"{READING_VERSION} {words}; {ENRICHER_VERSION} {model.version}"


def picture_batches(
    acting: Acting, store: DerivedStore, model: NameModel, progress: StepProgress | None
) -> Iterator[list[StepDone]]:
    """Read the pictures of every capture that lacks the step, some captures at a time, recorded
    when they are given out. One whose evidence cannot be read is a failed step; a picture that
    cannot be read is recorded as such. Raises `PictureReaderUnusable`.
    """
    version = pictures_version(acting, model)
    done = 0
    with PictureReader() as reader:
        while True:
            with acting.catalogue.reading() as session:
                captures = [
                    sealed_capture(session, capture)
                    for capture in due(session, PICTURES, version, after=None, limit=BATCH)
                ]
            if not captures:
                return
            work = _Work(acting, store, reader, model)
            steps = [_step(work, capture, version) for capture in captures]
            gained = [c.capture for c in captures if store.pictures.held_by(c.capture)]
            with acting.catalogue.writing() as session:
                make_due_again(session, gained, INDEX)
                record_steps(session, steps, now=acting.clock())
            done += len(steps)
            if progress is not None:
                progress(PICTURES, done, 0)
            yield steps


@dataclass(frozen=True, slots=True)
class _Work:
    """What reading pictures needs."""

    acting: Acting
    store: DerivedStore
    reader: PictureReader
    model: NameModel


def _step(work: _Work, capture: SealedCapture, version: str) -> StepDone:
    began = time.monotonic()
    try:
        left = _read(work, capture, version)
    except PictureReaderUnusable:
        raise
    except LanternError as fault:
        seconds = time.monotonic() - began
        return StepDone(capture.capture, PICTURES, version, "failed", fault.says, seconds)
    says = f"{left} pictures were not read for words" if left else None
    return StepDone(capture.capture, PICTURES, version, "done", says, time.monotonic() - began)


def _read(work: _Work, capture: SealedCapture, version: str) -> int:
    """Read the capture's pictures; how many were left unread for words."""
    held: dict[Sha256, str] = {}
    for picture in pictures_in(work.acting.vault.evidence, capture):
        if picture.kind in _READ and picture.sha256 not in held:
            held[picture.sha256] = picture.kind
            _facts(work, picture)
    found = work.store.pictures.of(held)
    wordy = [
        found[sha256]
        for sha256, kind in held.items()
        if kind in _WITH_WORDS and found[sha256].can_hold_words and not found[sha256].words_read
    ]
    wordy.sort(key=lambda reading: -((reading.width or 0) * (reading.height or 0)))
    if not work.acting.vault.settings.enrich.ocr:
        wordy = []
    _words(work, capture, {reading.sha256: reading for reading in wordy[:MOST_WORDS]})
    for reading in work.store.pictures.of(held).values():
        if reading.named_by != version:
            work.store.pictures.put(_named(work.model, reading, version))
    work.store.pictures.hold(capture.capture, list(held))
    return len(wordy[MOST_WORDS:])


def _facts(work: _Work, picture: Picture) -> None:
    known = work.store.pictures.get(picture.sha256)
    if known is None or known.version != READING_VERSION:
        work.store.pictures.put(work.reader.facts(picture.content))


def _words(work: _Work, capture: SealedCapture, chosen: dict[Sha256, PictureReading]) -> None:
    """Read those pictures for words. Their bytes are taken from the evidence anew: the pictures of
    a page may be more than memory holds.
    """
    if not chosen:
        return
    for picture in pictures_in(work.acting.vault.evidence, capture):
        reading = chosen.pop(picture.sha256, None)
        if reading is not None:
            work.store.pictures.put(work.reader.words(reading, picture.content))


def _named(model: NameModel, reading: PictureReading, version: str) -> PictureReading:
    """The reading with the names and identifiers that stand in its words."""
    source = image_source(reading.sha256)
    mentions = model.mentions(reading.text) if reading.text else ()
    return replace(
        reading,
        named_by=version,
        mentions=tuple(replace(each, source=source) for each in mentions),
        identifiers=tuple(replace(each, source=source) for each in find_identifiers(reading.text)),
    )
