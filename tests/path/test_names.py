"""Names that collected text could have chosen, and did not."""

from __future__ import annotations

import re

import pytest
from lantern_rig import Lantern, Site

OURS = re.compile(
    r"lantern\.toml|catalogue\.db(-wal|-shm)?|restricted\.db(-wal|-shm)?|derived\.db(-wal|-shm)?"
    r"|exposure\.db(-journal)?|renditions(/screened\.db(-wal|-shm)?)?"
    r"|evidence|spool|index"
    r"|evidence/c-[a-z2-7]{16}(/j-[a-z2-7]{16}(/j-[a-z2-7]{16}-[0-9]+\.warc\.gz)?)?"
)
HOSTILE = [
    "/inject",
    "/nul/controls",
    "/badheaders/escape",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/a?b=../c",
]


@pytest.mark.promise("P-8")
def test_every_file_and_folder_of_a_vault_has_a_name_of_our_own(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    pages = [site.url(path) for path in HOSTILE]
    lantern("collect", *pages, "--delay", "0", "--allow-address", site.address)
    names = {path.relative_to(lantern.vault).as_posix() for path in lantern.vault.rglob("*")}
    foreign = {name for name in names if not OURS.fullmatch(name) and name[:6] != "index/"}
    assert foreign == set()
    assert any(name.endswith(".warc.gz") for name in names)
    shown = {path.name for path in (lantern.vault / "index").rglob("*")}
    assert [name for name in shown if not re.fullmatch(r"[A-Za-z0-9._-]+", name)] == []
