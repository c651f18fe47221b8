from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.errors import WayOutError
from collectors.ways_out import DIRECT, WayOut, WayOutKind, parse_way_out


@pytest.mark.parametrize(
    ("text", "way_out", "sentence"),
    [
        ("direct", DIRECT, "Way out: direct, from this machine's own address."),
        (" DIRECT ", DIRECT, "Way out: direct, from this machine's own address."),
        (
            "tor",
            WayOut(WayOutKind.TOR, IPv4Address("127.0.0.1"), 9050),
            "Way out: Tor at 127.0.0.1:9050, on circuits of this job's own; Tor resolves names.",
        ),
        (
            "tor://127.0.0.1:9150",
            WayOut(WayOutKind.TOR, IPv4Address("127.0.0.1"), 9150),
            "Way out: Tor at 127.0.0.1:9150, on circuits of this job's own; Tor resolves names.",
        ),
        (
            "socks5://proxy.example.test:1080",
            WayOut(WayOutKind.SOCKS5, "proxy.example.test", 1080),
            "Way out: SOCKS5 proxy proxy.example.test:1080; the proxy resolves names.",
        ),
        (
            "socks5h://[2001:db8::5]",
            WayOut(WayOutKind.SOCKS5, IPv6Address("2001:db8::5"), 1080),
            "Way out: SOCKS5 proxy [2001:db8::5]:1080; the proxy resolves names.",
        ),
        (
            "http://192.0.2.9/",
            WayOut(WayOutKind.HTTP, IPv4Address("192.0.2.9"), 8080),
            "Way out: HTTP proxy 192.0.2.9:8080; the proxy resolves names.",
        ),
        (
            "socks5://an%40alyst:s%3Acret@192.0.2.9:1081",
            WayOut(WayOutKind.SOCKS5, IPv4Address("192.0.2.9"), 1081, "an@alyst", "s:cret"),
            "Way out: SOCKS5 proxy 192.0.2.9:1081, with a user name and password; the proxy "
            "resolves names.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "Way" not in value else "",
)
def test_a_way_out_is_read_and_said_aloud(text: str, way_out: WayOut, sentence: str) -> None:
    assert parse_way_out(text) == way_out
    assert parse_way_out(text).sentence == sentence


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none",
        "socks4://192.0.2.9:1080",
        "https://192.0.2.9:443",
        "socks5:192.0.2.9",
        "socks5://",
        "socks5://192.0.2.9:99999",
        "socks5://192.0.2.9:port",
        "socks5://192.0.2.9:1080/path",
        "socks5://192.0.2.9:1080?x",
        "socks5://192.0.2.9:1080#x",
        "socks5://192.0.2 .9:1080",
        "socks5://user@",
        "socks5://:hunter2@192.0.2.9",
        "socks5://" + "u" * 256 + ":hunter2@192.0.2.9",
        "tor://someone:hunter2@127.0.0.1:9050",
        "direct://hunter2@192.0.2.9",
        "hunter2@socks5://192.0.2.9",
    ],
    ids=lambda text: text[:40] or "empty",
)
def test_a_way_out_that_cannot_be_read_is_refused_without_repeating_a_password(text: str) -> None:
    with pytest.raises(WayOutError) as caught:
        parse_way_out(text)
    assert caught.value.says.endswith((".", "HOST:PORT."))
    assert "hunter2" not in caught.value.says
    assert "Write " in caught.value.says or "255 bytes" in caught.value.says


@given(
    st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=8, max_size=20),
    st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=8, max_size=20),
)
@settings(max_examples=50)
def test_a_password_is_in_no_representation_of_a_way_out(user: str, password: str) -> None:
    way_out = parse_way_out(f"http://{user}:{password}@192.0.2.9:3128")
    assert (way_out.username, way_out.password) == (user, password)
    for said in (repr(way_out), str(way_out), way_out.sentence, way_out.text, f"{way_out}"):
        assert password not in said
        assert user not in said


def test_only_direct_resolves_names_on_this_machine() -> None:
    assert not DIRECT.resolves_at_exit
    for text in ("tor", "socks5://192.0.2.9", "http://192.0.2.9"):
        assert parse_way_out(text).resolves_at_exit
