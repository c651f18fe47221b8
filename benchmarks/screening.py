"""Screening against decoding alone, and a page of covered pictures against the same ones clear.

    python benchmarks/screening.py [--pictures 200] [--width 1024] [--rounds 3]

Decoding alone is Pillow in this process: opened, loaded, made grey, made small, nothing confined,
nothing kept. The page is one capture; its covered view is the facts and every rendition, its clear
view every picture drawn anew in the confined process. Medians of rounds run by turns.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.server
import io
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image

from cases.identity import CaptureId
from gate.screener import Screener
from jobs.deciding import decide
from jobs.gating import clear_picture, facts_of, pictures_of, rendition_of
from jobs.workplace import Acting, Named, at_work

ROOT = Path(__file__).resolve().parents[1]
REASON = "Drawn for a benchmark"


def photographs(count: int, width: int) -> list[bytes]:
    """JPEGs of soft noise, which weigh about what photographs do."""
    dice = random.Random(7)
    height = width * 3 // 4
    drawn = []
    for _ in range(count):
        coarse = Image.frombytes(
            "RGB", (width // 8, height // 8), dice.randbytes(width * height * 3 // 64)
        )
        kept = io.BytesIO()
        coarse.resize((width, height), Image.Resampling.BICUBIC).save(kept, "JPEG", quality=80)
        drawn.append(kept.getvalue())
    return drawn


def decode(content: bytes) -> None:
    """What no screening could do without."""
    with Image.open(io.BytesIO(content)) as image:
        image.convert("L").resize((8, 8), Image.Resampling.BOX)


def timed(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def compare_screening(pictures: list[bytes], rounds: int) -> None:
    """Prints pictures a second each way, and the ratio."""
    alone, screened = [], []
    with Screener() as screener:
        screener.screen(pictures[0])  # the process is started before the clock
        for _ in range(rounds):
            alone.append(timed(lambda: [decode(each) for each in pictures]))
            screened.append(timed(lambda: [screener.screen(each) for each in pictures]))
    plain, confined = statistics.median(alone), statistics.median(screened)
    size = sum(map(len, pictures)) / len(pictures) / 1000
    print(f"{len(pictures)} JPEGs of {size:.0f} kB")
    print(f"decoded alone      {len(pictures) / plain:7.0f} a second")
    print(
        f"screened, confined {len(pictures) / confined:7.0f} a second  ratio {plain / confined:.2f}"
    )


@contextlib.contextmanager
def served(page: bytes) -> Iterator[str]:
    """The page on a free port of loopback; its host and port."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page if self.path == "/" else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def collected(folder: Path, pictures: list[bytes]) -> dict[str, str]:
    """A vault with one capture of a page that holds every picture; the environment for it."""
    images = "".join(
        f"<img src='data:image/jpeg;base64,{base64.b64encode(each).decode()}'>" for each in pictures
    )
    environment = os.environ | {
        "LANTERN_VAULT": str(folder / "vault"),
        "LANTERN_KEYS": str(folder / "keys"),
    }
    with served(f"<title>Pictures</title><p>Words.</p>{images}".encode()) as address:
        for words in (
            (
                "init",
                str(folder / "vault"),
                "--operator",
                "JS",
                "--name",
                "Jo",
                "--egress",
                "direct",
            ),
            ("case", "open", "BENCH", "--title", "A benchmark", "--template", "research"),
            ("use", "BENCH"),
            ("authority", "add", "--scope", address),
            ("collect", f"http://{address}/", "--delay", "0", "--allow-address", address),
        ):
            command = [sys.executable, "-m", "desk", *words]
            subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return environment


def compare_page(pictures: list[bytes], rounds: int) -> None:
    """Prints how long the covered page and the clear one take, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        environment = collected(Path(folder), pictures)
        with at_work(Named(environment, ROOT)) as acting:
            capture, digests = _largest(acting)
            covered = [timed(lambda: _covered_view(acting, capture)) for _ in range(rounds)]
            for digest in digests:
                decide(acting, "BENCH", digest, "harmless", REASON, version=None)
            clear = [timed(lambda: _clear_view(acting, capture, digests)) for _ in range(rounds)]
    shut, open_ = statistics.median(covered), statistics.median(clear)
    print(f"a page of {len(digests)} pictures")
    print(f"covered: facts and renditions  {shut * 1000:8.0f} ms")
    print(f"clear: drawn anew              {open_ * 1000:8.0f} ms  ratio {open_ / shut:.1f}")


def _largest(acting: Acting) -> tuple[CaptureId, list[str]]:
    from cases.holdings import capture_views

    with acting.catalogue.reading() as session:
        captures = [view.capture for view in capture_views(session)]
    found = {each: pictures_of(acting, each, on_record=False) for each in captures}
    capture = max(found, key=lambda each: len(found[each]))
    return capture, [facts.sha256 for facts in found[capture]]


def _covered_view(acting: Acting, capture: CaptureId) -> None:
    for facts in pictures_of(acting, capture):
        assert facts.covered
        facts_of(acting, capture, facts.sha256)  # as the desk asks, picture by picture
        assert rendition_of(acting, facts.sha256)


def _clear_view(acting: Acting, capture: CaptureId, digests: list[str]) -> None:
    for digest in digests:
        clear_picture(acting, capture, digest)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    pictures = photographs(asked.pictures, asked.width)
    compare_screening(pictures, asked.rounds)
    compare_page(photographs(asked.pictures, asked.width // 3), asked.rounds)


if __name__ == "__main__":
    main()
