"""Addresses of onion services, version 3, by their checksum (Tor rend-spec-v3, section 6)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

from enrich.documents import Identifier
from enrich.identifiers.names import DOT, refanged
from enrich.identifiers.spotting import spotted

_ONION = re.compile(rf"(?i)(?<![a-z0-9])[a-z2-7]{{56}}{DOT}onion(?![\w-])")


def find_onions(text: str) -> Iterator[Identifier]:
    """The services' names, in an address or alone; `value` is in small letters."""
    yield from spotted("onion", _ONION, onion_form, text)


def service_of(host: str) -> str | None:
    """The onion service that a host belongs to, names before it left out; None where it is none."""
    return onion_form(".".join(host.lower().split(".")[-2:]))


def onion_form(written: str) -> str | None:
    """The name "….onion" in small letters, None where its checksum or version is wrong."""
    name = refanged(written).lower()
    label = name.removesuffix(".onion")
    if len(label) != 56:
        return None
    try:
        carried = base64.b32decode(label.upper())
    except ValueError:
        return None
    key, check, version = carried[:32], carried[32:34], carried[34:]
    right = hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2]
    return f"{label}.onion" if version == b"\x03" and check == right else None
