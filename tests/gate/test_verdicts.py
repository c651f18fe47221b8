"""What covers a picture, what clears it, and which of them holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cases.gate_book import Decision, HostRule, ListHit, Policy, Verdict
from cases.identity import CaseId, Sha256
from gate.verdicts import TINY_MOST, Known, Measured, covered, judge

HERE, THERE = CaseId("c-here"), CaseId("c-there")
T1, T2, T3 = (f"2026-03-0{day}T12:00:00.000000Z" for day in (1, 2, 3))
WHOLE = Measured(900, 700, 1, 250_000, None)
TINY = Measured(16, 16, 1, 300, None)
BROKEN = Measured(None, None, None, 900, "It cannot be decoded whole (OSError).")
PICTURE = Known(HERE, "response", "http://pictures.test/a.png", WHOLE)


def _decision(case: CaseId, verdict: Verdict, at: str) -> Decision:
    return Decision("d", case, Sha256("a" * 64), 1, verdict, "JS", at)


def _hit(verdict: Verdict, at: str = T1, algorithm: str = "sha256") -> ListHit:
    return ListHit("Partner unit", "violent", verdict, at, algorithm)


def _rule(host: str, verdict: Verdict) -> HostRule:
    return HostRule("r", None, host, verdict, "JS", T1)


def test_what_nothing_recognises_is_unrecognised_and_covered() -> None:
    said = judge(PICTURE)
    assert said.verdict is Verdict.UNRECOGNISED
    assert covered(said.verdict, Policy.ALL_BUT_HARMLESS)
    assert not covered(said.verdict, Policy.FLAGGED)


def test_what_cannot_be_decoded_is_covered_under_every_policy() -> None:
    said = judge(replace(PICTURE, measured=BROKEN))
    assert said.verdict is Verdict.UNSCREENED
    assert all(covered(said.verdict, policy) for policy in Policy)


def test_a_list_flags_a_picture_that_was_not_screened_yet() -> None:
    known = replace(PICTURE, measured=None, lists=[_hit(Verdict.FLAGGED)])
    assert judge(known).verdict is Verdict.FLAGGED


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_a_flag_stands_before_what_clears(algorithm: str) -> None:
    known = replace(PICTURE, lists=[_hit(Verdict.HARMLESS), _hit(Verdict.FLAGGED, T1, algorithm)])
    assert judge(known).verdict is Verdict.FLAGGED


def test_md5_alone_clears_nothing() -> None:
    known = replace(PICTURE, lists=[_hit(Verdict.HARMLESS, algorithm="md5")])
    assert judge(known).verdict is Verdict.UNRECOGNISED


@pytest.mark.parametrize(
    ("decided", "listed", "verdict"),
    [
        (T2, T1, Verdict.HARMLESS),
        (T2, T3, Verdict.FLAGGED),
        (T2, T2, Verdict.FLAGGED),  # in one instant the cover holds
    ],
)
def test_a_person_speaks_against_flags_that_were_there_before(
    decided: str, listed: str, verdict: Verdict
) -> None:
    own = _decision(HERE, Verdict.HARMLESS, decided)
    known = replace(PICTURE, decisions=[own], lists=[_hit(Verdict.FLAGGED, listed)])
    assert judge(known).verdict is verdict


def test_covering_spreads_to_every_case_and_uncovering_to_none() -> None:
    flagged = replace(PICTURE, decisions=[_decision(THERE, Verdict.FLAGGED, T1)])
    cleared = replace(PICTURE, decisions=[_decision(THERE, Verdict.HARMLESS, T1)])
    assert judge(flagged).verdict is Verdict.FLAGGED
    assert judge(cleared).verdict is Verdict.UNRECOGNISED


@pytest.mark.parametrize(
    ("kind", "url", "verdict"),
    [
        ("response", "http://icons.test/a.png", Verdict.HARMLESS),
        ("response", "http://sub.icons.test/a.png", Verdict.UNRECOGNISED),
        ("response", "http://evil.test/a.png http://icons.test/", Verdict.UNRECOGNISED),
        ("response", "http://icons.test@evil.test/a.png", Verdict.UNRECOGNISED),
        ("response", "http://evil.test/#http://icons.test/", Verdict.UNRECOGNISED),
        ("data", "data: in http://icons.test/page", Verdict.UNRECOGNISED),
        ("screenshot", "http://icons.test/page", Verdict.UNRECOGNISED),
    ],
)
def test_a_host_clears_only_what_it_served_itself(kind: str, url: str, verdict: Verdict) -> None:
    known = replace(PICTURE, kind=kind, url=url, rules=[_rule("icons.test", Verdict.HARMLESS)])
    assert judge(known).verdict is verdict


@pytest.mark.parametrize(
    "url", ["http://bad.test/a", "data: in http://bad.test/page", "inside http://bad.test/a"]
)
def test_a_host_flags_what_its_pages_hold_too(url: str) -> None:
    known = replace(PICTURE, kind="data", url=url, rules=[_rule("bad.test", Verdict.FLAGGED)])
    assert judge(known).verdict is Verdict.FLAGGED


def test_a_tiny_interface_picture_is_clear_but_not_the_tiles_of_a_mosaic() -> None:
    tiny = replace(PICTURE, measured=TINY)
    assert judge(replace(tiny, small_ones=TINY_MOST)).verdict is Verdict.HARMLESS
    assert judge(replace(tiny, small_ones=TINY_MOST + 1)).verdict is Verdict.UNRECOGNISED


@pytest.mark.parametrize(
    "measured",
    [replace(TINY, frames=2), replace(TINY, width=33), replace(TINY, size_bytes=4097)],
)
def test_what_moves_or_is_larger_is_no_interface_picture(measured: Measured) -> None:
    assert judge(replace(PICTURE, measured=measured)).verdict is Verdict.UNRECOGNISED


def test_a_thumbnail_inside_a_picture_is_never_taken_for_an_interface_picture() -> None:
    assert judge(replace(PICTURE, kind="embedded", measured=TINY)).verdict is Verdict.UNRECOGNISED
