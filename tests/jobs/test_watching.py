"""Watches: told once, within what their owner may see, and nothing collected said outside."""

from __future__ import annotations

import base64
import http.server
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lantern_rig import Lantern, bodies_served
from naming_rig import BODIES, peopled, working

from cases.holdings import forget_steps_of, taken
from cases.settings import SettingsError, WatchSection
from cases.watch_tables import WatchNotice
from enrich import DerivedStore
from jobs.access import set_door
from jobs.indexing import _Held
from jobs.watching import after_index, list_alerts, list_watches, watch_for
from jobs.webhooks import deliver, post
from search import MemoryEngine, rebuild_engine


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Lantern:
    lantern, _ = peopled(tmp_path_factory.mktemp("watching"))
    return lantern


@pytest.fixture
def lantern(filled: Lantern, tmp_path: Path) -> Lantern:
    shutil.copytree(filled.vault, tmp_path / "vault")
    return replace(filled, vault=tmp_path / "vault", environment={})


def collected_again(lantern: Lantern, *pages: str) -> None:
    with bodies_served(BODIES) as address:
        lantern.ok("authority", "add", "--case", "LINDEN", "--scope", address)
        seeds = [f"http://{address}/{page}" for page in pages]
        how = ("--delay", "0", "--allow-address", address, "--case", "LINDEN")
        lantern.ok("collect", *seeds, *how)


def told(lantern: Lantern, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lantern.ok("alerts", *words)["alerts"]
    return found


def test_a_query_is_told_of_once_when_it_turns_up_and_never_for_what_was_there(
    lantern: Lantern,
) -> None:
    lantern.ok("watch", "add", "oswin", "--query", '"oswin tarrant" OR handle:@oswin_t')
    assert told(lantern) == []

    collected_again(lantern, "one")

    [alert] = told(lantern)
    assert (alert["name"], alert["case"], alert["rows"]) == ("oswin", "LINDEN", [])
    with working(lantern) as acting, acting.catalogue.writing() as session:
        forget_steps_of(session, taken(session, "index"), "index")
    lantern.ok("work")  # every capture is indexed anew, under a new number
    assert [each["id"] for each in told(lantern)] == [alert["id"]]
    lantern.ok("verify")


def test_a_list_is_matched_however_its_values_are_written_and_says_which_row(
    lantern: Lantern, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("kind,value\nphone,07700 900 123\n,Marta Quillfeather\nphone,banana\nhat,x\n")

    added = lantern("watch", "add", "mixed", "--list", str(path), "--from-start", "--json")

    assert added.code == 3
    assert added.json["items"] == 2
    assert [row["row"] for row in added.json["refused"]] == [4, 5]
    lantern.ok("work")
    assert sorted(alert["rows"] for alert in told(lantern)) == [[2], [2], [3]]


def test_an_acknowledged_alert_is_seen_to_by_a_name_and_not_twice(lantern: Lantern) -> None:
    lantern.ok("watch", "add", "oswin", "--query", "oswin_t", "--from-start")
    lantern.ok("work")
    [alert] = told(lantern, "--unseen")

    lantern.ok("alerts", "--ack", alert["id"])

    assert told(lantern, "--unseen") == []
    assert told(lantern)[0]["acknowledged_by"] == "JS"
    assert "already" in lantern("alerts", "--ack", alert["id"]).err
    assert "no alert" in lantern("alerts", "--ack", "q-none").err
    assert told(lantern, "--since", "2999-01-01") == []
    assert lantern("alerts", "--since", "soon").code == 2


def test_a_stopped_watch_tells_no_more_and_gives_its_name_free(lantern: Lantern) -> None:
    lantern.ok("watch", "add", "tarrant", "--query", "tarrant")
    assert "is running" in lantern("watch", "add", "tarrant", "--query", "x").err
    lantern.ok("watch", "stop", "tarrant")
    lantern.ok("watch", "add", "tarrant", "--query", "nothing_of_the_kind")

    collected_again(lantern, "one")

    assert told(lantern) == []
    assert {each["stopped_at"] is None for each in lantern.ok("watch", "list")["watches"]} == {
        True,
        False,
    }


@pytest.mark.standard("DPA-1")
def test_each_act_on_a_watch_stands_on_the_ledger(lantern: Lantern) -> None:
    lantern.ok("watch", "add", "oswin", "--query", "oswin_t", "--from-start", "--case", "LINDEN")
    lantern.ok("work")
    lantern.ok("alerts", "--ack", told(lantern)[0]["id"])
    lantern.ok("watch", "stop", "oswin")

    entries = lantern.ok("ledger", "list", "--case", "LINDEN", "--limit", "200")["entries"]
    acts = {entry["act"]: entry["s62"] for entry in entries}

    assert acts["watch.add"] == "collection"
    assert acts["watch.alert"] == "consultation"
    assert acts["alert.acknowledge"] == acts["watch.stop"] == "alteration"


def test_a_watch_sees_what_its_owner_may_see_at_that_moment(lantern: Lantern) -> None:
    with working(lantern, "AB") as acting:
        watch_for(acting, "ann's", case=None, query="tarrant", from_start=True)
    with working(lantern, "JS") as acting:
        watch_for(acting, "jo's", case=None, query="tarrant", from_start=True)
        set_door(acting, "LINDEN", closed=True, reason="A test")

    lantern.ok("work")

    with working(lantern, "AB") as acting:
        assert list_alerts(acting).total == 0
        assert [view.name for view in list_watches(acting)] == ["ann's"]
    with working(lantern, "JS") as acting:
        found = list_alerts(acting)
        assert found.total == 3
        assert {alert.watch_name for alert in found.alerts} == {"jo's"}


def test_what_cannot_be_watched_for_is_one_clear_line(lantern: Lantern, tmp_path: Path) -> None:
    for words in (("--query", "person:("), (), ("--list", str(tmp_path / "none.txt"))):
        refused = lantern("watch", "add", "x", *words)
        assert refused.code in (1, 2)
        assert "Traceback" not in refused.err
    assert "no watch" in lantern("watch", "show", "x").err
    assert lantern("watch", "add", "a\nb", "--query", "x").code == 2


def test_a_watch_that_fails_says_so_and_stops_no_other(lantern: Lantern) -> None:
    lantern.ok("watch", "add", "good", "--query", "oswin_t", "--from-start")
    lantern.ok("watch", "add", "bad", "--query", "oswin_t", "--from-start")
    with working(lantern) as acting, acting.catalogue.writing() as session:
        session.connection().exec_driver_sql("UPDATE watch SET query='((' WHERE name='bad'")

    lantern.ok("work")

    assert [alert["name"] for alert in told(lantern)] == ["good"]
    faults = {view["name"]: view["fault"] for view in lantern.ok("watch", "list")["watches"]}
    assert faults["good"] == ""
    assert "bracket" in faults["bad"]
    assert lantern("verify").code == 1  # and the row that was changed is named


@pytest.mark.parametrize("kind", ["memory", "tantivy"])
def test_ten_thousand_values_are_matched_alike_on_every_engine(
    lantern: Lantern, tmp_path: Path, kind: str
) -> None:
    values = [f"jo{number}@example.test" for number in range(10_000)]
    values += [f"@somebody{number}" for number in range(500)]
    values += ["@oswin_t", "quillfeather", "07700 900 123"]
    with working(lantern) as acting, closing(DerivedStore(acting.vault.derived)) as store:
        added = watch_for(acting, "many", case="LINDEN", pasted="\n".join(values), from_start=True)
        documents = iter(_Held(acting, store))
        if kind == "memory":
            engine: Any = MemoryEngine()
            engine.index(documents)
            engine.commit()
        else:
            engine = rebuild_engine(tmp_path / "index", documents)
        with closing(engine):
            assert after_index(acting, engine, store) == 3
            assert after_index(acting, engine, store) == 0
        assert added.watch.items == 10_503
        rows = {alert.rows for alert in list_alerts(acting).alerts}
    assert rows == {(10_503,), (10_501, 10_502)}


@contextmanager
def listener(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A program on this machine that is told; what it was told."""
    heard: list[bytes] = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/told", heard
    finally:
        server.shutdown()
        server.server_close()


def tells(lantern: Lantern, address: str) -> None:
    with (lantern.vault / "lantern.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[watch]\nwebhook = "{address}"\n')


def test_the_webhook_hears_ids_and_counts_and_nothing_collected(lantern: Lantern) -> None:
    with listener(b"HTTP/1.1 204 No Content\r\n\r\n") as (address, heard):
        tells(lantern, address)
        lantern.ok("watch", "add", "oswin", "--query", "oswin_t", "--from-start")
        lantern.ok("work")

    [body] = heard
    said = json.loads(body)
    [alert] = told(lantern)
    assert said["count"] == 1
    assert said["alerts"] == [
        {"id": alert["id"], "watch": alert["watch"], "capture": alert["capture"]}
    ]
    assert set(said) == {"vault", "count", "alerts"}
    assert b"oswin" not in body.lower()
    assert b"127.0.0.1" not in body


def test_a_notice_that_fails_is_kept_and_sent_later(lantern: Lantern) -> None:
    with listener(b"HTTP/1.1 500 No\r\n\r\n") as (address, _):
        tells(lantern, address)
        lantern.ok("watch", "add", "oswin", "--query", "oswin_t", "--from-start")
        lantern.ok("work")
    with working(lantern) as acting:
        with acting.catalogue.writing() as session:
            [notice] = session.query(WatchNotice).all()
            assert (notice.tries, notice.sent_at) == (1, None)
            assert "500" in notice.fault
            notice.next_at = notice.at
        assert deliver(acting).waiting == 1  # nobody listens now
        with acting.catalogue.writing() as session:
            session.query(WatchNotice).one().next_at = notice.at
        with listener(b"HTTP/1.1 200 OK\r\n\r\n") as (address, heard):
            place = acting.vault.settings.watch.model_copy(update={"webhook": address})
            settings = acting.vault.settings.model_copy(update={"watch": place})
            vault = replace(acting.vault, settings=settings)
            assert deliver(replace(acting, vault=vault)).sent == 1
        assert len(heard) == 1


def test_a_listener_that_never_ends_or_speaks_nonsense_is_left_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.webhooks.DEADLINE_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        assert "no answer" in post(WatchSection(webhook=address), b"{}")
    with listener(b"hello, is it me?\r\n") as (address, _):
        assert "speaks no HTTP" in post(WatchSection(webhook=address), b"{}")
    assert "Refused" in post(WatchSection(webhook=address), b"{}")


@pytest.mark.parametrize(
    "address",
    [
        "https://other.example/x",
        "http://listed.example/x",
        "ftp://127.0.0.1/",
        "http://127.0.0.1.other.example/",
        "https://a:b@listed.example/",
        "http://[::",
        "https://listed.example/\\u0000 x",
        "localhost:80",
    ],
)
def test_an_address_that_was_not_allowed_twice_is_refused(lantern: Lantern, address: str) -> None:
    with (lantern.vault / "lantern.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[watch]\nwebhook = "{address}"\nallowed_hosts = ["listed.example"]\n')

    assert lantern("status").code == 2
    with pytest.raises(SettingsError), working(lantern):
        pass


def test_a_wide_watch_goes_on_where_it_stopped(
    lantern: Lantern, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.watching.PAGE", 1)
    monkeypatch.setattr("jobs.watching.MOST_AT_ONCE", 2)
    lantern.ok("watch", "add", "all", "--query", "captured:>2020", "--from-start")

    lantern.ok("work")
    first = len(told(lantern))
    lantern.ok("work")

    assert (first, len(told(lantern))) == (2, 3)


def test_what_a_colleague_typed_reaches_no_terminal_nor_a_program_as_it_came(
    lantern: Lantern,
) -> None:
    picture = base64.b64encode(bytes(range(256)) * 2).decode().rstrip("=")
    lantern.ok("watch", "add", "odd", "--query", '"owl\x1b[2J"', "--case", "LINDEN")
    lantern("history", f"http://never.example.test/{picture}\x1b[2J")
    lantern("search", f'"{picture}"', "--case", "LINDEN")

    for words in (("watch", "list"), ("watch", "show", "odd"), ("ledger", "list", "--json")):
        printed = lantern(*words)
        assert printed.code == 0
        assert "\x1b" not in printed.out
        assert picture not in printed.out
