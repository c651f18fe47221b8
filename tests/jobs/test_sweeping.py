"""Jobs whose process died are closed; a job whose process has yet to begin is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from lantern_rig import Lantern, bodies_served

from cases.job_book import INTERRUPTED, RUNNING, job_of
from cases.times import system_clock
from collectors.commission import Order
from jobs.collecting import collect, order
from jobs.sweeping import BEGINS_WITHIN, sweep_dead_jobs
from jobs.workplace import Acting, Named, at_work


def _founded(folder: Path, address: str) -> Named:
    lantern = Lantern(folder / "vault", folder / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("case", "open", "LINDEN", "--title", "Lamps", "--template", "research")
    lantern.ok("authority", "add", "--case", "LINDEN", "--scope", address)
    return Named(lantern.env(), lantern.vault, str(lantern.vault), "JS", lantern.keys)


def _asked(address: str) -> Order:
    return Order("LINDEN", (f"http://{address}/",), delay_s=0, allow_addresses=(address,))


def _state(acting: Acting, job: str) -> str:
    with acting.catalogue.reading() as session:
        return job_of(session, job).state


def test_a_command_of_another_ends_no_job_that_is_about_to_begin(tmp_path: Path) -> None:
    with bodies_served({"/": ("text/html", b"<p>owls</p>")}) as address:
        named = _founded(tmp_path, address)
        with at_work(named) as mine:
            ordered = order(mine, _asked(address))
            with at_work(named) as another:
                assert _state(another, ordered.job.id) == RUNNING
            report = collect(mine, ordered, lambda _: None, run_steps=False)
    assert (str(report.outcome), report.fault, len(report.captures)) == ("complete", None, 1)


def test_a_job_that_never_began_is_closed_once_it_could_have(tmp_path: Path) -> None:
    with bodies_served({"/": ("text/html", b"<p>owls</p>")}) as address:
        named = _founded(tmp_path, address)
        with at_work(named) as mine:
            job = order(mine, _asked(address)).job.id
        with at_work(named, lambda: system_clock() + BEGINS_WITHIN + timedelta(seconds=1)) as later:
            assert _state(later, job) == INTERRUPTED


def test_a_job_whose_process_is_known_to_be_gone_is_closed_at_once(tmp_path: Path) -> None:
    address = "127.0.0.1:9"  # nothing is asked of it
    with at_work(_founded(tmp_path, address)) as mine:
        job = order(mine, _asked(address)).job.id
        assert [swept.id for swept in sweep_dead_jobs(mine, job)] == [job]
        assert _state(mine, job) == INTERRUPTED
