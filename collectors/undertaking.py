"""A commissioned job is undertaken in this process: lock, guard, writer, permit; ended on record.

The lock is held for as long as the process lives, so that a job whose process died can be told
from one that runs. A watch looks each second whether the job was asked to stop or its authority
is over (AUT-8).
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import signal
import ssl
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from hashlib import sha256
from typing import cast

from cases.authorities import AuthorityView, authorities_of
from cases.canonical import Json, canonical
from cases.casebook import case_row
from cases.entries import Act, ObjectKind, ObjectRef
from cases.errors import CallerError, LanternError
from cases.identity import JobId, Sha256
from cases.job_book import (
    FINISHED,
    RUNNING,
    STOPPED,
    JobView,
    end_job,
    job_of,
    outcome_of,
    outcomes_of,
)
from cases.vault import held_alone
from collectors.browser.finding import find_browser
from collectors.browser.launching import browser_version
from collectors.collection import Collection
from collectors.commission import AuthorityPermit
from collectors.events import CollectionEvent, CollectionFinished, CrawlReport, Listener
from collectors.guard import Guard
from collectors.guard_rules import parse_allowed
from collectors.plan import CollectionPlan, Limits, RobotsChoice, ScopeKind
from collectors.ways_out import parse_way_out
from evidence.acting import Acting, CatalogueBook, ambient_texts
from evidence.context import Collector, SealContext, Software
from evidence.restricted import OpeningsStore
from evidence.sealing import CaptureWriter, local_utc_offset

TICK_S = 1.0  # AUT-8's tick
BROWSER = "browser"
METHOD_NOTES = {BROWSER: "browser/1"}
METHOD_NOTE = "scrapy/1"
SOFTWARE = ("darklantern", "scrapy", "twisted", "pyopenssl", "warcio")
BROWSER_SOFTWARE = ("darklantern", "playwright", "lxml", "warcio")


class JobTaken(CallerError):
    """Another process already does this job."""

    kind = "job-taken"


class Undertaking:
    """One job being done by this process. `collection` is what the crawler runs."""

    def __init__(self, acting: Acting, job: JobId, listener: Listener) -> None:
        """Take the job's lock and open what it needs.

        Raises `JobUnknown`, `JobTaken`, and what the way out, the writer or the store raises.
        """
        self._acting = acting
        self._listener = listener
        with acting.catalogue.reading() as session:
            self.job = job_of(session, job)
            case = case_row(session, self.job.case_reference)
            held = authorities_of(session, self.job.case)
        if self.job.state != RUNNING:
            raise JobTaken(f"Job {self.job.reference} is {self.job.state}: it runs once.")
        authority = next(a for a in held if a.id == self.job.authority)
        self.permit = AuthorityPermit(acting, self.job.case_reference, self.job.case, authority)
        self._lock = ExitStack()
        if not self._lock.enter_context(held_alone(acting.vault.job_lock(self.job.id))):
            self._lock.close()
            raise JobTaken(f"Job {self.job.reference} is being done by another process.")
        plan = plan_of(acting, self.job)
        self._openings = OpeningsStore(acting.vault.restricted)
        self._writer = CaptureWriter(
            acting.vault.evidence,
            _context(acting, self.job, plan, authority, case.urn, case.operation),
            CatalogueBook(acting),
            self._openings,
        )
        allowed = [parse_allowed(text) for text in plan.allow_addresses]
        # Chromium cannot sign in to a SOCKS proxy: its guard serves without the token.
        guard = Guard(
            way_out=parse_way_out(plan.way_out),
            allow=allowed,
            require_token=self.job.collector != BROWSER,
        )
        self.collection = Collection(
            plan, self.permit, self._writer, guard, self._told, acting.clock
        )
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._watched, name="authority watch", daemon=True)
        self._watch.start()

    def _told(self, event: CollectionEvent) -> None:
        """Pass an event on; at the last one, end the job first."""
        if isinstance(event, CollectionFinished):
            self._end(event.report)
        self._listener(event)

    def _end(self, report: CrawlReport) -> None:
        self._over.set()
        self._writer.close()
        self._openings.close()
        state = STOPPED if report.stopped is not None else FINISHED
        with self._acting.catalogue.reading() as session:
            outcome = str(outcome_of(outcomes_of(session, self.job.id)))
        refs = {
            "captures": str(report.captures),
            "response_bytes": str(report.response_bytes),
            "state": state,
            "outcome": outcome,
        }
        objects = (
            ObjectRef(ObjectKind.CASE, self.job.case),
            ObjectRef(ObjectKind.JOB, self.job.id),
        )
        texts = {"reason": report.stopped} if report.stopped else {}
        with self._acting.act(Act("job.end", None, objects, refs, texts)) as session:
            end_job(session, self.job.id, state, outcome, now=self._acting.clock())
        self._acting.sequence()
        shutil.rmtree(self.collection.plan.spool, ignore_errors=True)
        self._acting.vault.job_lock(self.job.id).unlink(missing_ok=True)
        self._lock.close()

    def _watched(self) -> None:
        """Tell the crawl to stop, once, when the job or its authority says so."""
        while not self._over.wait(TICK_S):
            try:
                with self._acting.catalogue.reading() as session:
                    asked = job_of(session, self.job.id).stop_asked
                ended = self.permit.ended()
            except LanternError:
                continue  # the catalogue is busy: the permit before each fetch still stands
            if asked or ended is not None:
                os.kill(os.getpid(), signal.SIGTERM)
                return


def plan_of(acting: Acting, job: JobView) -> CollectionPlan:
    """The plan of a job: what its row keeps of the order, and the vault's settings."""
    kept = job.plan
    chosen = acting.vault.settings.collect
    return CollectionPlan(
        case=job.case,
        job=job.id,
        seeds=tuple(cast(Sequence[str], kept["seeds"])),
        scope=ScopeKind(str(kept["scope"])),
        spool=acting.vault.job_spool(job.id),
        way_out=acting.vault.settings.egress.way_out,
        depth=int(str(kept["depth"])),
        max_pages=int(str(kept["max_pages"])),
        delay_s=float(str(kept["delay_s"])),
        robots=RobotsChoice(str(kept["robots"])),
        allow_addresses=tuple(cast(Sequence[str], kept["allow_addresses"])),
        user_agent=chosen.user_agent,
        limits=Limits(
            reader_bytes=chosen.parse_limit_bytes,
            evidence_bytes=chosen.evidence_limit_bytes,
            exchange_s=chosen.timeout_s,
            settle_s=chosen.settle_s,
        ),
    )


def _context(
    acting: Acting,
    job: JobView,
    plan: CollectionPlan,
    authority: AuthorityView,
    urn: str | None,
    operation: str | None,
) -> SealContext:
    ambient = ambient_texts(acting.person)
    return SealContext(
        vault=acting.vault.id,
        case=job.case,
        case_reference=job.case_reference,
        job=job.id,
        collector=_collector(acting, job, plan),
        method_note=METHOD_NOTES.get(job.collector, METHOD_NOTE),
        restricted={
            "way_out": parse_way_out(plan.way_out).text,
            "machine": ambient["host"],
            "os_account": ambient["os_account"],
            "operator_name": acting.person.name,
            "operator_role": acting.person.role,
            "authority_reference": authority.reference,
            "authority_type": authority.type,
            "purpose": authority.purpose,
        },
        urn=urn or "not recorded",
        operation=operation or "not recorded",
        utc_offset=local_utc_offset(acting.clock()),
    )


def _collector(acting: Acting, job: JobView, plan: CollectionPlan) -> Collector:
    if job.collector != BROWSER:
        return Collector("scrapy", software(), _config_digest(plan))
    program = find_browser(acting.vault.settings.collect.browser)
    parts = (
        *software(BROWSER_SOFTWARE),
        Software("chromium", browser_version(program)),
    )
    return Collector(BROWSER, parts, _config_digest(plan))


def software(names: tuple[str, ...] = SOFTWARE) -> tuple[Software, ...]:
    """The programs that had a part in a capture, with their versions."""
    return (
        *(Software(name, importlib.metadata.version(name)) for name in names),
        Software("python", platform.python_version()),
        Software("openssl", ssl.OPENSSL_VERSION.split()[1]),
    )


def _config_digest(plan: CollectionPlan) -> Sha256:
    """The digest of what the collector was told, without ids, folders and the way out."""
    told = asdict(plan)
    for name in ("case", "job", "spool", "way_out"):
        del told[name]
    told["limits"] = {name: str(value) for name, value in told["limits"].items()}
    told["delay_s"] = str(plan.delay_s)
    for name in ("seeds", "allow_addresses"):
        told[name] = list(told[name])
    told["scope"], told["robots"] = str(plan.scope), str(plan.robots)
    return Sha256(sha256(canonical(cast(Json, told))).hexdigest())
