"""Progress on standard error: a bar at a terminal, plain lines in a pipe, nothing with little to
do.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cases.holdings import StepProgress

LINE_EVERY_S = 5.0


@contextmanager
def step_progress() -> Iterator[StepProgress]:
    """What `jobs.steps.work` tells its progress to."""
    if sys.stderr.isatty():
        with _bar() as bar:
            yield _on_a_bar(bar)
    else:
        yield _in_lines()


@contextmanager
def _bar() -> Iterator[Progress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar


def _on_a_bar(bar: Progress) -> StepProgress:
    tasks = {}

    def told(step: str, done: int, left: int) -> None:
        if step not in tasks:
            tasks[step] = bar.add_task(step)
        bar.update(tasks[step], completed=done, total=done + left)

    return told


def _in_lines() -> StepProgress:
    began = last = time.monotonic()

    def told(step: str, done: int, left: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LINE_EVERY_S:
            last = now
            sys.stderr.write(f"{step}: {done} done, {left} due, {now - began:.0f} s\n")
            sys.stderr.flush()

    return told


@contextmanager
def capture_progress(limit: int) -> Iterator[Callable[[int, str], None]]:
    """What a collection tells: captures so far, and the address of the newest (made safe)."""
    if not sys.stderr.isatty():
        lines = _in_lines()
        yield lambda done, _url: lines("captured", done, 0)
        return
    with _bar() as bar:
        task = bar.add_task("captured", total=limit)
        yield lambda done, url: bar.update(task, completed=done, description=url[:50])
