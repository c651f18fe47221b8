"""The step `screen`: a capture's pictures are found, and each distinct one is screened once."""

from __future__ import annotations

import time

from cases.captures import SealedCapture
from cases.errors import LanternError
from cases.holdings import (
    StepDone,
    StepProgress,
    due,
    forget_steps_of,
    record_steps,
    sealed_capture,
    taken,
)
from evidence.acting import Acting
from gate.pictures import Picture, pictures_in
from gate.screener import VERSION, Screener
from gate.shelf import Shelf

SCREEN = "screen"
BATCH = 25


def screen_due(acting: Acting, progress: StepProgress | None) -> list[StepDone]:
    """Screen every capture that lacks the step. One whose evidence cannot be read is a failed
    step, and its pictures stay covered. Raises `ScreenerUnusable`.
    """
    shelf = Shelf(acting.vault.renditions)
    total: list[StepDone] = []
    try:
        _forget_what_is_gone(acting, shelf)
        with Screener() as screener:
            while True:
                with acting.catalogue.reading() as session:
                    captures = [
                        sealed_capture(session, capture)
                        for capture in due(session, SCREEN, VERSION, after=None, limit=BATCH)
                    ]
                if not captures:
                    return total
                steps = [_screened(acting, shelf, screener, capture) for capture in captures]
                shelf.commit()
                with acting.catalogue.writing() as session:
                    record_steps(session, steps, now=acting.clock())
                total += steps
                if progress is not None:
                    progress(SCREEN, len(total), 0)
    finally:
        shelf.close()


def _screened(acting: Acting, shelf: Shelf, screener: Screener, capture: SealedCapture) -> StepDone:
    began = time.monotonic()
    try:
        pictures = list(_kept(acting, shelf, screener, capture))
    except LanternError as fault:
        seconds = time.monotonic() - began
        return StepDone(capture.capture, SCREEN, VERSION, "failed", fault.says, seconds)
    shelf.keep_pictures(capture.case, capture.capture, pictures)
    return StepDone(capture.capture, SCREEN, VERSION, "done", None, time.monotonic() - began)


def _kept(
    acting: Acting, shelf: Shelf, screener: Screener, capture: SealedCapture
) -> list[Picture]:
    """The capture's pictures without their bytes, each screened unless its bytes were before."""
    kept = []
    for picture in pictures_in(acting.vault.evidence, capture):
        if not shelf.known([picture.sha256]):
            shelf.keep_screened(picture.sha256, screener.screen(picture.content))
        kept.append(picture.without_content())
    return kept


def _forget_what_is_gone(acting: Acting, shelf: Shelf) -> None:
    """What the catalogue says was screened and the shelf lacks is due again: it is disposable."""
    with acting.catalogue.reading() as session:
        done = taken(session, SCREEN)
    held = shelf.captures()
    gone = [capture for capture in done if capture not in held]
    if gone:
        with acting.catalogue.writing() as session:
            forget_steps_of(session, gone, SCREEN)
