"""Exhibits made and listed with the real command, on a vault with real captures."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lantern_rig import ROOT, Lantern, Site

from cases.exhibit_references import (
    ReferenceRefused,
    gaps_in,
    read_reference,
    reference_of_safe_name,
)


@pytest.fixture(scope="module")
def collected(site: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lantern, list[str]]:
    """A vault with three captures, made once; tests work on copies."""
    root = tmp_path_factory.mktemp("collected")
    lantern = Lantern(root / "vault", root / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("case", "open", "LINDEN", "--title", "A test", "--template", "research")
    lantern.ok("use", "LINDEN")
    lantern.ok("authority", "add", "--scope", site.address)
    pages = [site.url(f"/article/{number}") for number in (1, 2, 3)]
    report = lantern.ok(
        "collect", *pages, "--delay", "0", "--allow-address", site.address, "--no-work"
    )
    return lantern, [capture["capture"] for capture in report["captures"]]


@pytest.fixture
def held(collected: tuple[Lantern, list[str]], tmp_path: Path) -> tuple[Lantern, list[str]]:
    """The vault of three captures, this test's own copy, with keys of its own, and their ids."""
    lantern, captures = collected
    shutil.copytree(lantern.vault, tmp_path / "vault")
    shutil.copytree(lantern.keys, tmp_path / "keys")
    return replace(lantern, vault=tmp_path / "vault", keys=tmp_path / "keys"), captures


@pytest.mark.standard("EXH-1")
def test_the_next_number_is_given_and_a_number_asked_for_is_kept_as_written(
    held: tuple[Lantern, list[str]],
) -> None:
    lantern, (first, second, third) = held
    assert lantern.ok("exhibit", "make", first)["exhibit"] == "JS/1"
    assert lantern.ok("exhibit", "make", second, "--as", "JS/004")["exhibit"] == "JS/004"
    made = lantern.ok("exhibit", "make", third, "--description", "The third page")
    assert made["exhibit"] == "JS/5"
    listed = lantern.ok("exhibit", "list")
    assert [e["exhibit"] for e in listed["exhibits"]] == ["JS/1", "JS/004", "JS/5"]
    assert [(g["reference"], g["reason"]) for g in listed["gaps"]] == [
        ("JS/2", None),
        ("JS/3", None),
    ]


@pytest.mark.standard("EXH-1")
def test_a_clash_in_other_zeros_is_refused(held: tuple[Lantern, list[str]]) -> None:
    lantern, (first, second, _) = held
    lantern.ok("exhibit", "make", first, "--as", "JS/001")
    done = lantern("exhibit", "make", second, "--as", "JS/1")
    assert done.code == 1
    assert "JS/1 is taken: case LINDEN has the exhibit JS/001" in done.err


@pytest.mark.standard("EXH-1")
def test_a_second_producer_of_the_same_initials_must_add_a_middle_initial(
    held: tuple[Lantern, list[str]],
) -> None:
    lantern, (first, second, third) = held
    lantern.ok("exhibit", "make", first)
    lantern.ok("person", "add", "JS2", "--name", "John Sands")
    done = lantern("exhibit", "make", second, "--operator", "JS2")
    assert done.code == 1
    assert "Jo Smith's in case LINDEN. Put a middle initial between" in done.err
    made = lantern.ok("exhibit", "make", second, "--operator", "JS2", "--as", "JAS")
    assert made["exhibit"] == "JAS/1"
    assert lantern.ok("exhibit", "make", third, "--operator", "JS2")["exhibit"] == "JAS/2"
    other = lantern("exhibit", "make", third, "--as", "AB/1")
    assert "AB are not the initials of Jo Smith" in other.err


@pytest.mark.standard("EXH-1")
def test_a_gap_is_explained_once_and_its_number_is_never_given_again(
    held: tuple[Lantern, list[str]],
) -> None:
    lantern, (first, second, _) = held
    lantern.ok("exhibit", "make", first, "--as", "JS/3")
    lantern.ok("exhibit", "gap", "JS/2", "--reason", "Label spoilt")
    gaps = lantern.ok("exhibit", "list")["gaps"]
    assert [(g["reference"], g["reason"]) for g in gaps] == [
        ("JS/1", None),
        ("JS/2", "Label spoilt"),
    ]
    assert "not used (Label spoilt)" in lantern("exhibit", "make", second, "--as", "JS/2").err
    assert "not used" in lantern("exhibit", "gap", "JS/2", "--reason", "Again").err
    assert lantern("exhibit", "gap", "JS/9", "--reason", "Too far").code == 1
    assert "is taken" in lantern("exhibit", "gap", "JS/3", "--reason", "It is used").err
    lantern.ok("exhibit", "gap", "JS/4", "--reason", "Label spoilt too")
    assert lantern.ok("exhibit", "make", second)["exhibit"] == "JS/5"


@pytest.mark.standard("EXH-1")
def test_two_programs_that_make_exhibits_at_once_never_share_a_number(
    held: tuple[Lantern, list[str]],
) -> None:
    lantern, captures = held

    def make(number: int) -> str:
        program = lantern.start("exhibit", "make", captures[number % 3], "--json")
        out, err = program.communicate(timeout=120)
        assert program.returncode == 0, err
        return str(json.loads(out)["exhibit"])

    with ThreadPoolExecutor(2) as pool:
        made = sorted(pool.map(make, range(6)))
    assert made == [f"JS/{number}" for number in range(1, 7)]
    assert lantern.ok("exhibit", "list")["gaps"] == []
    assert lantern.ok("verify")["ok"] is True


def test_an_exhibit_is_frozen_with_the_history_and_checkpoint_of_its_moment(
    held: tuple[Lantern, list[str]],
) -> None:
    lantern, (first, *_) = held
    lantern.ok("show", first)
    made = lantern.ok("exhibit", "make", first)
    lantern.ok("show", first)
    with sqlite3.connect(lantern.vault / "catalogue.db") as connection:
        ((document,),) = connection.execute("SELECT document FROM exhibit").fetchall()
        ((entry,),) = connection.execute(
            "SELECT entry FROM ledger_entry WHERE act = 'exhibit.make'"
        ).fetchall()
    connection.close()
    record = json.loads(document)
    assert record["manifest_sha256"] == made["sha256"]
    assert [line["act"] for line in record["continuity"]] == ["capture.seal", "access"]
    assert record["checkpoint"].startswith("darklantern/v-")
    assert json.loads(entry)["refs"]["exhibit_sha256"] == sha256(document.encode()).hexdigest()


@pytest.mark.standard("STM-2")
def test_a_description_that_assesses_is_refused(held: tuple[Lantern, list[str]]) -> None:
    lantern, (first, *_) = held
    done = lantern(
        "exhibit", "make", first, "--description", "A page, highly  likely the suspect's"
    )
    assert done.code == 1
    assert "'highly likely'" in done.err


CHANGES = {
    "its description": ("UPDATE exhibit SET description = 'Another'", "catalogue-exhibit"),
    "its capture": ("UPDATE exhibit SET made_at = '2020'", "catalogue-exhibit"),
    "its record": ("UPDATE exhibit SET document = '{}'", "catalogue-exhibit"),
    "an exhibit removed": ("DELETE FROM exhibit", "catalogue-exhibit"),
    "a gap's reason": ("UPDATE exhibit_gap SET reason = 'Other'", "catalogue-exhibit-gap"),
}


@pytest.mark.promise("P-1")
@pytest.mark.parametrize(("change", "kind"), CHANGES.values(), ids=CHANGES)
def test_an_exhibit_changed_behind_the_ledger_is_named(
    held: tuple[Lantern, list[str]], change: str, kind: str
) -> None:
    lantern, (first, *_) = held
    lantern.ok("exhibit", "make", first, "--as", "JS/2")
    lantern.ok("exhibit", "gap", "JS/1", "--reason", "Label spoilt")
    assert lantern.ok("verify")["problems"] == []
    with sqlite3.connect(lantern.vault / "catalogue.db") as connection:
        assert connection.execute(change).rowcount == 1
    connection.close()
    done = lantern("verify", "--json")
    assert done.code == 1
    assert {problem["kind"] for problem in done.json["problems"]} == {kind}


@pytest.mark.parametrize(
    "named", ["js/1", "JS/0", "J/1", "JS1", "JS/1/", "JS/1/1/1", "../JS", "JSMIT/1"]
)
def test_what_is_no_reference_is_refused_with_an_example(
    held: tuple[Lantern, list[str]], named: str
) -> None:
    lantern, (first, *_) = held
    done = lantern("exhibit", "make", first, "--as", named)
    assert done.code == 2
    assert "exhibit" in done.err


@pytest.mark.standard("STM-2")
def test_a_statement_says_i_did_of_one_page_collected_at_a_terminal(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    more = ("--allow-address", site.address, "--no-work", "--delay", "0")
    watched = at_a_terminal(lantern, "collect", site.url("/article/1"), *more)
    several = at_a_terminal(
        lantern, "collect", site.url("/article/2"), site.url("/article/3"), *more
    )
    assert (watched, several) == (0, 0)
    lantern.ok("collect", site.url("/article/4"), *more)
    said = {}
    for capture in lantern.ok("capture", "list")["captures"]:
        exhibit = lantern.ok("exhibit", "make", capture["capture"])["exhibit"]
        said[capture["url"].rpartition("/")[2]] = lantern("exhibit", "print", "statement", exhibit)
    i_did = {page for page, done in said.items() if "I captured the page at" in done.out}
    assert i_did == {"1"}
    assert all("unattended" in said[page].out for page in ("2", "3", "4"))
    lantern.ok("person", "add", "AB", "--name", "Alex Brown")
    first = lantern.ok("capture", "list")["captures"][0]["capture"]
    other = lantern.ok("exhibit", "make", first, "--operator", "AB")["exhibit"]
    assert "another person set up" in lantern("exhibit", "print", "statement", other).out


def at_a_terminal(lantern: Lantern, *words: str) -> int:
    """The exit code of a command run at a terminal, as by a person."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "desk", *words],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=lantern.env(),
        cwd=ROOT,
    )
    os.close(theirs)
    with contextlib.suppress(OSError):  # the terminal is gone when its last user is
        while os.read(ours, 4096):
            pass
    os.close(ours)
    return program.wait(timeout=60)


@pytest.mark.standard("EXH-2")
@given(
    st.from_regex(r"[A-Z]{2,4}/[1-9][0-9]{0,8}(/[1-9][0-9]{0,8})?", fullmatch=True)
    | st.from_regex(r"[A-Z]{2,4}/0{0,3}[1-9]", fullmatch=True)
)
def test_a_safe_name_leads_back_to_its_reference(text: str) -> None:
    reference = read_reference(text)
    assert "/" not in reference.safe_name
    assert reference_of_safe_name(reference.safe_name) == reference


@given(st.text(max_size=20))
def test_any_other_text_is_refused_or_is_one(text: str) -> None:
    for read in (read_reference, reference_of_safe_name):
        with contextlib.suppress(ReferenceRefused):
            assert read(text).text.replace("/", "_") == text.replace("/", "_")


@given(st.sets(st.integers(1, 60)))
def test_gaps_and_used_numbers_fill_the_row(used: set[int]) -> None:
    assert sorted({*gaps_in(used), *used}) == list(range(1, max(used, default=0) + 1))
