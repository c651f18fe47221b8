"""WARC record heads: fields to bytes and back, through warcio; addresses made safe for a line.

An address, a peer, a cipher's name are hostile text: none may end a header line (ISO 28500:2017,
section 4). warcio is met here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]  # no types

from cases.identity import RecordId
from cases.times import rfc3339

VERSION = "WARC/1.1"
RECORD_END = b"\r\n\r\n"
HTTP_RESPONSE = "application/http; msgtype=response"
HTTP_REQUEST = "application/http; msgtype=request"
UNPARSED = "application/octet-stream"
WARC_FIELDS = "application/warc-fields"
CERTIFICATE_CHAIN = "application/pem-certificate-chain"
MANIFEST = "application/vnd.darklantern.manifest+json"

# What may stand in a URI as it is: reserved, unreserved and the percent sign (RFC 3986, 2.2-2.3).
_NOT_URI = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_NOT_FIELD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _percent_encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def target_uri(address: str) -> str:
    """`address` as WARC-Target-URI can hold it: what no URI may contain is percent-encoded.

    Spaces, control characters, quotes and all that is not ASCII become the percent-encoded bytes
    of their UTF-8; what was encoded already stays. An empty address gives `about:blank`.
    """
    return _NOT_URI.sub(_percent_encoded, address) or "about:blank"


def field_text(value: str) -> str:
    """`value` fit for one header line: control characters and lone surrogates percent-encoded."""
    value = _NOT_FIELD.sub(_percent_encoded, value)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        value = value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def peer_address(peer: str | None) -> str | None:
    """The IP address of "203.0.113.7:443" or "[2001:db8::1]:443", None where it is none."""
    if peer is None:
        return None
    try:
        return str(ip_address(peer.rpartition(":")[0].strip("[]")))
    except ValueError:
        return None


def tls_protocol(version: str) -> str:
    """`tls/1.3` of "TLSv1.3", as WARC-Protocol has it (IIPC's list of protocol identifiers)."""
    name, _, number = version.partition("v")
    return f"{name.lower()}/{number if '.' in number or not number else number + '.0'}"


@dataclass(frozen=True, slots=True)
class RecordHead:
    """What stands before a record's block, its length and digests apart."""

    record: RecordId
    type: str
    date: datetime
    media_type: str
    url: str | None = None  # as `target_uri` gave it
    extra: tuple[tuple[str, str], ...] = ()


def head_to_bytes(head: RecordHead, block_bytes: int, digests: Sequence[tuple[str, str]]) -> bytes:
    """The record's head with its empty line, ready for the block to follow."""
    fields = [
        ("WARC-Type", head.type),
        ("WARC-Record-ID", f"<{head.record}>"),
        ("WARC-Date", rfc3339(head.date)),
    ]
    if head.url is not None:
        fields.append(("WARC-Target-URI", head.url))
    fields += [(name, field_text(value)) for name, value in head.extra]
    fields += digests
    fields += [("Content-Type", head.media_type), ("Content-Length", str(block_bytes))]
    written: bytes = StatusAndHeaders("", fields, protocol=VERSION).to_bytes(encoding="utf-8")
    return written


def concurrent_to(record: RecordId) -> tuple[str, str]:
    """The field that ties a record to another of the same capture."""
    return ("WARC-Concurrent-To", f"<{record}>")


def head_end_seen_by_validators(block: bytes) -> int | None:
    """Where a WARC validator takes the HTTP head in `block` to end, None where it finds no end.

    warcio ends a head at the first line that holds white space only (as `str.rstrip` means it,
    of UTF-8 or else latin-1), interim responses not known. A payload digest is written only where
    that is also where the payload starts: elsewhere a sound record would be called broken.
    """
    at = 0
    while True:
        end = block.find(b"\n", at)
        if end < 0:
            return None
        line = block[at : end + 1]
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("latin-1")
        at = end + 1
        if not text.rstrip():
            return at
