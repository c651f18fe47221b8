"""Carries bytes between two connected sockets, as they come, and their ends as they are.

The relay works on the event loop's readiness calls rather than on streams: one `recv_into` a
shared buffer, one `send`. It reads from one side only while nothing waits for the other, so at
most one buffer (`BUFFER_BYTES`) waits in memory in each direction, however large the body. An
orderly end (FIN) passes on after the last byte and leaves the other direction open. A broken
connection (RST) passes on as one, after the bytes that came before it: a page cut off by a reset
is other evidence than a page that ended.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable

BUFFER_BYTES = 256 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close() sends RST
_FIRST_LOOK_S, _LONGEST_LOOK_S = 0.001, 0.05


def unsent_bytes(sock: socket.socket) -> int:
    """How many bytes the system still holds for the other end; 0 where it cannot be asked.

    SIOCOUTQ of Linux's tcp(7). Elsewhere a reset may overtake bytes that were already written.
    """
    if sys.platform != "linux":
        return 0
    import fcntl  # not on Windows
    import termios

    try:
        return int.from_bytes(fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0" * 4), sys.byteorder)
    except OSError:
        return 0


def reset(sock: socket.socket) -> None:
    """Closes a connection so that the other end sees a reset."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    sock.close()


class Relay:
    """Two sockets joined until both directions are over. `start` first, `abort` at any time."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        pair: tuple[socket.socket, socket.socket],
        buffer: memoryview,
        ended: Callable[[Relay], None],
        patience_s: float = 60.0,
    ) -> None:
        self.loop = loop
        self.buffer = buffer
        self._sockets = pair
        self._ended = ended
        self._patience_s = patience_s
        self._timer: TimerHandle | None = None
        self._give_up_at = 0.0
        self._look_s = _FIRST_LOOK_S
        self._over = False
        self._pipes = (_Pipe(self, *pair), _Pipe(self, pair[1], pair[0]))

    def start(self, to_second: bytes = b"", to_first: bytes = b"") -> None:
        """Begins to carry; bytes already read from either side go first."""
        for pipe, early in zip(self._pipes, (to_second, to_first), strict=True):
            if not self._over:
                pipe.start(early)

    def abort(self) -> None:
        """Ends both connections at once; both ends see a reset. Nothing if it is over already."""
        if not self._over:
            self._finish(reset)

    def one_way_over(self) -> None:
        """One direction reached its orderly end. The other may go on for as long as it brings
        bytes, but not for ever in silence: an end that closed and one that only stopped sending
        look alike from here.
        """
        if all(pipe.over for pipe in self._pipes):
            self._finish(socket.socket.close)
        elif self._timer is None:
            self._watch_silence()

    def broken(self, sock: socket.socket) -> None:
        """A connection broke, and all that could be read from it was passed on: once that has
        left, the other end is reset too.
        """
        if self._over:
            return
        for pipe in self._pipes:
            pipe.stop_reading()
        if self._timer is not None:
            self._timer.cancel()
        self._give_up_at = self.loop.time() + self._patience_s
        self._reset_when_sent(self._sockets[sock is self._sockets[0]])

    def reset_follows(self, pipe: _Pipe) -> bool:
        """Whether the other direction reads from a connection that is known to be broken, and
        will report it after its last byte.
        """
        opposite = self._pipes[pipe is self._pipes[0]]
        return opposite.expect_reset()

    def _reset_when_sent(self, survivor: socket.socket) -> None:
        waiting = any(pipe.waiting for pipe in self._pipes if pipe.sink is survivor)
        if (waiting or unsent_bytes(survivor)) and self.loop.time() < self._give_up_at:
            self._timer = self.loop.call_later(self._look_s, self._reset_when_sent, survivor)
            self._look_s = min(2 * self._look_s, _LONGEST_LOOK_S)
            return
        self._finish(reset)

    def _watch_silence(self, carried: int = -1) -> None:
        now = sum(pipe.carried for pipe in self._pipes)
        if now == carried:
            self.abort()
            return
        self._timer = self.loop.call_later(self._patience_s, self._watch_silence, now)

    def _finish(self, end: Callable[[socket.socket], None]) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        for pipe in self._pipes:
            pipe.stop()
        for sock in self._sockets:
            end(sock)
        self._ended(self)


class _Pipe:
    """One direction of a relay."""

    def __init__(self, relay: Relay, source: socket.socket, sink: socket.socket) -> None:
        self.sink = sink
        self.over = False
        self.carried = 0
        self.waiting = b""
        self._source = source
        # Descriptors, not sockets: the event loop looks them up without printing them first.
        self._from, self._to = source.fileno(), sink.fileno()
        self._relay = relay
        self._loop = relay.loop
        self._buffer = relay.buffer
        self._reset_expected = False
        self._stopped = False

    def start(self, early: bytes) -> None:
        """Begins to read; `early` goes first."""
        self._loop.add_reader(self._from, self._readable)
        if early:
            self._pass_on(memoryview(early))

    def expect_reset(self) -> bool:
        """Remembers that the source is broken: its end, when read, is no orderly one."""
        self._reset_expected = True
        return not self.over

    def stop_reading(self) -> None:
        """Reads no more; what waits is still sent."""
        if not self._stopped:  # once stopped, the descriptor may be another connection's
            self._loop.remove_reader(self._from)
            self.over = True

    def stop(self) -> None:
        """Neither reads nor sends any more."""
        self.stop_reading()
        if not self._stopped:
            self._loop.remove_writer(self._to)
            self._stopped = True
            self.waiting = b""

    def _readable(self) -> None:
        try:
            size = self._source.recv_into(self._buffer)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._relay.broken(self._source)
            return
        if size:
            self._pass_on(self._buffer[:size])
        elif self._reset_expected:
            self._relay.broken(self._source)
        else:
            self._end()

    def _pass_on(self, octets: memoryview) -> None:
        self.carried += len(octets)
        try:
            sent = self.sink.send(octets)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._sink_broken()
            return
        if sent < len(octets):
            self.waiting = bytes(octets[sent:])
            self._loop.remove_reader(self._from)
            self._loop.add_writer(self._to, self._writable)

    def _writable(self) -> None:
        try:
            sent = self.sink.send(self.waiting)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._sink_broken()
            return
        self.waiting = self.waiting[sent:]
        if not self.waiting:
            self._loop.remove_writer(self._to)
            if not self.over:
                self._loop.add_reader(self._from, self._readable)

    def _end(self) -> None:
        self._loop.remove_reader(self._from)
        self.over = True
        with contextlib.suppress(OSError):  # a broken sink shows itself in the other direction
            self.sink.shutdown(socket.SHUT_WR)
        self._relay.one_way_over()

    def _sink_broken(self) -> None:
        """What the sink sent before it broke may still lie unread: the other direction reads on."""
        self.stop()
        if not self._relay.reset_follows(self):
            self._relay.broken(self.sink)
