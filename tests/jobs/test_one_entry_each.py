"""Each act of finding leaves one entry, under the operation that the Act wants logged (DPA-1), in
the transaction of what it does: where the entry cannot be written, nothing was done.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from lantern_rig import Lantern
from naming_rig import found_in, peopled, working

from cases.entities import EntityRecord
from cases.entity_links import LinkBasis, NewLink
from cases.ledger import Ledger
from cases.pole import Basis, Pole
from jobs.access import mark_capture, set_door, set_member
from jobs.candidates import CandidateAsk, list_candidates, show_candidate
from jobs.crossing import list_crossovers, set_policy
from jobs.entity_files import list_entities, show_entity
from jobs.finding import like_this, search, show
from jobs.hit_export import export_hits, export_log
from jobs.naming import Accepting, accept, reject, relabel, undo
from jobs.over_time import history_of
from jobs.records import Adding, Editing, add, edit, link, merge, set_special
from jobs.saved_searches import end_search, keep_search
from jobs.search_log import logged_searches, rerun, show_search
from jobs.steps import work
from jobs.watching import acknowledge_alert, list_alerts, stop_watch, watch_for
from jobs.workplace import Acting

OSWIN, MARTA, BOATS = "PERSON:Oswin Tarrant", "PERSON:Marta Quillfeather", "ORG:Tarrant Boats"
USES = NewLink("uses", LinkBasis.OPINION, grade="2DP")
CASE = "LINDEN"


@dataclass
class Held:
    """What an act made that a later one needs."""

    one: str
    url: str
    made: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, value: object) -> None:
        self.made[name] = str(value)


Do = Callable[[Acting, Held], object]
ACTS: tuple[tuple[str, str | None, Do], ...] = (
    (
        "search.run",
        "consultation",
        lambda a, h: h.keep("search", search(a, "oswin", CASE, 5).log_id),
    ),
    ("access", "consultation", lambda a, h: show(a, h.one, h.made["search"])),
    ("access", "consultation", lambda a, h: like_this(a, h.one)),
    ("access", "consultation", lambda a, h: history_of(a, h.url, CASE)),
    ("search.list", "consultation", lambda a, h: logged_searches(a, CASE)),
    ("search.list", "consultation", lambda a, h: show_search(a, h.made["search"])),
    ("search.rerun", "consultation", lambda a, h: rerun(a, h.made["search"])),
    ("search.export", "disclosure", lambda a, h: export_hits(a, "oswin", CASE, "csv")),
    ("search.log-export", "disclosure", lambda a, h: export_log(a, CASE)),
    ("search.save", "alteration", lambda a, h: keep_search(a, "daily", "oswin", CASE)),
    ("search.unsave", "alteration", lambda a, h: end_search(a, "daily")),
    ("access", "consultation", lambda a, h: list_candidates(a, CASE, CandidateAsk())),
    ("access", "consultation", lambda a, h: show_candidate(a, CASE, OSWIN)),
    ("entity.relabel", "alteration", lambda a, h: relabel(a, CASE, BOATS, "LOC")),
    ("entity.undo", "alteration", lambda a, h: undo(a, CASE, BOATS)),
    ("entity.reject", "alteration", lambda a, h: reject(a, CASE, BOATS)),
    ("entity.accept", "alteration", lambda a, h: accept(a, CASE, OSWIN)),
    ("entity.accept", "combination", lambda a, h: accept(a, CASE, MARTA, Accepting(into="P_001"))),
    ("entity.undo", "alteration", lambda a, h: undo(a, CASE, MARTA)),
    ("entity.accept", "alteration", lambda a, h: accept(a, CASE, MARTA)),
    ("entity.add", "collection", lambda a, h: add(a, CASE, _boat(h))),
    ("entity.edit", "alteration", lambda a, h: edit(a, CASE, "P_001", Editing(name="O Tarrant"))),
    ("entity.link", "alteration", lambda a, h: h.keep("link", link(a, CASE, _TIED, USES))),
    ("entity.undo", "alteration", lambda a, h: undo(a, CASE, h.made["link"])),
    ("entity.merge", "combination", lambda a, h: h.keep("m", merge(a, CASE, "P_001", ["P_002"]))),
    ("entity.undo", "alteration", lambda a, h: undo(a, CASE, h.made["m"])),
    (
        "entity.special",
        "alteration",
        lambda a, h: set_special(
            a,
            CASE,
            "P_001",
            ("health", "As stated", Basis.FACT),
            "needed for a safe plan",
        ),
    ),
    ("access", "consultation", lambda a, h: list_entities(a, CASE)),
    ("access", "consultation", lambda a, h: show_entity(a, CASE, "P_001")),
    ("crossover.list", "consultation", lambda a, h: list_crossovers(a, CASE)),
    (
        "crossover.policy",
        None,  # no processing of anybody's data: what it allows is logged as combination
        lambda a, h: set_policy(a, CASE, "ALDER", allowed=True, reason="One supplier, one purpose"),
    ),
    ("crossover.list", "combination", lambda a, h: list_crossovers(a, CASE)),
    (
        "watch.add",
        "collection",
        lambda a, h: h.keep(
            "watch", watch_for(a, "oswin", case=CASE, query="oswin", from_start=True).watch.id
        ),
    ),
    ("watch.alert", "consultation", lambda a, h: work(a)),
    (
        "access",
        "consultation",
        lambda a, h: h.keep("alert", list_alerts(a).alerts[0].id),
    ),
    ("alert.acknowledge", "alteration", lambda a, h: acknowledge_alert(a, h.made["alert"])),
    ("watch.stop", "alteration", lambda a, h: stop_watch(a, h.made["watch"])),
    (
        "case.access",
        "alteration",
        lambda a, h: set_member(a, CASE, "AB", member=True, reason="Joins us"),
    ),
    (
        "case.access",
        "alteration",
        lambda a, h: set_door(a, CASE, closed=True, reason="A sensitive source"),
    ),
    ("capture.mark", "alteration", lambda a, h: mark_capture(a, h.one, "restricted", "A source")),
)
_TIED = ("P_001", "O_001")


def _boat(held: Held) -> Adding:
    return Adding(Pole.OBJECT, EntityRecord("A boat", "other"), (held.one,))


def _rows(lantern: Lantern) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the catalogue."""
    with sqlite3.connect(Path(lantern.vault, "catalogue.db")) as catalogue:
        tables = catalogue.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        held = {name: catalogue.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in tables}
    catalogue.close()
    return held


def _entries(lantern: Lantern) -> list[tuple[str, str | None]]:
    with sqlite3.connect(Path(lantern.vault, "catalogue.db")) as catalogue:
        rows = catalogue.execute("SELECT entry FROM ledger_entry ORDER BY seq").fetchall()
    catalogue.close()
    entries = [json.loads(entry) for (entry,) in rows]
    return [(each["act"], each["s62"]) for each in entries if each["act"] != "ledger.heads"]


class _Unwritten(Exception):
    """The entry could not be written."""


def _refuse(*_: object) -> None:
    raise _Unwritten


@pytest.mark.standard("DPA-1")
def test_each_act_of_finding_is_one_entry_and_nothing_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lantern, captures = peopled(tmp_path, (CASE, "ALDER"))
    names = [
        ("PERSON", "Oswin Tarrant"),
        ("PERSON", "Marta Quillfeather"),
        ("ORG", "Tarrant Boats"),
    ]
    found_in(lantern, captures[f"{CASE}/one"], names)
    one = captures[f"{CASE}/one"]
    with working(lantern) as acting:
        held = Held(one, show(acting, one).view.final_url)
        for number, (act, s62, do) in enumerate(ACTS):
            what = f"{number}: {act}"
            before, entries = _rows(lantern), _entries(lantern)
            with monkeypatch.context() as patched:
                patched.setattr(Ledger, "record", _refuse)
                with pytest.raises(_Unwritten):
                    do(acting, held)
            assert _rows(lantern) == before, what
            do(acting, held)
            assert _entries(lantern)[len(entries) :] == [(act, s62)], what
