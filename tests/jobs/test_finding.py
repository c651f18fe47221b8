"""Searches as people run them: pages, facets, the log, what nobody else may see."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from lantern_rig import Lantern, Site

from cases.access import AccessRefused
from cases.errors import UsageError
from cases.holdings import CaptureLocked, CaptureUnknown
from jobs.access import mark_capture, marked_captures, release_capture, set_door, set_member
from jobs.finding import asked_for, like_this, search, show
from jobs.search_log import SearchErased, SearchUnknown, logged_searches, rerun
from jobs.sight import scope_of
from jobs.steps import work
from jobs.workplace import Acting, Named, at_work
from products.csv_rows import read_csv

ALL = "captured:>2020"


@pytest.fixture(scope="module")
def collected(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Lantern:
    root = tmp_path_factory.mktemp("finding")
    lantern = Lantern(root / "vault", root / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("person", "add", "AB", "--name", "Ann Bell")
    lantern.ok("person", "add", "SV", "--name", "Sam Vale", "--role", "supervisor")
    for case, pages in (("LINDEN", (1, 2, 3, 4)), ("ROWAN", (3, 4, 5))):
        lantern.ok("case", "open", case, "--title", "A test", "--template", "research")
        lantern.ok("authority", "add", "--case", case, "--scope", site.address)
        urls = [site.url(f"/article/{number}") for number in pages]
        how = ("--delay", "0", "--allow-address", site.address)
        lantern.ok("collect", *urls, "--case", case, *how)
    return lantern


@pytest.fixture
def lantern(collected: Lantern, tmp_path: Path) -> Lantern:
    shutil.copytree(collected.vault, tmp_path / "vault")
    return replace(collected, vault=tmp_path / "vault")


@contextmanager
def person(lantern: Lantern, code: str) -> Iterator[Acting]:
    named = Named({}, lantern.vault, str(lantern.vault), code, lantern.keys)
    with at_work(named) as acting:
        yield acting


def captures(lantern: Lantern, code: str, query: str = ALL, case: str | None = None) -> set[str]:
    with person(lantern, code) as acting:
        found = search(acting, query, case, 100)
        assert found.total == len(found.hits)
        return {hit.capture for hit in found.hits}


def test_pages_of_hits_join_without_gap_or_repeat(lantern: Lantern) -> None:
    with person(lantern, "JS") as acting:
        whole = [hit.capture for hit in search(acting, ALL, None, 100).hits]
        for sort in ("best", "newest", "oldest", "indexed"):
            paged: list[str] = []
            after = ""
            while True:
                answer = search(acting, ALL, None, 2, asked_for(sort=sort, after=after))
                assert answer.total == len(whole) == 7
                paged += [hit.capture for hit in answer.hits]
                after = answer.after
                if not after:
                    break
            assert sorted(paged) == sorted(whole), sort


@pytest.mark.parametrize("word", ["x", "e30", "WyJhIiwxXQ", "é", "A" * 500])
def test_a_page_of_another_search_is_one_clear_error(lantern: Lantern, word: str) -> None:
    with person(lantern, "JS") as acting:
        other = search(acting, "article", None, 2).after
        for after in (word, other):
            with pytest.raises(UsageError, match="does not continue this search"):
                search(acting, ALL, None, 2, asked_for(after=after))


def test_facets_bars_and_company_of_all_that_was_found(lantern: Lantern) -> None:
    with person(lantern, "JS") as acting:
        asking = asked_for(["case", "domain:3"], bars="captured:year", company="person")
        answer = search(acting, ALL, None, 1, asking)
    case, domain = answer.facets
    assert (case.field, case.values) == ("case", (("LINDEN", 4), ("ROWAN", 3)))
    assert [count for _, count in domain.values] == [7]
    assert [count for _, count in answer.histogram] == [7]
    assert all(c.everywhere == c.together and c.lift == 1 for c in answer.companions)


def test_the_command_gives_what_the_contract_says(lantern: Lantern) -> None:
    found = lantern.ok("search", ALL, "--all-cases", "--facets", "case,status", "--limit", "2")
    assert found["total"] == 7
    assert found["facets"]["case"] == {
        "values": [{"value": "LINDEN", "count": 4}, {"value": "ROWAN", "count": 3}],
        "missing": 0,
        "more": False,
    }
    again = lantern.ok("search", ALL, "--all-cases", "--limit", "100", "--after", found["after"])
    assert len(again["hits"]) == 5
    assert again["after"] is None
    for wrong in (("--facets", "nosuch"), ("--facets", "person:x"), ("--bars", "captured:hour")):
        refused = lantern("search", ALL, "--all-cases", *wrong)
        assert refused.code != 0
        assert "Traceback" not in refused.err


@pytest.mark.standard("DIS-1")
@pytest.mark.standard("DIS-6")
def test_every_search_is_on_record_with_what_was_opened_from_it(lantern: Lantern) -> None:
    with person(lantern, "JS") as acting:
        nothing = search(acting, "zebrafish", "LINDEN", 5, asked_for(["person"]))
        some = search(acting, ALL, "LINDEN", 5)
        show(acting, some.hits[0].capture, some.log_id)
        newest, older = logged_searches(acting, "linden")[:2]
    assert (older.query, older.hits, older.id, older.opened) == ("zebrafish", 0, nothing.log_id, ())
    assert (newest.query, newest.hits, newest.by) == (ALL, 4, "JS")
    assert newest.opened == (some.hits[0].capture,)
    assert newest.cases == ("LINDEN",)
    assert newest.index_version == some.index_version != ""
    with person(lantern, "JS") as acting, pytest.raises(SearchUnknown):
        show(acting, some.hits[0].capture, "e-abcdefghij234567")


@pytest.mark.standard("DIS-6")
def test_a_search_run_again_finds_the_same_though_much_was_indexed_since(
    lantern: Lantern, site: Site
) -> None:
    replaced = min(captures(lantern, "JS", case="LINDEN"))
    with person(lantern, "JS") as acting:
        logged = search(acting, ALL, None, 5).log_id
    how = ("--case", "LINDEN", "--delay", "0", "--allow-address", site.address)
    lantern.ok("collect", site.url("/article/6"), *how)
    with person(lantern, "JS") as acting:
        assert search(acting, ALL, None, 5).total == 8
        again = rerun(acting, logged)
        assert (again.same, again.total, again.replaced) == (True, 7, ())
        assert not again.hidden_since
        mark_capture(acting, replaced, "restricted", "A source may be known by it")
        work(acting)  # its document gets a new number
        again = rerun(acting, logged)
        assert (again.same, again.total, again.replaced) == (True, 7, (replaced,))
        with acting.catalogue.writing() as session:
            acting.ledger.erase_texts(session, logged, reason="Asked for by the person concerned")
        with pytest.raises(SearchErased):
            rerun(acting, logged)


@pytest.mark.standard("DPA-1")
def test_a_case_closed_to_its_members_is_nowhere_for_others(lantern: Lantern) -> None:
    both = captures(lantern, "AB")
    with person(lantern, "AB") as acting, pytest.raises(AccessRefused):
        set_door(acting, "LINDEN", closed=True, reason="I would rather")
    with person(lantern, "JS") as acting:
        log_id = search(acting, ALL, "LINDEN", 1).log_id
        linden = {hit.capture for hit in search(acting, ALL, "LINDEN", 50).hits}
        door = set_door(acting, "LINDEN", closed=True, reason="A sensitive source")
        assert (door.closed, door.members) == (True, ("JS",))
    assert captures(lantern, "AB") == both - linden
    assert captures(lantern, "JS") == both
    with person(lantern, "AB") as acting:
        assert all(each.id != log_id for each in logged_searches(acting))
        with pytest.raises(CaptureUnknown):
            show(acting, min(linden))
        with pytest.raises(SearchUnknown):
            rerun(acting, log_id)
    environment = {**lantern.environment, "LANTERN_OPERATOR": "AB"}
    other = replace(lantern, environment=environment)
    for words in (
        ("search", ALL, "--case", "LINDEN"),
        ("capture", "list", "--case", "LINDEN"),
        ("show", min(linden)),
        ("job", "show", "LINDEN-J1"),
        ("case", "show", "LINDEN"),
    ):
        refused = other(*words, "--json")
        assert refused.code == 1, words
        assert "A test" not in refused.out
    assert [case["reference"] for case in other.ok("case", "list")["cases"]] == ["ROWAN"]
    assert all("LINDEN" not in str(entry) for entry in other.ok("ledger", "list")["entries"])
    with person(lantern, "JS") as acting:
        door = set_member(acting, "LINDEN", "AB", member=True, reason="Joins us")
    assert door.members == ("JS", "AB")
    assert captures(lantern, "AB") == both
    assert lantern.ok("verify")["ok"]


@pytest.mark.standard("AUT-7")
def test_confidential_material_is_locked_from_the_moment_that_it_is_marked(
    lantern: Lantern,
) -> None:
    both = captures(lantern, "JS")
    locked = min(both)
    with person(lantern, "JS") as acting:
        mark_capture(acting, locked, "legal-privilege", "A letter to a solicitor")
        with pytest.raises(CaptureLocked):
            show(acting, locked)
        with pytest.raises(AccessRefused):
            release_capture(acting, locked, "legal-privilege", "It was nothing")
        with pytest.raises(AccessRefused):
            marked_captures(acting)
        assert locked in scope_of(acting, None).without
        work(acting)
    for code in ("JS", "AB", "SV"):  # nobody finds it, the named roles open it
        assert captures(lantern, code) == both - {locked}
    with person(lantern, "SV") as acting:
        assert show(acting, locked).reading is None
        assert [each.capture for each in marked_captures(acting)] == [locked]
        release_capture(acting, locked, "legal-privilege", "Not privileged: sent in copy to others")
        work(acting)
    assert captures(lantern, "JS") == both
    assert lantern.ok("verify")["ok"]


def test_a_capture_locked_behind_the_index_is_left_out_of_it_all(lantern: Lantern) -> None:
    both = captures(lantern, "JS")
    locked = min(both)
    shutil.copytree(lantern.vault / "index", lantern.vault / "kept")
    with person(lantern, "JS") as acting:
        mark_capture(acting, locked, "medical", "Notes of a surgery")
    shutil.rmtree(lantern.vault / "index")  # as if the index could not be written at that moment
    (lantern.vault / "kept").rename(lantern.vault / "index")
    assert captures(lantern, "JS") == both - {locked}


def test_restricted_captures_are_for_whoever_is_in_charge_and_named_roles(
    lantern: Lantern,
) -> None:
    both = captures(lantern, "JS")
    with person(lantern, "AB") as acting:
        mark_capture(acting, min(both), "restricted", "It names a source")
    assert captures(lantern, "AB") == both - {min(both)}
    assert captures(lantern, "JS") == both
    assert captures(lantern, "SV") == both
    with person(lantern, "AB") as acting, pytest.raises(CaptureUnknown):
        show(acting, min(both))


def test_other_spellings_are_of_what_the_person_may_see(lantern: Lantern) -> None:
    word = "ashdown"
    with person(lantern, "SV") as acting:
        seen = search(acting, word, None, 100)
        assert seen.spellings == ()
        misspelled = search(acting, "ashdwon", None, 100)
        assert (misspelled.total, misspelled.spellings) == (0, (word,))
        assert search(acting, misspelled.spellings[0], None, 100).total == seen.total
    with person(lantern, "JS") as acting:
        for hit in seen.hits:
            mark_capture(acting, hit.capture, "restricted", "It names a source")
    with person(lantern, "AB") as acting:
        assert search(acting, "ashdwon", None, 100).spellings == ()
    with person(lantern, "SV") as acting:
        assert search(acting, "ashdwon", None, 100).spellings == (word,)
    asked = lantern("search", "ashdwon", "--all-cases")
    assert f"Did you mean: {word}" in asked.out
    assert lantern.ok("search", "ashdwon", "--all-cases")["did_you_mean"] == [word]


def test_a_mark_or_a_member_put_in_with_a_database_tool_is_found(lantern: Lantern) -> None:
    with person(lantern, "JS") as acting:
        set_door(acting, "LINDEN", closed=True, reason="A sensitive source")
    with sqlite3.connect(lantern.vault / "catalogue.db") as database:
        database.execute("UPDATE case_access SET allowed = 1")
    found = lantern("verify", "--json")
    assert found.code == 1
    assert "case_access" in found.out


@pytest.mark.standard("CHT-1")
def test_hits_are_written_out_as_a_disclosure_on_record(lantern: Lantern, tmp_path: Path) -> None:
    to = tmp_path / "hits.csv"
    written = lantern.ok("search", ALL, "--case", "LINDEN", "--to", str(to))
    assert written["rows"] == 4
    assert hashlib.sha256(to.read_bytes()).hexdigest() == written["sha256"]
    heads, *rows = read_csv(to.read_bytes())
    first = dict(zip(heads, rows[0], strict=True))
    assert first["captured_utc"].endswith("Z")
    assert first["captured_uk"][-3:] in ("GMT", "BST")
    assert first["case"] == "LINDEN"
    entry = next(
        each for each in lantern.ok("ledger", "list")["entries"] if each["id"] == written["entry"]
    )
    assert (entry["act"], entry["s62"]) == ("search.export", "disclosure")
    again = lantern("search", ALL, "--case", "LINDEN", "--to", str(to))
    assert again.code == 1
    assert "cannot be written" in again.err
    lines = tmp_path / "hits.jsonl"
    lantern.ok("search", ALL, "--all-cases", "--to", str(lines))
    assert len([json.loads(line) for line in lines.read_text().splitlines()]) == 7
    log = tmp_path / "log.jsonl"
    lantern.ok("search-log", "export", str(log))
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [each["exported"] for each in told[-2:]] == [True, True]
    assert (told[-1]["query"], told[-1]["hits"]) == (ALL, 7)


def test_a_search_is_kept_run_and_ended_by_its_name(lantern: Lantern) -> None:
    kept = lantern.ok("saved", "keep", "All of it", ALL, "--case", "ROWAN", "--sort", "oldest")
    assert lantern.ok("saved", "run", "All of it")["total"] == 3
    assert lantern("saved", "keep", "All of it", ALL, "--case", "ROWAN").code == 2
    assert lantern("saved", "keep", "Broken", "(owl").code != 0
    with person(lantern, "JS") as acting:
        set_door(acting, "ROWAN", closed=True, reason="A sensitive source")
    other = replace(lantern, environment={**lantern.environment, "LANTERN_OPERATOR": "AB"})
    assert other.ok("saved", "list")["saved"] == []
    assert other("saved", "end", kept["id"]).code == 1
    assert lantern.ok("saved", "end", "All of it") == {"ended": "All of it"}
    assert lantern.ok("saved", "list")["saved"] == []
    assert lantern.ok("verify")["ok"]


def test_more_like_this_is_an_ordinary_query_of_words_that_others_share(lantern: Lantern) -> None:
    with person(lantern, "JS") as acting:
        first = search(acting, ALL, "LINDEN", 1).hits[0].capture
        query = like_this(acting, first)
        assert first in {hit.capture for hit in search(acting, query, None, 50).hits}
        before = logged_searches(acting)[0].query
    assert before == query  # logged as any other
    found = lantern.ok("search", "--like", first, "--all-cases")
    assert found["query"] == query
    assert lantern("search").code == 2
    assert lantern("search", "owl", "--like", first).code == 2
    with person(lantern, "JS") as acting:
        mark_capture(acting, first, "medical", "Notes of a surgery")
        with pytest.raises(CaptureLocked):
            like_this(acting, first)
