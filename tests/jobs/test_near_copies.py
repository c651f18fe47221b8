"""Near copies among hits: folded, told where they were seen first, never more than may be seen."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from desk_rig import served as desk_served
from lantern_rig import Lantern, bodies_served

from cases.identity import CaptureId
from jobs.access import mark_capture, set_door
from jobs.finding import SearchAnswer, asked_for, search
from jobs.near_copies import NearCopies
from jobs.steps import work
from jobs.workplace import Acting, Named, at_work

WORDS = (
    *("owl", "boat", "river", "lamp", "stone", "meadow"),
    *("copper", "tallow", "bridge", "harbour", "signal", "winter"),
)


def told(seed: int) -> list[str]:
    drawn = random.Random(seed)
    return [" ".join(drawn.choices(WORDS, k=12)).capitalize() + "." for _ in range(25)]


STORY, OTHER = told(1), told(2)
CHANGED = [*STORY[:9], "A sentence that nobody wrote before stands in its place.", *STORY[10:]]
PAGES = {
    "/first": STORY,
    "/copy": CHANGED,
    "/same": STORY,
    "/other": OTHER,
    "/short": ["An owl."],
    "/\u202eodd": [*STORY[:3], "Here it was put in another way by somebody.", *STORY[4:]],
}


BODIES = {
    path: (
        "text/html; charset=utf-8",
        b"<!doctype html><html lang=en><title>A page</title><article>"
        + "".join(f"<p>{line}" for line in lines).encode(),
    )
    for path, lines in PAGES.items()
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lantern, dict[str, CaptureId]]:
    """ROWAN has the first copy; LINDEN, collected later, the others in this order."""
    root = tmp_path_factory.mktemp("near")
    lantern = Lantern(root / "vault", root / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("person", "add", "AB", "--name", "Ann Bell")
    lantern.ok("person", "add", "SV", "--name", "Sam Vale", "--role", "supervisor")
    captures: dict[str, CaptureId] = {}
    with bodies_served(BODIES) as address:
        for case, pages in (
            ("ROWAN", ["/first"]),
            ("LINDEN", ["/copy"]),
            ("LINDEN", ["/%E2%80%AEodd"]),
            ("LINDEN", ["/same", "/other", "/short"]),
        ):
            if case not in {each.partition("/")[0] for each in captures}:
                lantern.ok("case", "open", case, "--title", "A test", "--template", "research")
                lantern.ok("authority", "add", "--case", case, "--scope", address)
            urls = [f"http://{address}{page}" for page in pages]
            how = ("--delay", "0", "--allow-address", address, "--case", case)
            for row in lantern.ok("collect", *urls, *how)["captures"]:
                if row["outcome"] == "complete" and (page := row["url"].rpartition("/")[2]):
                    captures[f"{case}/{page[-5:]}"] = CaptureId(row["capture"])
    return lantern, captures


@pytest.fixture
def vault(
    collected: tuple[Lantern, dict[str, CaptureId]], tmp_path: Path
) -> tuple[Lantern, dict[str, CaptureId]]:
    shutil.copytree(collected[0].vault, tmp_path / "vault")
    return replace(collected[0], vault=tmp_path / "vault"), collected[1]


@contextmanager
def person(lantern: Lantern, code: str) -> Iterator[Acting]:
    with at_work(Named({}, lantern.vault, str(lantern.vault), code, lantern.keys)) as acting:
        yield acting


def found(
    lantern: Lantern, code: str, case: str | None = None, sort: str = "oldest", limit: int = 50
) -> SearchAnswer:
    with person(lantern, code) as acting:
        return search(acting, "owl", case, limit, asked_for(sort=sort))


def of_story(answer: SearchAnswer, story: set[CaptureId]) -> NearCopies:
    """The one hit that stands for all copies of the story."""
    (shown,) = (each for each in answer.near if each.capture in story)
    return shown


def test_copies_are_folded_under_the_best_and_others_stand_alone(
    vault: tuple[Lantern, dict[str, CaptureId]],
) -> None:
    lantern, at = vault
    answer = found(lantern, "JS")
    assert answer.total == len(answer.hits) == 6
    shown = {each.capture: each for each in answer.near}
    assert set(shown) == {at["ROWAN/first"], at["LINDEN/other"], at["LINDEN/short"]}
    copies = (at["LINDEN/copy"], at["LINDEN/AEodd"], at["LINDEN/same"])
    assert shown[at["ROWAN/first"]] == NearCopies(at["ROWAN/first"], copies, None)
    assert not shown[at["LINDEN/other"]].copies
    assert shown[at["LINDEN/short"]] == NearCopies(at["LINDEN/short"], (), None)
    assert found(lantern, "JS").near == answer.near
    newest = of_story(found(lantern, "JS", sort="newest"), {*copies, at["ROWAN/first"]})
    assert newest.capture == at["LINDEN/same"]
    assert newest.first is not None
    assert (newest.first.capture, newest.first.case) == (at["ROWAN/first"], "ROWAN")


def test_a_first_copy_beyond_the_page_is_told_and_one_beyond_the_case_is_not(
    vault: tuple[Lantern, dict[str, CaptureId]],
) -> None:
    lantern, at = vault
    page = of_story(found(lantern, "JS", sort="newest", limit=3), {at["LINDEN/same"]})
    assert not page.copies
    assert page.first is not None
    assert page.first.capture == at["ROWAN/first"]
    in_case = found(lantern, "JS", "LINDEN", sort="newest")
    story = of_story(in_case, {at["LINDEN/same"]})
    assert story.first is not None
    assert (story.first.capture, story.first.case) == (at["LINDEN/copy"], "LINDEN")
    assert at["ROWAN/first"] not in str(in_case)


@pytest.mark.standard("DPA-1")
def test_a_first_copy_in_a_case_that_is_closed_to_a_person_is_not_told(
    vault: tuple[Lantern, dict[str, CaptureId]],
) -> None:
    lantern, at = vault
    with person(lantern, "JS") as acting:
        set_door(acting, "ROWAN", closed=True, reason="A sensitive source")
    answer = found(lantern, "AB", sort="newest")
    assert "ROWAN" not in str(answer)
    assert at["ROWAN/first"] not in str(answer)
    story = of_story(answer, {at["LINDEN/same"]})
    assert story.first is not None
    assert story.first.capture == at["LINDEN/copy"]
    assert len(story.copies) == 2
    own = of_story(found(lantern, "JS", sort="newest"), {at["LINDEN/same"]})
    assert own.first is not None
    assert own.first.capture == at["ROWAN/first"]


@pytest.mark.standard("AUT-7")
def test_a_first_copy_that_is_locked_or_restricted_is_not_told(
    vault: tuple[Lantern, dict[str, CaptureId]],
) -> None:
    lantern, at = vault
    with person(lantern, "AB") as acting:
        mark_capture(acting, at["ROWAN/first"], "medical", "Notes of a surgery")
        mark_capture(acting, at["LINDEN/copy"], "restricted", "A source may be known by it")
    for code, first in (("AB", "LINDEN/AEodd"), ("JS", "LINDEN/copy"), ("SV", "LINDEN/copy")):
        answer = found(lantern, code, sort="newest")
        story = of_story(answer, {at["LINDEN/same"]})
        assert story.first is not None
        assert story.first.capture == at[first], code
        assert at["ROWAN/first"] not in str(answer)
        assert (at["LINDEN/copy"] in str(answer)) is (code != "AB")


def test_a_store_that_was_deleted_says_nothing_of_copies_until_it_is_made_again(
    vault: tuple[Lantern, dict[str, CaptureId]],
) -> None:
    lantern, _ = vault
    before = found(lantern, "JS").near
    for part in lantern.vault.glob("derived.db*"):
        part.unlink()
    bare = found(lantern, "JS")
    assert [each.capture for each in bare.near] == [hit.capture for hit in bare.hits]
    with person(lantern, "JS") as acting:
        work(acting)
    assert found(lantern, "JS").near == before


def test_the_command_folds_for_people_and_gives_programs_every_hit(
    vault: tuple[Lantern, dict[str, CaptureId]],
) -> None:
    lantern, at = vault
    asked = ("search", "owl", "--all-cases", "--sort", "newest")
    told = lantern(*asked).out
    assert "and 3 near copies; seen first at http://127.0.0.1:" in told
    assert "(ROWAN, " in told
    assert "6 found, 3 shown, 3 folded as near copies: --unfold." in told
    unfolded = lantern(*asked, "--unfold").out
    assert at["LINDEN/copy"] not in told
    assert at["LINDEN/copy"] in unfolded
    assert "near cop" not in unfolded
    assert "\u202e" not in told + unfolded
    hits = {hit["capture"]: hit for hit in lantern.ok(*asked)["hits"]}
    assert len(hits) == 6
    story = hits[at["LINDEN/same"]]
    assert len(story["near"]) == 3
    assert story["first_seen"]["capture"] == at["ROWAN/first"]
    assert not story["folded"]
    assert all(hits[copy]["folded"] for copy in story["near"])
    assert not hits[at["LINDEN/short"]]["folded"]
    assert lantern.ok("verify")["ok"]


def test_the_page_folds_and_the_api_gives_every_hit(
    vault: tuple[Lantern, dict[str, CaptureId]],
) -> None:
    lantern, at = vault
    with person(lantern, "JS") as acting:
        set_door(acting, "ROWAN", closed=True, reason="A sensitive source")
    with desk_served(lantern, {}, "") as desk:
        own, other = desk.signed_in("JS"), desk.signed_in("AB")
        page = own.get("/search?q=owl&sort=newest").text
        assert "<summary>and 3 near copies</summary>" in page
        assert f'Seen first at <a href="/captures/{at["ROWAN/first"]}?search=' in page
        assert "6 found</strong>, 3 of these folded as near copies" in page
        for capture in at.values():  # a folded hit can be opened too
            assert f"/captures/{capture}?search=" in page
        hidden = other.get("/search?q=owl&sort=newest").text
        assert "<summary>and 2 near copies</summary>" in hidden
        assert f'Seen first at <a href="/captures/{at["LINDEN/copy"]}?search=' in hidden
        assert at["ROWAN/first"] not in hidden
        assert "\u202e" not in page + hidden
        hits = other.get("/api/v1/search?q=owl&sort=newest").json()["hits"]
        assert sorted(len(hit["near"]) for hit in hits) == [0, 0, 0, 0, 2]
        (first,) = (hit["first_seen"] for hit in hits if hit["first_seen"])
        assert first["capture"] == at["LINDEN/copy"]
        assert sum(hit["folded"] for hit in hits) == 2
