"""Reads the head of a response block: a reading of the bytes, never their replacement. Pure."""

from __future__ import annotations

import re

from evidence.exchange import HttpFacts

STATUS_LINE = re.compile(rb"HTTP/\d+(?:\.\d+)? +(\d{3})(?: (.*))?\Z", re.DOTALL)


def read_head(block: bytes) -> HttpFacts | None:
    """The facts of the final response head in `block`, or None where there is no whole one.

    Interim 1xx heads are passed over, as the parser does. Lines end with LF, with or without a CR
    before it; a line that starts with a space or a tab continues the one above (RFC 9112, 5.2);
    a line without a colon is no header and is left out here, while the block keeps it.
    """
    start = 0
    while (end := _end_of_head(block, start)) is not None:
        lines = [line.removesuffix(b"\r") for line in block[start:end].split(b"\n")]
        status = STATUS_LINE.match(lines[0])
        if status is None:
            return None
        code = int(status[1])
        if not 100 <= code < 200:
            return _facts(code, status[2] or b"", lines[1:], end)
        start = end
    return None


def _end_of_head(block: bytes, start: int) -> int | None:
    """The offset just after the empty line that ends the head at `start`."""
    position = start
    while (newline := block.find(b"\n", position)) >= 0:
        if newline == position or (newline == position + 1 and block[position] == 0x0D):
            return newline + 1
        position = newline + 1
    return None


def _facts(code: int, reason: bytes, lines: list[bytes], end: int) -> HttpFacts:
    headers = tuple(_headers(lines))
    coded = any(name.strip().lower() == "transfer-encoding" for name, _ in headers)
    return HttpFacts(
        status=code,
        reason=reason.decode("latin-1"),
        headers=headers,
        head_bytes=end,
        transfer_coded=coded,
    )


def _headers(lines: list[bytes]) -> list[tuple[str, str]]:
    unfolded: list[bytes] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and unfolded:
            unfolded[-1] += b" " + line.strip(b" \t")
        elif line:
            unfolded.append(line)
    pairs = (line.partition(b":") for line in unfolded)
    return [
        (name.decode("latin-1"), value.strip(b" \t").decode("latin-1"))
        for name, colon, value in pairs
        if colon
    ]
