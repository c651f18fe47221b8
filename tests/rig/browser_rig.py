"""What the browser's tests share: one job over many pages, and its evidence read by warcio."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lantern_rig import Lantern, Site
from warcio.archiveiterator import ArchiveIterator

from collectors.browser.finding import BrowserMissing, find_browser

PAGES = Path(__file__).resolve().parents[1] / "collectors" / "pages"
MANIFEST = "application/vnd.darklantern.manifest+json"


def no_browser() -> str | None:
    """Why there is no browser to test with; None where there is one."""
    try:
        find_browser()
    except BrowserMissing as missing:
        return missing.says
    return None


@dataclass(frozen=True)
class Kept:
    """One record as another program reads it: `body` without content coding."""

    type: str
    url: str
    status: int | None
    body: bytes
    head: dict[str, str]
    fields: dict[str, str]


@dataclass
class Captured:
    """One capture: its row in the command's answer, its manifest and its records."""

    row: dict[str, Any]
    manifest: dict[str, Any]
    records: list[Kept] = field(default_factory=list)

    def urls(self, type_: str) -> list[str]:
        return [each.url for each in self.records if each.type == type_]

    def resource(self, name: str) -> bytes:
        (found,) = [r for r in self.records if r.url == f"urn:x-darklantern:{name}"]
        return found.body

    def listed(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.resource(name))
        return found

    def tiles(self, name: str) -> list[bytes]:
        prefix = f"urn:x-darklantern:{name}:"
        return [each.body for each in self.records if each.url.startswith(prefix)]

    def response(self, url: str) -> Kept:
        return next(r for r in self.records if r.type == "response" and r.url == url)


def captures_of(vault: Path, rows: Sequence[dict[str, Any]]) -> dict[str, Captured]:
    """The captures by requested address, read from the WARC files alone."""
    by_id = {row["capture"]: row for row in rows}
    found, waiting = {}, []
    for warc in sorted({row["warc"] for row in rows}):
        with (vault / "evidence" / warc).open("rb") as file:
            for record in ArchiveIterator(file):
                kept = _kept(record)
                if kept.fields.get("Content-Type") != MANIFEST:
                    if kept.type != "warcinfo":
                        waiting.append(kept)
                    continue
                manifest = json.loads(kept.body)
                row = by_id.get(manifest["capture"])
                if row is not None:
                    found[row["url"]] = Captured(row, manifest, waiting)
                waiting = []
    return found


def _kept(record: Any) -> Kept:
    http = record.http_headers if record.rec_type in ("request", "response") else None
    status = int(http.get_statuscode()) if http and record.rec_type == "response" else None
    return Kept(
        record.rec_type,
        record.rec_headers.get_header("WARC-Target-URI") or "",
        status,
        record.content_stream().read(),
        {name.lower(): value for name, value in http.headers} if http else {},
        dict(record.rec_headers.headers),
    )


@dataclass
class BrowserSite:
    """The test server with pages of our own, its listeners and its log."""

    site: Site
    addresses: list[str]
    tls: str
    cert: Path

    def url(self, path: str) -> str:
        return self.site.url(path)

    @property
    def allowed(self) -> list[str]:
        return [word for each in self.addresses for word in ("--allow-address", each)]

    def asked(self) -> list[str]:
        """Each request so far as `host/target`, in order."""
        return [f"{each['host']}{each['target']}" for each in self.site.requests()]


def start_site(shared: Path, log: Path) -> tuple[subprocess.Popen[str], BrowserSite]:
    """The server, with its root at our pages."""
    server = subprocess.Popen(
        [
            sys.executable,
            str(shared / "testsite" / "serve_site.py"),
            *("--bind", "127.0.0.1:0", "--bind", "127.0.0.2:0", "--bind", "127.0.0.1:0"),
            *("--bind", "127.0.0.1:0,tls", "--root", str(PAGES), "--log", str(log)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    ready = json.loads(server.stdout.readline())
    addresses = [f"{each['address']}:{each['port']}" for each in ready["listen"]]
    site = BrowserSite(Site(addresses[0], log), addresses, addresses[3], Path(ready["cert"]))
    return server, site


def a_vault(folder: Path) -> Lantern:
    """A vault with a case and an authority for loopback."""
    lantern = Lantern(folder / "vault", folder / "keys")
    lantern.ok(
        *("init", str(lantern.vault), "--operator", "JS", "--name", "Jo Smith"),
        *("--egress", "direct"),
    )
    lantern.ok("case", "open", "LINDEN", "--title", "A test", "--template", "research")
    lantern.ok("use", "LINDEN")
    lantern.ok("authority", "add", "--scope", "127.0.0.1", "--scope", "127.0.0.2")
    return lantern


def settle_within(lantern: Lantern, seconds: float) -> None:
    """Set how long a page may load."""
    settings = lantern.vault / "lantern.toml"
    text = settings.read_text(encoding="utf-8").partition("\n[collect]")[0]
    settings.write_text(f"{text}\n[collect]\nsettle_s = {seconds}\n", encoding="utf-8")


def processes(word: str) -> dict[int, list[str]]:
    """The command line of every process that has this word on it, by process id."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and folder.name != str(os.getpid()):
            try:
                line = (folder / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if word in line:
                found[int(folder.name)] = line.replace(" ", "\0").split("\0")
    return found
