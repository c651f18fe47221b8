"""`work`, `status`, `doctor`."""

from __future__ import annotations

import time

import click

from desk.options import Desk, desk_options
from desk.printing import note, say, table
from desk.progress import step_progress
from jobs.conditions import examine, standing
from jobs.steps import work as run_steps

FOLLOW_S = 2.0


@click.command()
@desk_options
def doctor(desk: Desk) -> int:
    """Check what this machine and vault need: keys, space, clock, model, index, way out.

    \b
    Example:
      lantern doctor
    """
    checks = examine(desk.named)
    document = {"checks": [{"name": c.name, "ok": c.ok, "says": c.says} for c in checks]}

    def for_people() -> None:
        table(("", "check", ""), [("ok" if c.ok else "NO", c.name, c.says) for c in checks])

    desk.answer(document, for_people)
    return 0 if all(check.ok for check in checks) else 1


@click.command()
@click.option("--follow", is_flag=True, help="Go on until stopped: run steps as they fall due.")
@desk_options
def work(desk: Desk, follow: bool) -> int:
    """Run the steps that are due: text and names drawn out, captures indexed. Exit code 3: some
    steps failed, or the search engine is away and captures wait for it.

    \b
    Example:
      lantern work
    """
    done = failed = left = 0
    while True:
        with desk.work() as acting, step_progress() as progress:
            run = run_steps(acting, progress)
        done, failed, left = done + run.done, failed + run.failed, run.left
        for fault in (*run.faults, run.waits):
            if fault:
                note(f"lantern: {fault}")
        if not follow:
            break
        time.sleep(FOLLOW_S)
    desk.answer(
        {"done": done, "failed": failed, "left": left},
        lambda: say(f"{done} steps done, {failed} failed, {left} captures left."),
    )
    return 3 if failed or run.waits else 0


@click.command()
@desk_options
def status(desk: Desk) -> None:
    """The vault at a glance: cases, running jobs, what is due, the ledger.

    \b
    Example:
      lantern status
    """
    with desk.work() as acting:
        now = standing(acting)
    document = {
        "vault": str(acting.vault.root),
        "cases": now.cases,
        "captures": now.captures,
        "running": list(now.running),
        "due": now.due,
        "ledger": {
            "entries": now.entries,
            "waiting": now.waiting,
            "checkpoint_size": now.checkpoint_size,
            "checkpoint_time": now.checkpoint_time,
        },
        "engine": now.engine,
        "way_out": now.way_out,
    }

    def for_people() -> None:
        running = ", ".join(now.running) or "none"
        say(f"Vault     {acting.vault.root}")
        say(f"Cases     {now.cases} open, {now.captures} captures, {now.due} still to be read")
        say(f"Jobs      running: {running}")
        say(f"Ledger    {now.entries} entries, {now.waiting} waiting")
        say(f"          newest checkpoint: {now.checkpoint_time or 'none yet'}")
        say(f"Search    {now.engine}")
        say(f"Way out   {now.way_out}")

    desk.answer(document, for_people)
