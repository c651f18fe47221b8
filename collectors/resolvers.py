"""Who turns a name into addresses: the system, or whatever a test puts in its place."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Protocol

from collectors.addresses import IpAddress

_THREADS = 8  # slow name servers must not hold up the names of quick ones


class Resolver(Protocol):
    """What the guard asks. It is asked anew for every connection, and every answer is checked."""

    async def addresses(self, name: str) -> tuple[IpAddress, ...]:
        """The addresses of an ASCII name, in order of preference. Raises `socket.gaierror`."""
        ...

    def close(self) -> None:
        """Gives back what it holds. It is not asked again."""
        ...


class SystemResolver:
    """The machine's own resolver (`getaddrinfo`), off the event loop, in threads of its own so
    that the loop's shared threads stay free.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="lantern-names")

    async def addresses(self, name: str) -> tuple[IpAddress, ...]:
        """The addresses of a name, as getaddrinfo orders them (RFC 6724)."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _system_addresses, name)

    def close(self) -> None:
        """Drops what waits; a question that is out is left to end by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _system_addresses(name: str) -> tuple[IpAddress, ...]:
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    texts = [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]
    return tuple(dict.fromkeys(ip_address(text) for text in texts))
