"""The response record is byte for byte what the server sent: the test site says what that was."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

WHOLE = {
    "chunked with extensions, odd sizes and trailers": "/chunked",
    "chunked one byte at a time": "/chunked/one-byte",
    "chunked with line feeds alone": "/chunked/lf-only",
    "chunked and with a length": "/chunked/with-length",
    "chunked and gzipped, with trailers": "/chunked/gzip",
    "gzip": "/gzip",
    "x-gzip": "/gzip/x-gzip",
    "gzip twice": "/gzip/double",
    "gzip in three members": "/gzip/members",
    "gzip cut off by the server's author": "/gzip/truncated",
    "gzip with a wrong checksum": "/gzip/bad-crc",
    "gzip with garbage after it": "/gzip/trailing",
    "plain text labelled gzip": "/gzip/not",
    "gzip without a label": "/gzip/unlabelled",
    "deflate": "/gzip/deflate",
    "deflate without its wrapper": "/gzip/deflate-raw",
    "identity coding": "/gzip/identity",
    "brotli": "/br",
    "what is called brotli and is not": "/br-bad",
    "brotli cut off": "/br-bad/truncated",
    "zstandard": "/zstd",
    "bad zstandard": "/zstd/bad",
    "headers of every oddity": "/badheaders",
    "a header of 70,000 bytes": "/badheaders/long",
    "500 headers": "/badheaders/many",
    "line feeds alone in the head": "/badheaders/lf-only",
    "a status without a reason": "/badheaders/no-reason",
    "an unknown status with UTF-8": "/badheaders/weird-status",
    "HTTP/1.0 without a length": "/badheaders/http10",
    "a header line without a colon": "/badheaders/no-colon",
    "a space before a colon": "/badheaders/space-colon",
    "a NUL in a header": "/badheaders/nul",
    "a carriage return in a header": "/badheaders/cr",
    "terminal escapes in headers": "/badheaders/escape",
    "103 early hints, then 200": "/badheaders/early-hints",
    "100 twice, then 200": "/badheaders/continue",
    "60 cookies": "/badheaders/cookies",
    "no content type": "/badheaders/no-type",
    "a body without a length": "/badheaders/no-length",
    "204 with a body": "/badheaders/204-body",
    "304 unasked": "/badheaders/304",
    "a second response unasked for": "/badheaders/two-responses",
    "5 MiB with a length": "/big?mb=5",
    "5 MiB chunked": "/big/chunked?mb=5",
    "a head that comes a byte at a time": "/slow/headers?delay=0.002",
    "a body that comes in drips": "/slow?n=4&delay=0.1",
    "a page of NUL bytes": "/nul/binary",
    "404": "/status/404",
    "500": "/status/500",
    "a gzip bomb": "/bomb",
}
UNFRAMED = ("/badheaders/http10", "/badheaders/no-length")
UNPARSED = {
    "HTTP/0.9, no head at all": ("/badheaders/http09", "failed"),
    "empty lines before the status": ("/badheaders/leading-crlf", "failed"),
    "a status line of HTTP/2": ("/badheaders/http2-line", "partial"),
    "two lengths that differ": ("/badheaders/two-lengths", "partial"),
    "a negative length": ("/badheaders/negative-length", "partial"),
    "a length with a plus": ("/badheaders/plus-length", "partial"),
    "a chunk size that is no number": ("/chunked/bad-size", "partial"),
    "a chunk size past 64 bits": ("/chunked/huge-size", "partial"),
}
CUT = {
    "closed before the last chunk": "/chunked/no-end",
    "closed in mid body": "/drop",
    "closed in mid chunk": "/drop/chunked",
    "closed in mid header": "/drop/headers",
    "reset in mid body": "/reset",
    "a length of 50 TB, then closed": "/big/lie",
}
SILENT = {"closed without a byte": "/drop/empty", "reset before any byte": "/reset/first"}
RETRIED = {"closed the first time": "/drop/once", "reset the first time": "/reset/once"}


def table(cases: dict[str, Any]) -> Any:
    return pytest.mark.parametrize("path", cases.values(), ids=cases.keys())


@pytest.fixture(scope="module", params=["http", "tls"])
def crawled(request: pytest.FixtureRequest, awkward_site: Any, crawl: Any) -> Any:
    """One crawl of the whole table, over plain HTTP and over TLS."""
    url = awkward_site.url if request.param == "http" else awkward_site.tls
    awkward_site.ask("/_reset")
    paths = [*WHOLE.values(), *(path for path, _ in UNPARSED.values())]
    paths += [*CUT.values(), *SILENT.values(), *RETRIED.values()]
    done = crawl([url + path for path in paths], allow=awkward_site.addresses)
    sent = Counter()
    for capture in done.captures:
        for exchange in capture["exchanges"]:
            target = exchange["url"].removeprefix(url)
            exchange["sent"] = awkward_site.sent(target, sent[target], url)
            sent[target] += 1
    return lambda path: done.of(url + path)


@pytest.mark.standard("CAP-1")
@table(WHOLE)
def test_the_block_is_the_very_bytes_that_the_server_sent(crawled: Any, path: str) -> None:
    capture = crawled(path)

    (exchange,) = capture["exchanges"]
    assert exchange["block"] == exchange["sent"]
    assert exchange["response_bytes"] == len(exchange["sent"])
    assert exchange["http"] is not None


@table(WHOLE)
def test_a_whole_answer_is_complete_whatever_its_status(crawled: Any, path: str) -> None:
    capture = crawled(path)

    (exchange,) = capture["exchanges"]
    if path in UNFRAMED and exchange["tls"] is not None:
        # RFC 9112, 9.8: this server ends TLS without a close_notify, so nobody can tell.
        assert (capture["outcome"], exchange["truncated"]) == ("partial", "disconnect")
        assert exchange["failure"]["kind"] == "tls-unclosed"
        return
    assert (capture["outcome"], capture["reason"], exchange["truncated"]) == (
        "complete",
        None,
        None,
    )


@pytest.mark.parametrize(("path", "outcome"), UNPARSED.values(), ids=UNPARSED.keys())
def test_what_the_parser_rejects_is_kept_to_its_last_byte(
    crawled: Any, path: str, outcome: str
) -> None:
    capture = crawled(path)

    (exchange,) = capture["exchanges"]
    assert exchange["block"] == exchange["sent"]
    assert exchange["failure"]["kind"] == "not-http"
    assert capture["outcome"] == outcome
    assert (exchange["http"] is None) == (outcome == "failed")


@pytest.mark.standard("CAP-5")
@table(CUT)
def test_a_body_cut_off_is_recorded_as_truncated_and_asked_for_once_more(
    crawled: Any, path: str
) -> None:
    capture = crawled(path)

    first, second = capture["exchanges"]
    for exchange in (first, second):
        assert exchange["truncated"] == "disconnect"
        assert exchange["failure"]["kind"] == "disconnect"
        assert exchange["block"]
        assert exchange["sent"].startswith(exchange["block"])
    assert capture["outcome"] == ("failed" if path == "/drop/headers" else "partial")


@pytest.mark.standard("CAP-5")
@table(SILENT)
def test_a_connection_without_a_byte_is_a_recorded_failure(crawled: Any, path: str) -> None:
    capture = crawled(path)

    assert capture["outcome"] == "failed"
    kinds = [each["failure"]["kind"] for each in capture["exchanges"]]
    # On a kept connection the first silence is taken for the server's closing it meanwhile.
    assert [kind for kind in kinds if kind != "idle-closed"] == ["no-answer", "no-answer"]
    assert all(each["request_block"] and not each["block"] for each in capture["exchanges"])


@table(RETRIED)
def test_a_second_try_that_succeeds_makes_the_capture_complete_with_both_exchanges(
    crawled: Any, path: str
) -> None:
    capture = crawled(path)

    first, second = capture["exchanges"]
    assert (first["truncated"], second["truncated"]) == ("disconnect", None)
    assert second["block"] == second["sent"]
    assert capture["outcome"] == "complete"


def test_a_request_is_recorded_as_it_was_sent(crawled: Any, awkward_site: Any) -> None:
    (exchange,) = crawled("/gzip")["exchanges"]

    lines = exchange["request_block"].split("\r\n")
    assert lines[0] == "GET /gzip HTTP/1.1"
    assert lines[-2:] == ["", ""]
    assert f"Host: {exchange['url'].split('/')[2]}" in lines


def test_the_head_is_read_in_the_servers_order_and_case(crawled: Any) -> None:
    (exchange,) = crawled("/badheaders")["exchanges"]

    names = [name for name, _ in exchange["http"]["headers"]]
    assert names[:4] == ["CoNtEnT-tYpE", "X-Duplicated", "x-duplicated", "X-DUPLICATED"]
    folded = dict(exchange["http"]["headers"])["X-Folded"]
    assert folded == "first line second line, after a tab third line, after spaces"
    body = exchange["block"][exchange["http"]["head_bytes"] :]
    assert body.startswith(b"<!doctype html><title>Bad headers")


def test_interim_responses_are_part_of_the_block_before_the_head_that_counts(crawled: Any) -> None:
    (exchange,) = crawled("/badheaders/early-hints")["exchanges"]

    assert exchange["block"].startswith(b"HTTP/1.1 103 Early Hints\r\n")
    assert exchange["http"]["status"] == 200
    body = exchange["block"][exchange["http"]["head_bytes"] :]
    assert body.startswith(b"<!doctype html>")


def test_a_second_response_stands_with_the_exchange_it_came_after(crawled: Any) -> None:
    (exchange,) = crawled("/badheaders/two-responses")["exchanges"]

    assert exchange["block"].endswith(b"UNASKED!\n")
