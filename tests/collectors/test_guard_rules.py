from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.errors import (
    AllowanceError,
    BadAddress,
    GuardRefused,
    PrivateAddress,
    RefusedPort,
    RefusedScheme,
)
from collectors.guard_rules import Rules, check_url_address, parse_allowed

# The kinds of /redirect-private of the shared test server, and more of the same.
REFUSED = {
    "metadata": ("http://169.254.169.254/latest/meta-data/", PrivateAddress),
    "loopback": ("http://127.0.0.1:8803/private/loopback", PrivateAddress),
    "localhost": ("http://localhost:8803/private/localhost", PrivateAddress),
    "localhost-dot": ("http://LOCALHOST./", PrivateAddress),
    "sub-localhost": ("http://www.localhost/", PrivateAddress),
    "v6": ("http://[::1]:8803/private/v6", PrivateAddress),
    "v6-mapped": ("http://[::ffff:169.254.169.254]/", PrivateAddress),
    "v6-zone": ("http://[fe80::1%25eth0]/", PrivateAddress),
    "v6-metadata": ("http://[fd00:ec2::254]/", PrivateAddress),
    "decimal": ("http://2852039166/", PrivateAddress),
    "octal": ("http://0251.0376.0251.0376/", PrivateAddress),
    "hex": ("http://0xa9.0xfe.0xa9.0xfe/", PrivateAddress),
    "short": ("http://127.1:8803/private/short", PrivateAddress),
    "zero": ("http://0.0.0.0:8803/private/zero", PrivateAddress),
    "nought": ("http://0/", PrivateAddress),
    "ten": ("http://10.0.0.1/", PrivateAddress),
    "enclosed": ("http://①②⑦.0.0.1:8803/private/enclosed", PrivateAddress),
    "full-width": ("http://１２７．０．０．１/", PrivateAddress),
    "dot": ("http://127.0.0.1./", PrivateAddress),
    "userinfo": ("http://example.test@127.0.0.1:8803/private/userinfo", BadAddress),
    "password": ("https://jo:secret@example.test/", BadAddress),
    "backslash": ("http://example.test\\@127.0.0.1/", BadAddress),
    "tab": ("http://exa\tmple.test/", BadAddress),
    "newline": ("http://example.test/\r\nX: y", BadAddress),
    "space": (" http://example.test/", BadAddress),
    "one-slash": ("http:/127.0.0.1/", BadAddress),
    "no-slash": ("http:127.0.0.1", BadAddress),
    "no-host": ("http:///path", BadAddress),
    "only-port": ("http://:80/", BadAddress),
    "percent": ("http://127%2e0.0.1/", BadAddress),
    "port-range": ("http://example.test:65536/", BadAddress),
    "port-word": ("http://example.test:http/", BadAddress),
    "bracket": ("http://[::1/", BadAddress),
    "file": ("file:///etc/hostname", RefusedScheme),
    "gopher": ("gopher://127.0.0.1:70/_GET", RefusedScheme),
    "ftp": ("ftp://127.0.0.1:21/", RefusedScheme),
    "data": ("data:text/html,<h1>data</h1>", RefusedScheme),
    "javascript": ("javascript:document.title='ran'", RefusedScheme),
    "no-scheme": ("example.test/path", RefusedScheme),
    "empty": ("", RefusedScheme),
    "ssh-port": ("http://example.test:22/", RefusedPort),
    "smtp-port": ("https://example.test:25/", RefusedPort),
    "irc-port": ("http://1.1.1.1:6667/", RefusedPort),
    "port-0": ("http://example.test:0/", RefusedPort),
}


@pytest.mark.promise("P-5")
@pytest.mark.parametrize(("url", "kind"), REFUSED.values(), ids=REFUSED)
def test_an_address_is_refused_before_any_socket_is_opened(
    url: str, kind: type[GuardRefused]
) -> None:
    refusal = check_url_address(url)
    assert type(refusal) is kind
    assert refusal.by_us
    assert refusal.says.endswith(".")
    assert "secret" not in refusal.says


@pytest.mark.parametrize(
    "url",
    [
        "http://example.test/",
        "HTTPS://EXAMPLE.test:8443/a?b#c",
        "http://1.1.1.1/",
        "https://[2606:4700::1111]:443/",
        "http://bücher.test/ü",
        "http://example.test./",
        "http://example.test:/",
        "http://example.test/x@y",
        "http://under_score.example.test/",
    ],
)
def test_an_ordinary_address_passes(url: str) -> None:
    assert check_url_address(url) is None


def test_an_opened_address_passes_in_any_spelling_and_at_its_port_only() -> None:
    rules = Rules(frozenset({(ip_address("127.0.0.1"), 8801)}))
    for host in ("127.0.0.1", "127.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"):
        assert check_url_address(f"http://{host}:8801/", rules) is None
        assert isinstance(check_url_address(f"http://{host}:8802/", rules), PrivateAddress)
    assert isinstance(check_url_address("http://127.0.0.2:8801/", rules), PrivateAddress)
    assert isinstance(check_url_address("http://[::1]:8801/", rules), PrivateAddress)


def test_opening_an_address_lifts_the_refusal_of_its_port_there_alone() -> None:
    rules = Rules(frozenset({(ip_address("1.1.1.1"), 22)}))
    assert check_url_address("http://1.1.1.1:22/", rules) is None
    assert isinstance(check_url_address("http://1.0.0.1:22/", rules), RefusedPort)


def test_a_refusal_says_what_where_and_what_to_type() -> None:
    refusal = check_url_address("http://0x7f.1:8801/")
    assert refusal is not None
    assert refusal.says == (
        "127.0.0.1 (asked for as '0x7f.1') was not connected to: it is loopback, meaning this "
        "machine. To reach it on purpose: --allow-address 127.0.0.1:8801."
    )
    assert refusal.facts == {"host": "0x7f.1", "address": "127.0.0.1", "port": 8801}
    assert refusal.kind == "private-address"


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: "http://" + text))
@settings(max_examples=300)
def test_any_text_is_checked_without_a_traceback(text: str) -> None:
    refusal = check_url_address(text)
    assert refusal is None or refusal.says


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("127.0.0.1:8801", "127.0.0.1:8801"),
        ("[::1]:80", "[::1]:80"),
        ("127.1:8801", "127.0.0.1:8801"),
        (" Demo.Example.TEST:22 ", "demo.example.test:22"),
    ],
)
def test_an_allowed_address_is_read_as_the_guard_will_see_it(text: str, said: str) -> None:
    assert str(parse_allowed(text)) == said


@pytest.mark.parametrize(
    "text",
    [
        *("", "127.0.0.1", ":80", "::1:80", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x"),
        *("127.0.0.1:８０", "[::1]", "a b:80", "http://127.0.0.1:80", "127.0.0.0/8:80"),
    ],
)
def test_an_allowed_address_that_is_no_host_and_port_is_refused(text: str) -> None:
    with pytest.raises(AllowanceError, match=r"Write --allow-address HOST:PORT"):
        parse_allowed(text)
