"""What the rooms' tests share: the real inputs, a fixed clock, the command and a hostile site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from elastic_node import Cluster, a_cluster
from lantern_rig import Lantern, Site

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs beside the repository; what needs it skips where it is absent."""
    folder = Path(os.environ.get("LANTERN_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the shared inputs, which are not at {folder}; set LANTERN_SHARED")
    return folder


@pytest.fixture
def noon() -> datetime:
    """A fixed instant: 1 March 2026, 12:00:00 UTC."""
    return datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def site(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A test server of this module's own, on free ports of loopback."""
    log = tmp_path_factory.mktemp("site") / "hits.jsonl"
    server = subprocess.Popen(
        [
            sys.executable,
            str(shared / "testsite" / "serve_site.py"),
            *("--bind", "127.0.0.1:0", "--bind", "127.0.0.2:0", "--bind", "127.0.0.1:0"),
            *("--log", str(log)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    ready = json.loads(server.stdout.readline())
    first = ready["listen"][0]
    yield Site(f"{first['address']}:{first['port']}", log)
    server.terminate()
    server.wait(timeout=10)
    server.stdout.close()


@pytest.fixture(scope="session")
def elastic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Elasticsearch: ELASTICSEARCH_URL, or a node of this session's own. Tests that take it stand
    in the xdist group "elastic", so that one node serves them all.
    """
    with a_cluster(tmp_path_factory.mktemp("elastic")) as cluster:
        yield cluster


@pytest.fixture
def bare(tmp_path: Path) -> Lantern:
    """A vault with its first person and a way out, and no case."""
    lantern = Lantern(tmp_path / "vault", tmp_path / "keys")
    lantern.ok(
        *("init", str(lantern.vault), "--operator", "JS", "--name", "Jo Smith"),
        *("--egress", "direct"),
    )
    return lantern


@pytest.fixture
def lantern(bare: Lantern) -> Lantern:
    """A vault with an open case LINDEN that is the one meant, and no authority."""
    bare.ok("case", "open", "LINDEN", "--title", "A test", "--template", "research")
    bare.ok("use", "LINDEN")
    return bare
