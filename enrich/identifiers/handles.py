"""Handles: names with an "@" before them, by the rules that the large platforms share."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enrich.documents import Identifier
from enrich.identifiers.names import HOST, is_host_name

# X 1-15, Instagram and Threads 1-30, TikTok 2-24, Telegram 5-32, Bluesky a host name: letters,
# digits and "_", some also "." and "-" inside
_HANDLE = re.compile(
    rf"(?<![\w@/.+&=-])@(?P<name>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{{0,62}}[A-Za-z0-9_])?)"
    rf"(?:@(?P<host>{HOST}))?(?![\w@])"
)
MAX_NAME = 32
# what style sheets and programs begin with "@", not people
_NOT_HANDLES_WORDS = (
    "charset container counter-style font-face font-feature-values import keyframes layer media "
    "namespace page property scope starting-style supports view-transition tailwind apply "
    "include mixin extend override deprecated param params return returns throws see since "
    "suppresswarnings autowired test before after property staticmethod classmethod"
)
NOT_HANDLES = frozenset(_NOT_HANDLES_WORDS.split())


def find_handles(text: str) -> Iterator[Identifier]:
    """Handles with a letter in them; `value` is in lower case with its "@", host and all."""
    for found in _HANDLE.finditer(text):
        name, host = found["name"].lower(), found["host"]
        if name in NOT_HANDLES or not any(c.isalpha() for c in name):
            continue
        end = found.end()
        if host and not is_host_name(host.lower()):
            host, end = None, found.end("name")
        if len(name) > MAX_NAME and not is_host_name(name):
            continue
        value = f"@{name}@{host.lower()}" if host else f"@{name}"
        start = found.start()
        yield Identifier("handle", value, start, end, text[start:end], validity="form")


def handle_form(written: str) -> str | None:
    """In small letters with its "@"; None where it has none."""
    return written.lower() if _HANDLE.fullmatch(written) else None
