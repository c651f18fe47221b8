"""`collect`, `job`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from cases.errors import UsageError
from cases.holdings import CaptureView
from cases.identity import Outcome
from cases.job_book import JobView
from cases.times import for_people as spoken
from cases.times import rfc3339
from desk.options import Desk, case_option, desk_options
from desk.printing import Document, note, say, table
from desk.progress import capture_progress, step_progress
from gate.text import fold_line
from jobs.collecting import (
    CollectReport,
    Order,
    RobotsChoice,
    ScopeKind,
    job_report,
    list_jobs,
    order,
    show_job,
    stop_job,
    why_failed,
)
from jobs.collecting import (
    collect as run_job,
)
from jobs.rehearsing import rehearse, why_not_a_seed
from jobs.workplace import Acting

SEEDS_LIMIT = 100_000


def capture_document(view: CaptureView) -> Document:
    """A capture as `--json` gives it."""
    return {
        "capture": view.capture,
        "case": view.case_reference,
        "job": view.job,
        "url": fold_line(view.requested_url),
        "final_url": fold_line(view.final_url),
        "status": view.status,
        "outcome": str(view.outcome),
        "reason": fold_line(view.reason) if view.reason else None,
        "captured": rfc3339(view.started_at),
        "warc": view.warc,
        "sha256": view.manifest_sha256,
        "relevance": view.relevance,
    }


def capture_table(captures: tuple[CaptureView, ...] | list[CaptureView]) -> None:
    """Captures for people."""
    table(
        ("capture", "status", "outcome", "address", "reason"),
        [
            (c.capture, c.status or "-", str(c.outcome), c.requested_url, c.reason or "")
            for c in captures
        ],
    )


def job_document(view: JobView) -> Document:
    """A job as `--json` gives it."""
    return {
        "job": view.id,
        "reference": view.reference,
        "case": view.case_reference,
        "collector": view.collector,
        "state": view.state,
        "outcome": view.outcome,
        "outcomes": dict(view.outcomes),
        "created": rfc3339(view.created_at),
        "ended": rfc3339(view.ended_at) if view.ended_at else None,
        "plan": dict(view.plan),
    }


@click.command()
@click.argument("urls", metavar="URL...", nargs=-1)
@case_option
@click.option(
    "--authority", metavar="ID", help="Under which authority (else the newest that covers)."
)
@click.option("--immediate", metavar="REASON", help="Immediate response: one page, for review.")
@click.option("--seeds", type=click.Path(path_type=Path), help="A file of addresses, one a line.")
@click.option("--browser", is_flag=True, help="With a real browser: scripts run, pictures load.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked for; send nothing.")
@click.option(
    "--depth", type=click.IntRange(0, 100), default=0, show_default=True, help="Links deep."
)
@click.option(
    "--scope",
    type=click.Choice([str(kind) for kind in ScopeKind]),
    help="How far links may lead [default: page; with --depth: host].",
)
@click.option("--max-pages", type=click.IntRange(1), help="Pages at most.")
@click.option("--delay", type=click.FloatRange(0, 3600), help="Seconds between requests to a host.")
@click.option("--ignore-robots", is_flag=True, help="Crawl against robots.txt; the choice is kept.")
@click.option(
    "--allow-address",
    "allow",
    multiple=True,
    metavar="HOST:PORT",
    help="Open one private address exactly (tests and demonstrations).",
)
@click.option("--no-work", is_flag=True, help="Leave the steps after sealing for `lantern work`.")
@desk_options
def collect(
    desk: Desk,
    urls: tuple[str, ...],
    case: str | None,
    seeds: Path | None,
    browser: bool,
    dry_run: bool,
    depth: int,
    scope: str | None,
    max_pages: int | None,
    delay: float | None,
    ignore_robots: bool,
    allow: tuple[str, ...],
    no_work: bool,
    authority: str | None,
    immediate: str | None,
) -> int:
    """Collect pages as sealed evidence, under an authority that covers them.

    One page asks for nothing that a browser would not. A crawl (--depth) obeys robots.txt unless
    told otherwise. Exit code 3: done in part.

    \b
    Example:
      lantern collect https://example.test/ --case LINDEN
      lantern collect https://example.test/ --depth 2 --scope host --max-pages 50
      lantern collect https://example.test/post/1 --immediate "Threat to life, 03:10"
      lantern collect https://example.test/news --browser
      lantern collect --seeds addresses.txt --dry-run
    """
    if browser and (depth or (scope and scope != str(ScopeKind.PAGE))):
        raise UsageError("--browser takes the pages that are named: leave out --depth and --scope.")
    addresses = (*urls, *(_seeds_in(seeds) if seeds else ()))
    if not addresses:
        raise UsageError("Collect what? Name an address: lantern collect https://example.test/")
    with desk.work() as acting:
        chosen = acting.vault.settings.collect
        kind = ScopeKind(scope) if scope else ScopeKind.HOST if depth else ScopeKind.PAGE
        asked = Order(
            case=desk.case(acting, case),
            seeds=addresses,
            scope=kind,
            depth=depth,
            max_pages=max_pages or chosen.max_pages,
            delay_s=chosen.delay_s if delay is None else delay,
            robots=_robots(kind, depth, ignore=ignore_robots),
            allow_addresses=allow,
            authority=authority,
            immediate=immediate,
            browser=browser,
            attended=_at_a_terminal(),
        )
        if dry_run:
            return _rehearsed(desk, acting, asked)
        ordered = order(acting, asked)
        note(f"{ordered.way_out} Authority {ordered.authority.reference}.")
        with capture_progress(asked.max_pages) as captured, step_progress() as progress:
            report = run_job(acting, ordered, _teller(captured), progress, run_steps=not no_work)
    desk.answer(_report(report), lambda: _spoken(report))
    return _exit_code(report)


def _at_a_terminal() -> bool:
    """Whether a person launched this and waits (STM-2): a timer or a pipe has no terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _rehearsed(desk: Desk, acting: Acting, asked: Order) -> int:
    """Print what a job would do; 1 where it would not begin."""
    found = rehearse(acting, asked)
    document = {
        "dry_run": True,
        "job": None,
        "collector": asked.collector,
        "way_out": found.way_out,
        "starts": found.starts,
        "says": found.says,
        "seeds": [
            {
                "url": fold_line(seed.url),
                "fetched": seed.refusal is None,
                "reason": fold_line(seed.refusal) if seed.refusal else None,
                "authority": seed.authority,
            }
            for seed in found.seeds
        ],
    }

    def for_people() -> None:
        say("Nothing was sent. " + found.way_out)
        rows = [
            (s.url, "no" if s.refusal else "yes", s.authority or "", s.refusal or "")
            for s in found.seeds
        ]
        table(("address", "fetched", "authority", "why not"), rows)
        say(found.says)

    desk.answer(document, for_people)
    return 0 if found.starts else 1


def _seeds_in(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageError(f"The seeds file {path} cannot be read: {fault}.") from None
    numbered = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
    listed = [(number, line) for number, line in numbered if line and line[0] != "#"]
    bad = [f"line {number}: {says}" for number, line in listed if (says := why_not_a_seed(line))]
    if bad:
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise UsageError(f"{path} was not used. {'; '.join(bad[:5])}{more}. Mend these lines.")
    found = tuple(dict.fromkeys(line for _, line in listed))
    if len(found) > SEEDS_LIMIT:
        raise UsageError(f"{path} has {len(found)} addresses; at most {SEEDS_LIMIT} in one job.")
    return found


def _robots(kind: ScopeKind, depth: int, *, ignore: bool) -> RobotsChoice:
    if kind is ScopeKind.PAGE and depth == 0:
        return RobotsChoice.NOT_ASKED
    return RobotsChoice.IGNORED if ignore else RobotsChoice.OBEYED


def _teller(captured: Callable[[int, str], None]) -> Callable[[Mapping[str, object]], None]:
    count = 0

    def told(event: Mapping[str, object]) -> None:
        nonlocal count
        if event["event"] == "sealed":
            count += 1
            captured(count, fold_line(str(event["url"])))
        elif event["event"] == "stopping":
            note(f"lantern: stopping: {fold_line(str(event['says']))}")

    return told


def _report(report: CollectReport) -> Document:
    return {
        "job": report.job.id,
        "reference": report.job.reference,
        "authority": report.authority,
        "state": report.job.state,
        "outcome": str(report.outcome),
        "stopped": report.stopped,
        "fault": report.fault,
        "not_visited": report.not_visited,
        "captures": [capture_document(view) for view in report.captures],
        "work": None
        if report.work is None
        else {"done": report.work.done, "failed": report.work.failed, "left": report.work.left},
    }


def _spoken(report: CollectReport) -> None:
    capture_table(report.captures)
    say()
    counted = ", ".join(f"{count} {name}" for name, count in sorted(report.job.outcomes.items()))
    say(
        f"Job {report.job.reference} {report.job.state}: {report.outcome} ({counted or 'nothing'})."
    )
    if report.not_visited:
        say(f"{report.not_visited} addresses within reach were not visited (limit or stop).")
    if report.captures:
        say(f"Look at one: lantern show {report.captures[0].capture}")


def _exit_code(report: CollectReport) -> int:
    if report.work is not None and report.work.waits:
        note(f"lantern: {report.work.waits}")
    if report.fault or report.outcome is not Outcome.COMPLETE:
        note(f"lantern: {fold_line(why_failed(report))}")
    if report.outcome is Outcome.COMPLETE and not report.fault and not report.stopped:
        return 0
    usable = any(c.outcome in (Outcome.COMPLETE, Outcome.PARTIAL) for c in report.captures)
    return 3 if usable else 1


@click.group()
def job() -> None:
    """Collection jobs.

    \b
    Example:
      lantern job list --case LINDEN
    """


@job.command("list")
@click.option("--case", metavar="CASE", help="Of one case (else of all).")
@desk_options
def job_list(desk: Desk, case: str | None) -> None:
    """Jobs and how they ended.

    \b
    Example:
      lantern job list --case LINDEN
    """
    with desk.work() as acting:
        held = list_jobs(acting, case)
    desk.answer(
        {"jobs": [job_document(view) for view in held]},
        lambda: table(
            ("job", "state", "outcome", "captures", "begun"),
            [
                (
                    j.reference,
                    j.state,
                    j.outcome or "",
                    sum(j.outcomes.values()),
                    spoken(j.created_at),
                )
                for j in held
            ],
        ),
    )


@job.command("show")
@click.argument("named", metavar="JOB")
@desk_options
def job_show(desk: Desk, named: str) -> None:
    """One job.

    \b
    Example:
      lantern job show LINDEN-J1
    """
    with desk.work() as acting:
        view = show_job(acting, named)

    def for_people() -> None:
        say(
            f"Job {view.reference} ({view.collector}): {view.state}, {view.outcome or 'no outcome'}"
        )
        say(f"Begun {spoken(view.created_at)}")
        if view.ended_at:
            say(f"Ended {spoken(view.ended_at)}")
        for name, value in view.plan.items():
            say(f"  {name}: {fold_line(str(value))}")
        for outcome, count in sorted(view.outcomes.items()):
            say(f"  {count} {outcome}")

    desk.answer(job_document(view), for_people)


@job.command("stop")
@click.argument("named", metavar="JOB")
@click.option("--reason", required=True)
@desk_options
def job_stop(desk: Desk, named: str, reason: str) -> None:
    """Stop a running job: it begins nothing new within a second; what is under way is sealed.

    \b
    Example:
      lantern job stop LINDEN-J1 --reason "Wrong site"
    """
    with desk.work() as acting:
        view = stop_job(acting, named, reason)
    desk.answer(job_document(view), lambda: say(f"Job {view.reference} was asked to stop."))


@job.command("report")
@click.argument("named", metavar="JOB")
@desk_options
def job_report_(desk: Desk, named: str) -> None:
    """A job and every capture and failed attempt of it.

    \b
    Example:
      lantern job report LINDEN-J1
    """
    with desk.work() as acting:
        report = job_report(acting, named)
    document = {
        **job_document(report.job),
        "captures": [capture_document(view) for view in report.captures],
    }
    desk.answer(document, lambda: capture_table(report.captures))
