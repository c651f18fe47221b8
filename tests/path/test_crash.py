"""A crash at any instruction loses at most the fetches in flight, and never a sealed capture."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lantern_rig import ROOT, Lantern, Ran, Site

from cases.identity import JobId
from collectors.commission import Order
from jobs.collecting import order
from jobs.workplace import Named, at_work

CHILD = ROOT / "tests" / "rig" / "crashing_child.py"


def ordered(lantern: Lantern, url: str, allow: str, depth: int) -> JobId:
    """A job on record that no process does yet."""
    from collectors.plan import RobotsChoice, ScopeKind

    asked = Order(
        case="LINDEN",
        seeds=(url,),
        scope=ScopeKind.HOST,
        depth=depth,
        delay_s=0.0,
        max_pages=30,
        robots=RobotsChoice.OBEYED,
        allow_addresses=(allow,),
    )
    with at_work(Named(lantern.env(), ROOT)) as acting:
        return order(acting, asked).job.id


def child(lantern: Lantern, script: list[str], job: JobId) -> subprocess.CompletedProcess[bytes]:
    environment = {
        **lantern.env(),
        "LANTERN_OPERATOR": "JS",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, *script, job], cwd=ROOT, env=environment, capture_output=True, timeout=120
    )


@pytest.mark.promise("P-3")
@pytest.mark.parametrize("point", ["in-member", "before-catalogue", "after-catalogue"])
def test_a_job_killed_while_it_seals_leaves_a_vault_that_verifies(
    lantern: Lantern, site: Site, point: str
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    job = ordered(lantern, site.url("/article/1"), site.address, depth=2)
    killed = child(lantern, [str(CHILD), point, "3"], job)
    assert killed.returncode == -signal.SIGKILL

    verdict = lantern.ok("verify")
    assert verdict["problems"] == []
    shown = lantern.ok("job", "show", job)
    assert shown["state"] == "interrupted"
    sealed = verdict["captures"]
    assert sealed >= 2
    acts = [e["act"] for e in lantern.ok("ledger", "list", "--limit", "500")["entries"]]
    assert acts.count("job.interrupted") == 1
    assert not list((lantern.vault / "spool").glob("*"))

    again = lantern.ok(
        *("collect", site.url("/article/1"), "--depth", "1", "--max-pages", "3"),
        *("--delay", "0", "--allow-address", site.address, "--no-work"),
    )
    assert again["outcome"] == "complete"
    assert lantern.ok("verify")["captures"] == sealed + len(again["captures"])


@pytest.mark.promise("P-3")
def test_a_collection_killed_in_mid_fetch_loses_that_fetch_alone(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    before = lantern.ok(
        *("collect", site.url("/article/1"), "--allow-address", site.address, "--no-work")
    )
    running = lantern.start(
        *("collect", site.url("/slow?n=100&delay=0.5"), "--allow-address", site.address)
    )
    end = time.monotonic() + 60
    while not any(request["target"].startswith("/slow") for request in site.requests()):
        assert time.monotonic() < end
        time.sleep(0.05)
    for pid in children_of(running.pid):
        os.kill(pid, signal.SIGKILL)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 1, out
    assert "ended before its job did" in err
    assert "Traceback" not in err
    verdict = lantern.ok("verify")
    assert verdict["problems"] == []
    assert verdict["captures"] == len(before["captures"])


def children_of(parent: int) -> list[int]:
    """The processes that a process started (Linux)."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in found]


def test_a_full_disk_is_one_clear_line_and_leaves_what_was_sealed(
    lantern: Lantern, site: Site
) -> None:
    """A limit on the size of files stands for the disk: writing past it fails as a full disk
    does.
    """
    lantern.ok("authority", "add", "--scope", site.address)
    lantern.ok("collect", site.url("/article/1"), "--allow-address", site.address, "--no-work")
    limit = 8 * 2**20
    done = limited(
        lantern,
        limit,
        *("collect", site.url("/big?mb=30"), "--allow-address", site.address, "--no-work"),
    )
    assert done.code == 1
    assert "Traceback" not in done.err
    assert done.err.strip().splitlines()[-1].startswith("lantern: ")
    verdict = lantern.ok("verify")
    assert verdict["problems"] == []
    assert (
        lantern.ok("collect", site.url("/article/2"), "--allow-address", site.address, "--no-work")[
            "outcome"
        ]
        == "complete"
    )


def limited(lantern: Lantern, limit: int, *words: str) -> Ran:
    """Run a command that cannot write a file past the limit (EFBIG, as ENOSPC for a disk)."""

    def bound() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-m", "desk", *words],
        capture_output=True,
        text=True,
        env=lantern.env(),
        cwd=ROOT,
        preexec_fn=bound,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_bytes_added_to_the_file_of_an_ended_job_are_a_problem_not_a_crash(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    lantern.ok("collect", site.url("/article/1"), "--allow-address", site.address, "--no-work")
    (warc,) = lantern.vault.glob("evidence/*/*/*.warc.gz")
    with warc.open("ab") as file:
        file.write(b"more")
    done = lantern("verify", "--json")
    assert done.code == 1
    assert [problem["kind"] for problem in done.json["problems"]] == ["extra-bytes"]
