"""Confines the screening process: no network, no new program, no file written, bounded memory.

A picture is hostile input to a decoder written in C. What a broken decoder could do is taken away
before the first byte comes: resource limits (POSIX), and on Linux a seccomp filter without need of
root (`prctl(2)`, `seccomp(2)`) under which sockets, new processes and tracing are refused.
"""

from __future__ import annotations

import ctypes
import platform
import resource
import struct
import sys

MEMORY_BYTES = 1 << 30
CPU_S = 3600
FILES = 64

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EPERM
_KILL = 0x80000000  # SECCOMP_RET_KILL_PROCESS: a call of another architecture
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_OTHER_ABI = 0x40000000  # x32 calls on x86-64 come with this bit

# Of linux/audit.h and the kernel's tables of calls: sockets, exec, fork, tracing, mounts, keys.
_CALLS = {
    "x86_64": (
        0xC000003E,
        (
            *(41, 42, 43, 44, 46, 49, 50, 53, 288, 307, 57, 58, 59, 322, 101, 165, 166, 272),
            *(308, 310, 311, 425, 426, 427, 435, 56, 248, 249, 250, 321, 323),
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (
            *(198, 199, 200, 201, 202, 203, 206, 211, 242, 269, 221, 281, 117, 40, 39, 97),
            *(268, 270, 271, 425, 426, 427, 435, 220, 217, 218, 219, 280, 282),
        ),
    ),
}


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def limit() -> None:
    """Bound memory, processor time, files and what may be written (nothing: RLIMIT_FSIZE 0)."""
    for name, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(name)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (allowed, allowed))


def confine() -> str:
    """Take the network and all else away from this process; a word for what was done.

    "seccomp" where the filter stands, else why there is none: the limits hold in any case.
    """
    limit()
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


def _filter(architecture: int, refused: tuple[int, ...]) -> bytes:
    """The filter as classic BPF: another architecture kills, a listed call gets EPERM."""
    lines = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # the call's number
        (0x35, 0, 1, _OTHER_ABI),  # at or above: jump to the next line
        (_RETURN, 0, 0, _KILL),
    ]
    for number in refused:
        lines += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in lines)
