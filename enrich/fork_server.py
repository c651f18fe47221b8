"""The far side of a confined process: requests in by stdin, answers out by stdout.

Each request is a line of JSON (`bytes` and what else the work wants to know) and so many bytes;
each answer is the same. What stays alive loads the parsers and never touches what was collected: it
forks, and the fork is confined before it reads the first byte. So a parser that is taken over sees
no more than the few requests of its fork, of one alone where there is one fork for each.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from enrich.confinement import CPU_S, MEMORY_BYTES, confine

OVERTIME = 75  # the status of a server whose fork used up its time
Facts = dict[str, object]
Work = Callable[[Mapping[str, Any], bytes], tuple[Facts, bytes]]


def serve(work: Work, *, memory: int = MEMORY_BYTES, cpu_s: int = CPU_S, in_turn: int = 1) -> None:
    """Do the work for each request in a confined fork, until stdin ends or a fork dies.

    One fork serves up to `in_turn` requests, fewer where it has used up a quarter of its time or
    half of its memory. Whoever calls has loaded all that the work needs: a fork can open nothing.
    The first line out says how the forks are confined.
    """
    gc.disable()  # to collect would copy what a fork shares
    gc.freeze()
    _in_a_fork(lambda: _answer({"confined": confine(memory=memory, cpu_s=cpu_s)}, b""))

    def serve_some() -> None:
        confine(memory=memory, cpu_s=cpu_s)
        following, left = line, in_turn
        while following:
            asked = json.loads(following)
            _answer(*work(asked, _content(asked["bytes"])))
            left -= 1
            if left == 0 or _is_worn(memory, cpu_s):
                return
            gc.enable()  # what one request leaves must not pile up
            following = _line()

    while line := _line():
        _in_a_fork(serve_some)


def _is_worn(memory: int, cpu_s: int) -> bool:
    """Whether a fork has used so much that the next request might go short."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    largest = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return used.ru_utime + used.ru_stime > cpu_s / 4 or largest > memory / 2


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
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGXCPU):
        os._exit(OVERTIME)  # the kernel's end of a process past its processor time
    if status != 0:
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
