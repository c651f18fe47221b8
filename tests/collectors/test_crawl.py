"""Whole crawls of the awkward site: what is asked for, kept, refused, and what stops."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

PRIVATE = (
    "", "loopback", "localhost", "v6", "v6-mapped", "decimal", "octal", "hex", "short", "zero",
    "ten", "userinfo", "enclosed", "file", "gopher", "ftp", "data", "javascript",
)  # fmt: skip


@contextmanager
def serving(shared: Path, binds: list[str]) -> Iterator[list[dict[str, Any]]]:
    """Another test site, with listeners of one's own."""
    program = shared / "testsite" / "serve_site.py"
    command = [sys.executable, str(program), *(word for bind in binds for word in ("--bind", bind))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["listen"]
        server.terminate()


def requests(site: Any) -> list[dict[str, Any]]:
    """The requests that reached the server, in order."""
    rows = [json.loads(line) for line in site.ask("/_log").splitlines()]
    return [row for row in rows if row["event"] == "request"]


@pytest.fixture(scope="module")
def sent_to_private(awkward_site: Any, crawl: Any) -> Any:
    """One crawl of every redirect to a private address, and the requests that it made."""
    before = len(requests(awkward_site))
    seeds = [f"{awkward_site.url}/redirect-private/{kind}".rstrip("/") for kind in PRIVATE]
    done = crawl(seeds, allow=[awkward_site.address])
    return done, requests(awkward_site)[before:]


@pytest.mark.parametrize("kind", PRIVATE, ids=lambda kind: kind or "metadata")
def test_a_redirect_to_a_private_address_is_refused(
    awkward_site: Any, sent_to_private: Any, kind: str
) -> None:
    done, _ = sent_to_private

    capture = done.of(f"{awkward_site.url}/redirect-private/{kind}".rstrip("/"))

    assert capture["outcome"] == "refused"
    assert capture["reason"]
    hop, *refused = capture["exchanges"]
    assert hop["block"].startswith(b"HTTP/1.1 302 Found\r\n")
    assert all(not each["request_block"] and not each["block"] for each in refused)


def test_nothing_is_sent_to_a_private_address(sent_to_private: Any) -> None:
    _, asked = sent_to_private

    assert len(asked) == len(PRIVATE)
    assert {row["target"].split("/")[1] for row in asked} == {"redirect-private"}


@pytest.mark.standard("CAP-1")
def test_each_hop_of_a_redirect_is_an_exchange_of_the_same_capture(
    awkward_site: Any, crawl: Any
) -> None:
    awkward_site.ask("/_reset")
    seeds = [f"{awkward_site.url}/redirect/{kind}" for kind in ("chain", "utf8", "body", "two")]

    done = crawl(seeds, allow=[awkward_site.address])

    assert [len(done.of(seed)["exchanges"]) for seed in seeds] == [6, 2, 2, 2]
    for exchange in (each for capture in done.captures for each in capture["exchanges"]):
        target = exchange["url"].removeprefix(awkward_site.url)
        assert exchange["block"] == awkward_site.sent(target)
    assert {capture["outcome"] for capture in done.captures} == {"complete"}


def test_an_endless_redirect_is_a_failure_with_all_its_hops(awkward_site: Any, crawl: Any) -> None:
    seeds = [f"{awkward_site.url}/redirect-loop{loop}" for loop in ("", "/self", "/growing")]

    done = crawl(seeds, allow=[awkward_site.address])

    for capture in (done.of(seed) for seed in seeds):
        assert (capture["outcome"], capture["reason"]) == ("failed", "More than 10 redirects.")
        assert [each["http"]["status"] for each in capture["exchanges"]] == [302] * 11


def test_a_loop_that_a_cookie_ends_is_followed_with_the_cookie(
    awkward_site: Any, crawl: Any
) -> None:
    seed = f"{awkward_site.url}/redirect-loop/cookie"

    capture = crawl([seed], spider="site", allow=[awkward_site.address]).of(seed)

    assert capture["outcome"] == "complete"
    assert "Cookie: seen=1\r\n" in capture["exchanges"][1]["request_block"]


def test_a_meta_refresh_is_content_and_is_not_followed(awkward_site: Any, crawl: Any) -> None:
    seeds = [f"{awkward_site.url}/redirect/{kind}" for kind in ("meta", "refresh", "js")]

    done = crawl(seeds, allow=[awkward_site.address])

    assert [len(done.of(seed)["exchanges"]) for seed in seeds] == [1, 1, 1]


def test_a_redirect_out_of_scope_is_refused_and_not_sent(awkward_site: Any, crawl: Any) -> None:
    before, seed = len(requests(awkward_site)), f"{awkward_site.url}/redirect/other"

    done = crawl([seed], spider="site", scope="host", allow=awkward_site.addresses)

    capture = done.of(seed)
    assert capture["outcome"] == "refused"
    assert "lies outside the job's scope (host)" in capture["reason"]
    assert [row["target"] for row in requests(awkward_site)[before:]] == ["/redirect/other"]


@pytest.mark.standard("AUT-8")
def test_the_authority_is_asked_before_every_fetch_and_every_hop(
    awkward_site: Any, crawl: Any
) -> None:
    url = awkward_site.url
    order = {"refused": [f"{url}/redirect/landed"], "allow": [awkward_site.address]}

    done = crawl([f"{url}/redirect/301", f"{url}/article/1"], **order)

    asked = [f"{url}/redirect/301", f"{url}/article/1", f"{url}/redirect/landed?from=301"]
    assert set(done.report["asked"]) == set(asked)
    capture = done.of(f"{url}/redirect/301")
    assert capture["outcome"] == "refused"
    assert capture["reason"].startswith("The authority does not cover")
    assert len(capture["exchanges"]) == 1
    assert done.report["stopped"] is None


@pytest.mark.standard("AUT-8")
def test_a_crawl_stops_when_its_authority_ends(awkward_site: Any, crawl: Any) -> None:
    before = len(requests(awkward_site))
    order = {"spider": "site", "scope": "host", "depth": 9, "ends_after": 4}

    done = crawl([f"{awkward_site.url}/article/1"], allow=[awkward_site.address], **order)

    assert done.report["stopped"] == "The authority has ended."
    outcomes = [each["outcome"] for each in done.captures]
    assert outcomes.count("refused") == 1
    assert 1 <= outcomes.count("complete") <= 4
    assert len(requests(awkward_site)) - before == outcomes.count("complete")


def test_a_page_asks_for_nothing_else(awkward_site: Any, crawl: Any) -> None:
    before = len(requests(awkward_site))

    done = crawl([f"{awkward_site.url}/gallery/"], allow=[awkward_site.address])

    (asked,) = requests(awkward_site)[before:]
    assert asked["target"] == "/gallery/"
    agent = dict(asked["headers"])["User-Agent"]
    assert agent.startswith("Mozilla/5.0")
    assert "antern" not in agent
    assert [each["robots"] for each in done.captures] == ["not asked"]


def test_a_site_is_followed_to_its_depth(awkward_site: Any, crawl: Any) -> None:
    order = {"spider": "site", "scope": "path", "depth": 2, "allow": [awkward_site.address]}

    done = crawl([f"{awkward_site.url}/spider-trap/deep/"], **order)

    slashes = {each["requested_url"].count("/") - 5 for each in done.captures}
    assert {each["depth"] for each in done.captures} == slashes == {0, 1, 2}


def test_a_site_is_followed_to_its_number_of_pages(awkward_site: Any, crawl: Any) -> None:
    order = {"spider": "site", "scope": "host", "depth": 9, "max_pages": 5}

    done = crawl([f"{awkward_site.url}/spider-trap/"], allow=[awkward_site.address], **order)

    assert done.report["pages"] == 5
    assert done.report["not_visited"] > 0


def test_a_page_is_not_fetched_twice_for_a_redirect_to_it(awkward_site: Any, crawl: Any) -> None:
    url = awkward_site.url
    seeds = [f"{url}/redirect/landed?from=301", f"{url}/redirect"]
    order = {"spider": "site", "scope": "host", "depth": 1, "delay_s": 0.01}

    done = crawl(seeds, allow=awkward_site.addresses, **order)

    landed = [
        each for each in done.captures if each["reason"] and "asked for already" in each["reason"]
    ]
    assert f"{url}/redirect/301" in {each["requested_url"] for each in landed}
    assert {each["outcome"] for each in landed} == {"complete"}


ROBOTS = {
    "some": (["/private/x"], ["/article/1"]),
    "disallow-all": (["/private/x", "/article/1"], []),
    "allow": ([], ["/private/x", "/article/1"]),
    "none": ([], ["/private/x", "/article/1"]),
    "403": ([], ["/private/x", "/article/1"]),
    "401": ([], ["/private/x", "/article/1"]),
    "500": (["/private/x", "/article/1"], []),
    "html": ([], ["/private/x", "/article/1"]),
    "empty": ([], ["/private/x", "/article/1"]),
    "bom": (["/private/x"], ["/article/1"]),
    "gzip": (["/private/x"], ["/article/1"]),
    "latin1": (["/private/x"], ["/article/1"]),
    "cr": (["/private/x"], ["/article/1"]),
    "huge": (["/private/x"], ["/article/1"]),
    "redirect": (["/private/x", "/article/1"], []),
}


@pytest.fixture(scope="module")
def robots_crawl(shared: Any, crawl: Any) -> Iterator[Any]:
    """One crawl of a host for each kind of robots.txt: two pages of each."""
    binds = [f"127.0.0.1:0,robots={variant}" for variant in ROBOTS]
    with serving(shared, [*binds, "127.0.0.1:0,robots=disallow-all"]) as listen:
        urls = [each["url"] for each in listen]
        seeds = [f"{url}{path}" for url in urls for path in ("/private/x", "/article/1")]
        allow = [url.removeprefix("http://") for url in urls]
        done = crawl(seeds, spider="site", scope="host", robots="obeyed", allow=allow)
        yield done, dict(zip(ROBOTS, urls, strict=False))


@pytest.mark.parametrize(("variant", "refused", "fetched"), [(k, *v) for k, v in ROBOTS.items()])
def test_robots_txt_is_obeyed_and_is_evidence(
    robots_crawl: Any, variant: str, refused: list[str], fetched: list[str]
) -> None:
    done, urls = robots_crawl
    url = urls[variant]

    pages = {path: done.of(url + path) for path in ("/private/x", "/article/1")}

    outcomes = {path: page["outcome"] for path, page in pages.items()}
    assert outcomes == dict.fromkeys(refused, "refused") | dict.fromkeys(fetched, "complete")
    assert all("robots.txt" in pages[path]["reason"] for path in refused)
    assert all(not pages[path]["exchanges"] for path in refused)
    assert done.of(f"{url}/robots.txt")["exchanges"]
    assert {each["robots"] for each in done.captures} == {"obeyed"}


def test_robots_txt_ignored_by_choice_is_not_asked_for(awkward_site: Any, crawl: Any) -> None:
    awkward_site.ask("/_robots?set=disallow-all")
    seed = f"{awkward_site.url}/private/x"

    done = crawl([seed], spider="site", robots="ignored by choice", allow=[awkward_site.address])
    awkward_site.ask("/_robots?set=none")

    assert [(each["requested_url"], each["robots"]) for each in done.captures] == [
        (seed, "ignored by choice")
    ]


def gaps(rows: list[dict[str, Any]]) -> list[float]:
    times = [row["t"] for row in rows]
    return [later - earlier for earlier, later in pairwise(times)]


def test_the_delay_of_the_job_lies_between_any_two_requests(awkward_site: Any, crawl: Any) -> None:
    before = len(requests(awkward_site))
    seeds = [f"{awkward_site.url}/article/{n}" for n in range(1, 6)]

    crawl(seeds, delay_s=0.3, allow=[awkward_site.address])

    assert min(gaps(requests(awkward_site)[before:])) >= 0.2  # they arrive unevenly


def test_the_crawl_delay_of_robots_txt_is_honoured_up_to_a_bound(
    awkward_site: Any, crawl: Any
) -> None:
    awkward_site.ask("/_robots?set=crawl-delay")  # it asks for two seconds
    before = len(requests(awkward_site))
    order = {"spider": "site", "robots": "obeyed", "limits": {"crawl_delay_s": 0.4}}
    seeds = [f"{awkward_site.url}/article/{n}" for n in range(1, 5)]

    crawl(seeds, allow=[awkward_site.address], **order)
    awkward_site.ask("/_robots?set=none")

    assert min(gaps(requests(awkward_site)[before:])) >= 0.3


LIMITS = {
    "says nothing": ("/slow/never", "failed", None, "timeout"),
    "drips": ("/slow?n=50&delay=0.2", "partial", "time", "timeout"),
    "never ends": ("/big/endless", "partial", "length", None),
    "is too big": ("/big?mb=4", "partial", "length", None),
    "lies about 50 TB": ("/big/lie", "partial", "length", None),
}
MOST = 1_000_000


@pytest.fixture(scope="module")
def limited(awkward_site: Any, crawl: Any) -> Any:
    """One crawl of what has no end, with narrow limits."""
    seeds = [awkward_site.url + path for path, *_ in LIMITS.values()]
    limits = {"silence_s": 1, "exchange_s": 2, "evidence_bytes": MOST}
    return crawl(seeds, limits=limits, allow=[awkward_site.address])


@pytest.mark.standard("CAP-5")
@pytest.mark.parametrize(
    ("path", "outcome", "truncated", "kind"), LIMITS.values(), ids=LIMITS.keys()
)
def test_a_limit_bounds_a_server_that(
    awkward_site: Any, limited: Any, path: str, outcome: str, truncated: str | None, kind: str
) -> None:
    capture = limited.of(awkward_site.url + path)

    (exchange,) = capture["exchanges"]
    assert (capture["outcome"], exchange["truncated"]) == (outcome, truncated)
    assert (exchange["failure"] or {"kind": None})["kind"] == kind
    assert exchange["response_bytes"] == len(exchange["block"])
    if truncated == "length":
        assert exchange["response_bytes"] == MOST
    assert limited.report["spool_left"] == []


def test_a_body_past_the_readers_limit_is_whole_in_the_evidence(
    awkward_site: Any, crawl: Any
) -> None:
    awkward_site.ask("/_reset")
    seed = f"{awkward_site.url}/big?mb=2"

    capture = crawl([seed], limits={"reader_bytes": 1000}, allow=[awkward_site.address]).of(seed)

    (exchange,) = capture["exchanges"]
    assert exchange["block"] == awkward_site.sent("/big?mb=2")
    assert capture["outcome"] == "complete"


@pytest.mark.slow
def test_a_response_of_500_mb_stays_under_150_mb_of_memory(awkward_site: Any, crawl: Any) -> None:
    seed = f"{awkward_site.url}/big?mb=500"

    done = crawl([seed], limits={"exchange_s": 100}, allow=[awkward_site.address], keep=False)

    (exchange,) = done.of(seed)["exchanges"]
    assert exchange["response_bytes"] > 500 * 1024 * 1024
    assert done.report["peak_rss_kb"] < 150 * 1024


@pytest.mark.standard("CAP-5")
def test_a_name_without_an_address_and_a_port_without_a_server_are_recorded_failures(
    awkward_site: Any, crawl: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = f"127.0.0.1:{taken.getsockname()[1]}"
    seeds = ["http://nowhere.invalid/", f"http://{closed}/"]

    done = crawl(seeds, allow=[closed])

    kinds = [done.of(seed)["exchanges"][-1]["failure"]["kind"] for seed in seeds]
    assert kinds == ["dns", "connection-refused"]
    assert {each["outcome"] for each in done.captures} == {"failed"}
    assert len(done.of(seeds[0])["exchanges"]) == 1  # a name that is not there is not asked twice
    assert len(done.of(seeds[1])["exchanges"]) == 2


def test_a_proxy_of_the_environment_is_not_gone_through(awkward_site: Any, crawl: Any) -> None:
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9/")
    seed = f"{awkward_site.url}/article/1"

    done = crawl([seed], allow=[awkward_site.address], environment=proxies)

    assert done.of(seed)["outcome"] == "complete"


def test_a_page_that_cannot_be_sealed_stops_the_crawl_with_one_clear_line(
    awkward_site: Any, crawl: Any
) -> None:
    order = {"spider": "site", "scope": "host", "depth": 5, "fail_after": 2}

    done = crawl([f"{awkward_site.url}/article/1"], allow=[awkward_site.address], **order)

    assert done.report["fault"] == "The disk is full. Free some space and run the job again."
    assert done.report["stopped"] == done.report["fault"]
    assert done.report["captures"] == 2
    assert done.report["spool_left"] == []
    assert "Traceback" not in done.errors


def test_every_exchange_on_a_kept_connection_has_its_own_bytes(
    awkward_site: Any, crawl: Any
) -> None:
    awkward_site.ask("/_reset")
    before = len(requests(awkward_site))
    seeds = [f"{awkward_site.url}/article/{n}" for n in range(1, 151)]

    done = crawl(seeds, allow=[awkward_site.address])

    for seed in seeds:
        (exchange,) = done.of(seed)["exchanges"]
        assert exchange["block"] == awkward_site.sent(seed.removeprefix(awkward_site.url))
    connections = {row["connection"] for row in requests(awkward_site)[before:]}
    assert len(connections) <= 8  # as many as are open at once


def test_tls_is_recorded_and_its_certificate_judged(awkward_site: Any, crawl: Any) -> None:
    seed = f"{awkward_site.tls}/article/1"

    capture = crawl([seed], allow=awkward_site.addresses).of(seed)

    (exchange,) = capture["exchanges"]
    assert exchange["tls"]["version"] == "TLSv1.3"
    assert exchange["tls"]["cipher"].startswith("TLS_")
    (certificate,) = exchange["tls"]["chain_der"]
    assert certificate.startswith("0\x82")
    assert exchange["failure"] == {
        "kind": "tls-not-verified",
        "says": "The certificate was not verified: the certificate is self-signed.",
    }
    assert capture["outcome"] == "complete"
    assert exchange["peer"] == seed.split("/")[2]


@pytest.fixture
def scripted() -> Iterator[Any]:
    """A server that answers each connection's requests with the given bytes, one after another;
    a tuple is sent with a pause between its parts, an empty one closes the connection.
    """
    server = socket.create_server(("127.0.0.1", 0))
    answers: list[tuple[bytes, ...]] = []
    heard: list[tuple[int, bytes]] = []

    def serve() -> None:
        for number in range(100):
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(client, number), daemon=True).start()

    def talk(client: socket.socket, number: int) -> None:
        with client:
            while request := heard_from(client):
                heard.append((number, request))
                parts = answers.pop(0)
                if not parts:
                    return
                for place, part in enumerate(parts):
                    if place:
                        threading.Event().wait(0.2)
                    client.sendall(part)

    def heard_from(client: socket.socket) -> bytes:
        with suppress(ConnectionResetError):
            return client.recv(65536)
        return b""

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", answers, heard
    server.close()


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def test_surplus_bytes_stay_with_their_exchange_and_end_the_connection(
    scripted: Any, crawl: Any
) -> None:
    url, answers, heard = scripted
    answers += [(ok(b"first") + b"SURPLUS",), (ok(b"second"),)]

    done = crawl([f"{url}/1", f"{url}/2"], delay_s=0.1, allow=[url[7:]])

    blocks = [done.of(f"{url}/{n}")["exchanges"][0]["block"] for n in (1, 2)]
    assert blocks == [ok(b"first") + b"SURPLUS", ok(b"second")]
    assert [number for number, _ in heard] == [0, 1]


def test_bytes_on_an_idle_connection_become_a_capture_of_their_own(
    scripted: Any, crawl: Any
) -> None:
    url, answers, heard = scripted
    answers += [(ok(b"first"), b"HTTP/1.1 200 OK\r\n\r\nUNASKED"), (ok(b"second"),)]

    done = crawl([f"{url}/1", f"{url}/2"], delay_s=0.8, allow=[url[7:]])

    assert [number for number, _ in heard] == [0, 1]
    late = [each for each in done.captures if not each["exchanges"][0]["request_block"]]
    assert [each["exchanges"][0]["block"] for each in late] == [b"HTTP/1.1 200 OK\r\n\r\nUNASKED"]
    assert "after the answer to the request for" in late[0]["reason"]
    assert done.report["pages"] == 2


def test_a_kept_connection_that_was_closed_is_replaced_and_both_sends_are_on_record(
    scripted: Any, crawl: Any
) -> None:
    url, answers, heard = scripted
    answers += [(ok(b"first"),), (), (ok(b"second"),)]

    done = crawl([f"{url}/1", f"{url}/2"], delay_s=0.1, allow=[url[7:]])

    first, second = done.of(f"{url}/2")["exchanges"]
    assert first["failure"]["kind"] == "idle-closed"
    assert first["request_block"] == second["request_block"]
    assert second["block"] == ok(b"second")
    assert [number for number, _ in heard] == [0, 0, 1]


def test_an_answer_on_a_connection_that_is_to_close_is_listened_to_for_a_while(
    scripted: Any, crawl: Any
) -> None:
    url, answers, _ = scripted
    head = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
    answers += [(head, b"a body that should not be")]

    done = crawl([f"{url}/1"], allow=[url[7:]])

    (exchange,) = done.of(f"{url}/1")["exchanges"]
    assert exchange["block"] == head + b"a body that should not be"


def test_a_handshake_that_fails_sends_no_request(scripted: Any, crawl: Any) -> None:
    url, answers, _ = scripted
    answers += [(b"HTTP/1.1 400 This is no TLS\r\n\r\n",), ()]
    seed = url.replace("http://", "https://") + "/1"

    capture = crawl([seed], allow=[url[7:]]).of(seed)

    (exchange,) = capture["exchanges"]
    assert capture["outcome"] == "failed"
    assert exchange["failure"]["kind"] == "tls"
    assert exchange["request_block"] == ""


def test_a_stop_seals_what_is_under_way(awkward_site: Any, crawl: Any) -> None:
    seeds = [f"{awkward_site.url}/slow?n=100&delay=0.2", f"{awkward_site.url}/article/1"]

    done = crawl(seeds, allow=[awkward_site.address], terminate_after=1)

    drip, article = done.of(seeds[0]), done.of(seeds[1])
    assert article["outcome"] == "complete"
    assert (drip["outcome"], drip["exchanges"][0]["truncated"]) == ("partial", "unspecified")
    assert drip["exchanges"][0]["block"].startswith(b"HTTP/1.1 200 OK\r\n")
    assert done.report["stopped"] == "it was told to"
    assert done.report["spool_left"] == []


def test_a_stop_sends_nothing_that_still_waits_for_its_turn(awkward_site: Any, crawl: Any) -> None:
    before = len(requests(awkward_site))
    seeds = [f"{awkward_site.url}/article/{n}" for n in range(1, 60)]

    done = crawl(seeds, allow=[awkward_site.address], delay_s=3, terminate_after=1)

    assert [each["outcome"] for each in done.captures] == ["complete"]
    assert len(requests(awkward_site)) == before + 1
    assert done.report["seconds"] < 3
    assert done.report["not_visited"] == 58


def test_a_disk_that_fails_in_mid_body_is_said_and_stops_the_job(
    awkward_site: Any, crawl: Any
) -> None:
    seed = f"{awkward_site.url}/big?mb=3"

    done = crawl([seed], allow=[awkward_site.address], lose_spool=True)

    (exchange,) = done.of(seed)["exchanges"]
    assert (exchange["truncated"], exchange["failure"]["kind"]) == ("unspecified", "spool")
    assert exchange["block"].startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(exchange["block"]) == exchange["response_bytes"]
    assert done.report["fault"].startswith("The body could not be kept on disk")


def test_an_address_that_cannot_be_allowed_is_said_before_anything_is_sent(crawl: Any) -> None:
    done = crawl(["http://site.example.test/"], allow=["nowhere.invalid:80"])

    assert "nowhere.invalid:80 cannot be allowed" in done.report["fault"]
    assert done.captures == []
