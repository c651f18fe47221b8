"""Somebody who is no member of a closed case: no address of the desk tells them of it."""

from __future__ import annotations

import pytest
from desk_rig import ServedDesk, routes_of

from desk.web.place import DeskPlace

SILENT = ("Quillfeather", "elsewhere.example", "alert(1)", "photo.jpg")


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
    for method, path in routes_of(DeskPlace(lantern.vault, lantern.keys, "JS", frozenset())):
        if method != "GET" or path.startswith("/static"):
            continue
        address = path
        for name, value in named.items():
            address = address.replace(f"{{{name}}}", str(value))
        if "{" in address:
            continue
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
