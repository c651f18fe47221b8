"""`make run`: the product shown from end to end, with the commands that a user would type.

A vault is founded, a demo site of our own words and drawings is served on loopback and crawled, its
text and names are found, everything is verified. With an address of the user's the same is done for
that page. The second time the vault is there already and only the collecting is done again.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from desk.cli import main as lantern

SITE = Path(__file__).parent / "demo_site"
VAULT = Path("demo-vault")
KEYS = Path(".demo/keys")


class DemoSite(http.server.SimpleHTTPRequestHandler):
    """The folder of the demo site, quietly, with one redirect."""

    def do_GET(self) -> None:
        """Answer a GET: moved.html sends to contact.html."""
        if self.path == "/moved.html":
            self.send_response(301)
            self.send_header("Location", "/contact.html")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the crawl's own report is the demonstration."""


@contextmanager
def served() -> Iterator[str]:
    """The demo site on a free port of 127.0.0.1; yields HOST:PORT."""
    handler = functools.partial(DemoSite, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def step(says: str, *command: str) -> None:
    """Say what is done, show the command, run it; end the demonstration where it fails."""
    print(f"\n\033[1m{says}\033[0m" if os.isatty(1) else f"\n{says}", flush=True)
    print(f"  $ lantern {shlex.join(command)}", flush=True)
    code = lantern(list(command))
    if code != 0:
        raise SystemExit(f"make run stopped: the command above ended with exit code {code}.")


def founded(case: str, egress: str) -> None:
    """The demo vault with its case, made where it is not there yet."""
    if (VAULT / "lantern.toml").is_file():
        print(f"The vault {VAULT} is there already.")
        return
    step(
        "1. A vault: one folder; its keys lie elsewhere.",
        *("init", str(VAULT), "--operator", "JS", "--name", "Jo Smith", "--egress", egress),
    )
    step("2. A case.", "case", "open", case, "--title", "Demonstration", "--template", "research")
    step("   The case that is meant where none is named.", "use", case)


def on_the_demo_site() -> None:
    """Crawl the demo site, find a name, verify, and say where everything is."""
    founded("DEMO", "direct")
    with served() as address:
        step(
            "3. An authority: what may be collected, and until when.",
            *("authority", "add", "--template", "research", "--scope", address),
        )
        step(
            "4. Collect: each page becomes sealed evidence.",
            *("collect", f"http://{address}/", "--scope", "host", "--depth", "2"),
            *("--delay", "0", "--allow-address", address),
        )
    step("5. A person's name, found.", "search", 'person:"Oswin Tarrant"')
    step("6. A telephone number, however it was written.", "search", "phone:+447700900123")
    proved("Oswin Tarrant")


def on_a_page(url: str, egress: str) -> None:
    """Collect one page of the user's."""
    founded("DEMO", egress)
    host = urlsplit(url).hostname or url
    step(
        "3. An authority: what may be collected, and until when.",
        *("authority", "add", "--template", "research", "--scope", host),
    )
    step("4. Collect: the page becomes sealed evidence.", "collect", url)
    step("5. What is held of it.", "capture", "list")
    proved("WORDS")


def proved(words: str) -> None:
    """Verify, and print what to type next."""
    step("7. Nothing has changed: every byte against every digest.", "verify")
    where = VAULT.resolve()
    print(
        f"""
Everything is in {VAULT}/
  evidence/         sealed WARC files, readable by any WARC tool
  catalogue.db      cases, captures, and the ledger of everything done
  Keys are in {KEYS}/, apart from the vault.

What to type next:
  export LANTERN_VAULT={shlex.quote(str(where))} LANTERN_KEYS={shlex.quote(str(KEYS.resolve()))}
  export PATH={shlex.quote(str(Path(".venv/bin").resolve()))}:$PATH
  lantern search {shlex.quote(words)}
  lantern capture list
  lantern ledger list
  lantern                       the commands of a first day
"""
    )


def run() -> None:
    """Parse what make passed on, and demonstrate."""
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("--url")
    parser.add_argument("--egress")
    asked = parser.parse_args()
    if asked.url and not asked.egress:
        raise SystemExit(
            "A page on the internet is fetched only by a way out that you name. Type:\n"
            f"  make run URL={shlex.quote(asked.url)} EGRESS=direct"
        )
    os.environ["LANTERN_VAULT"] = str(VAULT)
    os.environ["LANTERN_KEYS"] = str(KEYS)
    if asked.url:
        on_a_page(asked.url, asked.egress)
    else:
        on_the_demo_site()


if __name__ == "__main__":
    run()
