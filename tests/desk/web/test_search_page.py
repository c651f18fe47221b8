"""The search page: narrowed by facets, wrong queries said in place, kept, written out."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from desk_rig import ServedDesk

from desk.web.timeline import HEIGHT, WIDTH, bars_drawn
from jobs.finding import search
from jobs.search_log import logged_searches
from jobs.workplace import Named, at_work
from products.csv_rows import read_csv

ALL = "captured:>2020"


def address(**asked: str) -> str:
    return "/search?" + urlencode(asked)


def test_a_facet_is_a_link_that_narrows_the_search_to_its_value(desk: ServedDesk) -> None:
    person = desk.signed_in()
    text = person.get(address(q=ALL)).text
    (total,) = re.findall(r"<strong>([0-9]+) found", text)
    links = re.findall(
        r'<li><a href="(/search\?[^"]+)"><bdi>[^<]*</bdi></a> <span class="number">([0-9]+)', text
    )
    assert links
    for link, count in links:
        link = html.unescape(link)
        narrowed = person.get(link).text
        assert f"<strong>{count} found" in narrowed, parse_qs(urlsplit(link).query)["q"]
        assert int(count) <= int(total)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("(marker", "The query is wrong"),
        ("nosuch:x", "no field"),
        ("a" * 15_000, "the limit is"),
        (" OR ".join(f"w{n}" for n in range(1500)), "The query is wrong"),
        ("x" + "*?" * 200, ""),
    ],
    ids=["bracket", "field", "long", "clauses", "stars"],
)
def test_a_query_that_is_wrong_is_said_in_place_and_kept_in_its_box(
    desk: ServedDesk, query: str, says: str
) -> None:
    answer = desk.signed_in().get(address(q=query))
    assert answer.status_code in (200, 400)
    assert says in html.unescape(answer.text)
    assert f'value="{html.escape(query)}"' in answer.text
    assert "Traceback" not in answer.text


def test_script_and_controls_in_a_query_stay_text(desk: ServedDesk) -> None:
    for query in ('"><script>alert(1)</script>', "marker\x1b[2J\u202e", "\x00", "{{ 7*7 }}"):
        answer = desk.signed_in().get(address(q=query))
        assert answer.status_code in (200, 400)
        assert "<script>alert" not in answer.text
        assert "\x1b" not in re.sub(r'value="[^"]*"', "", answer.text)


def test_a_case_that_is_none_is_said_in_place(desk: ServedDesk) -> None:
    answer = desk.signed_in().get(address(q="owl", case="NOSUCH"))
    assert answer.status_code == 404
    assert "There is no case" in answer.text


def test_what_is_opened_from_a_search_is_in_its_log(desk: ServedDesk) -> None:
    person = desk.signed_in()
    text = person.get(address(q="marker-word")).text
    link = re.findall(r'href="(/captures/[^"]+\?search=e-[a-z2-7]{16})"', text)[0]
    assert person.get(link).status_code == 200
    capture, _, log_id = link.removeprefix("/captures/").partition("?search=")
    lantern = desk.lantern
    with at_work(Named({}, lantern.vault, str(lantern.vault), "JS", lantern.keys)) as acting:
        logged = next(each for each in logged_searches(acting) if each.id == log_id)
        assert logged.opened == (capture,)
        assert logged.query == "marker-word"
        assert search(acting, "marker-word", None, 1).total == logged.hits
    assert person.get("/captures/" + capture + "?search=e-aaaaaaaaaaaaaaaa").status_code == 404


def test_a_search_is_kept_and_written_out_from_its_page(desk: ServedDesk) -> None:
    person = desk.signed_in()
    fields = {"q": "marker-word", "case": "LINDEN", "sort": "best"}
    assert person.post("/search/kept", name="The <b>word</b>", **fields).status_code == 303
    page = person.get("/search").text
    assert "The &lt;b&gt;word&lt;/b&gt;" in page
    end = re.findall(r'action="(/search/kept/[^"]+/end)"', page)[0]
    assert person.post(end).status_code == 303
    assert "The &lt;b&gt;word" not in person.get("/search").text
    written = person.post("/search/export", form="csv", **fields)
    assert written.status_code == 200
    assert written.headers["content-disposition"].startswith('attachment; filename="e-')
    heads, *rows = read_csv(written.content)
    assert rows
    assert "\u202e" not in written.text
    assert dict(zip(heads, rows[0], strict=True))["case"] == "LINDEN"
    assert person.post("/search/export", form="exe", **fields).status_code == 422


def test_bars_stand_where_their_time_is_and_narrow_to_it() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    drawn = bars_drawn([(start, 4), (start + timedelta(days=28), 1)], "week", "captured")
    assert [bar.query for bar in drawn] == [
        "captured:2026-03-02..2026-03-08",
        "captured:2026-03-30..2026-04-05",
    ]
    assert drawn[0].x == 0
    assert drawn[1].x + WIDTH / 5 == pytest.approx(WIDTH, abs=0.2)
    assert (drawn[0].height, drawn[1].height) == (HEIGHT, HEIGHT / 4)
    assert bars_drawn([], "day", "captured") == []


def test_the_api_gives_facets_bars_and_pages(desk: ServedDesk) -> None:
    person = desk.signed_in()
    asked = {"q": ALL, "facets": ["case", "lang:3"], "bars": "captured:year", "limit": 1}
    found = person.get("/api/v1/search?" + urlencode(asked, doseq=True)).json()
    assert [facet["field"] for facet in found["facets"]] == ["case", "lang"]
    assert found["facets"][0]["values"] == [{"value": "LINDEN", "count": found["total"]}]
    assert sum(bar["count"] for bar in found["histogram"]) == found["total"]
    following = urlencode({"q": ALL, "limit": 500, "after": found["after"]})
    rest = person.get("/api/v1/search?" + following).json()
    assert len(rest["hits"]) == found["total"] - 1
    assert person.get("/api/v1/search?q=a&sort=nosuch").status_code == 422
    assert person.get("/api/v1/search?q=a&facets=nosuch").status_code == 400


def test_a_facet_is_left_out_and_taken_out_again(desk: ServedDesk) -> None:
    person = desk.signed_in()
    text = person.get(address(q=ALL)).text
    (total,) = re.findall(r"<strong>([0-9]+) found", text)
    value, count, away = re.findall(
        r'<bdi>([^<]*)</bdi></a> <span class="number">([0-9]+)</span> '
        r'<a class="away" href="([^"]+)"',
        text,
    )[0]
    without = person.get(html.unescape(away)).text
    (left,) = re.findall(r"<strong>([0-9]+) found", without)
    assert int(left) == int(total) - int(count), value
    back = html.unescape(re.findall(r'<a href="([^"]+)" aria-label="Take out NOT ', without)[0])
    assert f"<strong>{total} found" in person.get(back).text


def test_pages_say_which_hits_they_show_and_the_last_has_no_next(desk: ServedDesk) -> None:
    person = desk.signed_in()
    at, told = address(q=ALL, limit="1"), []
    while at:
        text = person.get(at).text
        told += re.findall(r"([0-9]+) to [0-9]+ here", text)
        following = re.findall(r'rel="next"[^>]* href="([^"]+)"', text)
        at = html.unescape(following[0]) if following else ""
    total = len(desk.captures)
    assert told == [str(number) for number in range(1, total + 1)]


def test_an_error_shows_its_column_in_the_query(desk: ServedDesk) -> None:
    text = desk.signed_in().get(address(q="smith (jones")).text
    assert 'data-column="7"' in text
    assert '<code class="wrong-at">smith <mark>(</mark>jones</code>' in text


def test_an_index_that_cannot_be_read_is_said_in_place(desk: ServedDesk) -> None:
    index = desk.lantern.vault / "index"
    away = index.rename(index.with_name("index-away"))
    index.write_text("in the way", encoding="utf-8")
    try:
        answer = desk.signed_in().get(address(q="marker-word"))
    finally:
        index.unlink()
        away.rename(index)
    assert answer.status_code == 503
    assert 'value="marker-word"' in answer.text
    assert 'role="alert" id="wrong"' in answer.text


def test_each_part_of_a_query_is_told_of(desk: ServedDesk) -> None:
    text = desk.signed_in().get(address(q="marker-word AND mart*", explain="true")).text
    assert "What each part of it stands for" in text
    assert "<td><code>mart*</code></td>" in text


def test_a_name_on_a_capture_leads_to_the_search_for_it(desk: ServedDesk) -> None:
    person = desk.signed_in()
    capture = desk.captures["/page"]
    links = re.findall(
        r'<a class="tag" href="(/search[^"]+)">', person.get(f"/captures/{capture}").text
    )
    phone = next(html.unescape(link) for link in links if "phone" in link)
    assert f"/captures/{capture}?search=" in person.get(phone).text
    like = person.get(f"/captures/{capture}/like")
    assert like.status_code in (303, 404)  # the site is small: its pages may share no words


@pytest.mark.standard("DIS-6")
def test_the_searches_that_were_run_are_listed_run_again_and_written_out(desk: ServedDesk) -> None:
    person = desk.signed_in()
    text = person.get(address(q="marker-word", case="LINDEN")).text
    (named,) = re.findall(r'<a href="/searches/(e-[a-z2-7]{16})">', text)
    assert named in person.get("/searches?case=LINDEN").text
    assert "<code>marker-word</code>" in person.get(f"/searches/{named}").text
    again = person.post(f"/searches/{named}/rerun")
    assert "the same captures" in again.text
    headers = {"X-CSRF-Token": person.csrf}
    told = person.client.post(f"/api/v1/searches/{named}/rerun", headers=headers).json()
    assert (told["same"], told["total"]) == (True, told["hits_then"])
    assert person.get(f"/api/v1/searches/{named}").json()["query"] == "marker-word"
    assert person.get("/api/v1/searches?case=NONE").status_code == 404
    assert person.get("/searches/e-aaaaaaaaaaaaaaaa").status_code == 404
    assert person.client.post(f"/searches/{named}/rerun").status_code == 403
    assert f'"search": "{named}"' in person.post("/searches/export", case="LINDEN").text


def test_a_misspelled_word_has_a_link_to_what_was_meant(desk: ServedDesk) -> None:
    person = desk.signed_in()
    assert "Did you mean" not in person.get(address(q="marker")).text
    page = person.get(address(q="markre")).text
    (link,) = re.findall(r'Did you mean <a href="([^"]+)"><bdi>marker</bdi></a>', page)
    assert "<strong>0 found" in page
    assert "<strong>0 found" not in person.get(html.unescape(link)).text
    assert person.get("/api/v1/search?q=markre").json()["did_you_mean"] == ["marker"]
