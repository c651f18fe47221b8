"""The awkward test site, and crawls of it: each in a child process, since a reactor runs once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, build_opener

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("crawl_child.py")


@dataclass(frozen=True)
class AwkwardSite:
    """The running server: `url` is its first listener, `others` the ones after it."""

    url: str
    others: tuple[str, ...]
    tls: str

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT` of the first listener."""
        return urlsplit(self.url).netloc

    @property
    def addresses(self) -> list[str]:
        """Every listener's address."""
        return [urlsplit(url).netloc for url in (self.url, *self.others, self.tls)]

    def ask(self, question: str) -> Any:
        """The server's own account of what it did: `/_hits?path=…`, `/_log` …"""
        with build_opener(ProxyHandler({})).open(self.url + question, timeout=20) as answer:
            return answer.read()

    def sent(self, target: str, n: int = -1, url: str | None = None) -> bytes | None:
        """The very bytes sent in answer to the n-th request for `target`, None where none were."""
        listener = urlsplit(url or self.url).netloc
        query = f"path={quote(target, safe='')}&n={n}&raw=1&listener={listener}"
        try:
            return self.ask(f"/_sent?{query}")
        except HTTPError as error:
            if error.code == 404:
                return None
            raise

    def hits(self, path: str) -> int:
        """How often a path was asked for, on any listener."""
        return json.loads(self.ask(f"/_hits?path={quote(path)}"))["hits"]


@dataclass(frozen=True)
class Crawled:
    """What one crawl sealed: drafts as JSON, each exchange with its response bytes as `block`."""

    report: dict[str, Any]
    captures: list[dict[str, Any]]
    errors: str

    def of(self, url: str) -> dict[str, Any]:
        """The one capture of an address."""
        (found,) = [each for each in self.captures if each["requested_url"] == url]
        return found

    def pages(self) -> list[dict[str, Any]]:
        """The captures of pages, without robots.txt."""
        return [each for each in self.captures if not each["requested_url"].endswith("/robots.txt")]


Crawl = Callable[..., Crawled]


@pytest.fixture(scope="session")
def awkward_site(shared: Path) -> Iterator[AwkwardSite]:
    """`serve_site.py` with three plain listeners and one that speaks TLS."""
    program = shared / "testsite" / "serve_site.py"
    binds = ("127.0.0.1:0", "127.0.0.2:0", "127.0.0.1:0", "127.0.0.1:0,tls")
    command = [sys.executable, str(program), *(word for bind in binds for word in ("--bind", bind))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        listen = json.loads(server.stdout.readline())["listen"]
        plain = [each["url"] for each in listen if not each["tls"]]
        (tls,) = [each["url"] for each in listen if each["tls"]]
        yield AwkwardSite(plain[0], tuple(plain[1:]), tls)
        server.terminate()


@pytest.fixture(scope="session")
def crawl() -> Iterator[Crawl]:
    """Runs one crawl in a child process: `crawl(seeds, spider="site", depth=2, …)`."""
    with tempfile.TemporaryDirectory() as held:
        yield lambda seeds, **order: _crawl(Path(held), seeds, order)


def _crawl(held: Path, seeds: list[str], order: dict[str, Any]) -> Crawled:
    folder = Path(tempfile.mkdtemp(dir=held))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **order.pop("environment", {})}
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", str(CHILD)],
        input=json.dumps({"folder": str(folder), "seeds": seeds, **order}),
        text=True,
        capture_output=True,
        env=environment,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    report = json.loads(done.stdout.splitlines()[-1])
    return Crawled(report, _captures(folder), done.stderr)


def _captures(folder: Path) -> list[dict[str, Any]]:
    captures = []
    for number in sorted(int(path.stem) for path in folder.glob("*.json")):
        capture = json.loads((folder / f"{number}.json").read_text(encoding="utf-8"))
        for place, exchange in enumerate(capture["exchanges"]):
            block = folder / f"{number}.{place}.response"
            exchange["block"] = block.read_bytes() if block.exists() else b""
        captures.append(capture)
    return captures
