"""Exhibits of browser captures: a screenshot is a picture, so they leave encrypted."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pyrage
import pytest
from browser_rig import no_browser
from lantern_rig import Lantern, Site
from PIL import Image

from evidence.verifier import check_bundle

pytestmark = [
    pytest.mark.xdist_group("chromium"),
    pytest.mark.skipif(no_browser() is not None, reason=no_browser() or ""),
]


def test_a_page_of_text_from_a_browser_leaves_encrypted_alone_and_verifies(
    lantern: Lantern, site: Site, tmp_path: Path
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    page = site.url("/article/1")
    report = lantern.ok("collect", page, "--browser", "--allow-address", site.address, "--no-work")
    capture = report["captures"][0]["capture"]
    lantern.ok("exhibit", "make", capture)
    words = ("export", "LINDEN", "--exhibits", "JS/1", "--to", str(tmp_path / "out"))
    refused = lantern(*words)
    assert (refused.code, "leaves encrypted or not at all" in refused.err) == (1, True)
    lantern.ok("work")
    assert lantern(*words).code == 1  # also where the gate has looked
    secret = pyrage.x25519.Identity.generate()
    assert lantern.ok(*words, "--recipient", str(secret.to_public()))["covered"] >= 1
    tar = pyrage.decrypt((tmp_path / "out" / "bundle.tar.age").read_bytes(), [secret])
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        archive.extractall(tmp_path / "opened", filter="data")
    checks = check_bundle(str(tmp_path / "opened" / "bundle"))
    assert [check for check in checks if check.says] == []

    copy = tmp_path / "copy"
    lantern.ok("export", "LINDEN", "--exhibits", "JS/1", "--to", str(copy), "--viewing-copy")
    tiles = sorted(copy.glob("JS_1/page-*.png"))
    assert tiles
    with Image.open(tiles[0]) as tile:
        assert tile.format == "PNG"
    others = [png for png in copy.rglob("*.png") if png not in tiles]
    for png in others:
        with Image.open(png) as image:
            assert max(image.size) <= 8
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=copy, check=True)
