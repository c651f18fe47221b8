"""Collection from order to report: commissioned, done by one child process, its steps run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from cases.authorities import AuthorityView
from cases.casebook import case_row
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.holdings import CaptureView, StepProgress, capture_views
from cases.identity import CaseId, JobId, Outcome
from cases.job_book import INTERRUPTED, JobView, ask_to_stop, job_of, jobs_of
from collectors.commission import Order, commission
from collectors.plan import RobotsChoice, ScopeKind
from collectors.ways_out import parse_way_out
from evidence.acting import Acting
from jobs.ledgering import make_checkpoint
from jobs.steps import WorkDone, work
from jobs.sweeping import sweep_dead_jobs

__all__ = [
    "CollectReport",
    "JobReport",
    "Order",
    "Ordered",
    "RobotsChoice",
    "ScopeKind",
    "collect",
    "job_report",
    "list_jobs",
    "order",
    "show_job",
    "stop_job",
    "why_failed",
]

Told = Callable[[Mapping[str, object]], None]  # an event of the child, as it told it


@dataclass(frozen=True, slots=True)
class CollectReport:
    """What a collection came to: `fault` is what broke here, `stopped` why it ended early."""

    job: JobView
    authority: str
    outcome: Outcome
    captures: tuple[CaptureView, ...]
    not_visited: int
    stopped: str | None
    fault: str | None
    work: WorkDone | None


@dataclass(frozen=True, slots=True)
class Ordered:
    """A job on record, about to run: what is said aloud before the first request (rule 10)."""

    job: JobView
    authority: AuthorityView
    way_out: str


def order(acting: Acting, asked: Order) -> Ordered:
    """The job on record. Raises as `commission` does, with the refusal on the ledger."""
    job, authority = commission(acting, asked)
    with acting.catalogue.reading() as session:
        view = job_of(session, job)
    way_out = parse_way_out(acting.vault.settings.egress.way_out).sentence
    return Ordered(view, authority, way_out)


def collect(
    acting: Acting,
    ordered: Ordered,
    told: Told,
    progress: StepProgress | None = None,
    *,
    run_steps: bool = True,
) -> CollectReport:
    """Run a job to its end in a child process, checkpoint, run the due steps, report.

    Ctrl-C stops the job in good order: what is under way is sealed.
    """
    last: dict[str, object] = {}
    for event in _events(acting, ordered.job.id):
        if event["event"] in ("finished", "fault"):
            last = dict(event)
        told(event)
    # A child that died left its job running: closed here, on record.
    sweep_dead_jobs(acting, ordered.job.id)
    if acting.keys.vault() is not None:
        make_checkpoint(acting)
    done = work(acting, progress) if run_steps else None
    with acting.catalogue.reading() as session:
        job = job_of(session, ordered.job.id)
        captures = tuple(capture_views(session, job=job.id))
    fault = last.get("fault") or (last.get("says") if last.get("event") == "fault" else None)
    if job.state == INTERRUPTED and fault is None:
        fault = (
            "The collecting process ended before its job did; what was sealed is kept. "
            f"What it said: {acting.vault.job_log(job.id)}"
        )
    stopped = last.get("stopped")
    return CollectReport(
        job=job,
        authority=ordered.authority.reference,
        outcome=Outcome(job.outcome or Outcome.FAILED),
        captures=captures,
        not_visited=int(str(last.get("not_visited", 0))),
        stopped=str(stopped) if stopped else None,
        fault=str(fault) if fault else None,
        work=done,
    )


def _events(acting: Acting, job: JobId) -> Iterator[dict[str, object]]:
    """The child's lines, as they come."""
    log = acting.vault.job_log(job)
    with log.open("w", encoding="utf-8") as errors, _child(acting, job, errors) as child:
        assert child.stdout is not None  # noqa: S101 - it was asked for
        for line in child.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue  # a library printed something: not for us
            if isinstance(event, dict) and "event" in event:
                yield event
    if log.stat().st_size == 0:
        log.unlink()


@contextmanager
def _child(acting: Acting, job: JobId, errors: TextIO) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SCRAPY_")},
        "LANTERN_VAULT": str(acting.vault.root),
        "LANTERN_OPERATOR": acting.person.code,
        "LANTERN_KEYS": str(acting.keys.folder.parent),
    }
    child = subprocess.Popen(  # noqa: S603 - our own module, our own id
        [sys.executable, "-m", "jobs.child", job],
        stdout=subprocess.PIPE,
        stderr=errors,  # never a terminal: a log line may hold collected text
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        start_new_session=True,  # Ctrl-C reaches us first: we stop it in good order
    )
    try:
        yield child
        child.wait()
    except KeyboardInterrupt:
        child.send_signal(signal.SIGTERM)
        child.wait()
        raise
    except BaseException:
        child.kill()
        child.wait()
        raise
    finally:
        if child.stdout is not None:
            child.stdout.close()


def list_jobs(acting: Acting, case: str | None) -> list[JobView]:
    """The jobs of a case, or of all."""
    with acting.catalogue.reading() as session:
        chosen = CaseId(case_row(session, case).id) if case else None
        return jobs_of(session, chosen)


@dataclass(frozen=True, slots=True)
class JobReport:
    """A job with its captures."""

    job: JobView
    captures: tuple[CaptureView, ...]


def job_report(acting: Acting, named: str) -> JobReport:
    """A job and every capture and failed attempt of it; one consultation entry."""
    with acting.catalogue.reading() as session:
        job = job_of(session, named)
        captures = tuple(capture_views(session, job=job.id))
    objects = (ObjectRef(ObjectKind.CASE, job.case), ObjectRef(ObjectKind.JOB, job.id))
    refs = {"listed": str(len(captures))}
    with acting.act(Act("access", S62.CONSULTATION, objects, refs)):
        pass
    return JobReport(job, captures)


def show_job(acting: Acting, named: str) -> JobView:
    """A job."""
    with acting.catalogue.reading() as session:
        return job_of(session, named)


def stop_job(acting: Acting, named: str, reason: str) -> JobView:
    """Ask a running job to stop: it begins nothing new within a second. Raises `JobEnded`."""
    with acting.catalogue.writing() as session:
        job = job_of(session, named)
        ask_to_stop(session, job, now=acting.clock())
        objects = (ObjectRef(ObjectKind.CASE, job.case), ObjectRef(ObjectKind.JOB, job.id))
        acting.ledger.record(session, [Act("job.stop", None, objects, {}, {"reason": reason})])
        return job_of(session, job.id)


def why_failed(report: CollectReport) -> str:
    """The one line for a collection that did not end well."""
    if report.fault:
        return report.fault
    bad = sorted(
        (c for c in report.captures if c.outcome is not Outcome.COMPLETE),
        key=lambda capture: capture.outcome is Outcome.REFUSED,  # what broke before what we refused
    )
    if not bad:
        return report.stopped or "Nothing was captured."
    first = bad[0]
    rest = f" (and {len(bad) - 1} more: lantern job report {report.job.reference})"
    said = first.reason or "no reason recorded"
    return f"{first.requested_url}: {first.outcome}: {said}{rest if len(bad) > 1 else ''}"
