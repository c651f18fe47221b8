"""Verification against `zcat | sha256sum` on the same evidence, in one run: prints the ratio.

    python benchmarks/verify_speed.py [--captures 3000] [--page-bytes 30000] [--rounds 5]

Each round times both, one after the other; the medians are compared. 1.0 means equal, more means
that verification is quicker. The pipe uses two processes; verification as many threads as said.
"""

from __future__ import annotations

import argparse
import io
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cases.captures import SealedCapture
from cases.identity import CaptureId, CaseId, JobId, Outcome, Sha256
from evidence import (
    CaptureDraft,
    CaptureWriter,
    Collector,
    Exchange,
    HttpFacts,
    OpeningsStore,
    SealContext,
    Software,
    Tally,
    verify_evidence,
    verify_warc,
)

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
CONTEXT = SealContext(
    vault="v-benchmark",
    case=CaseId("c-benchmark"),
    case_reference="BENCH",
    job=JobId("j-benchmark"),
    collector=Collector("scrapy", (Software("darklantern", "0"),), Sha256("0" * 64)),
    method_note="scrapy/1",
    restricted={"machine": "bench"},
)


class Book:
    """Remembers what was sealed."""

    def __init__(self) -> None:
        self.captures: list[SealedCapture] = []

    def seal(self, captures: Sequence[SealedCapture]) -> None:
        """Remembers captures."""
        self.captures += captures


def pages(count: int, size: int) -> Iterator[bytes]:
    """Pages of words that compress about as real ones do, to a third."""
    dice = random.Random(7)
    words = [f"{dice.getrandbits(40):x}" for _ in range(4000)]
    for _ in range(count):
        length = max(200, int(dice.expovariate(1 / size)))
        text = " ".join(dice.choices(words, k=length // 9))
        yield f"<!doctype html><title>{dice.random()}</title><p>{text}</p>".encode()


def draft(number: int, body: bytes) -> CaptureDraft:
    """One page fetched."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    url = f"http://www.example.test/{number}"
    headers = (("Content-Length", str(len(body))),)
    exchange = Exchange(
        url=url,
        method="GET",
        request_block=f"GET /{number} HTTP/1.1\r\nHost: www.example.test\r\n\r\n".encode(),
        response=io.BytesIO(head + body),
        response_bytes=len(head) + len(body),
        requested_at=NOON,
        first_byte_at=NOON,
        ended_at=NOON,
        peer="192.0.2.7:80",
        resolved_at_exit=False,
        tls=None,
        http=HttpFacts(200, "OK", headers, len(head), False),
        truncated=None,
        failure=None,
    )
    return CaptureDraft(
        capture=CaptureId(f"k-{number}"),
        requested_url=url,
        started_at=NOON,
        ended_at=NOON,
        exchanges=(exchange,),
        outcome=Outcome.COMPLETE,
        reason=None,
        referrer=None,
        robots="obeyed",
        depth=0,
    )


@dataclass(frozen=True, slots=True)
class Timed:
    """One way of reading the evidence, and its times."""

    name: str
    act: Callable[[], object]
    seconds: list[float]

    def run(self) -> None:
        """Times one round."""
        began = time.perf_counter()
        self.act()
        self.seconds.append(time.perf_counter() - began)

    @property
    def median_s(self) -> float:
        """The middle time."""
        return statistics.median(self.seconds)


def clean(found: object) -> None:
    """Ends the run where verification found a problem: then its time means nothing."""
    if found:
        sys.exit(f"problems in a sound vault: {found}")


def compare(folder: Path, count: int, size: int, rounds: int) -> None:
    """Seals `count` captures and prints how long each way of reading them takes."""
    book, store = Book(), OpeningsStore(folder / "restricted.db")
    evidence = folder / "evidence"
    began = time.perf_counter()
    with CaptureWriter(evidence, CONTEXT, book, store) as writer:
        futures = [writer.seal(draft(at, body)) for at, body in enumerate(pages(count, size))]
        for future in futures:
            future.result()
    took = time.perf_counter() - began
    files = sorted(str(path) for path in evidence.rglob("*.warc.gz"))
    tally = Tally()
    clean(list(verify_evidence(evidence, book.captures, openings=store, tally=tally)))
    print(f"{count} captures, {tally.records} records, {tally.bytes / 1e6:.1f} MB")
    print(f"sealed in {took:.2f} s, {took / count * 1e6:.0f} us each, fsyncs and all")
    pipe = ["sh", "-c", 'zcat "$@" | sha256sum', "sh", *files]
    ways = [
        Timed("zcat | sha256sum", lambda: subprocess.run(pipe, check=True, capture_output=True), [])
    ]
    for workers in (1, 2):
        ways.append(
            Timed(
                f"verify, {workers} thread{'s' * (workers > 1)}",
                lambda workers=workers: clean(
                    list(verify_evidence(evidence, book.captures, openings=store, workers=workers))
                ),
                [],
            )
        )
    lone = Path(files[0])
    ways.append(Timed("verify, lone WARC", lambda: clean(list(verify_warc(lone))), []))
    for _ in range(rounds):
        for way in ways:
            way.run()
    base = ways[0].median_s
    for way in ways:
        rate = tally.bytes / way.median_s / 1e6
        print(
            f"{way.name:18} {way.median_s:7.3f} s {rate:7.1f} MB/s  ratio {base / way.median_s:.2f}"
        )
    store.close()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--captures", type=int, default=3000)
    parser.add_argument("--page-bytes", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    if shutil.which("zcat") is None or shutil.which("sha256sum") is None:
        sys.exit("zcat and sha256sum are needed to compare with")
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), asked.captures, asked.page_bytes, asked.rounds)


if __name__ == "__main__":
    main()
