"""What is closed to a person makes no difference to anything that they are told, whatever others do
with it: by every list, count, log, proof and error that finding brought.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from lantern_rig import Lantern
from naming_rig import found_in, peopled, working

from cases.access import AccessRefused
from cases.errors import LanternError
from jobs.access import case_door, mark_capture, set_door
from jobs.candidates import CandidateAsk, list_candidates
from jobs.casework import all_cases, keep_note
from jobs.conditions import standing
from jobs.crossing import list_crossovers
from jobs.entity_files import list_entities
from jobs.exhibiting import export_bundle, list_exhibits, make_exhibit
from jobs.finding import asked_for, search, show
from jobs.gating import covered_line, gate_status
from jobs.hit_export import export_hits, export_log
from jobs.ledgering import list_entries, prove
from jobs.naming import accept
from jobs.over_time import history_of
from jobs.overview import case_page, overview
from jobs.saved_searches import keep_search, kept_searches
from jobs.search_log import logged_searches, rerun
from jobs.watching import list_alerts, list_watches, stop_watch, watch_for
from jobs.workplace import Acting

CLOSED = "OSIER"
WORDS = ("07700", "Quakers", "Bell", "Reading", "informant", CLOSED)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lantern, dict[str, str]]:
    """LINDEN's /two restricted, its /three locked, OSIER closed: AB sees LINDEN's /one alone."""
    lantern, captures = peopled(tmp_path_factory.mktemp("sight"), ("LINDEN", CLOSED))
    found_in(lantern, captures["LINDEN/two"], [("PERSON", "Ann Bell")])
    with working(lantern) as acting:
        set_door(acting, CLOSED, closed=True, reason="A sensitive source")
        mark_capture(acting, captures["LINDEN/two"], "restricted", "It names an informant")
        mark_capture(acting, captures["LINDEN/three"], "medical", "It is an informant's")
        mark_capture(acting, captures[f"{CLOSED}/three"], "medical", "It is an informant's")
    lantern.ok("work")
    return lantern, captures


@pytest.fixture
def held(filled: tuple[Lantern, dict[str, str]], tmp_path: Path) -> tuple[Lantern, dict[str, str]]:
    shutil.copytree(filled[0].vault, tmp_path / "vault")
    return replace(filled[0], vault=tmp_path / "vault", environment={}), filled[1]


def told(acting: Acting) -> dict[str, Any]:
    """Everything that a person is told, but for ids and times of the telling."""
    asking = asked_for(["person", "domain", "case"], bars="captured:day", company="person")
    answer = search(acting, "captured:>2020", None, 50, asking)
    export = json.loads(export_hits(acting, "captured:>2020", None, "jsonl").content)
    page = case_page(acting, "LINDEN", limit=50, offset=0)
    status = standing(acting)
    return {
        "search": (answer.total, answer.hits, answer.facets, answer.histogram, answer.companions),
        "left": (answer.waiting, answer.unread_for_names, answer.near),
        "export": export,
        "cases": all_cases(acting),
        "page": (page.total, page.captures, page.notes, page.jobs),
        "start": asdict(overview(acting)),
        "status": (status.cases, status.captures, status.due, status.running),
        "candidates": list_candidates(acting, "LINDEN", CandidateAsk(state="all")),
        "entities": list_entities(acting, "LINDEN"),
        "crossovers": list_crossovers(acting, "LINDEN"),
        "gate": (gate_status(acting, None), covered_line(acting, "LINDEN")),
        "watches": [
            (w.name, w.case_reference, w.query, w.alerts, w.unseen, w.fault)
            for w in list_watches(acting)
        ],
        "alerts": list_alerts(acting),
        "kept": kept_searches(acting),
    }


def logs(acting: Acting) -> str:
    """What the logs say to a person."""
    entries = [asdict(each) for each in list_entries(acting, None, 1000)]
    searches = [asdict(each) for each in logged_searches(acting, None, 1000)]
    return json.dumps([entries, searches, export_log(acting, None).content.decode()], default=str)


def others_at_work(lantern: Lantern, captures: dict[str, str]) -> None:
    """What people who see more do with what AB does not see."""
    two, closed = captures["LINDEN/two"], captures[f"{CLOSED}/two"]
    with working(lantern) as acting:
        search(acting, "bell", "LINDEN", 50)
        search(acting, "informant OR bell", CLOSED, 50)
        show(acting, two)
        show(acting, closed)
        keep_note(acting, "LINDEN", two, "The informant is Ann Bell")
        keep_search(acting, "theirs", "person:bell", None)
        keep_search(acting, "of the other", "person:bell", CLOSED)
        watch_for(acting, "theirs", case=None, query="bell", from_start=True)
        watch_for(acting, "of the other", case=CLOSED, query="bell", from_start=True)
        accept(acting, "LINDEN", "PERSON:Ann Bell")
        export_hits(acting, "bell", None, "csv")
    lantern.ok("work")


@pytest.mark.standard("DPA-1", "AUT-7")
def test_nothing_told_differs_by_what_others_do_with_what_is_closed(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    with working(lantern) as acting:  # AB sees this watch, and none of what it finds
        watch_for(acting, "shared", case="LINDEN", query="bell", from_start=True)
    with working(lantern, "AB") as acting:
        before = told(acting)

    others_at_work(lantern, captures)

    with working(lantern, "AB") as acting:
        after, log = told(acting), logs(acting)
    assert after == before
    closed = [ref for named, ref in captures.items() if named != "LINDEN/one"]
    for word in (*WORDS, *closed):
        assert word not in repr(after), word
    for word in ("informant", CLOSED, *closed):
        assert word not in log, word
    with working(lantern) as acting:  # there was something to tell
        assert next(w for w in list_watches(acting) if w.name == "shared").alerts == 1
        assert search(acting, "bell", None, 10).total == 2


def test_totals_of_people_who_see_more_are_not_in_the_log_nor_in_a_run_again(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    with working(lantern, "CD") as acting:
        theirs = search(acting, "bell", "LINDEN", 10)
        assert theirs.total == 1
        show(acting, captures["LINDEN/two"], theirs.log_id)
    with working(lantern, "AB") as acting:
        own = search(acting, "tarrant", "LINDEN", 10)
        show(acting, captures["LINDEN/one"], theirs.log_id)
        logged = {each.id: each for each in logged_searches(acting)}
        again, mine = rerun(acting, theirs.log_id), rerun(acting, own.log_id)

    assert (logged[theirs.log_id].hits, logged[theirs.log_id].opened) == (None, ())
    assert logged[theirs.log_id].filters["found_sha256"] is None
    assert (again.total, again.same, again.hidden_since) == (0, None, True)
    assert (mine.total, mine.same, mine.hidden_since) == (1, True, False)
    assert logged[own.log_id].filters["without"] == []
    with working(lantern, "CD") as acting:
        whole = {each.id: each for each in logged_searches(acting, "LINDEN")}[theirs.log_id]
        assert (whole.hits, whole.opened) == (1, (captures["LINDEN/two"],))
        assert rerun(acting, theirs.log_id).same is True


@contextmanager
def refused_alike() -> Iterator[list[str]]:
    """Errors of what is closed, of which none may say what it is closed for."""
    says: list[str] = []
    yield says
    assert says
    for word in (*WORDS, "restricted", "medical"):
        assert not any(word in each for each in says), (word, says)


@pytest.mark.standard("AUT-7")
def test_what_is_closed_is_made_no_exhibit_exported_proved_marked_nor_noted(
    held: tuple[Lantern, dict[str, str]], tmp_path: Path
) -> None:
    lantern, captures = held
    two = captures["LINDEN/two"]
    with working(lantern) as acting:
        exhibit = make_exhibit(acting, two, None, "The informant's page")
        closed_case = next(case.id for case in all_cases(acting) if case.reference == CLOSED)
    with working(lantern, "AB") as acting, refused_alike() as says:
        acts = [
            lambda: export_bundle(acting, "LINDEN", [exhibit.reference], tmp_path / "out"),
            lambda: prove(acting, closed_case),
            *(
                act
                for name, ref in captures.items()
                if name != "LINDEN/one"
                for act in (
                    lambda ref=ref: make_exhibit(acting, ref),
                    lambda ref=ref: mark_capture(acting, ref, "restricted", "To try"),
                    lambda ref=ref: mark_capture(acting, ref, "medical", "To try"),
                    lambda ref=ref: keep_note(acting, "LINDEN", ref, "To try"),
                    lambda ref=ref: prove(acting, ref),
                )
            ),
        ]
        for act in acts:
            with pytest.raises(LanternError) as refused:
                act()
            says.append(refused.value.says)
        [listed] = list_exhibits(acting, "LINDEN").exhibits
        assert listed.reference == exhibit.reference
        assert "informant" not in repr(listed)
        assert not (tmp_path / "out").exists()


def test_the_fault_of_a_watch_names_no_case_that_its_owner_sees(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    with working(lantern) as acting:
        set_door(acting, CLOSED, closed=False, reason="For this test")
    with working(lantern, "AB") as acting:
        watch_for(acting, "ab's", case=CLOSED, query="tarrant", from_start=True)
    with working(lantern) as acting:
        set_door(acting, CLOSED, closed=True, reason="For this test")

    lantern.ok("work")

    with working(lantern) as acting:
        [view] = list_watches(acting)
        assert "LINDEN" not in view.fault
        assert "no longer see" in view.fault
        assert list_alerts(acting).total == 0


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("UPDATE watch SET stopped_at = at", "watch"),
        ("UPDATE watch SET stopped_at = NULL", "watch"),
        ("UPDATE alert SET acknowledged_at = at", "alert"),
        ("UPDATE alert SET acknowledged_at = NULL, acknowledged_by = NULL", "alert"),
        ("UPDATE alert SET acknowledged_by = (SELECT id FROM person WHERE code='AB')", "alert"),
        ("UPDATE saved_search SET ended_at = NULL", "saved_search"),
        ("UPDATE saved_search SET ended_at = at", "saved_search"),
    ],
)
def test_a_watch_stopped_or_an_alert_seen_to_with_a_database_tool_is_found(
    held: tuple[Lantern, dict[str, str]], change: str, kind: str
) -> None:
    lantern, _ = held
    for name in ("runs", "stops"):
        lantern.ok("watch", "add", name, "--query", "oswin_t", "--from-start", "--case", "LINDEN")
        lantern.ok("saved", "keep", name, "oswin_t", "--case", "LINDEN")
    lantern.ok("work")
    with working(lantern) as acting:
        stop_watch(acting, "stops")
    lantern.ok("saved", "end", "stops")
    lantern.ok("alerts", "--ack", lantern.ok("alerts")["alerts"][0]["id"])
    lantern.ok("verify")

    with sqlite3.connect(lantern.vault / "catalogue.db") as database:
        database.execute(change)

    problems = lantern("verify", "--json").json["problems"]
    assert {each["kind"] for each in problems} == {f"catalogue-{kind}"}


def test_whoever_sees_no_case_may_not_say_who_does(held: tuple[Lantern, dict[str, str]]) -> None:
    with working(held[0], "AB") as acting:
        for reference in (CLOSED, "NEVER-OPENED"):
            with pytest.raises(LanternError) as refused:
                case_door(acting, reference)
            assert f"no case '{reference}'" in refused.value.says
        with pytest.raises(AccessRefused):
            set_door(acting, "LINDEN", closed=True, reason="To try")


def test_an_address_with_a_capture_that_is_closed_is_walked_without_it(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    with working(lantern, "AB") as acting:
        [seen] = search(acting, "tarrant", None, 10).hits
        assert [v.capture for v in history_of(acting, seen.url).captures] == [
            captures["LINDEN/one"]
        ]
