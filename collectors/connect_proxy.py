"""HTTP CONNECT as pure values: what to send to an HTTP proxy, and how to read its answer.

RFC 9110, section 9.3.6. No sockets here; pieces of any size may come.
"""

from __future__ import annotations

import re
from base64 import b64encode

from collectors.addresses import endpoint_text
from collectors.socks import Login, Target

_HEAD_LIMIT = 16 * 1024  # proxies send a few hundred bytes; more is rubbish
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3})(?: ([^\r\n]*))?")
_BEGINNING = b"HTTP/1."
_HEAD_END = re.compile(rb"\r?\n\r?\n")


class ConnectError(Exception):
    """The proxy's answer is not HTTP. The text says what came."""


class ConnectHandshake:
    """The client's side of a CONNECT. Send `opening()`; once `done`, `status` and `reason` are
    the proxy's and `rest` is what came behind its head.
    """

    def __init__(self, target: Target, login: Login | None) -> None:
        where = endpoint_text(target.host, target.port).encode("ascii")
        lines = [b"CONNECT " + where + b" HTTP/1.1", b"Host: " + where]
        if login is not None:
            lines.append(
                b"Proxy-Authorization: Basic " + b64encode(login.username + b":" + login.password)
            )
        self._opening = b"\r\n".join(lines) + b"\r\n\r\n"
        self.done = False
        self.status = 0
        self.reason = ""
        self.rest = b""

    def opening(self) -> bytes:
        """The request."""
        return self._opening

    def receive(self, octets: bytes) -> bytes:
        """Nothing to send; reads further bytes of the answer. Raises `ConnectError`."""
        self.rest += octets
        while not self.done and (end := _HEAD_END.search(self.rest)) is not None:
            line = _STATUS_LINE.match(self.rest)
            if line is None:
                raise _not_http(self.rest)
            self.rest = self.rest[end.end() :]
            self.status = int(line[1])
            self.reason = re.sub(r"[^ -~]", "?", (line[2] or b"").decode("latin-1"))[:80]
            self.done = self.status >= 200  # below, an interim answer: the final one follows
        if not self.done:
            begun = _BEGINNING.startswith(self.rest[: len(_BEGINNING)])
            if not begun or len(self.rest) > _HEAD_LIMIT:
                raise _not_http(self.rest)
        return b""


def _not_http(octets: bytes) -> ConnectError:
    return ConnectError(f"it answered {octets[:32]!r}, which is not HTTP")
