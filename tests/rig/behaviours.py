"""What the collector makes of every behaviour of the awkward test server, as a table.

python tests/rig/behaviours.py [--shared FOLDER]

One job collects each address once; the response record's bytes are then compared with what the
server says that it sent (`/_sent`): `equal`, `prefix` (cut by us or by the peer), `nothing`, or
`DIFFERS`. Exit code 1 where one differs. Behaviours that wait for minutes are left to the limits'
own tests.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from lantern_rig import Lantern

LISTENERS = ("--bind", "127.0.0.1:0", "--bind", "127.0.0.2:0")
ROOT = Path(__file__).resolve().parents[2]
PATHS = [
    "/",
    "/slow?n=3&delay=0.1",
    "/slow/first-byte?delay=1",
    "/slow/headers",
    "/big?mb=2",
    "/big/chunked?mb=2",
    "/big/lie",
    "/chunked",
    "/chunked/one-byte",
    "/chunked/bad-size",
    "/chunked/no-end",
    "/chunked/lf-only",
    "/chunked/with-length",
    "/chunked/huge-size",
    "/chunked/gzip",
    "/gzip",
    "/gzip/x-gzip",
    "/gzip/double",
    "/gzip/members",
    "/gzip/truncated",
    "/gzip/bad-crc",
    "/gzip/trailing",
    "/gzip/not",
    "/gzip/unlabelled",
    "/gzip/deflate",
    "/gzip/deflate-raw",
    "/gzip/identity",
    "/br",
    "/br-bad",
    "/br-bad/truncated",
    "/zstd",
    "/zstd/bad",
    "/redirect",
    "/redirect/relative",
    "/redirect/utf8",
    "/redirect/no-location",
    "/redirect/two",
    "/redirect/refresh",
    "/redirect/meta",
    "/redirect/js",
    "/redirect/fragment",
    "/redirect/space",
    "/redirect/body",
    "/redirect-loop",
    "/redirect-loop/self",
    "/redirect-private",
    "/drop",
    "/drop/chunked",
    "/drop/headers",
    "/drop/empty",
    "/drop/once",
    "/reset",
    "/reset/first",
    "/reset/once",
    "/badheaders",
    "/badheaders/long",
    "/badheaders/many",
    "/badheaders/lf-only",
    "/badheaders/no-reason",
    "/badheaders/weird-status",
    "/badheaders/http2-line",
    "/badheaders/http10",
    "/badheaders/http09",
    "/badheaders/two-lengths",
    "/badheaders/negative-length",
    "/badheaders/plus-length",
    "/badheaders/no-colon",
    "/badheaders/space-colon",
    "/badheaders/nul",
    "/badheaders/cr",
    "/badheaders/early-hints",
    "/badheaders/continue",
    "/badheaders/cookies",
    "/badheaders/no-type",
    "/badheaders/no-length",
    "/badheaders/204-body",
    "/badheaders/304",
    "/badheaders/leading-crlf",
    "/badheaders/two-responses",
    "/badheaders/escape",
    "/429/always",
    "/500-then-ok",
    "/status/404",
    "/status/500",
    "/status/451",
    "/robots/utf16",
    "/private",
    "/spider-trap",
    "/bomb",
    "/bomb/nested",
    "/bomb/xml",
    "/bomb/attributes",
    "/bomb/json",
    "/js",
    "/gallery",
    "/cookie-wall",
    "/login",
    "/login/basic",
    "/encodings",
    "/nul",
    "/nul/binary",
    "/nul/controls",
    "/inject",
    "/inject/download",
    "/inject/header",
    "/pdf",
    "/feed.xml",
    "/atom.xml",
    "/sitemap.xml",
    "/article/1",
    "/live",
    "/gone",
    "/gone/410",
    "/cloak",
    "/echo",
    "/huge-html",
    "/meta",
    "/types/octet",
    "/types/none",
    "/csp",
]


def blocks(vault: Path, capture: str) -> bytes:
    """The block of the capture's last response, by the catalogue's word of where it lies."""
    with sqlite3.connect(vault / "catalogue.db") as connection:
        row = connection.execute(
            "SELECT file, member_offset, member_bytes, block_bytes FROM record "
            "WHERE capture_id = ? AND type = 'response' ORDER BY ordinal DESC LIMIT 1",
            (capture,),
        ).fetchone()
    connection.close()
    if row is None:
        return b""
    file, offset, member, block = row
    raw = gzip.decompress((vault / "evidence" / file).read_bytes()[offset : offset + member])
    return raw[-block - 4 : -4]


def sent(site: str, url: str) -> bytes:
    """What the server sent for the address; empty where nothing, or too much to keep."""
    target = url.removeprefix(site).partition("#")[0] or "/"
    query = urllib.parse.quote(target, safe="")
    try:
        with urllib.request.urlopen(f"{site}/_sent?raw=1&path={query}", timeout=10) as answer:
            read: bytes = answer.read()
            return read
    except urllib.error.HTTPError:
        return b""


def verdict(kept: bytes, was_sent: bytes) -> str:
    if not kept:
        return "nothing"
    if kept == was_sent:
        return "equal"
    return "prefix" if was_sent.startswith(kept) else "DIFFERS"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    shared = parser.parse_args().shared
    server = subprocess.Popen(
        [sys.executable, str(shared / "testsite" / "serve_site.py"), *LISTENERS],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    site = json.loads(server.stdout.readline())["listen"][0]["url"]
    host = site.removeprefix("http://")
    with tempfile.TemporaryDirectory() as folder:
        lantern = Lantern(Path(folder, "vault"), Path(folder, "keys"))
        lantern.ok(
            "init", str(lantern.vault), "--operator", "JS", "--name", "Jo", "--egress", "direct"
        )
        lantern.ok("case", "open", "LINDEN", "--title", "Behaviours", "--template", "research")
        lantern.ok("authority", "add", "--case", "LINDEN", "--scope", host)
        seeds = [site + path for path in PATHS]
        report = lantern(
            *("collect", *seeds, "--case", "LINDEN", "--delay", "0", "--allow-address", host),
            *("--no-work", "--json"),
        ).json
        by_url = {capture["url"]: capture for capture in report["captures"]}
        failed = 0
        print(f"{'behaviour':32} {'status':>6} {'outcome':9} {'bytes':>9} bytes sent")
        for seed in seeds:
            capture = by_url[seed]
            kept = blocks(lantern.vault, capture["capture"])
            said = verdict(kept, sent(site, capture["final_url"]))
            failed += said == "DIFFERS"
            status = capture["status"] or "-"
            path = seed.removeprefix(site)
            print(f"{path:32} {status!s:>6} {capture['outcome']:9} {len(kept):9} {said}")
        print(f"{len(seeds)} behaviours, {failed} differ; verify: {lantern.ok('verify')['ok']}")
    server.terminate()
    server.wait()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
