"""What the tests of the whole road drive: the installed command, and the hostile test server."""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import os
import subprocess
import sys
import threading
import tomllib
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from desk.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Site:
    """The test server: its first listener, and what it says about itself."""

    address: str
    log: Path

    def url(self, path: str) -> str:
        return f"http://{self.address}{path}"

    def asked_for(self, path: str) -> int:
        """How often the path was asked for."""
        found = self._ask(f"/_hits?path={urllib.parse.quote(path, safe='')}")
        return int(json.loads(found)["hits"]) if b"hits" in found else int(found)

    def requests(self) -> list[dict[str, Any]]:
        """Every request so far, as the server logged it."""
        lines = [json.loads(line) for line in self._ask("/_log").splitlines() if line]
        return [line for line in lines if line["event"] == "request"]

    def sent(self, path: str) -> bytes:
        """The very bytes of the last answer to the path."""
        return self._ask(f"/_sent?raw=1&path={urllib.parse.quote(path, safe='')}")

    def set_robots(self, variant: str) -> None:
        """Change what this listener's /robots.txt is."""
        self._ask(f"/_robots?set={variant}")

    def _ask(self, what: str) -> bytes:
        with urllib.request.urlopen(self.url(what), timeout=10) as answer:
            read: bytes = answer.read()
            return read


@contextlib.contextmanager
def bodies_served(
    bodies: Mapping[str, tuple[str, bytes]], asked: Callable[[str], object] = str
) -> Iterator[str]:
    """Bodies by path (media type, bytes) on a free port of loopback; yields HOST:PORT. `asked` is
    told each path.
    """

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked(self.path)
            path = self.path.partition("?")[0]
            found = bodies.get(path) or bodies.get(urllib.parse.unquote(path))
            media_type, body = found or ("text/plain", b"none")
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


@dataclass
class Lantern:
    """The installed command, with a vault and keys of the test's own."""

    vault: Path
    keys: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def vault_id(self) -> str:
        """The vault's opaque id."""
        settings = tomllib.loads((self.vault / "lantern.toml").read_text("utf-8"))
        return str(settings["vault"]["id"])

    def env(self) -> dict[str, str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith("LANTERN_")}
        ours = {"LANTERN_VAULT": str(self.vault), "LANTERN_KEYS": str(self.keys)}
        return {**plain, **ours, "NO_COLOR": "1", **self.environment}

    def __call__(self, *words: str) -> Ran:
        """Run a command in this process: the same code, without a second of start-up each time."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.env(), clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(list(words))
        return Ran(code, out.getvalue(), err.getvalue())

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "desk", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.env(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
        )

    def ok(self, *words: str) -> dict[str, Any]:
        """Run with --json; it must succeed."""
        done = self(*words, "--json")
        assert done.code == 0, done.err
        return done.json
