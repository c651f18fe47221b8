"""Addresses of the web: http, https and ftp, "hxxp" and other defanged forms, bare ones by rule."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from enrich.documents import Identifier
from enrich.identifiers.names import DOT, HOST, LABEL, is_host_name, refanged, validity_of
from enrich.identifiers.onions import service_of

MAX_URL = 4_096  # longer ones are cut here, as browsers' own limits and servers' differ

# no scheme: "www.", an onion name, or a host with a path ("t.me/name")
_URL = re.compile(
    r"(?<![\w@])(?:"
    r"(?P<scheme>h(?:tt|xx|XX)ps?|s?ftps?|fxps?)(?:://|\[:\]//|:\[//\]|\[://\])"
    rf"|(?=www\d?{DOT})"
    rf"|(?=(?:[a-z2-7]{{56}}|[a-z2-7]{{16}}){DOT}onion\b)"
    rf"|(?={LABEL}(?:\.{LABEL}){{1,4}}/[\w@~.-])"
    r")(?P<rest>[^\s<>\"`{}|\\^\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]{2,4096})",
    re.IGNORECASE,
)
_AUTHORITY = re.compile(r"[^/?#]{1,300}")
_BARE_HOST = re.compile(rf"{HOST}(?::\d{{1,5}})?(?=[/?#]|$)", re.IGNORECASE)
_TRAILING = ".,;:!?'’”…*_~"
_PAIRS = {")": "(", "]": "[", "»": "«"}
_DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}


def find_urls(text: str) -> Iterator[Identifier]:
    """Addresses with a possible host; `value` has its scheme and host in lower case, no default
    port, and is no longer defanged.
    """
    for found in _URL.finditer(text):
        start, end = found.start(), found.start("rest") + _length(found["rest"])
        value = _value(found["scheme"], text[found.start("rest") : end])
        if value:
            validity = _validity(urlsplit(value).hostname or "")
            yield Identifier("url", value, start, end, text[start:end], validity=validity)


def url_form(written: str) -> str | None:
    """The normal form of one address, None where this is none."""
    found = _URL.fullmatch(written)
    return _value(found["scheme"], found["rest"]) if found else None


def _length(rest: str) -> int:
    """How much of the run belongs to the address: not the sentence's stop, nor its bracket."""
    end = len(rest)
    opened = {close: rest.count(opening) - rest.count(close) for close, opening in _PAIRS.items()}
    while end:
        last = rest[end - 1]
        if last in _PAIRS and opened[last] < 0:
            opened[last] += 1
        elif last not in _TRAILING:
            break
        end -= 1
    return end


def _value(scheme: str | None, rest: str) -> str | None:
    """The normal form, None where this is no address."""
    authority = _AUTHORITY.match(rest)
    if authority is None:
        return None
    host = refanged(authority.group())
    after = rest[authority.end() :]
    if scheme is None and not _BARE_HOST.fullmatch(host):
        return None
    plain = (scheme or "http").lower().replace("xx", "tt").replace("fxp", "ftp")
    try:
        parts = urlsplit(f"{plain}://{host}{after}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not (_is_host(name) if scheme else is_host_name(name)):
        return None
    if ":" in name:
        name = f"[{name}]"
    shown_port = f":{port}" if port and port != _DEFAULT_PORTS.get(plain) else ""
    user = f"{parts.username}@" if parts.username else ""
    return f"{plain}://{user}{name}{shown_port}{after or '/'}"


def _validity(host: str) -> str:
    if host.endswith(".onion") and not service_of(host):
        return "form"  # its check digits do not hold, or it is of a kind that had none
    return validity_of(host)


def _is_host(name: str) -> bool:
    if is_host_name(name.rstrip(".")) or name == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
