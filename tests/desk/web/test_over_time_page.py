"""The page of one address over time."""

from __future__ import annotations

import html
import re

from desk_rig import ServedDesk


def test_a_capture_leads_to_its_address_over_time_and_back(desk: ServedDesk) -> None:
    person = desk.signed_in()
    capture = next(iter(desk.captures.values()))
    (link,) = re.findall(
        r'href="(/history\?capture=[^"]+)"', person.get(f"/captures/{capture}").text
    )

    told = person.get(html.unescape(link))

    assert told.status_code == 200
    assert f'href="/captures/{capture}"' in told.text


def test_an_address_that_was_never_captured_is_said_in_place(desk: ServedDesk) -> None:
    told = desk.signed_in().get("/history?url=https://never.example.test/<script>alert(1)</script>")

    assert told.status_code == 200
    assert "No capture of https://never.example.test/" in told.text
    assert "<script>alert" not in told.text
