"""Alerts and watches at the desk: plain forms, the API, and nobody else's."""

from __future__ import annotations

from desk_rig import ServedDesk


def test_a_pasted_list_is_watched_for_and_its_alerts_are_seen_to(desk: ServedDesk) -> None:
    person = desk.signed_in()
    every = {"name": "from the start", "query": "captured:>2020", "from_start": "true"}

    added = person.post("/watches", **every)
    listed = person.post("/watches", name="a list", pasted="07700 900123\n…\n")

    assert added.headers["location"] == "/alerts?said=watching&refused=0"
    assert "1 row of the list could not" in person.get(listed.headers["location"]).text
    desk.lantern.ok("work")
    page = person.get("/alerts").text
    found = person.client.get("/api/v1/alerts", params={"unseen": "true"}).json()
    assert found["total"] > 0
    assert found["alerts"][0]["name"] == "from the start"
    assert f"{found['total']} that nobody has seen to" in page
    assert f"{found['total']} alert" in person.get("/").text

    one = found["alerts"][0]["alert"]
    assert person.client.post(f"/alerts/{one}/seen").status_code == 403
    person.post(f"/alerts/{one}/seen")
    two = found["alerts"][1]["alert"]
    headers = {"X-CSRF-Token": person.csrf}
    assert person.client.post(f"/api/v1/alerts/{two}/seen", headers=headers).status_code == 204
    after = person.client.get("/api/v1/alerts", params={"unseen": "true"}).json()
    assert after["total"] == found["total"] - 2
    assert person.post("/alerts/q-no/seen").status_code == 404


def test_what_cannot_be_watched_for_is_a_calm_page(desk: ServedDesk) -> None:
    person = desk.signed_in()
    for wrong in ({"name": "x"}, {"name": "", "query": "a"}, {"name": "x", "query": "a b ("}):
        answer = person.post("/watches", **wrong)
        assert answer.status_code in (400, 422)
        assert "Traceback" not in answer.text
