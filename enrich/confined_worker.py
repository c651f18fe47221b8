"""The near side of a confined process (`enrich.fork_server`): started when needed, replaced when
it dies. A bomb, a hang or a crash costs the one request that brought it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from enrich.fork_server import OVERTIME

START_S = 60.0
MOST_LINE = 4096

# -I leaves the caller's folder and environment out of the path; ours is put in by name.
_START = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
    "importlib.import_module(sys.argv[2]).main()"
)
# no thread is started beside a parser, and no zone file is looked for
_ENVIRONMENT = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class WorkerLost(Exception):
    """The process gave no answer: it died, or where `slow`, took too long and was ended."""

    def __init__(self, slow: bool) -> None:
        super().__init__("slow" if slow else "died")
        self.slow = slow


class Closing(ABC):
    """What is closed at the end of a `with`, however it ends."""

    @abstractmethod
    def close(self) -> None:
        """Give back what is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


Closes = TypeVar("Closes", bound=Closing)


class Standing(Generic[Closes]):
    """Workers that stand ready between two uses, `most` at a time; ended with the program."""

    def __init__(self, make: Callable[[], Closes], most: int) -> None:
        self._make = make
        self._idle: queue.LifoQueue[Closes] = queue.LifoQueue(most)
        atexit.register(self._close_idle)

    @contextlib.contextmanager
    def one(self) -> Iterator[Closes]:
        """One that stands ready, or a new one; kept for the next who asks."""
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = self._make()
        try:
            yield worker
        finally:
            try:
                self._idle.put_nowait(worker)
            except queue.Full:
                worker.close()

    def _close_idle(self) -> None:
        while not self._idle.empty():
            self._idle.get_nowait().close()


class ConfinedWorker(Closing):
    """One process that runs `main` of a module of ours. Not for two threads at once.

    `item_s` bounds one request by the clock, `most_bytes` what it may answer.
    """

    def __init__(self, module: str, *, item_s: float, most_bytes: int) -> None:
        self._module, self._item_s, self._most_bytes = module, item_s, most_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self.confined = "not started"

    @property
    def child(self) -> subprocess.Popen[bytes] | None:
        """The process as it stands, None where there is none."""
        return self._child

    def ask(self, head: dict[str, object], content: bytes) -> tuple[dict[str, Any], bytes]:
        """What the process answers: facts and bytes, by no means to be trusted.

        Raises `WorkerLost` where no answer comes, OSError where the process cannot be started.
        """
        child = self._running()
        line = json.dumps({**head, "bytes": len(content)}).encode() + b"\n"
        try:
            return self._exchanged(child, line + content)
        except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as fault:
            ended = child.poll()
            slow = ended == OVERTIME or (ended is None and isinstance(fault, TimeoutError))
            self.close()
            raise WorkerLost(slow) from fault

    def close(self) -> None:
        """End the process, and the fork that has a request in hand."""
        child, self._child = self._child, None
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()

    def _exchanged(
        self, child: subprocess.Popen[bytes], asked: bytes
    ) -> tuple[dict[str, Any], bytes]:
        assert child.stdin is not None  # noqa: S101 - it was asked for
        end = time.monotonic() + self._item_s
        waiting = memoryview(asked)
        while waiting:
            if not select.select([], [child.stdin], [], max(0.0, end - time.monotonic()))[1]:
                raise TimeoutError
            waiting = waiting[os.write(child.stdin.fileno(), waiting[:65536]) :]
        facts = json.loads(self._line(child, end))
        size = int(facts["bytes"])
        if not 0 <= size <= self._most_bytes:
            raise ValueError("more than any answer")
        content = bytearray()
        while len(content) < size:
            content += self._read(child, size - len(content), end)
        return facts, bytes(content)

    def _line(self, child: subprocess.Popen[bytes], end: float) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n"):
            if len(line) > MOST_LINE:
                raise ValueError("no answer of ours")
            line += self._read(child, 1, end)
        return bytes(line)

    def _read(self, child: subprocess.Popen[bytes], most: int, end: float) -> bytes:
        assert child.stdout is not None  # noqa: S101 - asked for
        if not select.select([child.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
            raise TimeoutError
        piece = os.read(child.stdout.fileno(), most)
        if not piece:
            child.wait(5)
            raise ValueError("the process ended")
        return piece

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        self._child = subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours
            [sys.executable, "-I", "-c", _START, str(Path(__file__).parent.parent), self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
        if self._child.stdin is not None:
            os.set_blocking(self._child.stdin.fileno(), False)  # a hang cannot hang us in turn
        try:
            line = self._line(self._child, time.monotonic() + START_S)
            self.confined = str(json.loads(line)["confined"])
        except (OSError, ValueError, KeyError, TypeError) as fault:
            self.close()
            raise OSError(f"{self._module} did not start: {fault}") from fault
        return self._child
