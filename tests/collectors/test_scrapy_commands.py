"""Scrapy's own commands work from the root: the project is one that Scrapy people recognise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LANTERN = "import sys; from desk.cli import main; sys.exit(main())"


def run(*command: str, vault: Path) -> subprocess.CompletedProcess[str]:
    keys = vault.parent / "keys"
    mine = {"LANTERN_VAULT": str(vault), "LANTERN_KEYS": str(keys), "LANTERN_OPERATOR": "JS"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **mine},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """A vault with a case LINDEN and an authority over 127.0.0.1."""
    vault = tmp_path / "vault"
    for words in (
        ["init", str(vault), "--operator", "JS", "--name", "Jo Smith", "--egress", "direct"],
        ["case", "open", "LINDEN", "--title", "A test", "--template", "research"],
        ["authority", "add", "--case", "LINDEN", "--scope", "127.0.0.1", "--until", "2099-01-01"],
    ):
        done = run("-c", LANTERN, *words, vault=vault)
        assert done.returncode == 0, done.stderr
    return vault


def test_scrapy_list_names_the_spiders(tmp_path: Path) -> None:
    listed = run("-m", "scrapy", "list", vault=tmp_path / "none")

    assert listed.stdout.split() == ["page", "site"]


def test_scrapy_crawl_makes_the_same_evidence_as_collect(vault: Path, awkward_site: Any) -> None:
    url, address = f"{awkward_site.url}/article/1", awkward_site.address

    crawled = run(
        *("-m", "scrapy", "crawl", "page"),
        *("-a", "case=LINDEN", "-a", f"url={url}", "-a", f"allow_address={address}"),
        vault=vault,
    )

    assert crawled.returncode == 0, crawled.stderr
    assert "Way out: direct" in crawled.stderr
    listed = run("-c", LANTERN, "capture", "list", "--case", "LINDEN", "--json", vault=vault)
    (capture,) = json.loads(listed.stdout)["captures"]
    assert (capture["url"], capture["outcome"]) == (url, "complete")
    verified = run("-c", LANTERN, "verify", "--json", vault=vault)
    assert json.loads(verified.stdout)["problems"] == []


def test_scrapy_crawl_without_a_case_is_one_clear_line(vault: Path) -> None:
    crawled = run("-m", "scrapy", "crawl", "page", vault=vault)

    assert crawled.returncode == 1
    (line,) = crawled.stderr.splitlines()
    assert "page needs a case and an address: scrapy crawl page -a case=LINDEN -a url=" in line
    assert "Traceback" not in crawled.stderr
