"""The desk's pages and calls, over a socket: acts, conflicts, hostile text, jobs as they run."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from desk_rig import Pictures, ServedDesk, hostile_site

from desk.web.marking import marked
from desk.web.rendering import environment


def picture_of(desk: ServedDesk, capture: str) -> str:
    items = desk.lantern.ok("gate", "list", "--case", "LINDEN")["items"]
    return next(str(each["sha256"]) for each in items if each["capture"] == capture)


def test_hostile_titles_and_texts_stay_text_on_every_page_that_shows_them(desk: ServedDesk) -> None:
    person = desk.signed_in()
    capture = desk.captures["/page"]
    search = person.get("/search?q=marker-word").text
    page = person.get(f"/captures/{capture}").text
    for text in (search, page, person.get("/cases/LINDEN").text):
        assert "<script>" not in text
        assert "<img src=x" not in text
        assert "<b>bold" not in text
        assert "\u202e" not in text
        assert 'href="javascript:' not in text
        assert 'href="http' not in text
    assert "&lt;script&gt;document.title=" in page
    assert "{{ 7 * 7 }}" in page
    assert "<mark>marker-word</mark>" in search


def test_two_people_who_decide_on_what_one_has_seen_hear_of_each_other(desk: ServedDesk) -> None:
    one, two = desk.signed_in("JS"), desk.signed_in("AB")
    capture = desk.captures["/picture.png"]
    path = f"/captures/{capture}/pictures/{picture_of(desk, capture)}/decide"
    fields = {"verdict": "flagged", "reason": "by its facts", "version": "0"}
    first = one.post(path, **fields)
    second = two.post(path, **{**fields, "verdict": "harmless"})
    assert first.status_code == 303
    assert second.status_code == 409
    assert "Traceback" not in second.text
    facts = one.get(path.removesuffix("/decide")).text
    assert "flagged by JS" in facts


def test_a_clear_picture_is_refused_while_it_is_covered_and_shown_once_it_is_not(
    desk: ServedDesk, pictures: Pictures
) -> None:
    person = desk.signed_in()
    capture = desk.captures["/photo.jpg"]
    path = f"/captures/{capture}/pictures/{picture_of(desk, capture)}"
    assert person.get(f"{path}/clear.png").status_code == 403
    fields = {"verdict": "harmless", "reason": "drawn noise", "version": "0"}
    assert person.post(f"{path}/decide", **fields).status_code == 303
    shown = person.get(f"{path}/clear.png")
    assert shown.content.startswith(b"\x89PNG")
    assert pictures.thumbnail not in shown.content
    assert person.post(f"{path}/cover").status_code == 303
    assert person.get(f"{path}/clear.png").status_code == 403


def test_many_requests_at_once_are_all_answered(desk: ServedDesk) -> None:
    person = desk.signed_in()
    paths = ["/", "/cases/LINDEN", "/ledger", f"/captures/{desk.captures['/page']}"] * 4

    def note(number: int) -> int:
        return person.post("/cases/LINDEN/notes", words=f"note {number}").status_code

    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda path: person.get(path).status_code, paths))
        kept = list(pool.map(note, range(8)))
    assert set(read) == {200}
    assert set(kept) == {303}
    assert desk.lantern.ok("verify")["ok"]


def test_a_job_is_ordered_rehearsed_run_and_followed_as_it_runs(desk: ServedDesk) -> None:
    person = desk.signed_in()
    with hostile_site(Pictures()) as address:
        person.post("/cases/LINDEN/authorities", scope=address, template="research")
        fields = {
            "seeds": f"http://{address}/page\nhttp://{address}/none",
            "allow": address,
            "delay": "0",
        }
        rehearsed = person.post("/cases/LINDEN/collect", act="rehearse", **fields)
        assert "Nothing was sent." in rehearsed.text
        begun = person.post("/cases/LINDEN/collect", act="collect", **fields)
        assert begun.status_code == 303
        told = []
        with person.client.stream("GET", f"{begun.headers['location']}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    told.append(json.loads(line.removeprefix("data: "))["event"])
    assert told.count("sealed") == 2
    assert told[-1] == "over"
    page = person.get(begun.headers["location"]).text
    assert "finished: complete" in page
    assert "data-events" not in page


def test_the_progress_of_a_job_run_elsewhere_ends_with_it(desk: ServedDesk) -> None:
    answer = desk.signed_in().get(f"/jobs/{desk.job}/events")
    assert answer.text == 'event: over\ndata: {"event": "over"}\n\n'


def test_a_job_that_no_authority_covers_gets_the_sentence_and_nothing_is_sent(
    desk: ServedDesk,
) -> None:
    person = desk.signed_in()
    answer = person.post(
        "/cases/LINDEN/collect", seeds="http://127.0.0.9:81/", act="collect", allow="127.0.0.9:81"
    )
    assert answer.status_code == 403
    assert "authority" in answer.text


def test_the_api_says_the_same_as_the_pages_and_types_it(desk: ServedDesk) -> None:
    person = desk.signed_in()
    call = {"X-CSRF-Token": person.csrf}
    found = person.get("/api/v1/search?q=marker-word").json()
    assert desk.captures["/page"] in [hit["capture"] for hit in found["hits"]]
    shown = person.get(f"/api/v1/captures/{desk.captures['/page']}").json()
    assert "marker-word" in shown["text"]
    made = person.client.post(
        "/api/v1/cases/LINDEN/notes", json={"words": "By a program"}, headers=call
    )
    assert made.status_code == 201
    assert made.json()["note"].startswith("n-")
    wrong = person.client.post("/api/v1/cases/LINDEN/notes", json={"wrods": "?"}, headers=call)
    assert wrong.status_code == 422
    schema = person.get("/api/v1/schema").json()
    for path, methods in schema["paths"].items():
        for method, told in methods.items():
            good = next(code for code in told["responses"] if code.startswith("2"))
            if good == "204":  # nothing is said, so nothing is typed
                continue
            held = told["responses"][good]["content"]
            if path.startswith("/api/"):
                assert held["application/json"]["schema"], (method, path)


@pytest.mark.parametrize("folder", ["", "here", "../up", "/tmp/a\0b"], ids=repr)
def test_an_export_wants_its_folder_named_from_the_root(desk: ServedDesk, folder: str) -> None:
    person = desk.signed_in()
    answer = person.post("/cases/LINDEN/exhibits/export", to=folder, exhibits="JS/1")
    assert answer.status_code == 422
    assert "Name the folder from the root" in answer.text


def test_a_fault_of_ours_is_a_calm_page_that_shows_nothing_of_it(
    desk: ServedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = desk.signed_in()

    def broken(*asked: object) -> None:
        raise RuntimeError("collected words in a fault")

    monkeypatch.setattr("desk.web.pages.casework.list_entries", broken)
    answer = person.get("/ledger")
    assert answer.status_code == 500
    assert "Something broke here" in answer.text
    assert "collected words" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.standard("CAP-10")
def test_the_hour_that_happens_twice_is_told_apart() -> None:
    when = environment.filters["when"]
    assert when("2025-10-26T00:30:00.000000Z") == "2025-10-26 00:30:00 UTC (01:30:00 BST)"
    assert when("2025-10-26T01:30:00.000000Z") == "2025-10-26 01:30:00 UTC (01:30:00 GMT)"


@pytest.mark.parametrize(
    ("highlights", "pieces"),
    [
        ([], [("a lamp lit", False)]),
        ([(2, 6)], [("a ", False), ("lamp", True), (" lit", False)]),
        ([(7, 10), (2, 6)], [("a ", False), ("lamp", True), (" ", False), ("lit", True)]),
        ([(2, 6), (4, 8)], [("a ", False), ("lamp", True), (" l", True), ("it", False)]),
        ([(-3, 1), (8, 99)], [("a", True), (" lamp l", False), ("it", True)]),
    ],
)
def test_hits_are_marked_once_whatever_their_order(
    highlights: list[tuple[int, int]], pieces: list[tuple[str, bool]]
) -> None:
    assert marked("a lamp lit", highlights) == pieces
