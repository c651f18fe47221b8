"""Hosts as people and hostile pages spell them, and which addresses are not the public internet.

Pure functions. `read_host` makes one value of any spelling, `why_private` says why an address
is refused. Everything that the IANA special-purpose registries do not list as globally
reachable is refused, as is every IPv6 address outside 2000::/3, the only block that holds
public hosts. An IPv4 address inside an IPv6 one is judged as itself. What cannot be known from
here is a NAT64 prefix of a network's own (RFC 6052, section 2.2) that hides a private address.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import idna

from collectors.errors import BadAddress

IpAddress = IPv4Address | IPv6Address

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")  # wider than RFC 1123: such hosts exist and answer
_NAME_OCTETS = 253  # RFC 1035, section 2.3.4, as text

# IANA IPv4 special-purpose address registry, entries that are not globally reachable; multicast
# (RFC 5771); and one public address that leads to a cloud host's own services.
_IPV4 = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "unspecified, meaning this machine"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "a provider's shared address (RFC 6598)"),
        ("127.0.0.0/8", "loopback, meaning this machine"),
        ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols (RFC 6890)"),
        ("192.0.2.0/24", "kept for documentation"),
        ("192.88.99.0/24", "a retired relay address (RFC 7526)"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "kept for benchmarks (RFC 2544)"),
        ("198.51.100.0/24", "kept for documentation"),
        ("203.0.113.0/24", "kept for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("168.63.129.16/32", "the host service of a cloud (Azure)"),
    )
)

_PUBLIC_IPV6 = IPv6Network("2000::/3")  # RFC 4291, section 2.4, and IANA's allocations
_IPV6 = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("::/128", "unspecified, meaning this machine"),
        ("::1/128", "loopback, meaning this machine"),
        ("64:ff9b:1::/48", "a translator's local address (RFC 8215)"),
        ("2001::/23", "reserved for protocols, Teredo among them (RFC 2928)"),
        ("2001:db8::/32", "kept for documentation"),
        ("3fff::/20", "kept for documentation"),
        ("fc00::/7", "private, where clouds keep their metadata too"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: how networks without IPv4 reach IPv4 hosts
_6TO4 = IPv6Network("2002::/16")  # RFC 3056
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, section 2.5.5.1
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214, section 6.1: the middle of the interface id


def read_host(text: str) -> IpAddress | str:
    """The host that a text means: an address, whatever its spelling, or an ASCII name in lower
    case without its final dot.

    Follows the URL standard's host parser (WHATWG URL, section 3.5): digits of any script, full
    stops of any script, decimal, octal, hexadecimal and shortened IPv4, IPv4-mapped IPv6. Raises
    `BadAddress` for what is none of these; percent signs are refused rather than decoded.
    """
    folded = _fold(text)
    bare = folded[1:-1] if folded.startswith("[") and folded.endswith("]") else folded
    if ":" in bare or bare != folded:
        return _read_ipv6(bare, text)
    name = bare.removesuffix(".")
    labels = name.split(".")
    if _is_number(labels[-1]):
        return _read_ipv4(labels, text)
    ascii_labels = [_ascii_label(label, text) for label in labels]
    name = ".".join(ascii_labels)
    if len(name) > _NAME_OCTETS or not all(_LABEL.fullmatch(label) for label in ascii_labels):
        raise _bad(text)
    return name


def why_private(address: IpAddress) -> str | None:
    """Why an address is not the public internet, in a few words; None where it is."""
    if isinstance(address, IPv4Address):
        return next((reason for network, reason in _IPV4 if address in network), None)
    inner = _embedded_ipv4(address)
    if inner is not None and (reason := why_private(inner)) is not None:
        return f"a cloak for {inner}, {reason}"
    if address.ipv4_mapped is not None or address in _NAT64:
        return None
    for network, reason in _IPV6:
        if address in network:
            return reason
    return None if address in _PUBLIC_IPV6 else "outside the public part of IPv6"


def is_loopback_name(name: str) -> bool:
    """Whether a name from `read_host` always means this machine (RFC 6761, section 6.3)."""
    return name == "localhost" or name.endswith(".localhost")


# RFC 6762 and its appendix G, RFC 8375, and ICANN's reservation of .internal (2024): names that
# only ever mean something inside somebody's own network, cloud metadata services among them.
_LOCAL_SUFFIXES = frozenset(
    {"local", "internal", "localdomain", "intranet", "private", "corp", "home", "lan", "home.arpa"}
)


def why_local_name(name: str) -> str | None:
    """Why a name can only mean a host inside a private network; None where it may be public.

    For names that somebody else resolves: their answers are never seen here.
    """
    if "." not in name:
        return "a name without a dot, which only means something inside a private network"
    labels = name.split(".")
    if labels[-1] in _LOCAL_SUFFIXES or ".".join(labels[-2:]) in _LOCAL_SUFFIXES:
        return "a name kept for private networks"
    return None


def endpoint_text(address: IpAddress | str, port: int) -> str:
    """`203.0.113.7:443`, `[2001:db8::1]:443` or `example.test:443`."""
    return f"[{address}]:{port}" if isinstance(address, IPv6Address) else f"{address}:{port}"


def _bad(text: str, why: str = "it is no host name and no address") -> BadAddress:
    return BadAddress(f"The host {text!r} cannot be used: {why}. Check the address.", host=text)


def _fold(text: str) -> str:
    if not text or len(text) > 4 * _NAME_OCTETS:
        raise _bad(text[: 4 * _NAME_OCTETS], "it is empty" if not text else "it is too long")
    if text.isascii():
        return text.lower()
    try:
        return idna.uts46_remap(text, std3_rules=False, transitional=False)
    except idna.IDNAError as fault:
        raise _bad(text) from fault


def _ascii_label(label: str, text: str) -> str:
    if label.isascii():
        return label
    try:
        return idna.alabel(label).decode("ascii")
    except (idna.IDNAError, UnicodeError) as fault:
        raise _bad(text, "a part of it is no international name") from fault


def _is_number(label: str) -> bool:
    """Whether a last label makes the whole an IPv4 address (WHATWG URL, "ends in a number")."""
    if label.isascii() and label.isdigit():
        return True
    return re.fullmatch(r"0x[0-9a-f]*", label) is not None


def _part(label: str, text: str) -> int:
    base, digits = 10, label
    if label.startswith("0x"):
        base, digits = 16, label[2:] or "0"
    elif len(label) > 1 and label.startswith("0"):
        base, digits = 8, label[1:]
    if not re.fullmatch(r"[0-9a-f]{1,80}", digits):
        raise _bad(text, "it ends in a number and is no IPv4 address")
    try:
        return int(digits, base)
    except ValueError as fault:
        raise _bad(text, "it ends in a number and is no IPv4 address") from fault


def _read_ipv4(labels: list[str], text: str) -> IPv4Address:
    if len(labels) > 4:
        raise _bad(text, "it ends in a number and has more than four parts")
    *head, last = (_part(label, text) for label in labels)
    if any(part > 255 for part in head) or last >= 256 ** (4 - len(head)):
        raise _bad(text, "a part of the IPv4 address is too large")
    return IPv4Address(sum(part << (24 - 8 * at) for at, part in enumerate(head)) + last)


def _read_ipv6(bare: str, text: str) -> IpAddress:
    address, percent, _zone = bare.partition("%")
    try:
        read = IPv6Address(address)
    except ValueError as fault:
        raise _bad(text, "it is no IPv6 address") from fault
    if percent and why_private(read) is None:
        raise _bad(text, "a public address has no zone")
    return read.ipv4_mapped or read


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    value = int(address)
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or (address in _COMPATIBLE and value > 1):
        return IPv4Address(value & 0xFFFFFFFF)
    if address in _6TO4:
        return IPv4Address((value >> 80) & 0xFFFFFFFF)
    if (value >> 32) & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(value & 0xFFFFFFFF)
    return None
