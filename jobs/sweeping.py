"""Jobs whose process died are closed, and what they never sealed is cut off, on record (rule 1)."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Final

from cases.entries import Act, ObjectKind, ObjectRef
from cases.holdings import sealed_captures, sealed_ends
from cases.identity import JobId
from cases.job_book import INTERRUPTED, RUNNING, JobView, end_job, jobs_of, outcome_of, outcomes_of
from cases.vault import Vault, held_alone
from evidence.acting import Acting
from evidence.restricted import OpeningsStore
from evidence.sweeping import Swept, sweep

BEGINS_WITHIN: Final = timedelta(seconds=60)  # a process imports for seconds, then takes its lock


def sweep_dead_jobs(acting: Acting, ended: JobId | None = None) -> list[JobView]:
    """The running jobs whose process is gone, now closed as interrupted; live ones are left alone.

    So is a job just ordered whose process has taken no lock yet: another person's search in that
    moment must not end it. Of the job `ended` the caller knows that its process is gone.

    Raises `EvidenceMissing` never: a file shorter than what was sealed in it is left for `verify`
    to name. Raises `SealingFailed` where a disk does not let an unsealed tail be cut.
    """
    with acting.catalogue.reading() as session:
        running = jobs_of(session, None, state=RUNNING)
    swept = []
    for job in running:
        if job.id != ended and _may_yet_begin(acting, job):
            continue
        with held_alone(acting.vault.job_lock(job.id)) as free:
            if free:
                _close(acting, job)
                swept.append(job)
                acting.vault.job_lock(job.id).unlink(missing_ok=True)
    return swept


def _may_yet_begin(acting: Acting, job: JobView) -> bool:
    never_held = not acting.vault.job_lock(job.id).exists()
    return never_held and acting.clock() - job.created_at < BEGINS_WITHIN


def _close(acting: Acting, job: JobView) -> None:
    with acting.catalogue.reading() as session:
        ends = sealed_ends(session, job.id)
        sealed = {capture.capture for capture in sealed_captures(session, job=job.id)}
    cut = _cut_unsealed(acting.vault, job, ends)
    if acting.vault.restricted.is_file():
        openings = OpeningsStore(acting.vault.restricted)
        openings.forget_unsealed(job.id, sealed)
        openings.close()
    shutil.rmtree(acting.vault.job_spool(job.id), ignore_errors=True)
    refs = {"files_cut": str(len(cut)), "bytes_cut": str(sum(part.cut_bytes for part in cut))}
    for number, part in enumerate(cut, start=1):
        refs[f"cut_{number}_sha256"] = part.sha256
    objects = (ObjectRef(ObjectKind.CASE, job.case), ObjectRef(ObjectKind.JOB, job.id))
    with acting.catalogue.reading() as session:
        outcome = str(outcome_of(outcomes_of(session, job.id)))
    refs |= {"state": INTERRUPTED, "outcome": outcome}
    with acting.act(Act("job.interrupted", None, objects, refs)) as session:
        end_job(session, job.id, INTERRUPTED, outcome, now=acting.clock())


def _cut_unsealed(vault: Vault, job: JobView, ends: dict[str, int]) -> list[Swept]:
    folder = vault.evidence / job.case / job.id
    cut = []
    for file in sorted(folder.glob("*")) if folder.is_dir() else []:
        end = ends.get(file.relative_to(vault.evidence).as_posix(), 0)
        if file.stat().st_size < end:
            continue  # evidence is missing: for `verify` to name, not for a sweep to trip over
        if (part := sweep(file, end)) is not None:
            cut.append(part)
    return cut
