"""What the steps write can be thrown away: it is made again from the evidence (rule 3)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lantern_rig import Lantern, Site

QUERIES = ("Ashdown", "phone:+447700900461", 'org:"Tarn-Side Ramblers"', "log*", "title:log")


@pytest.fixture
def filled(lantern: Lantern, site: Site) -> Lantern:
    """A case with five captures, read and indexed."""
    lantern.ok("authority", "add", "--scope", site.address)
    pages = [site.url(f"/article/{number}") for number in range(1, 6)]
    lantern.ok("collect", *pages, "--delay", "0", "--allow-address", site.address)
    return lantern


def answers(lantern: Lantern) -> list[object]:
    return [lantern.ok("search", query)["hits"] for query in QUERIES]


@pytest.mark.parametrize("lost", [("derived.db",), ("index",), ("derived.db", "index")])
def test_what_was_thrown_away_is_made_again_with_the_same_answers(
    filled: Lantern, lost: tuple[str, ...]
) -> None:
    before = answers(filled)
    assert sum(map(bool, before)) >= 3
    for name in lost:
        gone(filled.vault / name)
    done = filled.ok("work")
    assert (done["failed"], done["left"]) == (0, 0)
    assert answers(filled) == before


def gone(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
        return
    for part in path.parent.glob(path.name + "*"):
        part.unlink()


def test_work_done_is_not_done_again(filled: Lantern) -> None:
    assert filled.ok("work") == {"done": 0, "failed": 0, "left": 0}


def test_collect_without_work_leaves_it_for_later_and_search_says_so(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    lantern.ok("collect", site.url("/article/1"), "--no-work", "--allow-address", site.address)
    found = lantern("search", "Ashdown", "--json")
    assert found.json["total"] == 0
    assert found.json["waiting"] == 1
    assert "1 captures are not indexed yet: lantern work" in found.err
    assert lantern.ok("work")["done"] == 4  # extract, screen, index, pictures
    assert lantern.ok("search", "Ashdown")["total"] == 1


def test_evidence_that_is_damaged_fails_its_step_and_no_other(lantern: Lantern, site: Site) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    for number in (1, 2):
        url = site.url(f"/article/{number}")
        lantern.ok("collect", url, "--no-work", "--allow-address", site.address)
    first = sorted(lantern.vault.glob("evidence/*/*/*.warc.gz"))[0]
    broken = bytearray(first.read_bytes())
    broken[len(broken) // 2 : len(broken) // 2 + 40] = bytes(40)
    first.write_bytes(broken)
    done = lantern("work", "--json")
    assert done.code == 3
    # The sound one is read, screened, indexed, its pictures read; of the other, nothing can be.
    assert (done.json["done"], done.json["failed"]) == (4, 3)
    assert "lantern verify" in done.err


def test_reading_local_files_keeps_nothing_but_a_ledger_line(
    lantern: Lantern, tmp_path: Path
) -> None:
    page = tmp_path / "statement.html"
    page.write_text(
        "<title>A note</title><p>Marian Ashdown, 07700 900461, log@foxcombe.test</p>",
        encoding="utf-8",
    )
    before = sorted(p.name for p in lantern.vault.rglob("*") if "catalogue" not in p.name)
    (read,) = lantern.ok("read", str(page))["files"]
    kinds = {identifier["kind"] for identifier in read["identifiers"]}
    assert {"phone", "email"} <= kinds
    for mention in read["entities"]:
        assert read["text"][mention["start"] : mention["end"]] == mention["text"]
    assert sorted(p.name for p in lantern.vault.rglob("*") if "catalogue" not in p.name) == before
    entry = lantern.ok("ledger", "list")["entries"][-1]
    assert (entry["act"], entry["s62"]) == ("read", "consultation")
    assert str(page) in entry["texts"]["files"]
