"""SOCKS5 messages and handshakes as pure values: RFC 1928, and RFC 1929 for a name and password.

No sockets here. Each side of a handshake takes bytes as they come, in pieces of any size, and
gives back what to send; what follows the handshake is left in `rest`, whole. The guard is a
`ServerHandshake` towards the collectors and a `ClientHandshake` towards an upstream.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address

from collectors.addresses import IpAddress

_VERSION = 5
_LOGIN_VERSION = 1
_NO_LOGIN, _LOGIN, _NONE_ACCEPTABLE = 0x00, 0x02, 0xFF
_CONNECT = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_UNBOUND = (IPv4Address(0), 0)


class SocksError(Exception):
    """The other side does not speak SOCKS5, or not what can be answered. The text says why."""


class Reply(IntEnum):
    """The reply codes of RFC 1928, section 6."""

    SUCCEEDED = 0
    GENERAL_FAILURE = 1
    NOT_ALLOWED = 2
    NETWORK_UNREACHABLE = 3
    HOST_UNREACHABLE = 4
    CONNECTION_REFUSED = 5
    TTL_EXPIRED = 6
    COMMAND_NOT_SUPPORTED = 7
    ADDRESS_TYPE_NOT_SUPPORTED = 8


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and password, at most 255 bytes each."""

    username: bytes
    password: bytes

    def matches(self, other: Login) -> bool:
        """Whether both are equal, in a time that does not tell where they differ."""
        names = hmac.compare_digest(self.username, other.username)
        return hmac.compare_digest(self.password, other.password) and names


@dataclass(frozen=True, slots=True)
class Target:
    """Where a connection is asked for, or where it is bound: an address or a name, and a port."""

    host: IpAddress | str
    port: int


def encode_target(target: Target) -> bytes:
    """ATYP, address and port as they stand in requests and replies.

    A name goes out as given: ASCII, at most 255 bytes; else `SocksError`.
    """
    port = target.port.to_bytes(2, "big")
    if isinstance(target.host, IPv4Address):
        return bytes((_IPV4,)) + target.host.packed + port
    if isinstance(target.host, IPv6Address):
        return bytes((_IPV6,)) + target.host.packed + port
    name = target.host.encode("utf-8", "surrogateescape")
    if not 0 < len(name) <= 255:
        raise SocksError(f"a name of {len(name)} bytes does not fit in a request")
    return bytes((_NAME, len(name))) + name + port


def decode_target(octets: bytes, at: int) -> tuple[Target, int] | None:
    """The target that begins at an offset with ATYP, and the offset after it; None while bytes
    are missing. Raises `SocksError` on an unknown address type. A name that is not UTF-8 keeps
    its bytes as backslashed escapes, which no host name may hold.
    """
    if len(octets) < at + 2:
        return None
    kind = octets[at]
    start, size = at + 1, {_IPV4: 4, _IPV6: 16}.get(kind, 0)
    if kind == _NAME:
        start, size = at + 2, octets[at + 1]
    elif not size:
        raise SocksError(f"address type {kind} is unknown")
    end = start + size
    if len(octets) < end + 2:
        return None
    raw = octets[start:end]
    host: IpAddress | str
    if kind == _IPV4:
        host = IPv4Address(raw)
    elif kind == _IPV6:
        host = IPv6Address(raw)
    else:
        host = raw.decode("utf-8", "backslashreplace")
    return Target(host, int.from_bytes(octets[end : end + 2], "big")), end + 2


def encode_reply(reply: int, bound: Target | None = None) -> bytes:
    """A server's answer to a request: its code, and the address that the connection goes to."""
    return bytes((_VERSION, reply, 0)) + encode_target(bound or Target(*_UNBOUND))


class _Handshake:
    """The bytes received and not yet read, and the step that reads them next."""

    def __init__(self) -> None:
        self._waiting = b""
        self._step = self._first
        self.done = False

    @property
    def rest(self) -> bytes:
        """What came behind the handshake, once it is done: it belongs to the connection."""
        return self._waiting

    def receive(self, octets: bytes) -> bytes:
        """What to send in answer to these further bytes, perhaps nothing.

        Raises `SocksError`; after that the handshake is over and must not be used.
        """
        self._waiting += octets
        answers = b""
        while not self.done:
            before = self._waiting
            answers += self._step()
            if self._waiting is before:
                break
        return answers

    def _take(self, size: int) -> bytes | None:
        if len(self._waiting) < size:
            return None
        taken, self._waiting = self._waiting[:size], self._waiting[size:]
        return taken

    def _first(self) -> bytes:
        raise NotImplementedError  # each side begins in its own way


class ServerHandshake(_Handshake):
    """The server's side: methods, login where one is wanted, the request.

    Once `done`, `target` is what the client wants to reach; or `refused` is True, the bytes
    returned last say so to the client, and the connection must be closed.
    """

    def __init__(self, login: Login | None) -> None:
        super().__init__()
        self._login = login
        self.target: Target | None = None
        self.refused = False

    def _first(self) -> bytes:
        if self._waiting[:1] not in (b"", bytes((_VERSION,))):
            raise SocksError(f"version {self._waiting[0]} is not SOCKS5")
        if len(self._waiting) < 2 or (greeting := self._take(2 + self._waiting[1])) is None:
            return b""
        wanted = _NO_LOGIN if self._login is None else _LOGIN
        if wanted not in greeting[2:]:
            return self._refuse(bytes((_VERSION, _NONE_ACCEPTABLE)))
        self._step = self._read_request if self._login is None else self._read_login
        return bytes((_VERSION, wanted))

    def _read_login(self) -> bytes:
        octets = self._waiting
        if octets[:1] not in (b"", bytes((_LOGIN_VERSION,))):
            raise SocksError(f"login version {octets[0]} is not 1")
        if len(octets) < 2 or len(octets) < 3 + octets[1]:
            return b""
        name_end = 2 + octets[1]
        message = self._take(name_end + 1 + octets[name_end])
        if message is None:
            return b""
        given = Login(message[2:name_end], message[name_end + 1 :])
        if self._login is None or not self._login.matches(given):
            return self._refuse(bytes((_LOGIN_VERSION, 1)))
        self._step = self._read_request
        return bytes((_LOGIN_VERSION, 0))

    def _read_request(self) -> bytes:
        octets = self._waiting
        if octets[:1] not in (b"", bytes((_VERSION,))):
            raise SocksError(f"version {octets[0]} of a request is not SOCKS5")
        read = decode_target(octets, 3)
        if read is None:
            return b""
        target, end = read
        self._take(end)
        if octets[1] != _CONNECT:
            return self._refuse(encode_reply(Reply.COMMAND_NOT_SUPPORTED))
        self.target, self.done = target, True
        return b""

    def _refuse(self, answer: bytes) -> bytes:
        self.refused = self.done = True
        return answer


class ClientHandshake(_Handshake):
    """The client's side. Send `opening()`, then whatever `receive` returns; once `done`, `reply`
    is the server's code and `bound` the address it gives.

    `eager` sends everything at once: one round trip in place of three. It is for a server known
    to read so, as the guard does.
    """

    def __init__(self, target: Target, login: Login | None, *, eager: bool = False) -> None:
        super().__init__()
        self._request = bytes((_VERSION, _CONNECT, 0)) + encode_target(target)
        self._login = b"" if login is None else _encode_login(login)
        self._eager = eager
        self.reply: int | None = None
        self.bound: Target | None = None

    def opening(self) -> bytes:
        """The first bytes to send."""
        method = _LOGIN if self._login else _NO_LOGIN
        greeting = bytes((_VERSION, 1, method))
        return greeting + self._login + self._request if self._eager else greeting

    def _first(self) -> bytes:
        if self._waiting[:1] not in (b"", bytes((_VERSION,))):
            raise SocksError(f"it answered {self._waiting[:16]!r}, which is not SOCKS5")
        choice = self._take(2)
        if choice is None:
            return b""
        if choice[1] != (_LOGIN if self._login else _NO_LOGIN):
            if choice[1] == _NONE_ACCEPTABLE:
                raise SocksError("it accepts no login of ours")
            wants = "a user name and password" if choice[1] == _LOGIN else "another login"
            raise SocksError(f"it wants {wants}")
        self._step = self._read_login_answer if self._login else self._read_reply
        return b"" if self._eager else (self._login or self._request)

    def _read_login_answer(self) -> bytes:
        answer = self._take(2)
        if answer is None:
            return b""
        if answer[1] != 0:
            raise SocksError("it does not accept the user name and password")
        self._step = self._read_reply
        return b"" if self._eager else self._request

    def _read_reply(self) -> bytes:
        octets = self._waiting
        if octets[:1] not in (b"", bytes((_VERSION,))):
            raise SocksError(f"it replied {octets[:16]!r}, which is not SOCKS5")
        read = decode_target(octets, 3)
        if read is None:
            return b""
        self.bound, end = read
        self._take(end)
        self.reply, self.done = octets[1], True
        return b""


def _encode_login(login: Login) -> bytes:
    name, password = login.username, login.password
    if not 0 < len(name) <= 255 or len(password) > 255:
        raise SocksError("a user name or password does not fit in 255 bytes")
    return bytes((_LOGIN_VERSION, len(name))) + name + bytes((len(password),)) + password
