"""How far a crawl may go from its seeds. Pure: addresses in, yes or no out."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from publicsuffixlist import PublicSuffixList
from w3lib.url import safe_url_string

from collectors.errors import BadAddress, RefusedScheme
from collectors.plan import ScopeKind

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address points, in one spelling: what scope compares.

    `port` is None for the usual port of either scheme: a site moves from http to https and stays
    the same site. `path` has its dots and escapes undone and always starts with a slash.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    query: str


@lru_cache(maxsize=16_384)  # a site's links are met on page after page
def read_place(url: str) -> Place:
    """The place of an address. Raises `RefusedScheme` for one that is not http or https, and
    `BadAddress` for one that cannot be read.
    """
    try:
        parts = urlsplit(safe_url_string(url.strip()))
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError:
        raise BadAddress(f"{url[:200]!r} cannot be read as an address. Check it.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise RefusedScheme(
            f"{url[:200]!r} was not fetched: only http:// and https:// addresses are collected."
        )
    if not host:
        raise BadAddress(f"{url[:200]!r} names no host. Write it as https://host/path.")
    usual = port is None or port == DEFAULT_PORTS[parts.scheme]
    return Place(parts.scheme, host, None if usual else port, _plain(parts.path), parts.query)


def registrable_domain(host: str) -> str | None:
    """`example.co.uk` of `www.example.co.uk`, by the public suffix list with its private section
    (one blogger's blog is not the next one's); None for an address or a suffix itself.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _suffixes().privatesuffix(host)
    return None


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _plain(path: str) -> str:
    """A path with escapes undone once and dot segments resolved (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    parts = unquote(path).split("/")
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    slash = "/" if kept and parts[-1] in ("", ".", "..") else ""
    return "/" + "/".join(kept) + slash


class Scope:
    """The addresses that a job's crawl may visit. `covers` never raises."""

    def __init__(self, kind: ScopeKind, seeds: tuple[str, ...]) -> None:
        self.kind = kind
        self._seeds = tuple(read_place(seed) for seed in seeds)
        self._hosts = frozenset((seed.host, seed.port) for seed in self._seeds)
        self._ports = frozenset(seed.port for seed in self._seeds) | {None}
        self._domains = frozenset(
            domain for seed in self._seeds if (domain := registrable_domain(seed.host))
        )

    def covers(self, url: str) -> bool:
        """Whether a link to `url` may be followed."""
        try:
            place = read_place(url)
        except (BadAddress, RefusedScheme):
            return False
        if self.kind is ScopeKind.PAGE:
            return place in self._seeds
        if (place.host, place.port) in self._hosts:
            return self.kind is not ScopeKind.PATH or self._below_a_seed(place)
        return (
            self.kind is ScopeKind.DOMAIN
            and place.port in self._ports
            and registrable_domain(place.host) in self._domains
        )

    def covers_hop(self, url: str) -> bool:
        """Whether a redirect to `url` may be followed: a page is where its seed leads to, so in
        that scope wherever it leads (the authority and the guard still have their say).
        """
        return self.kind is ScopeKind.PAGE or self.covers(url)

    def _below_a_seed(self, place: Place) -> bool:
        return any(
            (place.host, place.port) == (seed.host, seed.port) and _below(place.path, seed.path)
            for seed in self._seeds
        )


def _below(path: str, seed: str) -> bool:
    """Whether `path` is the seed's own or lies beneath it. A seed that ends in a file's name
    (`/docs/index.html`) stands for its folder.
    """
    folder, _, last = seed.rpartition("/")
    if last and "." in last:
        return path.startswith(folder + "/")
    stem = seed.rstrip("/")
    return path.rstrip("/") == stem or path.startswith(stem + "/")
