"""IP addresses, version 4 and 6, as far as a text can tell them from version and section numbers.

Four numbers after "v", "version", "release" or a name and a slash ("Chrome/142.0.0.0") are a
version; a number above 255 or with a leading zero (a date, an older spelling in octal) is none.
Four small numbers alone ("1.1.1.1") are taken for an address: a false one costs a glance, a missed
one may cost a lead.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from enrich.documents import Identifier
from enrich.identifiers.names import DOT, refanged

_V4 = re.compile(
    r"(?<![\w.])\d{1,3}(?:{DOT}\d{1,3}){3}(?![\w]|\.\d|\[\.\]\d|-\d)".replace("{DOT}", DOT),
    re.ASCII,
)
_V6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4})?"
)
_WORD_BEFORE = re.compile(
    r"(?:\bv|\bver|\bversion|\brelease|\bbuild|\bfirmware|\bsection|\bclause|\bparagraph)\.?:?\s{1,3}\Z",
    re.IGNORECASE,
)
# RFC 5737, 3849, 9637
_DOCUMENTATION = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
    )
)
_PRODUCT_BEFORE = re.compile(r"[A-Za-z]/\Z")


def find_ip_addresses(text: str) -> Iterator[Identifier]:
    """The addresses; `value` is in its shortest form (RFC 5952), no longer defanged."""
    for found in _V6.finditer(text):
        end = found.end()
        following = text[end : end + 1]
        if _has_groups(found.group()) and not (following.isalnum() or following in (":", "_")):
            yield from _checked(text, found.start(), end)
    for found in _V4.finditer(text):
        if not _is_version(text, found.start()):
            yield from _checked(text, found.start(), found.end())


def _checked(text: str, start: int, end: int) -> Iterator[Identifier]:
    original = text[start:end]
    if value := ip_form(original):
        yield Identifier("ip", value, start, end, original, validity=_validity(value))


def ip_form(written: str) -> str | None:
    """The address in its shortest form, None where it is none."""
    try:
        address = ipaddress.ip_address(refanged(written).strip("[]"))
    except ValueError:
        return None
    if address.version == 4 and address.packed[0] == 0:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).compressed


def _validity(value: str) -> str:
    address = ipaddress.ip_address(value)
    if any(address.version == net.version and address in net for net in _DOCUMENTATION):
        return "test-range"
    return "valid" if address.is_global else "private"


def _is_version(text: str, start: int) -> bool:
    before = text[max(0, start - 16) : start]
    return bool(_WORD_BEFORE.search(before) or _PRODUCT_BEFORE.search(before))


def _has_groups(written: str) -> bool:
    """Three groups at least, or a beginning that addresses have: not "std::max", not "12::"."""
    groups = [group for group in written.split(":") if group]
    if len(groups) >= 3:
        return True
    return bool(groups) and (written == "::1" or written[:4].lower() in ("fe80", "2001", "2a00"))
