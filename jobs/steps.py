"""The ordered steps after sealing: extract, screen, index, pictures; what pictures gave is indexed
in turn. A capture that lacks one is work to do.

Steps are idempotent and keyed by capture and version, so a crash needs no recovery and a better
model re-enriches by its version alone. What they write is disposable: a derived store or an index
that was deleted makes its steps due again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cases.captures import SealedCapture, SealedRecord
from cases.entries import Act
from cases.errors import LanternError
from cases.holdings import (
    StepDone,
    StepProgress,
    due,
    forget_steps_of,
    record_steps,
    sealed_capture,
    steps_left,
    taken,
)
from enrich import (
    ENRICHER_VERSION,
    MOST_FRAMES,
    DerivedStore,
    NameModel,
    SourceDocument,
    enrich,
    open_model,
)
from evidence.acting import Acting
from evidence.page_members import DOM, FRAME
from evidence.reader import SealedBody, read_body
from evidence.warc_records import target_uri
from jobs.indexing import EXTRACT, INDEX, index_due, index_version
from jobs.picture_reading import picture_batches
from jobs.screening import screen_due

BATCH = 50  # captures a step takes on between two transactions


@dataclass(frozen=True, slots=True)
class WorkDone:
    """What a run of the steps did: captures stepped, failed, and still lacking a step. `waits` says
    why those left could not be indexed, empty where they could.
    """

    done: int
    failed: int
    left: int
    faults: tuple[str, ...] = ()
    waits: str = ""


def work(acting: Acting, progress: StepProgress | None = None) -> WorkDone:
    """Run every step that is due, in order.

    A capture whose step fails is recorded as failed at that version, and the run goes on. Raises
    what opening the derived store, the model or the index raises.
    """
    store = DerivedStore(acting.vault.derived)
    try:
        model = open_model(acting.vault.settings.enrich.model)
        version = f"{ENRICHER_VERSION} {model.version}"
        _forget_what_is_gone(acting, store)
        total = _extract(acting, store, model, version, progress)
        total = _added(total, screen_due(acting, progress))
        found = index_due(acting, store, version, progress)
        total = _added(total, found.steps)
        for steps in picture_batches(acting, store, model, progress):
            total = _added(total, steps)
            if not found.waits:
                found = index_due(acting, store, version, progress)
                total = _added(total, found.steps)
        total = replace(total, left=_left(acting, version), waits=found.waits)
    finally:
        store.close()
    if total.done or total.failed:
        refs = {"done": str(total.done), "failed": str(total.failed), "version": version}
        with acting.act(Act("work.run", None, (), refs)):
            pass
    return total


def _left(acting: Acting, version: str) -> int:
    with acting.catalogue.reading() as session:
        return steps_left(session, INDEX, index_version(version))


def _forget_what_is_gone(acting: Acting, store: DerivedStore) -> None:
    """What the catalogue says was drawn out and the derived store lacks is due again.

    The store may have been deleted, or have lost its last moments with the power.
    """
    with acting.catalogue.reading() as session:
        done = taken(session, EXTRACT)
    if store.count() >= len(done):
        return
    held = {capture for capture, _ in store}
    with acting.catalogue.writing() as session:
        forget_steps_of(session, [capture for capture in done if capture not in held])


def _extract(
    acting: Acting,
    store: DerivedStore,
    model: NameModel,
    version: str,
    progress: StepProgress | None,
) -> WorkDone:
    total = WorkDone(0, 0, 0)
    while True:
        with acting.catalogue.reading() as session:
            captures = [
                sealed_capture(session, capture)
                for capture in due(session, EXTRACT, version, after=None, limit=BATCH)
            ]
        if not captures:
            return total
        steps = []
        for capture in captures:
            steps.append(_extract_one(acting, store, model, version, capture))
            if progress is not None:
                progress(EXTRACT, total.done + len(steps), len(captures) - len(steps))
        store.commit()
        with acting.catalogue.writing() as session:
            record_steps(session, steps, now=acting.clock())
        total = _added(total, steps)


def _added(total: WorkDone, steps: Sequence[StepDone]) -> WorkDone:
    failed = [step for step in steps if step.state == "failed"]
    return replace(
        total,
        done=total.done + len(steps) - len(failed),
        failed=total.failed + len(failed),
        faults=(*total.faults, *(f"{step.capture}: {step.says}" for step in failed)),
    )


def _extract_one(
    acting: Acting, store: DerivedStore, model: NameModel, version: str, capture: SealedCapture
) -> StepDone:
    began = time.monotonic()
    try:
        enrichment = enrich(source_of(acting, capture), model=model)
        store.put(capture.capture, enrichment)
    except LanternError as fault:
        seconds = time.monotonic() - began
        return StepDone(capture.capture, EXTRACT, version, "failed", fault.says, seconds)
    return StepDone(capture.capture, EXTRACT, version, "done", None, time.monotonic() - began)


def source_of(acting: Acting, capture: SealedCapture) -> SourceDocument:
    """What the capture is about: the page as the browser showed it, else its last response,
    decoded; empty where none came.
    """
    dom = next((r for r in capture.records if r.type == "resource" and r.url == DOM), None)
    if dom is not None:
        body = read_body(acting.vault.evidence, dom)
        page = document_of(body, capture.final_url, capture.ended_at)
        frames = _frames(acting, capture)
        return replace(page, media_type="text/html", charset="utf-8", frames=frames)
    response = main_response(capture)
    if response is None:
        return SourceDocument(b"", None, None, capture.final_url, capture.ended_at.date())
    body = read_body(acting.vault.evidence, response)
    return document_of(body, capture.final_url, capture.ended_at)


def _frames(acting: Acting, capture: SealedCapture) -> tuple[SourceDocument, ...]:
    """What the page's frames and shadow trees showed, each recorded beside the DOM."""
    records = [
        record
        for record in capture.records
        if record.type == "resource" and (record.url or "").startswith(FRAME)
    ]
    held = (read_body(acting.vault.evidence, record) for record in records[:MOST_FRAMES])
    return tuple(document_of(body, capture.final_url, capture.ended_at) for body in held)


def main_response(capture: SealedCapture) -> SealedRecord | None:
    """The response that is the page: the last at the final address, else the last; None where
    nothing came. A browser's capture holds the responses of all that the page asked for.
    """
    answers = [record for record in capture.records if record.type == "response"]
    own = [record for record in answers if record.url == target_uri(capture.final_url)]
    chosen = own or answers
    return chosen[-1] if chosen else None


def document_of(body: SealedBody, url: str, captured: datetime) -> SourceDocument:
    """A sealed body as the enrichers take it."""
    return SourceDocument(
        body.content,
        body.media_type,
        body.charset,
        url,
        captured.date(),
        cut=body.cut,
        says=body.says,
    )
