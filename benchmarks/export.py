"""Exports of 1, 100 and 1,000 exhibits against copying and hashing the same files, in one run.

    python benchmarks/export.py [--sizes 1 100 1000] [--page-bytes 30000] [--rounds 3]

Each round exports the bundle, then copies its files with `cp -r` and hashes the copy with
`sha256sum`; the medians are compared. The time a capture should be flat. `verify.py` is timed too.
"""

from __future__ import annotations

import argparse
import io
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from verify_speed import CONTEXT, draft, pages

from cases.casebook import NewCase
from cases.identity import CaptureId, new_id
from cases.job_book import job_of
from collectors.commission import Order, commission
from evidence import CaptureDraft, CaptureWriter, HttpFacts, OpeningsStore
from evidence.acting import Acting, CatalogueBook
from jobs.casework import AuthorityForm, enter_authority, open_new_case
from jobs.exhibiting import make_exhibit
from jobs.exporting import export_bundle
from jobs.founding import NewVault, found_vault
from jobs.workplace import Named, at_work

UNTIL = datetime(2100, 1, 1, tzinfo=UTC)


def timed(act: Callable[[], object]) -> float:
    """How long it took, in seconds."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def filled(acting: Acting, count: int, size: int) -> list[str]:
    """Seals `count` pages under a job of a case; their ids."""
    open_new_case(acting, NewCase("BENCH", "A benchmark"))
    form = AuthorityForm(
        *(
            "research",
            "To measure",
            "Needed",
            "Proportionate",
            ("www.example.test",),
            "Nobody",
            UNTIL,
        )
    )
    enter_authority(acting, "BENCH", form)
    job, _ = commission(acting, Order("BENCH", ("http://www.example.test/",)))
    with acting.catalogue.reading() as session:
        case = job_of(session, job).case
    context = replace(CONTEXT, vault=acting.vault.id, case=case, case_reference="BENCH", job=job)
    store = OpeningsStore(acting.vault.restricted)
    ids = [new_id("x") for _ in range(count)]
    book = CatalogueBook(acting)
    with CaptureWriter(acting.vault.evidence, context, book, store) as writer:
        asked = [
            writer.seal(typed(draft(at, body), body, CaptureId(ids[at])))
            for at, body in enumerate(pages(count, size))
        ]
        for future in asked:
            future.result()
    store.close()
    return ids


def typed(plain: CaptureDraft, body: bytes, capture: CaptureId) -> CaptureDraft:
    """The draft with its page's type said: what has none is taken for a picture, and covered."""
    headers = (("Content-Type", "text/html"), ("Content-Length", str(len(body))))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode()
    (exchange,) = plain.exchanges
    whole = replace(
        exchange,
        response=io.BytesIO(head + body),
        response_bytes=len(head) + len(body),
        http=HttpFacts(200, "OK", headers, len(head), False),
    )
    return replace(plain, capture=capture, exchanges=(whole,))


def copied(bundle: Path, to: Path) -> None:
    """What anybody would do without us: copy the files, hash the copies."""
    subprocess.run(["cp", "-r", str(bundle), str(to)], check=True)
    subprocess.run(
        ["sh", "-c", 'find "$1" -type f -exec sha256sum {} + > /dev/null', "sh", str(to)],
        check=True,
    )


def measure(folder: Path, acting: Acting, references: list[str], rounds: int) -> None:
    """Exports the exhibits `rounds` times and prints the medians."""
    ours: list[float] = []
    plain: list[float] = []
    checked: list[float] = []
    bundle, copy = folder / "bundle", folder / "copy"
    program = [sys.executable, str(bundle / "verify.py")]
    for _ in range(rounds):
        ours.append(timed(lambda: export_bundle(acting, "BENCH", references, bundle)))
        plain.append(timed(lambda: copied(bundle, copy)))
        checked.append(timed(lambda: subprocess.run(program, check=True, capture_output=True)))
        size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
        for made in (bundle, copy):
            shutil.rmtree(made)
    count, median = len(references), statistics.median(ours)
    base, proof = statistics.median(plain), statistics.median(checked)
    print(
        f"{count:6} exhibits {size / 1e6:7.1f} MB  export {median:7.2f} s "
        f"{median / count * 1e3:7.1f} ms each  cp + sha256sum {base:6.3f} s  "
        f"ratio {median / base:6.1f}  verify.py {proof:6.2f} s {proof / count * 1e3:6.1f} ms each"
    )


def compare(folder: Path, sizes: list[int], page_bytes: int, rounds: int) -> None:
    """One vault with the most exhibits asked for; bundles of each size."""
    environment: Mapping[str, str] = {"LANTERN_KEYS": str(folder / "keys")}
    root = folder / "vault"
    found_vault(NewVault(root, "JS", "Jo Smith", "investigator", "direct", None), environment)
    with at_work(Named(environment, folder, str(root))) as acting:
        ids = filled(acting, max(sizes), page_bytes)
        made: list[str] = []
        took = timed(lambda: made.extend(make_exhibit(acting, each).reference for each in ids))
        print(f"exhibit make {took / len(ids) * 1e3:.1f} ms each, {len(ids)} of them")
        for size in sizes:
            measure(folder, acting, made[:size], rounds)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 100, 1000])
    parser.add_argument("--page-bytes", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with suppress(KeyboardInterrupt), tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), asked.sizes, asked.page_bytes, asked.rounds)


if __name__ == "__main__":
    main()
