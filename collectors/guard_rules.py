"""The guard's rules, pure: which ports and addresses a connection may go to, which are opened on
purpose, and what of an address can be refused before any socket is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

from collectors.addresses import (
    IpAddress,
    endpoint_text,
    is_loopback_name,
    read_host,
    why_private,
)
from collectors.errors import (
    AllowanceError,
    BadAddress,
    GuardRefused,
    PrivateAddress,
    RefusedPort,
    RefusedScheme,
)

# The "bad ports" of the Fetch standard (WHATWG Fetch, section 2.9, port blocking): services whose
# protocols can be spoken by accident inside an HTTP request, and where no web server lives.
# fmt: off
BAD_PORTS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
})
# fmt: on

LOOPBACK: tuple[IpAddress, ...] = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class AllowedAddress:
    """One `HOST:PORT` that is opened on purpose. A name is looked up once, when the job begins."""

    host: IpAddress | str
    port: int

    def __str__(self) -> str:
        return endpoint_text(self.host, self.port)


def parse_allowed(text: str) -> AllowedAddress:
    """The value of one `--allow-address HOST:PORT`; IPv6 in brackets. Raises `AllowanceError`."""
    host, colon, port = text.strip().rpartition(":")
    expected = "Write --allow-address HOST:PORT, as in 127.0.0.1:8801 or [::1]:8801."
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise AllowanceError(f"{text!r} names no host and port. {expected}")
    if ":" in host and not host.startswith("["):
        raise AllowanceError(f"{text!r} is an IPv6 address without brackets. {expected}")
    try:
        return AllowedAddress(read_host(host), int(port))
    except BadAddress as fault:
        raise AllowanceError(f"{text!r} names no host. {expected}") from fault


@dataclass(frozen=True, slots=True)
class Rules:
    """What this job's guard lets through: everything public, and `opened` exactly."""

    opened: frozenset[tuple[IpAddress, int]] = frozenset()

    def opens_port(self, port: int) -> bool:
        """Whether a connection to this port can be allowed at all."""
        return port not in BAD_PORTS or any(port == allowed for _, allowed in self.opened)

    def is_private_opening(self, address: IpAddress, port: int) -> bool:
        """Whether this is an address of the user's own side, opened on purpose.

        Such a one is reached directly whatever the way out: it is a demonstration or a test on
        this side, and an exit elsewhere has another machine at that address. A public address
        that is opened (for its port) still takes the way out.
        """
        return (address, port) in self.opened and why_private(address) is not None

    def open_loopback(self, asked: str, port: int) -> tuple[IpAddress, ...]:
        """The loopback addresses opened at this port, for a name that always means this machine.

        Such a name is never looked up. Raises `PrivateAddress` where none is opened.
        """
        opened = tuple(address for address in LOOPBACK if (address, port) in self.opened)
        if not opened:
            raise private_address(asked, asked, port, "loopback, meaning this machine")
        return opened

    def check_port(self, host: IpAddress | str, port: int) -> None:
        """Nothing, or raises `RefusedPort`. For an address, an exact opening lifts the refusal."""
        exact = not isinstance(host, str) and (host, port) in self.opened
        if port in BAD_PORTS and not exact:
            raise RefusedPort(
                f"Port {port} of {host} was not connected to: no web server uses it (Fetch "
                f"standard, bad ports).{_how_to_open(host, port)}",
                host=str(host),
                port=port,
            )

    def check_all(self, asked: str, addresses: Iterable[IpAddress], port: int) -> None:
        """Nothing where every address may be connected to; else raises for the first that may not.

        One forbidden address condemns the whole answer, although another may be public: a host
        that means to be reached has no private address among its own, so the mixture is either a
        rebinding attack or a broken zone. To pick the public one would leave the attack out of
        the record and make the outcome hang on the order of answers.
        """
        for address in addresses:
            if (address, port) in self.opened:
                continue
            reason = why_private(address)
            if reason is not None:
                raise private_address(asked, address, port, reason)
            self.check_port(address, port)


def private_address(asked: str, address: IpAddress | str, port: int, reason: str) -> PrivateAddress:
    """The refusal of one address, with what was asked for where it was spelled otherwise."""
    spelled = "" if str(address) == asked else f" (asked for as {asked!r})"
    return PrivateAddress(
        f"{address}{spelled} was not connected to: it is {reason}.{_how_to_open(address, port)}",
        host=asked,
        address=str(address),
        port=port,
    )


def check_url_address(url: str, rules: Rules = Rules()) -> GuardRefused | None:
    """Why the guard would refuse this URL as it stands, before anything is resolved; or None.

    Only http and https. A user name or password in it is refused, not dropped: it would be
    sealed into the evidence, and the address without it is another one than was asked for.
    """
    try:
        parts = _split(url)
        asked = _bare_host(parts)
        port = _port(parts, url)
        host = read_host(asked)
        if not isinstance(host, str):
            rules.check_all(asked, (host,), port)
        elif is_loopback_name(host):
            rules.open_loopback(host, port)
        elif not rules.opens_port(port):
            rules.check_port(host, port)
    except GuardRefused as refusal:
        return refusal
    return None


def _split(url: str) -> SplitResult:
    if re.search(r"[\x00-\x20\x7f]", url):
        raise BadAddress(
            f"The address {url[:200]!r} holds a space or control character. Encode it.",
            url=url,
        )
    if re.search(r"[\ud800-\udfff]", url):  # how Python brings in an argument that is not UTF-8
        raise BadAddress(
            f"The address {url[:200]!a} is not UTF-8. Write its odd bytes as %XX.",
        )
    scheme = url.partition(":")[0].lower() if ":" in url else ""
    if scheme not in _DEFAULT_PORTS:
        shown = f"{scheme}:" if re.fullmatch(r"[a-z][a-z0-9+.-]{0,30}", scheme) else "this"
        raise RefusedScheme(
            f"{url[:200]!r} was not fetched: only http and https are collected, not {shown} "
            "Give an address that begins with http:// or https://.",
            url=url,
        )
    try:
        parts = urlsplit(url)
    except ValueError as fault:
        raise BadAddress(
            f"{url[:200]!r} cannot be read as an address. Check it.", url=url
        ) from fault
    if not url[len(scheme) + 1 :].startswith("//") or "\\" in parts.netloc:
        raise _unreadable(url)
    if "@" in parts.netloc:
        shown = f"{scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        raise BadAddress(
            f"The address {shown[:200]!r} carries a user name or password, which would be sealed "
            "into the evidence. Give it without them.",
        )
    return parts


def _unreadable(url: str) -> BadAddress:
    return BadAddress(f"{url[:200]!r} cannot be read as an address. Check it.", url=url)


def _bare_host(parts: SplitResult) -> str:
    where = parts.netloc
    return where if where.endswith("]") else re.sub(r":[^:\]]*$", "", where)


def _port(parts: SplitResult, url: str) -> int:
    try:
        port = parts.port
    except ValueError as fault:
        raise _unreadable(url) from fault
    return _DEFAULT_PORTS[parts.scheme] if port is None else port


def _how_to_open(host: IpAddress | str, port: int) -> str:
    return f" To reach it on purpose: --allow-address {endpoint_text(host, port)}."
