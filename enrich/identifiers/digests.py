"""Digests of files and fingerprints of PGP keys, and keys written out, by their packets."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

from enrich.documents import Identifier
from enrich.identifiers.spotting import Form, spotted, stands_near

LENGTHS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}

_HEX = r"[0-9a-fA-F]"
_HASH = re.compile(
    rf"(?<![\w/=-])(?:0x{_HEX}{{64}}|{_HEX}{{128}}|{_HEX}{{64}}|{_HEX}{{40}}|{_HEX}{{32}})(?![\w-])"
)
_FINGERPRINT = re.compile(
    rf"(?<![\w])(?:0x)?{_HEX}{{4}}(?: {_HEX}{{4}}){{4}} {{1,2}}"
    rf"{_HEX}{{4}}(?: {_HEX}{{4}}){{4}}(?!\w)"
)
_FINGERPRINT_RUN = re.compile(rf"(?<![\w/=-])(?:0x)?{_HEX}{{40}}(?![\w-])")
_KEY_ID = re.compile(rf"(?<![\w/=-])0x{_HEX}{{16}}(?!\w)")
_PGP_CUE = re.compile(r"(?i)\b(?:pgp|gpg|openpgp|gnupg|fingerprint|key ?id|pubkey)\b")
_BLOCK = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\s(?P<body>[^-]{40,65536})"
    r"-----END PGP PUBLIC KEY BLOCK-----"
)


def find_hashes(text: str) -> Iterator[Identifier]:
    """Digests by their length, in hexadecimal with digits and letters of one case."""
    for found in spotted("hash", _HASH, hash_form, text, "form"):
        letters = found.original.removeprefix("0x")
        if letters in (letters.lower(), letters.upper()):
            yield found


def hash_form(written: str) -> str | None:
    """Small letters; None for another length, and for digits or letters alone."""
    digest = written.lower().removeprefix("0x")
    if len(digest) not in LENGTHS or any(c not in "0123456789abcdef" for c in digest):
        return None
    mixed = not digest.isdigit() and not digest.isalpha() and len(set(digest)) > 5
    return digest if mixed else None


def find_pgp(text: str) -> Iterator[Identifier]:
    """Fingerprints in their ten groups, or in one run (and long key ids) beside a word about
    PGP; keys written out, by the fingerprint of their first packet.
    """
    for found in _BLOCK.finditer(text):
        if value := block_fingerprint(found["body"]):
            yield Identifier("pgp", value, found.start(), found.end(), found.group())
    yield from spotted("pgp", _FINGERPRINT, pgp_form, text, "form")
    for pattern in (_FINGERPRINT_RUN, _KEY_ID):
        for run in spotted("pgp", pattern, pgp_form, text, "form"):
            if stands_near(_PGP_CUE, text, run.start, run.end):
                yield run


def pgp_form(written: str) -> str | None:
    """The fingerprint (or long key id) in capitals without gaps."""
    if block := _BLOCK.search(written):
        return block_fingerprint(block["body"])
    run = "".join(written.split()).upper().removeprefix("0X")
    if len(run) not in (16, 40) or any(c not in "0123456789ABCDEF" for c in run):
        return None
    return run if not run.isdigit() and len(set(run)) > 4 else None


def block_fingerprint(body: str) -> str | None:
    """The fingerprint of the key in an armoured body (RFC 9580, 5.5.4): version 4 by SHA-1,
    version 6 by SHA-256; None where it holds no such key.
    """
    armour = re.split(r"\r?\n\s*\r?\n", body, maxsplit=1)[-1].partition("\n=")[0]
    letters = "".join(armour.split())
    try:
        packet = base64.b64decode(letters[: len(letters) // 4 * 4], validate=True)
    except binascii.Error:
        return None
    key = _first_packet(packet)
    if key[:1] == b"\x04":
        head = b"\x99" + len(key).to_bytes(2)
        return hashlib.sha1(head + key, usedforsecurity=False).hexdigest().upper()
    if key[:1] == b"\x06":
        return hashlib.sha256(b"\x9b" + len(key).to_bytes(4) + key).hexdigest().upper()
    return None


def _first_packet(packet: bytes) -> bytes:
    """The body of the first packet where it is a public key (tag 6), else nothing."""
    first, size = packet[:1], 0
    if not first or not first[0] & 0x80:
        return b""
    if first[0] & 0x40:  # RFC 9580, 4.2.1
        tag, rest = first[0] & 0x3F, packet[1:]
        octets = 1 if rest[:1] < b"\xc0" else 2 if rest[:1] < b"\xe0" else 5
        size = {
            1: int.from_bytes(rest[:1]),
            2: int.from_bytes(rest[:2]) - 0xC000 + 192,
            5: int.from_bytes(rest[1:5]),
        }[octets]
    else:
        tag, octets, rest = first[0] >> 2 & 0x0F, 1 << (first[0] & 3), packet[1:]
        size = int.from_bytes(rest[:octets]) if octets < 8 else len(rest) - octets
    key = rest[octets : octets + size]
    return key if tag == 6 and len(key) == size and 6 <= size < 65_536 else b""


FORMS: dict[str, Form] = {"hash": hash_form, "pgp": pgp_form}
