"""Addresses of cryptocurrencies, each by its checksum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from Crypto.Hash import keccak

from enrich.documents import Identifier
from enrich.identifiers.spotting import Form, spotted

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGIT = {letter: value for value, letter in enumerate(BASE58)}
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

# version bytes of base58check (chainparams.cpp of each); "3…" is of Bitcoin and of old Litecoin
VERSIONS = {"btc": (0x00, 0x05), "ltc": (0x30, 0x32), "trx": (0x41,)}
TEST_VERSIONS = {"btc": (0x6F, 0xC4)}
PARTS = {"btc": ("bc", "tb", "bcrt"), "ltc": ("ltc", "tltc"), "trx": ()}
# network bytes (monero, cryptonote_config.h): standard, with payment id, subaddress
MONERO_BYTES = {18: 95, 19: 106, 42: 95}
MONERO_TEST_BYTES = {53: 95, 54: 106, 63: 95, 24: 95, 25: 106, 36: 95}
_MONERO_BLOCK = {2: 1, 3: 2, 5: 3, 6: 4, 7: 5, 9: 6, 10: 7, 11: 8}  # characters to bytes

_BASE58 = r"(?<![\w/])[{first}][1-9A-HJ-NP-Za-km-z]{{{least},{most}}}(?!\w)"
_SEGWIT = r"(?<![\w/])(?:{parts})1[02-9ac-hj-np-z]{{11,87}}(?!\w)"
_PATTERNS = {
    "btc": re.compile(
        f"{_BASE58.format(first='13mn2', least=25, most=34)}"
        f"|(?i:{_SEGWIT.format(parts='bcrt|bc|tb')})"
    ),
    "ltc": re.compile(
        f"{_BASE58.format(first='LM', least=25, most=34)}|(?i:{_SEGWIT.format(parts='tltc|ltc')})"
    ),
    "trx": re.compile(_BASE58.format(first="T", least=33, most=33)),
}
_ETHEREUM = re.compile(r"(?<![\w/])0[xX][0-9a-fA-F]{40}(?!\w)")
_MONERO = re.compile(r"(?<![\w/])[1-9A-HJ-NP-Za-km-z]{95}(?:[1-9A-HJ-NP-Za-km-z]{11})?(?!\w)")


def find_chain(text: str, kind: str) -> Iterator[Identifier]:
    """Addresses of `kind` ("btc", "ltc", "trx"); those of a test network say "test-range"."""
    form = partial(chain_form, kind)
    yield from map(_checked, spotted(kind, _PATTERNS[kind], form, text))


def find_ethereum(text: str) -> Iterator[Identifier]:
    """Addresses of Ethereum; without capitals (or without small letters) nothing checks them."""
    yield from map(_checked, spotted("eth", _ETHEREUM, ethereum_form, text))


def find_monero(text: str) -> Iterator[Identifier]:
    """Addresses of Monero."""
    yield from map(_checked, spotted("xmr", _MONERO, monero_form, text))


def coin_validity(kind: str, value: str, original: str) -> str:
    """What is known of an address whose form holds: "test-range" on a test network; "unchecked"
    where nothing checks it (Ethereum's without capitals, or without small letters); else "valid".
    """
    if kind == "eth":
        letters = original[2:]
        return "unchecked" if letters in (letters.lower(), letters.upper()) else "valid"
    test = {
        "btc": value.startswith(("tb1", "bcrt1", "m", "n", "2")),
        "ltc": value.startswith("tltc1"),
        "xmr": value[0] not in "48",
    }
    return "test-range" if test.get(kind) else "valid"


def _checked(found: Identifier) -> Identifier:
    return replace(found, validity=coin_validity(found.kind, found.value, found.original))


def chain_form(kind: str, written: str) -> str | None:
    """The address as it stands, in small letters where case says nothing; None for no address."""
    lowered = written.lower()
    part = lowered.rpartition("1")[0]
    if part in PARTS[kind] and written in (lowered, written.upper()):
        return lowered if segwit_holds(lowered) else None
    payload = base58check(written)
    versions = (*VERSIONS[kind], *TEST_VERSIONS.get(kind, ()))
    return written if payload and len(payload) == 21 and payload[0] in versions else None


def base58check(written: str) -> bytes | None:
    """What the characters carry before their checksum, None where it does not hold."""
    if not 25 <= len(written) <= 36 or any(c not in _DIGIT for c in written):
        return None
    number = 0
    for letter in written:
        number = number * 58 + _DIGIT[letter]
    zeros = len(written) - len(written.lstrip("1"))
    carried = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)
    payload, check = carried[:-4], carried[-4:]
    twice = hashlib.sha256(hashlib.sha256(payload).digest()).digest()
    return payload if payload and twice[:4] == check else None


def segwit_holds(address: str) -> bool:
    """Whether a lower-case address has a witness program and its checksum (BIP 173, BIP 350)."""
    part, _, rest = address.rpartition("1")
    if len(address) > 90 or len(rest) < 8 or any(c not in BECH32 for c in rest):
        return False
    values = [BECH32.index(c) for c in rest]
    version, program = values[0], (len(rest) - 7) * 5 // 8
    if version > 16 or not 2 <= program <= 40 or (not version and program not in (20, 32)):
        return False
    expanded = [ord(c) >> 5 for c in part] + [0] + [ord(c) & 31 for c in part]
    return _polymod(expanded + values) == (0x2BC830A3 if version else 1)


def _polymod(values: list[int]) -> int:
    generators = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(generators):
            if top >> bit & 1:
                check ^= generator
    return check


def ethereum_form(written: str) -> str | None:
    """The address with the capitals of EIP-55; None where it has others."""
    letters = written[2:]
    if not _ETHEREUM.fullmatch(written):
        return None
    lowered = letters.lower()
    digest = keccak256(lowered.encode()).hex()
    checked = "".join(
        c.upper() if int(nibble, 16) > 7 else c for c, nibble in zip(lowered, digest, strict=False)
    )
    return f"0x{checked}" if letters in (checked, lowered, letters.upper()) else None


def monero_form(written: str) -> str | None:
    """The address as it stands, None where its blocks, network or checksum are wrong."""
    carried = bytearray()
    for at in range(0, len(written), 11):
        block = written[at : at + 11]
        size, number = _MONERO_BLOCK.get(len(block), 0), 0
        for letter in block:
            number = number * 58 + _DIGIT.get(letter, 0)
        if not size or number >> 8 * size:
            return None
        carried += number.to_bytes(size)
    networks = MONERO_BYTES | MONERO_TEST_BYTES
    if len(carried) < 69 or networks.get(carried[0]) != len(written):
        return None
    return written if keccak256(bytes(carried[:-4]))[:4] == carried[-4:] else None


def keccak256(message: bytes) -> bytes:
    """Keccak-256 as Ethereum and Monero use it: the padding from before SHA-3 (FIPS 202)."""
    return bytes(keccak.new(digest_bits=256, data=message).digest())


FORMS: dict[str, Form] = {
    **{kind: partial(chain_form, kind) for kind in VERSIONS},
    "eth": ethereum_form,
    "xmr": monero_form,
}
