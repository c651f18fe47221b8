"""`make run`: the product shown from end to end, with the commands that a user would type.

A vault is founded, a demo site of our own words and drawings is served on loopback and crawled, its
text and names are found, everything is verified. With an address of the user's the same is done for
that page. The second time the vault is there already and only the collecting is done again.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyrage  # type: ignore[import-untyped]  # no types

from desk.cli import main as lantern
from jobs.conditions import why_no_browser
from jobs.workplace import Named

SITE = Path(__file__).parent / "demo_site"
VAULT = Path("demo-vault")
KEYS = Path(".demo/keys")
OUT = Path(".demo/export")


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
    say_step(says)
    print(f"  $ lantern {shlex.join(command)}", flush=True)
    code = lantern(list(command))
    if code != 0:
        raise SystemExit(f"make run stopped: the command above ended with exit code {code}.")


def say_step(says: str) -> None:
    """A heading of the demonstration."""
    print(f"\n\033[1m{says}\033[0m" if os.isatty(1) else f"\n{says}", flush=True)


def answer(*command: str) -> Any:
    """What a command answers as JSON; the demonstration ends where it fails."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = lantern([*command, "--json"])
    if code != 0:
        raise SystemExit(f"make run stopped: lantern {shlex.join(command)} ended with {code}.")
    return json.loads(said.getvalue())


def step_read(says: str, *command: str) -> Any:
    """As `step`, and what the command answered."""
    say_step(says)
    print(f"  $ lantern {shlex.join(command)}", flush=True)
    report = answer(*command)
    for each in report["captures"]:
        print(f"{each['capture']}  {each['status']}  {each['outcome']}  {each['url']}")
    return report


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
        shown = with_the_browser(address)
    step("6. A person's name, found.", "search", 'person:"Oswin Tarrant"')
    step("   A number that only a script wrote.", "search", "phone:+447700900781")
    decided_without_a_look(shown)
    if shown:
        exhibited(shown)
    proved("Oswin Tarrant", 9)


def with_the_browser(address: str) -> str | None:
    """Collect one page with the browser; its capture, None where there is no browser."""
    missing = why_no_browser(Named(os.environ, Path.cwd()))
    if missing is not None:
        print(f"\n5. The browser collector is left out. {missing}")
        return None
    report = step_read(
        "5. The same with a browser: a script runs, a cookie banner is refused, pictures load.",
        *("collect", f"http://{address}/stall.html", "--browser", "--allow-address", address),
    )
    return str(report["captures"][0]["capture"])


def decided_without_a_look(capture: str | None) -> None:
    """Show what is covered, and decide on one picture by its facts alone."""
    step("7. Pictures stay covered until somebody chooses: facts first.", "gate", "list")
    held = answer("gate", "list")
    chosen = [i for i in held["items"] if i["kind"] == "response" and i["capture"] == capture]
    if chosen:
        step(
            "   A decision without a look: the address says what it is.",
            *("gate", "decide", chosen[0]["sha256"], "harmless"),
            *("--reason", "The Gazette's own drawing of the stall"),
        )
    step("   What that came to.", "gate", "status")


def exhibited(capture: str) -> None:
    """Make an exhibit, export it encrypted, open it, and let its own verify.py check it."""
    reference = answer("exhibit", "make", capture, "--description", "The stall's page")["exhibit"]
    say_step("8. An exhibit, and a bundle that is checked without this program.")
    identity = pyrage.x25519.Identity.generate()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    key = OUT / "recipient.key"
    key.write_text(f"{identity}\n", encoding="ascii")
    key.chmod(0o600)
    bundle = OUT / "bundle"
    step(
        f"   Exhibit {reference}, encrypted to who receives it: it holds covered material.",
        *("export", "DEMO", "--exhibits", reference, "--to", str(bundle)),
        *("--recipient", str(identity.to_public())),
    )
    opened = OUT / "opened"
    sealed = next(bundle.rglob("*.age"))
    print(f"\n   The recipient opens it:\n  $ age -d -i {key} {sealed} | tar x", flush=True)
    plain = pyrage.decrypt(sealed.read_bytes(), [identity])
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        archive.extractall(opened, filter="data")
    script = next(opened.rglob("verify.py"))
    print(f"  $ python3 {script.name}", flush=True)
    checked = subprocess.run(  # noqa: S603 - the bundle's own verifier, as its reader runs it
        [sys.executable, "-I", script.name], cwd=script.parent, check=False
    )
    if checked.returncode != 0:
        raise SystemExit("make run stopped: the bundle's own verify.py found a problem.")


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
    proved("WORDS", 6)


def proved(words: str, number: int) -> None:
    """Verify, and print what to type next."""
    step(f"{number}. Nothing has changed: every byte against every digest.", "verify")
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
  lantern desk                  the web desk on loopback; it prints a link that signs you in once
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
