"""The process of one collection job: `python -m jobs.child JOB`, started by `jobs.collecting`.

What happens is told to the parent as JSON lines on standard output; the vault, the operator and the
keys come by the environment. Its own end is on record before the last line.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from cases.errors import LanternError
from cases.identity import JobId
from cases.vault import open_vault
from collectors.browser.crawl import run_browser
from collectors.crawl import run
from collectors.events import (
    CaptureSealed,
    CollectionEvent,
    CollectionFinished,
    CollectionStarted,
    CollectionStopping,
)
from collectors.undertaking import BROWSER, Undertaking
from evidence.acting import open_acting


def tell(**fields: object) -> None:
    """One line to the parent. A parent that is gone is no reason to stop a job."""
    try:
        sys.stdout.write(json.dumps(fields) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="ascii")  # noqa: SIM115,PTH123 - for good


def listener(event: CollectionEvent) -> None:
    """Tell the parent what happened."""
    match event:
        case CollectionStarted():
            tell(event="started", seeds=len(event.seeds))
        case CaptureSealed(capture, page):
            tell(
                event="sealed",
                capture=capture.capture,
                page=page,
                url=capture.requested_url,
                outcome=str(capture.outcome),
            )
        case CollectionStopping(says):
            tell(event="stopping", says=says)
        case CollectionFinished(report):
            tell(
                event="finished",
                captures=report.captures,
                not_visited=report.not_visited,
                stopped=report.stopped,
                fault=report.fault.says if report.fault else None,
            )


def main(job: str) -> int:
    """Do the job; 0 where it ran to an end of its own, 1 where something of ours broke."""
    try:
        vault = open_vault(Path(os.environ["LANTERN_VAULT"]))
        with open_acting(vault, None, keys=None, environment=os.environ) as acting:
            undertaking = Undertaking(acting, JobId(job), listener)
            if undertaking.job.collector == BROWSER:
                report = run_browser(undertaking.collection, vault.settings.collect.browser)
            else:
                report = run(undertaking.collection, undertaking.job.collector)
    except LanternError as fault:
        tell(event="fault", kind=fault.kind, says=fault.says)
        return 1
    return 0 if report.fault is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
