"""The far side of a confined process: requests in by stdin, answers out by stdout.

Each request is a line of JSON (`bytes` and what else the work wants to know) and so many bytes;
each answer is the same. What stays alive loads the parsers and never touches what was collected: it
forks, and the fork is confined before it reads the first byte. So a parser that is taken over by
one document sees no other, and gives back nothing of one seen before.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from enrich.confinement import CPU_S, MEMORY_BYTES, confine

Facts = dict[str, object]
Work = Callable[[Mapping[str, Any], bytes], tuple[Facts, bytes]]


def serve(work: Work, *, memory: int = MEMORY_BYTES, cpu_s: int = CPU_S) -> None:
    """Do the work for each request in a fork of its own, until stdin ends or a fork dies.

    Whoever calls has loaded all that the work needs: a fork can open nothing. The first line out
    says how the forks are confined.
    """
    gc.disable()  # a fork lives for one request; to collect would copy what it shares
    gc.freeze()
    _in_a_fork(lambda: _answer({"confined": confine(memory=memory, cpu_s=cpu_s)}, b""))

    def one() -> None:
        confine(memory=memory, cpu_s=cpu_s)
        _answer(*work(asked, _content(asked["bytes"])))

    while line := _line():
        asked = json.loads(line)
        _in_a_fork(one)


def _in_a_fork(act: Callable[[], None]) -> None:
    """Do it in a process that ends with it. Where that one dies, this one does too: the pipe then
    holds half a request.
    """
    child = os.fork()
    if child == 0:
        try:
            act()
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1] != 0:
        os._exit(1)


def _line() -> bytes:
    """One line of stdin, and not a byte more: what follows is the fork's to read."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            return b""
        line += piece
    return bytes(line)


def _content(size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        piece = os.read(0, min(1 << 20, size - len(content)))
        if not piece:
            raise EOFError
        content += piece
    return bytes(content)


def _answer(facts: Facts, content: bytes) -> None:
    head = json.dumps({**facts, "bytes": len(content)}).encode("ascii") + b"\n"
    left = memoryview(head + content)
    while left:
        left = left[os.write(1, left) :]
