"""How soon a capture of 200 covered pictures is seen, against a bare page of the clear ones.

    python benchmarks/desk_view.py [--pictures 200] [--rounds 7]

One page with the pictures in it is collected and screened; its capture is then opened in the desk
by Chromium, by turns with a static page of the same pictures as files, from the same kind of
server on the same machine. Each view has a fresh browser context; measured is the time from the
navigation to the load event, the median of the rounds. Figures and ratios are printed; ratios
carry from one machine to the next, figures do not.
"""

from __future__ import annotations

import argparse
import base64
import functools
import http.server
import io
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "rig"))

from lantern_rig import Lantern

from collectors.browser.finding import find_browser
from desk.web.app import create_app
from desk.web.place import DeskPlace, hosts_for
from jobs.signing_in import one_time_link
from jobs.workplace import Named, at_work

SEED = 20260301
SIDE = (480, 360)


def drawn(number: int) -> bytes:
    """A JPEG of coarse noise, each different: some 20 kB, as pictures on a page are."""
    dice = random.Random(SEED + number)
    small = Image.frombytes("RGB", (96, 72), dice.randbytes(96 * 72 * 3))
    out = io.BytesIO()
    small.resize(SIDE, Image.Resampling.BILINEAR).save(out, "JPEG", quality=80)
    return out.getvalue()


@contextmanager
def answered(app: ASGIApp, listener_of: uvicorn.Config) -> Iterator[None]:
    """The application served by uvicorn while the block runs."""
    server = uvicorn.Server(listener_of)
    listener_of.app = app
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def settings(port: int) -> uvicorn.Config:
    """The same server for both."""
    quiet = {"log_level": "error", "access_log": False}
    return uvicorn.Config(lambda: None, host="127.0.0.1", port=port, lifespan="off", **quiet)


def free_port() -> int:
    """A port that nobody has."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


def collected(folder: Path, pictures: list[bytes]) -> tuple[Lantern, str]:
    """A vault with the page of pictures captured and screened; the capture."""
    inline = "".join(
        f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(each).decode()}">'
        for each in pictures
    )
    site = folder / "site"
    site.mkdir()
    (site / "index.html").write_text(f"<!doctype html><title>Pictures</title>{inline}")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    lantern = Lantern(folder / "vault", folder / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("case", "open", "LINDEN", "--title", "Pictures", "--template", "research")
    lantern.ok("use", "LINDEN")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{server.server_address[1]}"
        lantern.ok("authority", "add", "--scope", address)
        report = lantern.ok("collect", f"http://{address}/", "--allow-address", address)
        server.shutdown()
    return lantern, report["captures"][0]["capture"]


def clear_site(folder: Path, pictures: list[bytes]) -> Starlette:
    """The same pictures as files beside a static page, with nothing in the way."""
    folder.mkdir()
    for number, each in enumerate(pictures):
        (folder / f"{number}.jpg").write_bytes(each)
    images = "".join(f'<img alt="" src="{number}.jpg">' for number in range(len(pictures)))
    (folder / "index.html").write_text(f"<!doctype html><title>Pictures</title>{images}")
    app = Starlette()
    app.mount("/", StaticFiles(directory=folder, html=True))
    return app


def view(browser: Browser, address: str, link: str | None) -> float:
    """Seconds from the navigation to the load event, in a fresh context."""
    context = browser.new_context()
    page = context.new_page()
    if link is not None:
        page.goto(link)
        page.locator("main button").click()
        page.wait_for_load_state()
    began = time.perf_counter()
    page.goto(address, wait_until="load")
    took = time.perf_counter() - began
    context.close()
    return took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    pictures = [drawn(number) for number in range(asked.pictures)]
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        lantern, capture = collected(folder, pictures)
        covered = lantern.ok("gate", "status", "--case", "LINDEN")["covered"]
        assert covered == asked.pictures, f"{covered} covered, not {asked.pictures}"
        desk_port, clear_port = free_port(), free_port()
        place = DeskPlace(lantern.vault, lantern.keys, "JS", hosts_for("127.0.0.1", desk_port))
        with (
            answered(create_app(place), settings(desk_port)),
            answered(clear_site(folder / "clear", pictures), settings(clear_port)),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=str(find_browser()), args=["--no-sandbox"]
            )
            measured(browser, place, capture, f"http://127.0.0.1:{clear_port}/", asked.rounds)
            browser.close()
    size = sum(map(len, pictures)) / len(pictures) / 1000
    print(f"{asked.pictures} pictures of {size:.0f} kB, {asked.rounds} rounds by turns")


def measured(browser: Browser, place: DeskPlace, capture: str, clear: str, rounds: int) -> None:
    """Each view by turns; medians and ratios to the clear page."""
    (host,) = [name for name in place.hosts if name.startswith("127.0.0.1")]
    views = {
        "clear pictures, static page": (clear, False),
        "capture page, all covered": (f"http://{host}/captures/{capture}", True),
        "line of covered items (40)": (f"http://{host}/cases/LINDEN/covered", True),
    }
    took: dict[str, list[float]] = {name: [] for name in views}
    for number in range(rounds + 1):
        for name, (address, signed) in views.items():
            seconds = view(browser, address, sign_in_link(place, host) if signed else None)
            if number:  # the first round warms
                took[name].append(seconds)
    bare = statistics.median(took["clear pictures, static page"])
    for name, all_seconds in took.items():
        middle = statistics.median(all_seconds)
        print(f"{name:32} {middle * 1000:7.0f} ms   {middle / bare:5.2f} of clear")


def sign_in_link(place: DeskPlace, host: str) -> str:
    """A one-time link for the person of the desk."""
    named = Named({}, place.vault, str(place.vault), place.keeper, place.keys)
    with at_work(named) as acting:
        return f"http://{host}{one_time_link(acting)[0]}"


if __name__ == "__main__":
    main()
