"""Entities at the desk: pages that work without scripts, the API, two people at one record."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser_rig import no_browser
from desk_rig import Insider, ServedDesk, served
from lantern_rig import Lantern
from naming_rig import found_in, peopled
from playwright.sync_api import sync_playwright

from collectors.browser.finding import find_browser

OSWIN = "PERSON:Oswin Tarrant"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lantern, dict[str, str]]:
    lantern, captures = peopled(tmp_path_factory.mktemp("named"))
    one = [("PERSON", "Oswin Tarrant"), ("PERSON", "Marta Quillfeather")]
    found_in(lantern, captures["LINDEN/one"], one, [("handle", "@oswin_t", "@oswin_t")])
    found_in(lantern, captures["LINDEN/three"], [("PERSON", "Oswin Tarrant\u202e")])
    found_in(lantern, captures["LINDEN/two"], [("PERSON", "Dr Ann Bell")])
    return lantern, captures


@pytest.fixture
def named(collected: tuple[Lantern, dict[str, str]], tmp_path: Path) -> Iterator[ServedDesk]:
    lantern, captures = collected
    shutil.copytree(lantern.vault, tmp_path / "vault")
    shutil.copytree(lantern.keys, tmp_path / "keys")
    copied = replace(lantern, vault=tmp_path / "vault", keys=tmp_path / "keys")
    with served(copied, captures, "") as desk:
        yield desk


def _button(page: str, label: str, near: str) -> dict[str, str]:
    """The field that the button of that label sends, in the row that holds the text."""
    row = next(part for part in page.split("<tr") if near in part and f">{label}<" in part)
    value = re.search(r'name="candidate" value="([^"]*)"', row)
    assert value is not None
    return {"candidate": html.unescape(value[1])}


def _list(person: Insider) -> str:
    return person.get("/cases/LINDEN/entities").text


def test_a_candidate_is_accepted_rejected_merged_and_split_by_plain_forms(
    named: ServedDesk,
) -> None:
    person = named.signed_in()
    page = _list(person)
    assert "\u202e" not in page
    done = person.post("/cases/LINDEN/entities/accept", **_button(page, "Accept", "Oswin Tarrant"))
    assert (done.status_code, done.headers["location"]) == (
        303,
        "/cases/LINDEN/entities?said=recorded",
    )
    again = person.post("/cases/LINDEN/entities/accept", **_button(page, "Accept", "Oswin Tarrant"))
    assert "accepted already" in again.text
    reject = _button(_list(person), "Reject", "@oswin_t")
    assert person.post("/cases/LINDEN/entities/reject", **reject).status_code == 303
    title = person.post("/cases/LINDEN/entities/accept", **_button(page, "Accept", "Dr Ann Bell"))
    assert (title.status_code, "is a title" in title.text) == (422, True)
    tick = ["P_001@1", _button(_list(person), "Accept", "Marta Quillfeather")["candidate"]]
    assert person.post("/cases/LINDEN/entities/merge", tick=tick).status_code == 303
    shown = person.get("/cases/LINDEN/entities/P_001").text
    assert "Oswin Tarrant<br>Marta Quillfeather" in shown
    undone = person.post(
        "/cases/LINDEN/entities/undo", named="PERSON:Marta Quillfeather", back="P_001"
    )
    assert undone.headers["location"] == "/cases/LINDEN/entities/P_001?said=undone"
    assert "Marta Quillfeather" not in person.get("/cases/LINDEN/entities/P_001").text
    assert named.lantern.ok("verify")["problems"] == []


def test_the_second_of_two_who_edit_one_version_gets_a_409_and_changes_nothing(
    named: ServedDesk,
) -> None:
    first, second = named.signed_in("JS"), named.signed_in("AB")
    headers = {"X-CSRF-Token": second.csrf}
    named.lantern.ok("entity", "accept", OSWIN, "--case", "LINDEN")
    edit = "/cases/LINDEN/entities/P_001/edit"
    assert first.post(edit, version=1, name="Oswin J Tarrant").status_code == 303
    late = second.post(edit, version=1, name="Oscar Tarrant")
    assert (late.status_code, "Somebody else saved P_001" in late.text) == (409, True)
    call = second.client.post(
        "/api/v1/cases/LINDEN/entities/P_001",
        json={"version": 1, "name": "Oscar Tarrant"},
        headers=headers,
    )
    assert (call.status_code, call.json()["error"]["kind"]) == (409, "entity-changed")
    held = second.get("/api/v1/cases/LINDEN/entities").json()
    assert [(each["name"], each["version"]) for each in held] == [("Oswin J Tarrant", 2)]


def test_the_api_says_what_the_command_says(named: ServedDesk) -> None:
    person = named.signed_in()
    headers = {"X-CSRF-Token": person.csrf}

    def call(path: str, **body: object) -> dict[str, object]:
        answer = person.client.post(f"/api/v1/cases/LINDEN{path}", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        found: dict[str, object] = answer.json()
        return found

    listed = person.get("/api/v1/cases/LINDEN/candidates").json()
    told = named.lantern.ok("entity", "list", "--candidates", "--case", "LINDEN")
    assert listed == {key: value for key, value in told.items() if key != "case"}
    call("/candidates/accept", candidate=OSWIN, version=0)
    call("/candidates/accept", candidate="handle:@oswin_t", version=0)
    call("/candidates/relabel", candidate="PERSON:Marta Quillfeather", label="ORG", version=0)
    uses = {"type": "uses", "basis": "opinion", "grade": "2DP"}
    link = call("/entities/link", ends=["P_001", "O_001"], **uses)
    shown = person.get("/api/v1/cases/LINDEN/entities/P_001").json()
    assert [each["link"] for each in shown["links"]] == [link["id"]]
    assert shown == named.lantern.ok("entity", "show", "P_001", "--case", "LINDEN")
    call("/entities/undo", named=link["id"])
    knows = {"type": "knows", "basis": "opinion"}
    added = call("/entities", type="person", name="Perran Vole", to="P_001", link=knows)
    assert added["entity"] == "P_002"
    merge = call("/entities/merge", kept="P_001@1", merged=["P_002@1"])
    assert person.get("/api/v1/cases/LINDEN/entities").json()[2]["merged_into"] == "P_001"
    call("/entities/undo", named=merge["id"])
    one = person.client.get("/api/v1/cases/LINDEN/candidate", params={"key": OSWIN}).json()
    assert (one["verdict"], one["entity"]) == ("accepted", "P_001")
    none = person.client.get("/api/v1/cases/LINDEN/candidate", params={"key": "PERSON:Nobody"})
    assert none.status_code == 404
    assert named.lantern.ok("verify")["problems"] == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("accept", {"candidate": "no version"}),
        ("accept", {"candidate": "99999999999999 PERSON:Oswin Tarrant"}),
        ("accept", {"candidate": "0 PERSON:" + "a" * 20_000}),
        ("accept", {"candidate": "0 PERSON:\x00\x1b[2J"}),
        ("reject", {"candidate": "0 PERSON:Oswin Tarrant", "at": "x-1:page:0-1"}),
        ("merge", {"tick": ["P_001@1"]}),
        ("merge", {"tick": ["P_001@1", "P_001@1"]}),
        ("undo", {"named": ""}),
        ("undo", {"named": "m-nothing"}),
        ("link", {"one": "P_001", "other": "P_999999999", "kind": "uses"}),
        ("P_001/edit", {"version": 1, "name": "<b>"}),
    ],
)
def test_a_form_made_up_is_a_calm_refusal(
    named: ServedDesk, path: str, fields: dict[str, object]
) -> None:
    person = named.signed_in()
    answer = person.post(f"/cases/LINDEN/entities/{path}", **fields)
    assert answer.status_code in (400, 404, 409, 422), answer.status_code
    assert "Something broke" not in answer.text


@pytest.mark.xdist_group("chromium")
@pytest.mark.skipif(no_browser() is not None, reason=str(no_browser()))
def test_candidates_are_gone_through_and_decided_on_by_single_keys(named: ServedDesk) -> None:
    with sync_playwright() as playwright:
        program = str(find_browser())
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_context().new_page()
        page.goto(named.address + named.link())
        page.locator("main button").press("Enter")
        page.wait_for_url(named.address + "/")
        page.goto(f"{named.address}/cases/LINDEN/entities?label=PERSON")
        rows = page.locator("[data-rows] tbody tr")
        names = [rows.nth(at).locator("a").first.inner_text() for at in range(rows.count())]
        assert len(names) == 3
        page.keyboard.press("j")
        page.keyboard.press("j")
        with page.expect_navigation():
            page.keyboard.press("x")
        assert "It is rejected" in page.locator("p.said").inner_text()
        assert rows.count() == 2
        with page.expect_navigation():
            page.keyboard.press("y")
        assert rows.count() == 1
        page.locator("#reason").press("Enter")  # merges what is ticked: nothing is, so it says so
        assert "Tick two or more" in page.locator("main").inner_text()
        browser.close()
    which = ("--candidates", "--state", "decided", "--case", "LINDEN")
    decided = named.lantern.ok("entity", "list", *which)
    stands = {each["name"]: each["verdict"] for each in decided["candidates"]}
    assert stands == {names[0]: "accepted", names[1]: "rejected"}
