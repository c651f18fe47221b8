"""Rows of the catalogue edited behind the ledger are named by verify."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from lantern_rig import Lantern, Site

CHANGES = {
    "a job's plan": ("UPDATE job SET plan = '{}'", "catalogue-job"),
    "a job's state": ("UPDATE job SET state = 'stopped'", "catalogue-job"),
    "a job's outcome": ("UPDATE job SET outcome = 'partial'", "catalogue-job"),
    "who made the job": ("UPDATE job SET created_at = '2020-01-01'", "catalogue-job"),
    "a case's title": ("UPDATE investigation SET title = 'Another'", "catalogue-case"),
    "a case closed": ("UPDATE investigation SET state = 'closed'", "catalogue-case"),
    "a person's role": ("UPDATE person SET role = 'supervisor'", "catalogue-person"),
    "a note's words": ("UPDATE note SET words = 'Other words'", "catalogue-note"),
    "a note removed": ("DELETE FROM note", "catalogue-note"),
    "an authority's type": (
        "UPDATE authority SET type = 'consent' WHERE number = 1",
        "catalogue-authority",
    ),
    "an authority revived": (
        "UPDATE authority SET cancelled_at = NULL WHERE cancelled_at IS NOT NULL",
        "catalogue-authority",
    ),
}


@pytest.mark.promise("P-1")
@pytest.mark.parametrize(("change", "kind"), CHANGES.values(), ids=CHANGES)
def test_a_row_changed_behind_the_ledger_is_named(
    lantern: Lantern, site: Site, change: str, kind: str
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    lantern.ok("authority", "add", "--scope", "example.test")
    lantern.ok("authority", "cancel", "LINDEN/2", "--reason", "Not needed")
    lantern.ok("note", "LINDEN", "Seller uses two accounts")
    lantern.ok("collect", site.url("/article/1"), "--allow-address", site.address, "--no-work")
    assert lantern.ok("verify")["problems"] == []
    edited(lantern.vault, change)
    done = lantern("verify", "--json")
    assert done.code == 1
    assert {problem["kind"] for problem in done.json["problems"]} == {kind}


def edited(vault: Path, change: str) -> None:
    with sqlite3.connect(vault / "catalogue.db") as connection:
        assert connection.execute(change).rowcount == 1
    connection.close()


def test_a_symbolic_link_in_place_of_a_warc_is_a_problem(lantern: Lantern, site: Site) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    lantern.ok("collect", site.url("/article/1"), "--allow-address", site.address, "--no-work")
    (warc,) = lantern.vault.glob("evidence/*/*/*.warc.gz")
    elsewhere = lantern.vault.parent / "elsewhere.warc.gz"
    warc.rename(elsewhere)
    warc.symlink_to(elsewhere)
    done = lantern("verify", "--json")
    assert done.code == 1
    assert {problem["kind"] for problem in done.json["problems"]} == {"linked-file"}


def test_a_row_that_points_outside_the_evidence_is_never_read(lantern: Lantern, site: Site) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    report = lantern.ok(
        "collect", site.url("/article/1"), "--allow-address", site.address, "--no-work"
    )
    edited_all(lantern.vault, "UPDATE record SET file = '../../../etc/passwd'")
    shown = lantern("show", report["captures"][0]["capture"])
    assert shown.code == 1
    assert "outside" in shown.err
    verdict = lantern("verify", "--json")
    assert verdict.code == 1
    assert "outside-file" in {problem["kind"] for problem in verdict.json["problems"]}


def edited_all(vault: Path, change: str) -> None:
    with sqlite3.connect(vault / "catalogue.db") as connection:
        connection.execute(change)
    connection.close()


def test_a_catalogue_that_is_gone_leaves_each_warc_to_prove_itself(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    lantern.ok("collect", site.url("/article/1"), "--allow-address", site.address, "--no-work")
    for part in lantern.vault.glob("catalogue.db*"):
        part.unlink()
    (lantern.vault / "catalogue.db").write_bytes(b"junk" * 1000)
    done = lantern("verify", "--json")
    assert done.code == 1
    assert {problem["kind"] for problem in done.json["problems"]} == {"catalogue-damaged"}
    assert (done.json["captures"], done.json["records"] >= 4) == (1, True)
    folder = lantern("verify", str(lantern.vault / "evidence"), "--json")
    assert (folder.code, folder.json["ok"], folder.json["captures"]) == (0, True, 1)
