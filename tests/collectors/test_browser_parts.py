"""The browser collector's parts that need no browser: heads, words of refusal, the blanked DOM."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.browser.consent import refuses
from collectors.browser.exchanges import Asked, exchange_of
from collectors.browser.finding import BrowserMissing, find_browser
from collectors.browser.launching import flags, user_agent
from collectors.browser.safe import blanked
from evidence.exchange import Failure

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def asked(**more: object) -> Asked:
    """A request for a page, with what the case adds."""
    return Asked(
        number=0,
        network_id="1",
        url="http://example.test/a?b=c",
        method="GET",
        role="document",
        headers=[("Accept", "*/*")],
        body=b"",
        requested_at=NOON,
        page=True,
        **more,  # type: ignore[arg-type]
    )


def test_a_decoded_answer_has_its_coding_renamed_and_its_length_with_it(tmp_path: Path) -> None:
    answer = [("Content-Encoding", "gzip"), ("Content-Length", "9"), ("Server", "x")]
    one = asked(status=200, status_text="OK", answer=answer, done=True)
    one.keep(b"decoded body", tmp_path)
    exchange = exchange_of(one, tmp_path, NOON)
    assert exchange.response is not None
    exchange.response.seek(0)
    head, _, body = exchange.response.read().partition(b"\r\n\r\n")
    assert body == b"decoded body"
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        b"X-Archive-Orig-Content-Encoding: gzip",
        b"X-Archive-Orig-Content-Length: 9",
        b"Server: x",
    ]
    assert exchange.decoded
    exchange.response.close()
    one.close()


@given(value=st.text(max_size=40), reason=st.text(max_size=20))
def test_no_header_or_reason_of_a_server_adds_a_line_to_the_head(value: str, reason: str) -> None:
    one = asked(status=200, status_text=reason, answer=[("X-One", value)], done=True)
    exchange = exchange_of(one, Path(), NOON)
    assert exchange.response is not None
    exchange.response.seek(0)
    written = exchange.response.read()
    assert written.count(b"\r\n") == 3
    assert written.endswith(b"\r\n\r\n")
    assert written.count(b"\n") == 3
    exchange.response.close()


@pytest.mark.parametrize("kind", ["authority", "scope", "private-address", "stopped"])
def test_what_was_refused_by_us_has_no_request(kind: str, tmp_path: Path) -> None:
    one = asked(failure=Failure(kind, "It was not sent."), done=True)
    assert exchange_of(one, tmp_path, NOON).request_block == b""


def test_a_request_still_under_way_has_a_record_only_with_a_sign_that_it_left(
    tmp_path: Path,
) -> None:
    assert exchange_of(asked(), tmp_path, NOON).request_block == b""
    sent = exchange_of(asked(sent=[("Host", "example.test")]), tmp_path, NOON)
    assert sent.request_block == b"GET /a?b=c HTTP/1.1\r\nHost: example.test\r\n\r\n"
    assert sent.failure is not None


REFUSALS = [
    *("Reject all", "REJECT ALL", "Decline", "Decline all", "Deny", "Refuse", "Only necessary"),
    *("Accept only essential cookies", "Use necessary cookies only", "Reject additional cookies"),
    *("Continue without accepting", "Do not consent", "No, thanks", "Essential cookies only"),
    *("Strictly necessary only", "Alle ablehnen", "Tout refuser", "Object to all", "Opt out"),
]
ACCEPTANCES = [
    *("Accept all", "Accept", "Allow all cookies", "I agree", "OK", "Got it", "Accept and close"),
    *("Manage options", "Save settings", "Accept all and reject nothing", "More about necessary"),
    *("Reject the offer", "Continue", "", "Necessary information"),
]


@pytest.mark.parametrize("label", REFUSALS)
def test_a_control_with_these_words_refuses(label: str) -> None:
    assert refuses(label)
    assert refuses(f"\n  {label} ")


@pytest.mark.parametrize("label", ACCEPTANCES)
def test_a_control_with_these_words_is_not_pressed(label: str) -> None:
    assert not refuses(label)


def test_the_browser_is_found_by_setting_then_by_name_on_the_path(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n", encoding="ascii")
    program.chmod(stat.S_IRWXU)
    assert find_browser("", {"PATH": str(tmp_path)}) == program
    assert find_browser(str(program), {"PATH": ""}) == program
    assert find_browser("", {"PATH": "", "LANTERN_BROWSER": str(program)}) == program


def test_without_a_browser_one_line_says_how_to_install_one(tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    with pytest.raises(BrowserMissing) as missing:
        find_browser("", nowhere)
    assert "apt-get install chromium" in missing.value.says
    assert "playwright install chromium" in missing.value.says
    assert "\n" not in missing.value.says
    with pytest.raises(BrowserMissing, match="cannot be run"):
        find_browser(str(tmp_path / "none"), nowhere)


@pytest.mark.parametrize("root", [True, False])
def test_the_sandbox_is_left_out_for_root_alone(root: bool) -> None:
    assert ("--no-sandbox" in flags(1080, "x", as_root=root)) is root


def test_the_name_of_the_browser_is_ordinary_unless_another_was_chosen() -> None:
    assert "Chrome/156.0.0.0" in user_agent("156.0.1.2", "")
    assert "Headless" not in user_agent("not measured", "")
    assert user_agent("156.0.1.2", "HeadlessChrome/1") == "HeadlessChrome/1"


HOSTILE = [
    "",
    "<",
    "<svg><style><img src=x></style></svg>",
    "<p style=\"background:url('x')\">",
    "<div style=\"width:1px;background:image-set('x' 1x)\">",
    "<a href=x background=y ping=z>",
    "<body background=x onload=y><frameset><frame src=x></frameset>",
    "<meta http-equiv=refresh content='0;url=x'><base href=//x/><link rel=icon href=x>",
    "<math><annotation-xml encoding='text/html'><img src=x></annotation-xml></math>",
    "<template shadowrootmode=open><img src=x><video poster=x></video></template>",
    "<noscript><img src=x></noscript><object data=x><img src=x></object>",
    "<div>" * 3000,
]


@pytest.mark.parametrize("dom", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_draws_is_left_in_the_blanked_dom(dom: str) -> None:
    plain = blanked(dom).lower()
    for word in ("<img", "<svg", "<video", "<script", "<iframe", "<frame", "<object", "<base"):
        assert word not in plain, word
    for word in ("url(", "image-set(", "onload=", "http-equiv", " ping=", ' background="'):
        assert word not in plain, word


def test_a_box_stands_where_a_picture_stood_and_has_its_size() -> None:
    dom = (
        "<p><img src=a></p><template><img src=x></template><noscript><img src=y></noscript>"
        "<input type=image src=b><video></video>"
    )
    boxes = [
        {"kind": "img", "width": 31, "height": 17},
        {"kind": "background", "width": 9, "height": 9},
        {"kind": "img", "width": 55, "height": 44},
    ]
    plain = blanked(dom, boxes)
    assert 'class="lantern-blank" style="width:31px;height:17px"' in plain
    without = blanked('<img width="7" height="1e9"><img>', boxes[:1])
    assert 'style="width:7px"' in without
    assert "31px" not in without


def test_what_follows_an_embed_stays_in_the_safe_page() -> None:
    page = blanked("<html><body><p>before</p><embed src=x><p>after</p></body></html>")
    assert "before" in page
    assert "after" in page
    assert "<embed" not in page
