"""E-mail addresses (RFC 5321 and 6531 in their ordinary, unquoted form)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enrich.documents import Identifier
from enrich.identifiers.names import HOST, is_host_name, refanged

MAX_LOCAL = 64  # RFC 5321, section 4.5.3.1.1

# each sign is looked at once, then at most 64 characters before it and a host's length after it
_SIGN = re.compile(r"@|\s?[\[({]\s?(?:at|@)\s?[\])}]\s?", re.IGNORECASE)
_LOCAL_END = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}\Z")
_HOST = re.compile(HOST, re.IGNORECASE)
_NEVER_LAST = frozenset('@. \t\n\r:;,<>()[]"/')


def find_emails(text: str) -> Iterator[Identifier]:
    """Addresses with a possible host name; `value` is in lower case, a "(at)" as "@"."""
    for sign in _SIGN.finditer(text):
        if not sign.start() or text[sign.start() - 1] in _NEVER_LAST:
            continue
        start = _local_start(text, sign.start())
        host = _HOST.match(text, sign.end())
        if start is None or host is None:
            continue
        name = refanged(host.group()).lower()
        end = host.end()
        if not is_host_name(name):
            continue
        local = text[start : sign.start()].lower()
        yield Identifier("email", f"{local}@{name}", start, end, text[start:end])


def _local_start(text: str, sign: int) -> int | None:
    """Where the local part before the sign begins; None where there is none or it is too long."""
    found = _LOCAL_END.search(text, max(0, sign - MAX_LOCAL), sign)
    if found is None:
        return None
    start = found.start()
    window = text[start:sign]
    window = window.lstrip(".'`{|}=/?&*~!#$%^").rpartition("=")[2].rpartition("/")[2]
    if not window or window.endswith(".") or ".." in window:
        return None
    start = sign - len(window)
    return None if text[start - 1 : start] == "@" else start  # "@name@host" is a handle
