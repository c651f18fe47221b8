"""What cases are told they share: by a policy, within what may be seen, on both ledgers."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lantern_rig import Lantern
from naming_rig import found_in, peopled, working

from cases.access import AccessRefused
from cases.casebook import CaseUnknown
from cases.errors import UsageError
from desk.verbs.crossovers import crossovers_document
from jobs.crossing import Shared, list_crossovers, set_policy
from jobs.naming import accept, reject

CASES = ("ALDER", "BIRCH", "CEDAR")
PAGES = ("one", "two", "three")
VALUES = ("+447700900001", "+447700900002", "+447700900003")
Held = tuple[Lantern, dict[str, str]]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Held:
    lantern, captures = peopled(tmp_path_factory.mktemp("crossing"), CASES)
    for capture in captures.values():
        found_in(lantern, capture, [])
    return lantern, captures


def _copied(collected: Held, to: Path) -> Held:
    lantern, captures = collected
    shutil.copytree(lantern.vault, to / "vault")
    shutil.copytree(lantern.keys, to / "keys")
    return replace(lantern, vault=to / "vault", keys=to / "keys"), captures


@pytest.fixture
def held(collected: Held, tmp_path: Path) -> Held:
    lantern, captures = _copied(collected, tmp_path)
    for case in CASES:
        _phones(lantern, captures[f"{case}/two"], VALUES[:1])
        found_in(lantern, captures[f"{case}/one"], [("PERSON", "Oswin Tarrant")])
    return lantern, captures


def _phones(lantern: Lantern, capture: str, values: tuple[str, ...]) -> None:
    found_in(lantern, capture, [], [("phone", value, "e") for value in values])


def _sql(lantern: Lantern, sql: str, *values: object) -> None:
    with sqlite3.connect(lantern.vault / "catalogue.db") as catalogue:
        catalogue.execute(sql, values)
    catalogue.close()


_NUMBER = iter(range(10_000))


def _restrict(lantern: Lantern, capture: str, kind: str = "restricted") -> None:
    number = next(_NUMBER)
    sql = "INSERT INTO capture_mark SELECT ?, ?, ?, ?, 1, id, added_at FROM person WHERE code='JS'"
    _sql(lantern, sql, f"k-{number}", capture, number, kind)


def _close(lantern: Lantern, case: str) -> None:
    number = next(_NUMBER)
    sql = (
        "INSERT INTO case_access SELECT ?, c.id, ?, NULL, 0, p.id, p.added_at"
        " FROM investigation c, person p WHERE c.reference = ? AND p.code = 'JS'"
    )
    _sql(lantern, sql, f"u-{number}", number, case)


def _allow(lantern: Lantern, one: str, other: str, *, allowed: bool = True) -> None:
    with working(lantern) as acting:
        set_policy(acting, one, other, allowed=allowed, reason="One supplier, one purpose")


@pytest.mark.standard("DPA-5")
def test_without_a_policy_a_case_is_told_nothing_and_with_one_both_sides_are(held: Held) -> None:
    lantern, _ = held
    with working(lantern, "AB") as acting:
        assert list_crossovers(acting, "ALDER").crossovers == ()
    _allow(lantern, "ALDER", "BIRCH")
    for here, other in (("ALDER", "BIRCH"), ("BIRCH", "ALDER")):
        with working(lantern, "AB") as acting:
            (found,) = list_crossovers(acting, here).crossovers
        assert found.policy.reference == other
        assert found.shared == (Shared("phone", VALUES[0], 1, 1),)
    with working(lantern, "AB") as acting:
        assert list_crossovers(acting, "CEDAR").policies == ()
    for case, verbs in (("BIRCH", ["combination"] * 2), ("CEDAR", ["consultation"])):
        entries = lantern.ok("ledger", "list", "--case", case, "--limit", "50")["entries"]
        assert [e["s62"] for e in entries if e["act"] == "crossover.list"] == verbs
    _allow(lantern, "BIRCH", "ALDER", allowed=False)
    with working(lantern, "AB") as acting:
        after = list_crossovers(acting, "ALDER")
        assert after.crossovers == ()
        assert [each.allowed for each in after.policies] == [False]
    assert lantern.ok("verify")["problems"] == []


def test_accepted_records_of_one_name_are_shared_and_a_rejected_number_is_not(held: Held) -> None:
    lantern, _ = held
    _allow(lantern, "ALDER", "BIRCH")
    with working(lantern) as acting:
        accept(acting, "ALDER", "PERSON:Oswin Tarrant")
        reject(acting, "BIRCH", f"phone:{VALUES[0]}")
        (found,) = list_crossovers(acting, "ALDER").crossovers
        assert found.shared == ()  # a candidate there is nobody's record
        accept(acting, "BIRCH", "PERSON:Oswin Tarrant")
        (found,) = list_crossovers(acting, "ALDER").crossovers
        assert found.shared == (Shared("person", "Oswin Tarrant", 1, 1, "P_001", "P_001"),)


def test_of_a_case_that_is_not_seen_the_value_and_whom_to_ask_is_all(held: Held) -> None:
    lantern, captures = held
    _phones(lantern, captures["ALDER/three"], VALUES[1:2])
    _phones(lantern, captures["BIRCH/three"], VALUES[1:2])
    with working(lantern) as acting:
        accept(acting, "ALDER", "PERSON:Oswin Tarrant")
        accept(acting, "BIRCH", "PERSON:Oswin Tarrant")
    _allow(lantern, "ALDER", "BIRCH")
    _close(lantern, "BIRCH")
    _restrict(lantern, captures["BIRCH/three"])
    for who in ("AB", "CD"):  # CD may see what is restricted, but not this case
        with working(lantern, who) as acting:
            (found,) = list_crossovers(acting, "ALDER").crossovers
            assert (found.policy.in_charge, found.policy.seen) == ("JS", False)
            assert found.shared == (
                Shared("person", "Oswin Tarrant", 1, None, "P_001", None),
                Shared("phone", VALUES[0], 1, None),
            )
            with pytest.raises(CaseUnknown):
                list_crossovers(acting, "BIRCH")
    with working(lantern) as acting:  # in charge of both
        (found,) = list_crossovers(acting, "ALDER").crossovers
        assert {each.value for each in found.shared} == {"Oswin Tarrant", *VALUES[:2]}


def test_a_policy_is_for_whoever_is_in_charge_and_sees_both_and_says_why(held: Held) -> None:
    lantern, _ = held
    with working(lantern, "AB") as acting, pytest.raises(AccessRefused, match="in charge"):
        set_policy(acting, "ALDER", "BIRCH", allowed=True, reason="We would like to")
    with working(lantern) as acting:
        for one, other, reason in (("ALDER", "ALDER", "The same case"), ("ALDER", "BIRCH", "")):
            with pytest.raises(UsageError):
                set_policy(acting, one, other, allowed=True, reason=reason)
    _close(lantern, "BIRCH")
    with working(lantern, "CD") as acting, pytest.raises(CaseUnknown, match="no case 'BIRCH'"):
        set_policy(acting, "ALDER", "BIRCH", allowed=True, reason="We would like to")
    _allow(lantern, "ALDER", "BIRCH", allowed=False)
    with working(lantern, "AB") as acting:  # that BIRCH is there is not told by a refusal either
        assert list_crossovers(acting, "ALDER").policies == ()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE crossover_policy SET allowed = 1",
        "UPDATE crossover_policy SET reason = 'Another'",
        "DELETE FROM crossover_policy",
    ],
)
@pytest.mark.promise("P-1")
def test_a_policy_changed_behind_the_ledger_is_found(held: Held, change: str) -> None:
    lantern, _ = held
    _allow(lantern, "ALDER", "BIRCH", allowed=False)
    _sql(lantern, change)
    verdict = lantern("verify", "--json")
    assert verdict.code == 1
    assert {each["kind"] for each in verdict.json["problems"]} == {"catalogue-crossover_policy"}


phones = st.lists(st.sampled_from(VALUES), max_size=3, unique=True).map(tuple)
pairs = st.sampled_from([("ALDER", "BIRCH"), ("ALDER", "CEDAR"), ("BIRCH", "CEDAR")])


@pytest.mark.standard("DPA-5")
@given(
    held_by=st.tuples(*(phones for _ in range(9))),
    allowed=st.sets(pairs),
    closed=st.sets(st.sampled_from(CASES[1:])),
    marked=st.dictionaries(
        st.integers(3, 8), st.sampled_from(["restricted", "medical"]), max_size=4
    ),
    who=st.sampled_from(["AB", "CD"]),
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_more_is_told_than_a_policy_and_both_sides_allow(
    collected: Held,
    tmp_path_factory: pytest.TempPathFactory,
    held_by: tuple[tuple[str, ...], ...],
    allowed: set[tuple[str, str]],
    closed: set[str],
    marked: dict[int, str],
    who: str,
) -> None:
    """Random captures, policies, closed cases, marks and people; ALDER is looked at."""
    lantern, captures = _copied(collected, tmp_path_factory.mktemp("random"))
    places = [f"{case}/{page}" for case in CASES for page in PAGES]
    for place, values in zip(places, held_by, strict=True):
        _phones(lantern, captures[place], values)
    for one, other in sorted(allowed):
        _allow(lantern, one, other)
    for case in closed:
        _close(lantern, case)
    for number, kind in marked.items():
        _restrict(lantern, captures[places[number]], kind)
    with working(lantern, who) as acting:
        told = crossovers_document(list_crossovers(acting, "ALDER"))

    def open_values(case: str, seen: bool) -> list[str]:
        barred = {"medical"} if who == "CD" and seen else {"medical", "restricted"}
        return [
            value
            for number, values in enumerate(held_by)
            if places[number].startswith(case) and marked.get(number) not in barred
            for value in values
        ]

    mine = open_values("ALDER", True)
    expected = {}
    for other in CASES[1:]:
        if ("ALDER", other) in allowed:
            theirs = open_values(other, other not in closed)
            expected[other] = {
                (v, mine.count(v), None if other in closed else theirs.count(v))
                for v in set(mine) & set(theirs)
            }
    found = {
        each["other"]: {
            (item["value"], item["captures"], item["captures_there"]) for item in each["shared"]
        }
        for each in told["crossovers"]
    }
    assert found == expected
    assert {each["other"] for each in told["policies"]} == set(expected)
