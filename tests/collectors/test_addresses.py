from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.addresses import (
    endpoint_text,
    is_loopback_name,
    read_host,
    why_local_name,
    why_private,
)
from collectors.errors import BadAddress

LOOPBACK = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7F.1",
    "0177.0.0.01",
    "0x7f.0x0.0x0.0x1",
    "0000177.0.0.1",
    "①②⑦.0.0.1",
    "①②⑦.⓪.⓪.①",
    "１２７.0.0.1",
    "１２７．０．０．１",
    "127。0。0。1",
    "127｡0｡0｡1",
    "𝟏𝟐𝟕.0.0.1",
    "𝟙𝟚𝟟.𝟘.𝟘.𝟙",
    "0ｘ7f.1",
    "127.0.0.\u00ad1",
    "127.0.\u200b0.1",
    "[::ffff:127.0.0.1]",
    "::ffff:7f00:1",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "［::ffff:127.0.0.1］",
]
METADATA = ["2852039166", "0251.0376.0251.0376", "0xa9.0xfe.0xa9.0xfe", "169.254.43518"]
METADATA += ["[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "169.16689662", "0xA9FEA9FE"]


@pytest.mark.parametrize("spelling", LOOPBACK)
def test_every_spelling_of_loopback_is_read_as_loopback(spelling: str) -> None:
    assert read_host(spelling) == IPv4Address("127.0.0.1")


@pytest.mark.parametrize("spelling", METADATA)
def test_every_spelling_of_the_metadata_address_is_read_as_it(spelling: str) -> None:
    assert read_host(spelling) == IPv4Address("169.254.169.254")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "127.0.0.1..",
        "example..test",
        ".example.test",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.256",
        "1.2.65536",
        "4294967296",
        "0x100000000",
        "09.1.1.1",
        "example.1",
        "example.0x",
        "1.2.3.0x1g.0x",
        "[127.0.0.1]",
        "[::1",
        "::1]",
        "[]",
        "[::1]x",
        "::ffff:0177.0.0.1",
        "[2606:4700::1111%25eth0]",
        "example.test/",
        "example.test:80",
        "user@example.test",
        "exa mple.test",
        "example.test\x00",
        "127%2e0.0.1",
        "%31%32%37.0.0.1",
        "example\\.test",
        "a" * 64 + ".test",
        ".".join(["a" * 60] * 5),
        "9" * 5000,
        "0x" + "f" * 200,
        "☃" * 80 + ".test",
        "\ud800.test",
        "℀.test",
        "example.test？",
    ],
    ids=lambda text: ascii(text)[:40],
)
def test_what_is_neither_a_name_nor_an_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadAddress, match=r"^The host .* cannot be used: .*\. Check the address\.$"):
        read_host(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.TEST", "example.test"),
        ("example.test.", "example.test"),
        ("under_score.example.test", "under_score.example.test"),
        ("straße.test", "xn--strae-oqa.test"),
        ("BÜCHER.test", "xn--bcher-kva.test"),
        ("пример.test", "xn--e1afmkfd.test"),
        ("ｅｘａｍｐｌｅ。test", "example.test"),
        ("xn--bcher-kva.test", "xn--bcher-kva.test"),
        ("127.0.0.1.nip.test", "127.0.0.1.nip.test"),
        ("0x7f.test", "0x7f.test"),
        ("1e3", "1e3"),
    ],
)
def test_a_name_is_read_as_browsers_read_it(text: str, name: str) -> None:
    assert read_host(text) == name


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200"),
        *("127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
        *("192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255"),
        *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
        *("255.255.255.255", "168.63.129.16"),
        *("::", "::1", "::127.0.0.1", "::808:808", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1"),
        *("64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8", "100::1"),
        *("2001::1", "2001:0:a9fe:a9fe::1", "2001:2::1", "2001:db8::1", "3fff::1", "2001:10::1"),
        *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:1::", "fc00::1", "fd00:ec2::254"),
        *("fd12:3456::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "5f00::1", "4000::1"),
        *("2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:7f00:1"),
    ],
)
def test_an_address_that_is_not_public_is_refused_with_a_reason(text: str) -> None:
    reason = why_private(ip_address(text))
    assert reason is not None
    assert reason.strip() == reason != ""


@pytest.mark.parametrize(
    "text",
    [
        *("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1"),
        *("192.0.1.1", "192.31.196.1", "198.17.255.255", "198.20.0.1", "223.255.255.255"),
        *("2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"),
        *("2002:808:808::1", "2620:4f:8000::1"),
    ],
)
def test_a_public_address_is_let_through(text: str) -> None:
    assert why_private(ip_address(text)) is None


def test_the_reason_names_the_address_inside_an_address() -> None:
    reason = why_private(IPv6Address("64:ff9b::a9fe:a9fe"))
    assert reason == "a cloak for 169.254.169.254, link-local, where clouds keep their metadata"


@given(st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address))
@settings(max_examples=300)
def test_nothing_that_python_calls_private_is_let_through(
    address: IPv4Address | IPv6Address,
) -> None:
    if why_private(address) is None:
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 3, 4]), st.data())
@settings(max_examples=200)
def test_a_literal_means_what_the_system_would_connect_to(
    value: int, parts: int, data: st.DataObject
) -> None:
    octets = value.to_bytes(4, "big")
    numbers = [*octets[: parts - 1], int.from_bytes(octets[parts - 1 :], "big")]
    spell = st.sampled_from([str, hex, lambda n: f"0{n:o}", lambda n: f"0X{n:x}"])
    text = ".".join(data.draw(spell)(number) for number in numbers)
    assert read_host(text) == IPv4Address(socket.inet_aton(text.lower()))


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_any_text_is_an_address_a_plain_name_or_refused(text: str) -> None:
    try:
        host = read_host(text)
    except BadAddress:
        return
    if isinstance(host, str):
        assert read_host(host) == host
        assert host.isascii()
        assert not set(host) & set(" /\\@:%[]#?\t\r\n")
        with pytest.raises(OSError):
            socket.inet_aton(host)


@pytest.mark.parametrize("name", ["localhost", "a.localhost"])
def test_localhost_and_what_lies_beneath_it_mean_this_machine(name: str) -> None:
    assert is_loopback_name(name)
    assert not is_loopback_name(name + ".example.test")


@pytest.mark.parametrize(
    "name",
    ["router", "printer.local", "metadata.google.internal", "nas.home.arpa", "wiki.corp", "a.lan"],
)
def test_a_name_that_only_means_something_inside_a_network_is_recognised(name: str) -> None:
    assert why_local_name(name) is not None
    assert why_local_name(name + ".example.test") is None


def test_an_endpoint_is_written_with_brackets_for_ipv6() -> None:
    assert endpoint_text(IPv6Address("2001:db8::1"), 443) == "[2001:db8::1]:443"
    assert endpoint_text(IPv4Address("203.0.113.7"), 443) == "203.0.113.7:443"
    assert endpoint_text("example.test", 80) == "example.test:80"
