"""What a collection is asked to do: typed, frozen, written once before the first request."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from cases.identity import CaseId, JobId
from cases.settings import DESKTOP_BROWSER

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
AT_ONCE = 8  # connections to one host where no delay was asked for: a browser opens six


class ScopeKind(StrEnum):
    """How far from its seeds a crawl may go."""

    PAGE = "page"  # the seeds, and wherever they redirect
    PATH = "path"  # the seeds' host, at and below their path
    HOST = "host"  # the seeds' host
    DOMAIN = "domain"  # the seeds' registrable domain, with every host below it


class RobotsChoice(StrEnum):
    """What is done about robots.txt: the choice is evidence."""

    OBEYED = "obeyed"
    IGNORED = "ignored by choice"
    NOT_ASKED = "not asked"  # a single page asks for nothing that a browser would not


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds one exchange and one visit.

    `reader_bytes` bounds the body given to the spider, `evidence_bytes` what is kept of a
    response (then WARC-Truncated: length), `exchange_s` and `silence_s` how long it may take and
    how long it may say nothing (then WARC-Truncated: time), `linger_s` how long a connection is
    listened to after the answer is complete and the connection is to be closed,
    `unparsed_silence_s` how long one is that sends what no parser can bring to an end, `settle_s`
    how long a browser waits for a page to settle, and for a script that lets nothing else run.
    """

    reader_bytes: int = 8 * MIB
    evidence_bytes: int = 2 * GIB
    memory_bytes: int = 256 * KIB
    head_bytes: int = MIB
    connect_s: float = 90.0  # the guard's own times are shorter: this is for a guard that hangs
    silence_s: float = 60.0
    exchange_s: float = 300.0
    linger_s: float = 1.0
    unparsed_silence_s: float = 5.0
    settle_s: float = 30.0
    hops: int = 10
    crawl_delay_s: float = 30.0  # the most that a robots.txt may ask for


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """One collection job as it was ordered. `spool` is a folder of the job's own."""

    case: CaseId
    job: JobId
    seeds: tuple[str, ...]
    scope: ScopeKind
    spool: Path
    way_out: str
    depth: int = 0
    max_pages: int = 1000
    delay_s: float = 0.0
    robots: RobotsChoice = RobotsChoice.OBEYED
    allow_addresses: tuple[str, ...] = ()
    user_agent: str = DESKTOP_BROWSER
    accept_language: str = "en-GB,en;q=0.5"
    limits: Limits = field(default_factory=Limits)
