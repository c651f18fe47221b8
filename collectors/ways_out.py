"""The way out: how a job's connections leave this machine, read from text into a checked value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from collectors.addresses import IpAddress, endpoint_text, read_host
from collectors.errors import BadAddress, WayOutError

_TOR_DEFAULT = ("127.0.0.1", 9050)  # the SocksPort of tor(1); Tor Browser's is 9150
_DEFAULT_PORTS = {"socks5": 1080, "socks5h": 1080, "http": 8080}
_SOCKS_FIELD_OCTETS = 255  # RFC 1929: one length octet each
_EXPECTED = "Write direct, tor, socks5://HOST:PORT or http://HOST:PORT."


class WayOutKind(StrEnum):
    """Who speaks to the remote host."""

    DIRECT = "direct"
    SOCKS5 = "socks5"
    TOR = "tor"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class WayOut:
    """A way out that can be used: `host` and `port` of the upstream, none for `direct`.

    The password is in no representation of this value; it leaves in the upstream's handshake.
    """

    kind: WayOutKind
    host: IpAddress | str | None = None
    port: int | None = None
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def resolves_at_exit(self) -> bool:
        """Whether the upstream resolves names, so that this machine never does."""
        return self.kind is not WayOutKind.DIRECT

    @property
    def text(self) -> str:
        """The way out as it is written in settings and in the record, without its credentials."""
        if self.host is None or self.port is None:
            return self.kind.value
        return f"{self.kind.value}://{endpoint_text(self.host, self.port)}"

    @property
    def sentence(self) -> str:
        """What is said aloud before the first request."""
        if self.host is None or self.port is None:
            return "Way out: direct, from this machine's own address."
        where = endpoint_text(self.host, self.port)
        signed_in = ", with a user name and password" if self.username is not None else ""
        if self.kind is WayOutKind.TOR:
            return f"Way out: Tor at {where}, on circuits of this job's own; Tor resolves names."
        protocol = "SOCKS5" if self.kind is WayOutKind.SOCKS5 else "HTTP"
        return f"Way out: {protocol} proxy {where}{signed_in}; the proxy resolves names."


DIRECT = WayOut(WayOutKind.DIRECT)


def parse_way_out(text: str) -> WayOut:
    """The way out that a text names: `direct`, `tor`, `tor://HOST:PORT`,
    `socks5://[USER:PASSWORD@]HOST:PORT` (`socks5h` is the same) or `http://…`.

    A percent-encoded user name or password is decoded. Raises `WayOutError`, which never
    repeats the text: it may hold a password.
    """
    word = text.strip()
    if word.lower() == "direct":
        return DIRECT
    if word.lower() == "tor":
        return WayOut(WayOutKind.TOR, read_host(_TOR_DEFAULT[0]), _TOR_DEFAULT[1])
    scheme, separator, _ = word.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in {"tor", *_DEFAULT_PORTS}:
        known = (
            f" ({scheme}://)" if separator and re.fullmatch(r"[a-z0-9+.-]{1,12}", scheme) else ""
        )
        raise WayOutError(f"The way out is of no kind that is known{known}. {_EXPECTED}")
    return _upstream(scheme, word)


def _upstream(scheme: str, word: str) -> WayOut:
    if re.search(r"[\x00-\x20\x7f\\]", word):
        raise WayOutError(f"The way out holds a space or control character. {_EXPECTED}")
    try:
        parts = urlsplit(word)
        port = parts.port or _DEFAULT_PORTS.get(scheme, _TOR_DEFAULT[1])
        host = read_host(_host_text(parts.netloc))
    except (ValueError, BadAddress) as fault:
        raise WayOutError(f"The host or port of the way out cannot be read. {_EXPECTED}") from fault
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise WayOutError(f"The way out has something after its port. {_EXPECTED}")
    username, password = _credentials(parts.username, parts.password)
    kind = WayOutKind.SOCKS5 if scheme.startswith("socks5") else WayOutKind(scheme)
    if kind is WayOutKind.TOR and username is not None:
        raise WayOutError(
            "Tor takes no user name: one is made for each job. Write tor://HOST:PORT."
        )
    return WayOut(kind, host, port, username, password)


def _host_text(netloc: str) -> str:
    where = netloc.rpartition("@")[2]
    return where if where.endswith("]") else re.sub(r":\d*$", "", where)


def _credentials(username: str | None, password: str | None) -> tuple[str | None, str | None]:
    if not username and not password:
        return None, None
    user, secret = unquote(username or ""), unquote(password or "")
    if not user:
        raise WayOutError("The way out has a password and no user name. Write USER:PASSWORD@HOST.")
    if any(len(part.encode()) > _SOCKS_FIELD_OCTETS for part in (user, secret)):
        raise WayOutError("The user name or password of the way out is longer than 255 bytes.")
    return user, secret
