"""Candidates decided on and records kept, on a vault with real captures."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lantern_rig import Lantern
from naming_rig import found_in, peopled, working

from cases.entities import Attribute, EntityChanged, EntityRecord, EntityUnknown
from cases.entity_decisions import CandidateChanged, CandidateVerdict
from cases.entity_links import Direction, LinkBasis, LinkRefused, NewLink, Orphan
from cases.entity_merges import MergeRefused
from cases.errors import CallerError, LanternError, UsageError
from cases.pole import Basis, Pole
from cases.pole_rules import RecordRefused
from enrich import DerivedStore, Mention
from jobs.candidates import (
    Candidate,
    CandidateAsk,
    CandidateUnknown,
    list_candidates,
    show_candidate,
)
from jobs.deeds import NotAcceptable
from jobs.entity_files import list_entities, names_of, show_entity
from jobs.naming import Accepting, NothingToUndo, Turning, accept, reject, relabel, undo
from jobs.records import Adding, Editing, add, edit, link, merge, set_special
from jobs.workplace import Acting

OSWIN = "PERSON:Oswin Tarrant"
MARTA = "PERSON:Marta Quillfeather"
USES = NewLink("uses", LinkBasis.OPINION, grade="2DP")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lantern, dict[str, str]]:
    lantern, captures = peopled(tmp_path_factory.mktemp("naming"))
    captures = {key.rpartition("/")[2]: capture for key, capture in captures.items()}
    _read(lantern, captures, "drawn 1")
    return lantern, captures


def _read(lantern: Lantern, captures: dict[str, str], model: str) -> None:
    one = [("PERSON", "Oswin Tarrant"), ("PERSON", "Marta Quillfeather"), ("ORG", "Tarrant Boats")]
    found_in(lantern, captures["one"], one, [("handle", "@oswin_t", "@oswin_t")], model)
    two = [("PERSON", "OSWIN TARRANT"), ("LOC", "Reading"), ("PERSON", "Dr Ann Bell")]
    phone = [("phone", "+447700900123", "07700 900123")]
    found_in(lantern, captures["two"], two, phone, model)
    three = [("PERSON", "Reading"), ("PERSON", "Oswin Tarrant\u202e"), ("NORP", "Quakers")]
    found_in(lantern, captures["three"], three, phone, model)


@pytest.fixture
def held(
    collected: tuple[Lantern, dict[str, str]], tmp_path: Path
) -> tuple[Lantern, dict[str, str]]:
    lantern, captures = collected
    shutil.copytree(lantern.vault, tmp_path / "vault")
    shutil.copytree(lantern.keys, tmp_path / "keys")
    return replace(lantern, vault=tmp_path / "vault", keys=tmp_path / "keys"), captures


def _all(acting: Acting, state: str = "all") -> dict[str, Candidate]:
    page = list_candidates(acting, "LINDEN", CandidateAsk(state=state))
    return {f"{each.found_as}:{each.name}": each for each in page.items}


def _entries(lantern: Lantern, act: str) -> list[dict[str, object]]:
    entries = lantern.ok("ledger", "list", "--limit", "100")["entries"]
    return [entry for entry in entries if entry["act"] == act]


def test_candidates_fold_spellings_count_captures_and_show_a_gated_context(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    with working(lantern) as acting:
        found = _all(acting)
    assert found[OSWIN].captures == 3
    assert [key for key in found if "oswin" in key.lower()] == [OSWIN, "handle:@oswin_t"]
    assert found["phone:+447700900123"].captures == 2
    assert "NORP:Quakers" not in found  # asked for by its label alone
    (context,) = found["ORG:Tarrant Boats"].contexts
    assert context.before.endswith("Oswin Tarrant met Marta Quillfeather at ")
    assert (context.text, context.after[:11]) == ("Tarrant Boats", ". Write to ")
    assert "\u202e" not in found[OSWIN].name + found[OSWIN].contexts[0].text


def test_an_accepted_candidate_is_a_record_and_nothing_derived_has_changed(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    with DerivedStore(lantern.vault / "derived.db") as store:
        before = [store.get(capture) for capture in captures.values()]
    with working(lantern) as acting:
        saved = accept(acting, "LINDEN", OSWIN)
        assert (saved.entity.reference, saved.entity.record.name) == ("P_001", "Oswin Tarrant")
        assert saved.entity.record.categories == ("not-yet-categorised",)
        assert set(saved.entity.record.captures) <= set(captures.values())
        candidate = _all(acting)[OSWIN]
        assert (candidate.verdict, candidate.entity) == (CandidateVerdict.ACCEPTED, "P_001")
        with pytest.raises(NotAcceptable, match="accepted already"):
            accept(acting, "LINDEN", "PERSON:oswin  tarrant")
    with DerivedStore(lantern.vault / "derived.db") as store:
        assert [store.get(capture) for capture in captures.values()] == before
    (entry,) = _entries(lantern, "entity.accept")
    assert entry["s62"] == "alteration"
    assert lantern.ok("verify")["problems"] == []


@pytest.mark.standard("POL-3")
def test_candidates_are_no_records_until_a_person_accepts_them(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    with working(lantern) as acting:
        assert list_entities(acting, "LINDEN") == ([], {})
        assert len(_all(acting)) == 8
    with sqlite3.connect(lantern.vault / "catalogue.db") as catalogue:
        dump = "\n".join(catalogue.iterdump())
    catalogue.close()
    assert "Quillfeather" not in dump
    assert "oswin" not in dump.lower()


def test_decisions_survive_a_better_model_and_deleting_what_was_derived(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    with working(lantern) as acting:
        accept(acting, "LINDEN", OSWIN)
        reject(acting, "LINDEN", "PERSON:Reading", Turning("It is a town"))
        relabel(acting, "LINDEN", "ORG:Tarrant Boats", "PERSON")
    for file in lantern.vault.glob("derived.db*"):
        file.unlink()
    lantern.ok("work")
    _read(lantern, captures, "drawn 2")
    with working(lantern) as acting:
        found = _all(acting)
        assert found[OSWIN].entity == "P_001"
        assert found["PERSON:Reading"].verdict is CandidateVerdict.REJECTED
        assert found["LOC:Reading"].verdict is CandidateVerdict.OPEN
        boats = found["ORG:Tarrant Boats"]
        assert (boats.label, boats.verdict) == ("PERSON", CandidateVerdict.RELABELLED)
        assert OSWIN not in _all(acting, "open")
        assert set(_all(acting, "decided")) == {OSWIN, "PERSON:Reading"}


def test_a_word_on_one_mention_leaves_the_others(held: tuple[Lantern, dict[str, str]]) -> None:
    lantern, captures = held
    found_in(lantern, captures["three"], [("LOC", "Reading"), ("PERSON", "Oswin Tarrant")])
    with working(lantern) as acting:
        shown = show_candidate(acting, "LINDEN", "LOC:Reading")
        places = {context.capture: context.place for context in shown.contexts}
        assert set(places) == {captures["two"], captures["three"]}
        reject(acting, "LINDEN", "LOC:Reading", Turning(place=places[captures["two"]]))
        after = show_candidate(acting, "LINDEN", "LOC:Reading")
        assert {c.capture: c.rejected for c in after.contexts} == {
            captures["two"]: True,
            captures["three"]: False,
        }
        assert after.verdict is CandidateVerdict.OPEN
        for wrong in ("x", places[captures["two"]] + "0", f"{captures['one']}:page:0-7"):
            with pytest.raises(CandidateUnknown):
                reject(acting, "LINDEN", "LOC:Reading", Turning(place=wrong))


def test_what_breaks_a_rule_is_refused_and_kept_under_the_name_that_a_person_gives(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    with working(lantern) as acting:
        with pytest.raises(RecordRefused, match="'Dr' is a title"):
            accept(acting, "LINDEN", "PERSON:Dr Ann Bell")
        saved = accept(acting, "LINDEN", "PERSON:Dr Ann Bell", Accepting(name="Ann Bell"))
        assert saved.entity.record.name == "Ann Bell"
        with pytest.raises(RecordRefused):  # the hidden sign of the spelling on that page
            accept(acting, "LINDEN", OSWIN, Accepting(name="Oswin Tarrant\u202e"))


@pytest.mark.standard("POL-1")
def test_a_handle_is_an_object_tied_to_a_person_by_a_graded_link(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    with working(lantern) as acting:
        handle = accept(acting, "LINDEN", "handle:@oswin_t").entity
        assert (handle.pole, handle.record.subtype) == (Pole.OBJECT, "online_account")
        person = accept(acting, "LINDEN", OSWIN).entity
        with pytest.raises(NotAcceptable, match="tie them by a link"):
            accept(acting, "LINDEN", "phone:+447700900123", Accepting(into=person.reference))
        with pytest.raises(NotAcceptable, match="it is no name"):
            relabel(acting, "LINDEN", "phone:+447700900123", "PERSON")
        ends = (person.reference, handle.reference)
        with pytest.raises(LinkRefused, match="graded link"):
            link(acting, "LINDEN", ends, replace(USES, grade=None))
        link(acting, "LINDEN", ends, USES)
        (tie,) = show_entity(acting, "LINDEN", "P_001").links
        assert tie.link.grade == "2DP"


@pytest.mark.standard("POL-4")
def test_a_link_has_type_direction_dates_basis_grade_and_captures(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    with working(lantern) as acting:
        accept(acting, "LINDEN", OSWIN)
        accept(acting, "LINDEN", MARTA)
        new = NewLink(
            "met",
            LinkBasis.FACT,
            Direction.BOTH,
            "2026-01-02",
            "2026-01-03",
            "1-b-c",
            "Consult the originator",
            (captures["one"],),
        )
        link(acting, "LINDEN", ("P_001", "P_002"), new)
        (tie,) = show_entity(acting, "LINDEN", "P_002").links
        assert tie.link == replace(new, grade="1BC")
        ends = ("P_001", "P_002")
        for wrong, says in (
            (replace(new, captures=()), "shown by a capture"),
            (replace(new, from_date="2026-01-04"), "before it begins"),
            (replace(new, from_date="yesterday"), "no day"),
            (replace(new, type="Met; him"), "no type"),
            (replace(new, captures=("x-aaaaaaaaaaaaaaaa",)), "has no capture"),
            (replace(new, grade="9ZZ"), "no grade"),
        ):
            with pytest.raises(CallerError, match=says):
                link(acting, "LINDEN", ends, wrong)
        with pytest.raises(LinkRefused, match="ties two"):
            link(acting, "LINDEN", ("P_001", "P_001"), new)
        undo(acting, "LINDEN", tie.id)
        assert show_entity(acting, "LINDEN", "P_001").links == ()
        with pytest.raises(LinkRefused):
            undo(acting, "LINDEN", tie.id)
    assert lantern.ok("verify")["problems"] == []


@pytest.mark.standard("POL-3")
def test_an_entity_tied_to_nothing_is_refused_and_never_left_so(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    record = EntityRecord("Perran Vole")
    with working(lantern) as acting:
        with pytest.raises(Orphan, match="linked to another or to a capture"):
            add(acting, "LINDEN", Adding(Pole.PERSON, record))
        with pytest.raises(EntityUnknown):
            add(acting, "LINDEN", Adding(Pole.PERSON, record, to="P_007", link=USES))
        accept(acting, "LINDEN", OSWIN)
        knows = NewLink("knows", LinkBasis.OPINION)
        saved = add(acting, "LINDEN", Adding(Pole.PERSON, record, to="P_001", link=knows))
        assert saved.entity.reference == "P_002"
        with pytest.raises(Orphan, match="P_002 would be linked to no other"):
            undo(acting, "LINDEN", str(saved.link))
        with pytest.raises(MergeRefused, match="P_001 is linked"):
            undo(acting, "LINDEN", "P_001")
        edit(acting, "LINDEN", "P_002", Editing(captures=(captures["two"],)))
        undo(acting, "LINDEN", str(saved.link))
        undo(acting, "LINDEN", "P_001")
        assert [each.reference for each in list_entities(acting, "LINDEN")[0]] == ["P_002"]
    assert lantern.ok("verify")["problems"] == []


@pytest.mark.standard("DPA-1")
def test_a_merge_is_one_combination_and_its_undoing_splits_again(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    with working(lantern) as acting:
        accept(acting, "LINDEN", OSWIN)
        accept(acting, "LINDEN", MARTA)
        accept(acting, "LINDEN", "ORG:Tarrant Boats")
        before = list_entities(acting, "LINDEN")[0]
        with pytest.raises(MergeRefused, match="tie them by a link"):
            merge(acting, "LINDEN", "P_001", ["O_001"])
        with pytest.raises(MergeRefused, match="different"):
            merge(acting, "LINDEN", "P_001", ["P_001"])
        with pytest.raises(MergeRefused, match="changed in the meantime"):
            merge(acting, "LINDEN", "P_001@1", ["P_002@2"])
        made = merge(acting, "LINDEN", "P_001@1", ["P_002@1"], "One man, two names")
        views, under = list_entities(acting, "LINDEN")
        assert (views, len(under)) == (before, 1)
        assert names_of(acting, "LINDEN", "P_002") == ("Oswin Tarrant", "Marta Quillfeather")
        with pytest.raises(MergeRefused, match="merged already"):
            merge(acting, "LINDEN", "P_001", ["P_002"])
        with pytest.raises(MergeRefused, match="is merged"):
            undo(acting, "LINDEN", MARTA)
        undo(acting, "LINDEN", made)
        assert list_entities(acting, "LINDEN") == (before, {})
        assert names_of(acting, "LINDEN", "P_002") == ("Marta Quillfeather",)
        with pytest.raises(MergeRefused, match="taken back already"):
            undo(acting, "LINDEN", made)
    (entry,) = _entries(lantern, "entity.merge")
    assert entry["s62"] == "combination"
    assert lantern.ok("verify")["problems"] == []


def test_another_name_of_an_entity_joins_it_and_leaves_it_again(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    with working(lantern) as acting:
        accept(acting, "LINDEN", OSWIN)
        saved = accept(acting, "LINDEN", MARTA, Accepting(into="P_001"))
        assert saved.entity.record.aliases == ("Marta Quillfeather",)
        assert names_of(acting, "LINDEN", "P_001") == ("Oswin Tarrant", "Marta Quillfeather")
        assert _all(acting)[MARTA].verdict is CandidateVerdict.JOINED
        undo(acting, "LINDEN", MARTA)
        assert _all(acting)[MARTA].verdict is CandidateVerdict.OPEN
        assert names_of(acting, "LINDEN", "P_001") == ("Oswin Tarrant",)
        undo(acting, "LINDEN", "P_001")  # the newest act on it: that the name left
        assert _all(acting)[MARTA].verdict is CandidateVerdict.JOINED
        undo(acting, "LINDEN", OSWIN)
        assert {_all(acting)[key].verdict for key in (OSWIN, MARTA)} == {CandidateVerdict.OPEN}
        assert list_entities(acting, "LINDEN") == ([], {})
        undo(acting, "LINDEN", "P_001")
        assert _all(acting)[OSWIN].entity == "P_001"
    assert {entry["s62"] for entry in _entries(lantern, "entity.accept")} == {
        "alteration",
        "combination",
    }
    assert lantern.ok("verify")["problems"] == []


def test_a_word_against_a_candidate_is_taken_back_step_by_step(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    key = "PERSON:Reading"
    with working(lantern) as acting:
        with pytest.raises(NothingToUndo):
            undo(acting, "LINDEN", key)
        relabel(acting, "LINDEN", key, "LOC")
        reject(acting, "LINDEN", key)
        undo(acting, "LINDEN", key)
        assert (_all(acting)[key].verdict, _all(acting)[key].label) == (
            CandidateVerdict.RELABELLED,
            "LOC",
        )
        saved = accept(acting, "LINDEN", key)
        assert saved.entity.reference == "L_001"
        with pytest.raises(NotAcceptable, match="is a record"):
            reject(acting, "LINDEN", key)
        undo(acting, "LINDEN", key)
        assert (_all(acting)[key].verdict, _all(acting)[key].label) == (
            CandidateVerdict.OPEN,
            "LOC",
        )


def test_of_two_who_edit_one_version_the_second_is_told(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    with working(lantern) as first:
        version = accept(first, "LINDEN", OSWIN).entity.version
        edit(first, "LINDEN", "P_001", Editing(name="Oswin J Tarrant", seen=version))
    with working(lantern, "AB") as second:
        with pytest.raises(EntityChanged, match="Somebody else saved P_001"):
            edit(second, "LINDEN", "P_001", Editing(name="Oscar Tarrant", seen=version))
        with pytest.raises(CandidateChanged):
            reject(second, "LINDEN", MARTA, Turning(seen=3))
        assert show_entity(second, "LINDEN", "P_001").entity.record.name == "Oswin J Tarrant"


@pytest.mark.standard("DPA-4")
def test_categories_and_bases_are_kept_with_their_history(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    eyes = Attribute("eyes", "grey", Basis.ASSESSMENT)
    with working(lantern) as acting:
        accept(acting, "LINDEN", OSWIN)
        edit(acting, "LINDEN", "P_001", Editing(categories=("suspect", "victim")))
        edit(acting, "LINDEN", "P_001", Editing(attributes=(eyes,)))
        shown = show_entity(acting, "LINDEN", "P_001")
        assert [version.record.categories for version in shown.versions] == [
            ("not-yet-categorised",),
            ("suspect", "victim"),
            ("suspect", "victim"),
        ]
        assert shown.entity.record.attributes == (eyes,)
        assert shown.missing == (
            "forename",
            "surname",
            "date-of-birth",
            "gender",
            "contact reference",
        )
        with pytest.raises(UsageError, match="no category"):
            edit(acting, "LINDEN", "P_001", Editing(categories=("villain",)))
        undo(acting, "LINDEN", "P_001")
        assert show_entity(acting, "LINDEN", "P_001").entity.record.attributes == ()


@pytest.mark.standard("DPA-6")
def test_special_categories_are_apart_hidden_reasoned_and_filled_by_nothing_extracted(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    faith = ("religious-or-philosophical-beliefs", "As stated by him", Basis.FACT)
    with working(lantern) as acting:
        page = list_candidates(acting, "LINDEN", CandidateAsk(label="NORP"))
        assert [each.name for each in page.items] == ["Quakers"]
        with pytest.raises(NotAcceptable, match="nobody's record"):
            accept(acting, "LINDEN", "NORP:Quakers")
        for label in ("PERSON", "LOC"):
            for each in list_candidates(acting, "LINDEN", CandidateAsk(label=label)).items:
                accept(acting, "LINDEN", each.key, Accepting(name=each.name.removeprefix("Dr ")))
        for view in list_entities(acting, "LINDEN")[0]:
            shown = show_entity(acting, "LINDEN", view.reference, special=True)
            assert (shown.special, shown.entity.record.attributes) == ((), ())
        with pytest.raises(RecordRefused, match="special category"):
            edit(acting, "LINDEN", "P_001", Editing(attributes=(Attribute("religion", "any"),)))
        for reason in ("", "because"):
            with pytest.raises(UsageError, match="strictly necessary"):
                set_special(acting, "LINDEN", "P_001", faith, reason)
        set_special(acting, "LINDEN", "P_001", faith, "He is threatened for it")
        assert show_entity(acting, "LINDEN", "P_001").special == ()
        (kept,) = show_entity(acting, "LINDEN", "P_001", special=True).special
        assert (kept.value, kept.necessity) == ("As stated by him", "He is threatened for it")
        set_special(acting, "LINDEN", "P_001", (faith[0], None, Basis.FACT), "No longer needed now")
        assert show_entity(acting, "LINDEN", "P_001", special=True).special == ()
    assert lantern.ok("verify")["problems"] == []
    listed = lantern("ledger", "list", "--json").out
    assert "entity.special" in listed
    assert not [text for text in ("As stated", "threatened", "religious") if text in listed]


def _restrict(lantern: Lantern, capture: str) -> None:
    """Mark a capture as one that its case's person in charge alone may open."""
    with sqlite3.connect(lantern.vault / "catalogue.db") as catalogue:
        catalogue.execute(
            "INSERT INTO capture_mark SELECT 'k-1', ?, 1, 'restricted', 1, id, added_at"
            " FROM person WHERE code = 'JS'",
            (capture,),
        )
    catalogue.close()


def test_nobody_is_shown_what_was_found_in_captures_that_they_may_not_see(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    with working(lantern) as acting:
        accept(acting, "LINDEN", MARTA)  # seen in the first page alone
    _restrict(lantern, captures["one"])
    with working(lantern, "AB") as other:
        found = _all(other)
        assert found["PERSON:OSWIN TARRANT"].captures == 2
        assert "ORG:Tarrant Boats" not in found
        assert MARTA not in found
        assert list_entities(other, "LINDEN") == ([], {})
        for act in (accept, show_candidate):
            with pytest.raises(CandidateUnknown):
                act(other, "LINDEN", "ORG:Tarrant Boats")
        with pytest.raises(EntityUnknown):
            show_entity(other, "LINDEN", "P_001")
        accept(other, "LINDEN", OSWIN, Accepting(name="Oswin Tarrant"))
    with working(lantern, "CD") as trusted:
        assert [v.record.name for v in list_entities(trusted, "LINDEN")[0]] == [
            "Marta Quillfeather",
            "Oswin Tarrant",
        ]


def test_a_merge_of_what_is_not_seen_is_no_merge_to_whoever_guesses_it(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    with working(lantern) as acting:
        accept(acting, "LINDEN", OSWIN)
        accept(acting, "LINDEN", MARTA)
        made = merge(acting, "LINDEN", "P_001", ["P_002"])
    _restrict(lantern, captures["one"])
    with working(lantern, "AB") as other:
        assert list_entities(other, "LINDEN")[1] == {}
        with pytest.raises(MergeRefused) as unseen:
            undo(other, "LINDEN", made)
        with pytest.raises(MergeRefused) as none:
            undo(other, "LINDEN", "m-abcdefghij234567")
    assert unseen.value.says == none.value.says.replace("m-abcdefghij234567", made)
    with working(lantern, "CD") as trusted:
        undo(trusted, "LINDEN", made)


def test_an_edit_keeps_the_captures_that_its_maker_may_not_see(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    with working(lantern) as acting:
        every = accept(acting, "LINDEN", OSWIN).entity.record.captures
        edit(acting, "LINDEN", "P_001", Editing(captures=(captures["one"], captures["two"])))
    _restrict(lantern, captures["one"])
    with working(lantern, "AB") as other:
        edit(other, "LINDEN", "P_001", Editing(name="Oswin J Tarrant"))
    with working(lantern) as acting:
        kept = show_entity(acting, "LINDEN", "P_001").entity.record.captures
        assert captures["one"] in kept
        assert set(kept) >= set(every)


@pytest.mark.promise("P-1")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entity SET number = 7 WHERE number = 1",
        "UPDATE entity_version SET name = 'Another'",
        "UPDATE entity_version SET captures = '[]'",
        "DELETE FROM entity_version",
        "UPDATE candidate_decision SET verdict = 'rejected'",
        "DELETE FROM candidate_decision",
        "UPDATE entity_link SET grade = '1AP'",
        "UPDATE entity_merge SET merged = '[]'",
        "UPDATE special_attribute SET value = 'other'",
    ],
)
def test_a_row_changed_behind_the_ledger_is_found(
    held: tuple[Lantern, dict[str, str]], change: str
) -> None:
    lantern, _ = held
    with working(lantern) as acting:
        accept(acting, "LINDEN", OSWIN)
        accept(acting, "LINDEN", MARTA)
        link(acting, "LINDEN", ("P_001", "P_002"), USES)
        merge(acting, "LINDEN", "P_001", ["P_002"])
        set_special(acting, "LINDEN", "P_001", ("health", "asthma", Basis.FACT), "He asked for it")
    assert lantern.ok("verify")["problems"] == []
    with sqlite3.connect(lantern.vault / "catalogue.db") as catalogue:
        catalogue.execute("PRAGMA foreign_keys = OFF")
        catalogue.execute(change)
    catalogue.close()
    verdict = lantern("verify", "--json")
    table = change.split()[1] if change.startswith("UPDATE") else change.split()[2]
    assert verdict.code == 1
    assert {problem["kind"] for problem in verdict.json["problems"]} == {f"catalogue-{table}"}


def test_no_event_lies_in_the_future_by_uk_time(held: tuple[Lantern, dict[str, str]]) -> None:
    lantern, captures = held
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # 00:30 on 2 July in the United Kingdom

    def event(day: str) -> Adding:
        record = EntityRecord("The meeting", "meeting", attributes=(Attribute("date", day),))
        return Adding(Pole.EVENT, record, captures=(captures["one"],))

    with working(lantern, clock=lambda: late) as acting:
        assert add(acting, "LINDEN", event("02/07/2026")).entity.reference == "E_001"
        with pytest.raises(RecordRefused, match="has not come yet"):
            add(acting, "LINDEN", event("03/07/2026"))


HOSTILE = [
    "A" * 10_000,
    "Oswin\x1b[2J Tarrant",
    "\u202eOswin",
    "\u200b\u200b",
    "'; DROP TABLE entity; --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "PERSON:Oswin",
    "0" * 64,
    "data:image/png;base64," + "iVBORw0KGgo" * 20,
]


def test_a_hundred_thousand_names_on_one_page_and_odd_ones_among_them_are_a_bounded_answer(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, captures = held
    many = [f"Oswin {number:x}" for number in range(100_000)]
    with DerivedStore(lantern.vault / "derived.db") as store:
        read = store.get(captures["one"])
        assert read is not None
        mentions = tuple(
            Mention(name, "PERSON", 5, 5 + len(name), "drawn 3") for name in [*HOSTILE, *many]
        )
        store.put(captures["one"], replace(read, mentions=mentions))
    with working(lantern) as acting:
        page = list_candidates(acting, "LINDEN", CandidateAsk(limit=20))
        assert (len(page.items), page.total) == (20, 100_000 + len(HOSTILE) - 1 + 6)
        for name in HOSTILE:
            with pytest.raises(LanternError) as refusal:
                accept(acting, "LINDEN", f"PERSON:{name}")
            assert len(refusal.value.says) < 2_000
        last = list_candidates(acting, "LINDEN", CandidateAsk(offset=page.total - 10)).items
        found = [*page.items, *last]
        assert sum(not each.name.startswith("Oswin ") for each in found) >= len(HOSTILE)
        for each in found:
            assert not {"\x1b", "\u202e", "\u200b"} & set(each.name + each.key)
            assert "iVBORw0KGgoiVBORw0KGgo" not in each.name
        digest = next(each.key for each in found if "[2J" in each.name)
        assert digest.startswith("PERSON:")
        assert len(digest) == len("PERSON:") + 64
        assert reject(acting, "LINDEN", digest).verdict is CandidateVerdict.REJECTED
        assert list_entities(acting, "LINDEN") == ([], {})


def test_of_eight_who_accept_one_candidate_at_once_one_makes_the_record(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held

    def try_it(_: int) -> bool:
        with working(lantern, "AB") as acting:
            try:
                accept(acting, "LINDEN", OSWIN, Accepting(seen=0))
            except (NotAcceptable, CandidateChanged):
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_it, range(8))) == 1
    with working(lantern) as acting:
        assert [each.reference for each in list_entities(acting, "LINDEN")[0]] == ["P_001"]
    assert lantern.ok("verify")["problems"] == []
    assert len(_entries(lantern, "entity.accept")) == 1


choices = st.tuples(st.integers(0, 8), st.integers(0, 2), st.integers(0, 2))


@given(steps=st.lists(choices, max_size=14))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_done_and_undone_in_any_order_the_rows_hold_and_nothing_is_an_orphan(
    collected: tuple[Lantern, dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[int, int, int]],
) -> None:
    """Random acts on three candidates and their records; refusals are part of the play."""
    lantern, _captures = collected
    root = tmp_path_factory.mktemp("play")
    shutil.copytree(lantern.vault, root / "vault")
    shutil.copytree(lantern.keys, root / "keys")
    lantern = replace(lantern, vault=root / "vault", keys=root / "keys")
    keys = (OSWIN, MARTA, "PERSON:Reading")
    made: list[str] = ["m-none", "k-none"]
    with working(lantern) as acting:
        for act, one, other in steps:
            named = f"P_{one + 1:03d}"
            another = f"P_{other + 1:03d}"
            play: list[Callable[[], object]] = [
                lambda one=one: accept(acting, "LINDEN", keys[one]),
                lambda one=one, a=another: accept(acting, "LINDEN", keys[one], Accepting(into=a)),
                lambda one=one: reject(acting, "LINDEN", keys[one]),
                lambda one=one: undo(acting, "LINDEN", keys[one]),
                lambda n=named: undo(acting, "LINDEN", n),
                lambda n=named, a=another: made.append(merge(acting, "LINDEN", n, [a])),
                lambda n=named, a=another: made.append(link(acting, "LINDEN", (n, a), USES)),
                lambda one=one, other=other: undo(acting, "LINDEN", made[-1 - (one + other) % 2]),
                lambda n=named, o=other: edit(acting, "LINDEN", n, Editing(name="An" + "ni" * o)),
            ]
            with contextlib.suppress(LanternError):
                play[act]()
        records, under = list_entities(acting, "LINDEN")
        standing = {view.id for view in records}
        assert set(under) | set(under.values()) <= standing
        for view in records:
            shown = show_entity(acting, "LINDEN", view.reference)
            assert view.record.captures or shown.links
            assert [each.version for each in shown.versions] == list(range(1, view.version + 1))
        for candidate in _all(acting).values():
            kept = candidate.verdict in (CandidateVerdict.ACCEPTED, CandidateVerdict.JOINED)
            assert kept is (candidate.entity is not None)
            if candidate.entity is not None:
                assert candidate.entity in {view.reference for view in records}
    assert lantern.ok("verify")["problems"] == []
