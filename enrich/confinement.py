"""Confines a process that reads hostile bytes: no network, no program, no file, bounded memory.

A picture, a page or a PDF is hostile input to a parser written in C. What a broken parser could do
is taken away before the first byte comes: resource limits (POSIX), and on Linux a seccomp filter
without need of root (`prctl(2)`, `seccomp(2)`). The filter lists what is allowed: memory, time and
the pipes that stand open. To open, truncate, rename or remove a file, to signal another process, a
socket, a program: all that is not listed is refused, what a later kernel brings too.
"""

from __future__ import annotations

import ctypes
import platform
import resource
import struct
import sys

MEMORY_BYTES = 1 << 30
CPU_S = 60  # of one picture or document; the clock on the wall ends it sooner
FILES = 64

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EPERM
_KILL = 0x80000000  # SECCOMP_RET_KILL_PROCESS: a call of another architecture
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_OTHER_ABI = 0x40000000  # x32 calls on x86-64 come with this bit

# Of linux/audit.h and the kernel's tables of calls: read, write, close, the facts of open files,
# lseek, poll, memory, signals of its own, time, randomness, futex, yielding, the end.
_CALLS = {
    "x86_64": (
        0xC000003E,
        (
            *(0, 1, 3, 5, 262, 8, 7, 17, 20, 9, 10, 11, 12, 25, 28, 13, 14, 15, 131, 219, 39, 96),
            *(98, 228, 229, 230, 318, 202, 204, 24, 334, 60, 231),
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (
            *(63, 64, 57, 80, 79, 62, 73, 67, 66, 222, 226, 215, 214, 216, 233, 134, 135, 139, 132),
            *(128, 172, 169, 165, 113, 114, 115, 278, 98, 123, 124, 293, 93, 94),
        ),
    ),
}


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def limit(memory: int, cpu_s: int) -> None:
    """Bound memory, processor time, files and what may be written (nothing: RLIMIT_FSIZE 0)."""
    for name, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(name)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (allowed, allowed))


def confine(*, memory: int = MEMORY_BYTES, cpu_s: int = CPU_S) -> str:
    """Take the network and all else away from this process; a word for what was done.

    "seccomp" where the filter stands, else why there is none: the limits hold in any case.
    """
    limit(memory, cpu_s)
    if sys.platform != "linux":
        return f"limits alone: no seccomp on {sys.platform}"
    known = _CALLS.get(platform.machine())
    if known is None:
        return f"limits alone: no table of calls for {platform.machine()}"
    code = _filter(*known)
    held = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(held, ctypes.c_void_p))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return "limits alone: the kernel refuses no_new_privs"
    if library.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) != 0:
        return "limits alone: the kernel refuses a seccomp filter"
    return "seccomp"


def _filter(architecture: int, allowed: tuple[int, ...]) -> bytes:
    """The filter as classic BPF: another architecture kills, a call not listed gets EPERM."""
    lines = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # the call's number
        (0x35, 0, 1, _OTHER_ABI),  # at or above: jump to the next line
        (_RETURN, 0, 0, _KILL),
    ]
    for number in allowed:
        lines += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    lines.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("<HBBI", *line) for line in lines)
