"""E-mail addresses (RFC 5321 and 6531 in their ordinary, unquoted form), also as people hide them.

"(at)" and "[dot]" are read as they are; " AT " wants " DOT "; " at " with " dot " and " @ " alone
want the word "mail" just before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from enrich.documents import Identifier
from enrich.identifiers.names import HOST, SPOKEN_HOST, is_host_name, refanged, validity_of

MAX_LOCAL = 64  # RFC 5321, section 4.5.3.1.1

# each sign is looked at once, then at most 64 characters before it and a host's length after it
_SIGN = re.compile(
    r"@(?!\s)|\s?(?P<hidden>[\[({<]\s?(?:at|@)\s?[\])}>])\s?|\s(?P<weak>at|@)\s", re.IGNORECASE
)
_LOCAL_END = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}\Z")
_HOST = re.compile(HOST, re.IGNORECASE)
_SPOKEN = re.compile(SPOKEN_HOST, re.IGNORECASE)
_SPOKEN_DOT = re.compile(r"\s(?:dot|\.)\s", re.IGNORECASE)
_MAIL_BEFORE = re.compile(
    r"(?:e-?mail|mail|address|contact|write to|reach me)(?: address)?(?: is)?\s?[:=-]?\s{0,3}\Z",
    re.IGNORECASE,
)
_NO_NAMES = frozenset("us me him her them you it all look looked is are was were be".split())  # noqa: SIM905
_NEVER_LAST = frozenset('@. \t\n\r:;,<>()[]"/')


def find_emails(text: str) -> Iterator[Identifier]:
    """Addresses with a possible host name; `value` is in lower case, a "(at)" as "@"."""
    for sign in _SIGN.finditer(text):
        if not sign.start() or text[sign.start() - 1] in _NEVER_LAST:
            continue
        start = _local_start(text, sign.start())
        pattern = _SPOKEN if sign["hidden"] or sign["weak"] else _HOST
        host = pattern.match(text, sign.end())
        if start is None or host is None:
            continue
        if sign["weak"] and not _is_meant(text, start, sign, host.group()):
            continue
        value = email_form(text[start : host.end()])
        end = host.end()
        if value is None and pattern is _SPOKEN and (plain := _HOST.match(text, sign.end())):
            end = plain.end()
            value = email_form(text[start:end])
        if value:
            validity = validity_of(value.rpartition("@")[2])
            yield Identifier("email", value, start, end, text[start:end], validity=validity)


def email_form(written: str) -> str | None:
    """The address in lower case with its "@" and dots, None where its host cannot be."""
    written = written.removeprefix("mailto:")
    sign = _SIGN.search(written)
    if not sign:
        return None
    name = refanged(written[sign.end() :]).lower()
    local = _SPOKEN_DOT.sub(".", written[: sign.start()]).lower()
    return f"{local}@{name}" if local and is_host_name(name) else None


def _is_meant(text: str, start: int, sign: re.Match[str], host: str) -> bool:
    """Whether " at " or " @ " stands for the sign: words that are no address are common."""
    spoken = _SPOKEN_DOT.search(host)
    if sign["weak"] == "AT" and spoken and spoken.group().strip() in ("DOT", "."):
        return True
    if text[start : sign.start()].lower() in _NO_NAMES or not (spoken or sign["weak"] == "@"):
        return False
    return bool(_MAIL_BEFORE.search(text, max(0, start - 32), start))


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
