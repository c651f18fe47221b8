"""Somebody who is no member of a closed case: no address of the desk tells them of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from desk_rig import ServedDesk, routes_of

from desk.web.place import DeskPlace

SILENT = ("Quillfeather", "elsewhere.example", "alert(1)", "photo.jpg")


def _addresses(desk: ServedDesk, named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every page and call of the desk that these names make an address of: its path, and that."""
    lantern = desk.lantern
    for method, path in routes_of(DeskPlace(lantern.vault, lantern.keys, "JS", frozenset())):
        address = path
        for name, value in named.items():
            address = address.replace(f"{{{name}}}", str(value))
        if method == "GET" and not path.startswith("/static") and "{" not in address:
            yield path, address


@pytest.mark.standard("DPA-1")
def test_no_page_or_call_tells_of_a_case_that_is_closed_to_the_person(desk: ServedDesk) -> None:
    lantern = desk.lantern
    capture = desk.captures["/page"]
    items = lantern.ok("gate", "list", "--case", "LINDEN")["items"]
    sha256 = next(item["sha256"] for item in items if item["capture"] == capture)
    lantern.ok("case", "members", "LINDEN", "--closed", "--reason", "A sensitive source")
    outsider, insider = desk.signed_in("AB"), desk.signed_in("JS")
    named = {
        "capture": capture,
        "sha256": sha256,
        "reference": "LINDEN",
        "job": desk.job,
        "part": "0",
    }
    told, asked = [], 0
    for path, address in _addresses(desk, named):
        about_it = any(f"{{{name}}}" in path for name in ("capture", "reference", "job"))
        for query in ("", "?q=marker-word", "?case=LINDEN", "?q=marker-word&case=LINDEN"):
            answer = outsider.get(address + query)
            asked += 1
            words = [word for word in (*SILENT, *desk.captures.values()) if word in answer.text]
            words = [word for word in words if word not in address]
            if words or (about_it and not 400 <= answer.status_code < 500):
                told.append((address + query, answer.status_code, words))
    assert told == []
    assert asked > 60
    assert insider.get(f"/captures/{capture}").status_code == 200
    assert "Quillfeather" in insider.get("/search?q=marker-word").text


@pytest.mark.standard("AUT-7")
def test_no_page_or_call_tells_of_a_capture_that_is_closed_to_the_person(desk: ServedDesk) -> None:
    lantern, capture = desk.lantern, desk.captures["/page"]
    lantern.ok("case", "members", "LINDEN", "--open", "--reason", "For this test")
    analyst, keeper = desk.signed_in("AB"), desk.signed_in("JS")
    assert analyst.get(f"/captures/{capture}").status_code == 200
    search = keeper.get("/api/v1/search?q=marker-word").json()["search"]
    items = lantern.ok("gate", "list", "--case", "LINDEN")["items"]
    sha256 = next(item["sha256"] for item in items if item["capture"] == capture)
    lantern.ok("watch", "add", "all", "--query", "marker-word", "--case", "LINDEN", "--from-start")
    lantern.ok("work")
    lantern.ok("note", capture, "Marta Quillfeather again")
    lantern.ok("exhibit", "make", capture, "--description", "The page of Marta Quillfeather")
    keeper.get(f"/captures/{capture}?search={search}")

    named = {"capture": capture, "sha256": sha256, "reference": "LINDEN", "named": search}
    for kind in ("restricted", "medical"):
        lantern.ok("confidential", capture, kind, "--reason", "It names a source")  # in mid-session
        told = []
        for path, address in _addresses(desk, {**named, "job": desk.job, "part": "0"}):
            for query in ("", "?q=marker-word", "?everything=true", f"?capture={capture}"):
                text = analyst.get(address + query).text
                words = [word for word in ("Quillfeather", "names a source") if word in text]
                if (
                    kind == "restricted"
                    and not path.endswith("/exhibits")
                    and capture not in (address + query)
                ):
                    words += [capture] if capture in text else []
                if words:
                    told.append((address + query, words))
        assert told == [], kind
        decision = {"verdict": "harmless", "reason": "To try", "version": 0}
        for act, body in (("exhibit", {}), (f"pictures/{sha256}/decision", decision)):
            refused = analyst.client.post(
                f"/api/v1/captures/{capture}/{act}",
                json=body,
                headers={"X-CSRF-Token": analyst.csrf},
            )
            assert refused.status_code in (403, 404), refused.text
