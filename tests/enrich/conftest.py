"""The committed model, loaded once, and the test web server on a free loopback port."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from enrich import NameModel, SourceDocument, declared_by, open_model


@pytest.fixture(scope="session")
def model() -> NameModel:
    return open_model()


@pytest.fixture(scope="session")
def testsite(shared: Path) -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, str(shared / "testsite" / "serve_site.py"), "--bind", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())["listen"][0]["url"].rstrip("/")
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


@pytest.fixture(scope="session")
def fetched(testsite: str) -> Callable[[str], SourceDocument]:
    """The body at a path of the test server, as a document with what its header declares."""

    def fetch(path: str) -> SourceDocument:
        with urllib.request.urlopen(testsite + path, timeout=60) as answer:
            media_type, charset = declared_by(answer.headers.get("Content-Type"))
            return SourceDocument(answer.read(), media_type, charset, testsite + path)

    return fetch
