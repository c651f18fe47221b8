"""Pages per second: evidence on, the same spider with capture off, and `wget --warc-file`.

    python benchmarks/crawl_speed.py [--site FOLDER] [--copies 8] [--rounds 3] [--profile FILE]

One run crawls one local site in each way, in turn, round by round, and compares the medians. The
site is a folder of files served from memory by a small server of this script (`--copies` times,
under /1/, /2/ …), one process on loopback: it is not what is measured. *Evidence on* is the real
thing: vault, authority asked before each fetch, guard, recorder, WARC, ledger. *Capture off* is the
same spider on Scrapy's own handler and middlewares. All three follow the links of pages alone.
The rate is answers served divided by the crawl's own time, without the start of a process.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import mimetypes
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SITE = ROOT.parent / "shared" / "corpora" / "sites" / "aosabook"

CAPTURE_OFF = {
    "DOWNLOADER": "scrapy.core.downloader.Downloader",
    "DOWNLOAD_HANDLERS": {
        "http": "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler",
        "https": "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler",
    },
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    },
    "TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingThreadedResolver",
}


class StaticServer(asyncio.Protocol):
    """Answers GET from a table of ready-made responses, one write each, connections kept."""

    answers: Mapping[bytes, bytes] = {}
    served = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self.transport: Any = transport
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        """Answers each whole request."""
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            target = self.waiting[: self.waiting.index(b"\r\n")].split(b" ")[1]
            self.waiting = self.waiting[end + 4 :]
            if target == b"/_served":
                self.transport.write(ready(b"200 OK", "text/plain", b"%d" % StaticServer.served))
                continue
            StaticServer.served += 1
            found = self.answers.get(target.partition(b"?")[0])
            self.transport.write(found or ready(b"404 Not Found", "text/html", b"<p>not here"))


def ready(status: bytes, kind: str, body: bytes) -> bytes:
    """A whole response."""
    head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (status, kind.encode(), len(body)) + body


def answers_of(site: Path, copies: int) -> dict[bytes, bytes]:
    """Every file of the folder as a response, under each copy's prefix."""
    answers: dict[bytes, bytes] = {}
    for path in sorted(each for each in site.rglob("*") if each.is_file()):
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        answer = ready(b"200 OK", kind, path.read_bytes())
        for copy in range(1, copies + 1):
            at = f"/{copy}/{path.relative_to(site).as_posix()}"
            answers[at.encode()] = answer
            if path.name == "index.html":
                answers[at.removesuffix("index.html").encode()] = answer
    return answers


def serve(site: Path, copies: int) -> None:
    """Serves until killed; prints the port."""
    StaticServer.answers = answers_of(site, copies)

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(StaticServer, "127.0.0.1", 0)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()

    asyncio.run(forever())


@contextmanager
def served(site: Path, copies: int) -> Iterator[str]:
    """The server in a process of its own: its address."""
    command = [sys.executable, __file__, "--serve", "--site", str(site), "--copies", str(copies)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield f"127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()


@dataclass(frozen=True, slots=True)
class Bench:
    """One comparison: the server's address, the number of copies, and a folder to work in."""

    address: str
    copies: int
    folder: Path
    profile: Path | None

    @property
    def seeds(self) -> list[str]:
        """The front page of each copy."""
        return [f"http://{self.address}/{copy}/" for copy in range(1, self.copies + 1)]

    def served(self) -> int:
        """How many answers the server gave so far."""
        with build_opener(ProxyHandler({})).open(f"http://{self.address}/_served") as answer:
            return int(answer.read())


def with_wget(bench: Bench, folder: Path) -> float:
    """Seconds of `wget --warc-file` over the same links."""
    began = time.perf_counter()
    subprocess.run(
        [
            "wget", "--quiet", "--recursive", "--level=inf", "--follow-tags=a", "--no-proxy",
            "--execute=robots=off", f"--directory-prefix={folder / 'files'}",
            f"--warc-file={folder / 'wget'}", *bench.seeds,
        ],
        check=False,  # 8 where any answer was a 404
    )  # fmt: skip
    return time.perf_counter() - began


def with_scrapy(mode: str) -> Callable[[Bench, Path], float]:
    """Seconds of a crawl by our spider, in a child process, by its own account."""

    def measure(bench: Bench, folder: Path) -> float:
        order = {"mode": mode, "folder": str(folder), "seeds": bench.seeds}
        order["profile"] = str(bench.profile) if bench.profile and mode == "on" else ""
        order["address"] = bench.address
        if mode == "on":
            make_vault(folder, bench)
        done = subprocess.run(
            [sys.executable, __file__, "--child"],
            input=json.dumps(order),
            text=True,
            stdout=subprocess.PIPE,
            env=environment(folder),
            check=True,
        )
        seconds, cpu, main_thread = map(float, done.stdout.splitlines()[-1].split())
        print(f"  {mode}: {cpu:.2f} s of processor time, {main_thread:.2f} s in the main thread")
        return seconds

    return measure


def environment(folder: Path) -> dict[str, str]:
    """This process's, with the vault and the keys of this measurement."""
    vault, keys = str(folder / "vault"), str(folder / "keys")
    return {**os.environ, "LANTERN_VAULT": vault, "LANTERN_KEYS": keys, "LANTERN_OPERATOR": "JS"}


def make_vault(folder: Path, bench: Bench) -> None:
    """A vault with a case and an authority that covers the site."""
    host = bench.address.partition(":")[0]
    for words in (
        ["init", str(folder / "vault"), "--operator", "JS", "--name", "Jo", "--egress", "direct"],
        ["case", "open", "LINDEN", "--title", "Speed", "--template", "research"],
        ["authority", "add", "--case", "LINDEN", "--scope", host, "--until", "2099-01-01"],
    ):
        program = "from desk.cli import main; main()"
        subprocess.run(
            [sys.executable, "-c", program, *words],
            check=True,
            cwd=ROOT,
            env=environment(folder),
            stdout=subprocess.DEVNULL,
        )


def child(order: dict[str, Any]) -> None:
    """Runs one crawl in this process and prints its seconds."""
    profiler = cProfile.Profile() if order["profile"] else None
    if profiler is not None:
        profiler.enable()
    seconds = crawl_on(order) if order["mode"] == "on" else crawl_off(order)
    if profiler is not None:
        profiler.disable()
        profiler.dump_stats(order["profile"])
    sys.stdout.write(f"{seconds} {time.process_time()} {time.thread_time()}\n")


def crawl_on(order: dict[str, Any]) -> float:
    """Seconds with evidence: the job as `lantern collect` does it."""
    from cases.vault import open_vault
    from collectors.commission import Order, commission
    from collectors.crawl import run
    from collectors.plan import RobotsChoice, ScopeKind
    from collectors.undertaking import Undertaking
    from evidence.acting import open_acting

    vault = open_vault(Path(os.environ["LANTERN_VAULT"]))
    with open_acting(vault, None, keys=None, environment=os.environ) as acting:
        asked = Order(
            case="LINDEN",
            seeds=tuple(order["seeds"]),
            scope=ScopeKind.HOST,
            depth=99,
            max_pages=1_000_000,
            delay_s=0.0,
            robots=RobotsChoice.IGNORED,
            allow_addresses=(order["address"],),
        )
        job, _ = commission(acting, asked)
        report = run(Undertaking(acting, job, lambda _: None).collection, "site")
    assert report.fault is None, report.fault
    return report.seconds


def crawl_off(order: dict[str, Any]) -> float:
    """Seconds of the same spider without capture."""
    from cases.identity import CaseId, JobId
    from collectors.collection import Collection
    from collectors.crawl import run
    from collectors.guard import Guard
    from collectors.plan import CollectionPlan, RobotsChoice, ScopeKind
    from collectors.ways_out import DIRECT

    plan = CollectionPlan(
        case=CaseId("c-bench"),
        job=JobId("j-bench"),
        seeds=tuple(order["seeds"]),
        scope=ScopeKind.HOST,
        spool=Path(order["folder"]) / "spool",
        way_out="direct",
        depth=99,
        robots=RobotsChoice.IGNORED,
    )
    unused: Any = None  # capture is off: nobody asks or seals
    collection = Collection(plan, unused, unused, Guard(way_out=DIRECT))
    return run(collection, "site", **CAPTURE_OFF).seconds


WAYS: dict[str, Callable[[Bench, Path], float]] = {
    "evidence on": with_scrapy("on"),
    "capture off": with_scrapy("off"),
    "wget --warc-file": with_wget,
}


def compare(bench: Bench, rounds: int) -> dict[str, float]:
    """The median rate of each way, in answers a second; prints each measurement."""
    rates: dict[str, list[float]] = {name: [] for name in WAYS}
    for number in range(1, rounds + 1):
        for name, measure in WAYS.items():
            if name.startswith("wget") and shutil.which("wget") is None:
                continue
            folder = bench.folder / f"{number}-{name.split()[0]}-{name.split()[1].strip('-')}"
            folder.mkdir()
            before = bench.served()
            seconds = measure(bench, folder)
            answers = bench.served() - before
            rates[name].append(answers / seconds)
            print(f"round {number}  {name:18} {answers:6} answers {seconds:7.2f} s "
                  f"{answers / seconds:7.1f}/s")  # fmt: skip
            shutil.rmtree(folder)
    return {name: statistics.median(found) for name, found in rates.items() if found}


def main() -> None:
    """Compares, or is one of the processes of the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--site", type=Path, default=SITE)
    parser.add_argument("--copies", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", type=Path, help="write a cProfile of the crawl with evidence")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.site, asked.copies)
    elif asked.child:
        child(json.load(sys.stdin))
    else:
        with tempfile.TemporaryDirectory() as held, served(asked.site, asked.copies) as address:
            bench = Bench(address, asked.copies, Path(held), asked.profile)
            medians = compare(bench, asked.rounds)
        print(f"{platform.python_implementation()} {platform.python_version()}, "
              f"{os.cpu_count()} cores, site {asked.site.name} x {asked.copies}")  # fmt: skip
        ours = medians["evidence on"]
        for name, rate in medians.items():
            print(f"{name:18} {rate:7.1f}/s   evidence on is {ours / rate:4.2f} of it")


if __name__ == "__main__":
    main()
