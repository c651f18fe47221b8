"""The head of an HTTP message inside a block, read as tolerantly as browsers do. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD_LIMIT_BYTES = 1_048_576
_STATUS_LINE = re.compile(rb"HTTP/\d+(?:\.\d+)? +(\d{3})(?: (.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """A final response's status and fields; `head_bytes` is where its body starts in the block."""

    status: int
    headers: tuple[tuple[str, str], ...]  # latin-1, in the server's order and case
    head_bytes: int

    def values(self, name: str) -> list[str]:
        """Every value of a field, in order."""
        return [value for key, value in self.headers if key.lower() == name]

    def listed(self, name: str) -> list[str]:
        """The lower-case members of a comma-separated field, over all its lines."""
        parts = [part.strip().lower() for value in self.values(name) for part in value.split(",")]
        return [part for part in parts if part]


def head_end(block: bytes, start: int = 0) -> int | None:
    """Where the first empty line after `start` ends, bare line feeds taken too; None if nowhere."""
    at = start
    while True:
        end = block.find(b"\n", at)
        if end < 0:
            return None
        if block[at:end] in (b"", b"\r"):
            return end + 1
        at = end + 1


def response_head(block: bytes) -> ResponseHead | None:
    """The head of the final response that `block` starts with, interim ones passed over.

    None where the bytes are not an HTTP response or its head does not end in them.
    """
    start = 0
    while True:
        end = head_end(block, start)
        if end is None:
            return None
        first, *lines = block[start:end].split(b"\n")
        matched = _STATUS_LINE.fullmatch(first.rstrip(b"\r"))
        if matched is None:
            return None
        status = int(matched[1])
        if not 100 <= status < 200 or status == 101:
            return ResponseHead(status, _fields(lines), end)
        start = end


def _fields(lines: list[bytes]) -> tuple[tuple[str, str], ...]:
    fields: list[tuple[str, list[str]]] = []
    for raw in lines:
        line = raw.rstrip(b"\r").decode("latin-1")
        if line[:1] in (" ", "\t") and fields:  # a folded line (RFC 9112, 5.2)
            fields[-1][1].append(line.strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            fields.append((name.strip(), [value.strip(" \t")]))
    return tuple((name, " ".join(parts).strip(" \t")) for name, parts in fields)
