"""Which addresses an authority covers: hosts written by a person, matched exactly. Pure.

A pattern is `host`, `host:port`, `*.host` (the host and everything under it), each with an
optional `/path` prefix, or a full address. A bare host covers that host alone: `blogs.example`
must not cover everybody's blog under it, so a wider cover is written out with `*.`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from cases.errors import UsageError

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class HostPattern:
    """One line of an authority's scope. `port` and `path` are None where any will do."""

    text: str
    host: str
    below: bool
    scheme: str | None
    port: int | None
    path: str | None

    def covers(self, url: str) -> bool:
        """Whether the address lies within this pattern. A malformed address is never covered."""
        try:
            parts = urlsplit(url)
            host, port = _host_of(parts.hostname or ""), parts.port
        except (ValueError, UsageError):
            return False
        if parts.scheme not in DEFAULT_PORTS or not host:
            return False
        if host != self.host and not (self.below and host.endswith("." + self.host)):
            return False
        if self.scheme is not None and parts.scheme != self.scheme:
            return False
        if self.port is not None and (port or DEFAULT_PORTS[parts.scheme]) != self.port:
            return False
        return self.path is None or _below(parts.path or "/", self.path)


def _below(path: str, prefix: str) -> bool:
    """Whether a path lies at or under a prefix, segment by segment, dots and escapes undone
    first.
    """
    have, want = _segments(path), _segments(prefix)
    return have[: len(want)] == want


def _segments(path: str) -> list[str]:
    kept: list[str] = []
    for part in unquote(path).split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    return kept


def _host_of(text: str) -> str:
    """A host in one spelling: lower case, no trailing dot, internationalised names in their ASCII
    form.
    """
    host = text.strip().rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(
            f"{text!r} is not a host name that can be written in DNS. Check it."
        ) from None


@lru_cache(maxsize=4096)
def host_pattern(text: str) -> HostPattern:
    """The pattern that a person wrote. Raises `UsageError` naming what is wrong with it."""
    written = text.strip()
    scheme, _, rest = written.rpartition("://")
    below = rest.startswith("*.")
    rest = rest[2:] if below else rest
    if scheme not in ("", "http", "https"):
        raise UsageError(f"Scope {text!r}: only http and https are collected, not {scheme}.")
    try:
        parts = urlsplit("//" + rest)
        host, port = _host_of(parts.hostname or ""), parts.port
    except ValueError as fault:
        raise UsageError(f"Scope {text!r} is not a host: {fault}. Write example.test.") from None
    if not host or "*" in host or any(c.isspace() for c in host) or parts.username is not None:
        raise UsageError(
            f"Scope {text!r} is not a host. Write example.test, *.example.test for everything "
            "under "
            "it, example.test:8080 for one port, or example.test/path."
        )
    if below and _is_address(host):
        raise UsageError(f"Scope {text!r}: an IP address has nothing under it. Write {host}.")
    if below and "." not in host:
        raise UsageError(f"Scope {text!r} covers a whole top-level domain. Name the site.")
    path = parts.path if parts.path.strip("/") else None
    return HostPattern(written, host, below, scheme or None, port, path)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def covers(patterns: list[str], url: str) -> bool:
    """Whether any of an authority's patterns, as stored, covers the address."""
    return any(host_pattern(pattern).covers(url) for pattern in patterns)
