"""Reading entries and leaves back from their bytes, refusing every other form. Pure."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime

from cases.canonical import Json, read_canonical
from cases.commitments import from_b64u, read_set
from cases.entries import (
    S62,
    TEXT_COUNT,
    VERSION,
    Auth,
    Entry,
    EntrySignature,
    Leaf,
    LeafObject,
    is_hash,
)
from cases.errors import LanternError
from cases.identity import EntryId, Sha256
from cases.ledger_errors import LedgerUnreadable
from cases.times import from_rfc3339, rfc3339

_ENTRY = {
    *("v", "id", "vault", "time", "act", "s62", "actor", "auth", "nonce", "objects", "refs"),
    "texts",
}
_LEAF = {"v", "index", "entry", "signature", "objects"}
SIGNATURE_BYTES = 64  # RFC 8032


class _Fault(ValueError):
    """What is wrong, in words; becomes `LedgerUnreadable` at this module's edge."""


def read_entry(raw: bytes) -> Entry:
    """The entry whose canonical bytes are `raw`. Raises `LedgerUnreadable`."""
    try:
        return _entry(read_canonical(raw))
    except (ValueError, LanternError) as fault:
        raise LedgerUnreadable(f"These {len(raw)} bytes are not a ledger entry: {fault}") from None


def read_leaf(raw: bytes) -> Leaf:
    """The leaf whose canonical bytes are `raw`. Raises `LedgerUnreadable`."""
    try:
        return _leaf(read_canonical(raw))
    except (ValueError, LanternError) as fault:
        raise LedgerUnreadable(f"These {len(raw)} bytes are not a ledger leaf: {fault}") from None


def _leaf(document: Json) -> Leaf:
    members = _members(document, _LEAF)
    index, objects = members["index"], members["objects"]
    if type(index) is not int or index < 0:
        raise _Fault("its index is not a number from 0")
    if not isinstance(objects, list):
        raise _Fault("its objects are not an array")
    entry = _entry(members["entry"])
    signature = None if members["signature"] is None else _signature(members["signature"])
    if (entry.auth is Auth.SIGNED) != (signature is not None):
        raise _Fault(f"its entry says {entry.auth}, its signature says otherwise")
    numbered = tuple(_object(item) for item in objects)
    if tuple(item.id for item in numbered) != entry.objects:
        raise _Fault("its running numbers are not for its entry's objects, in their order")
    return Leaf(index, entry, signature, numbered)


def _entry(document: Json) -> Entry:
    members = _members(document, _ENTRY)
    objects, refs, s62 = members["objects"], members["refs"], members["s62"]
    if not isinstance(objects, list) or not isinstance(refs, dict):
        raise _Fault("its objects are not an array, or its refs not an object")
    return Entry(
        id=EntryId(_text(members, "id")),
        vault=_text(members, "vault"),
        time=_time(_text(members, "time")),
        act=_text(members, "act"),
        s62=None if s62 is None else S62(_text(members, "s62")),
        actor=_text(members, "actor"),
        auth=Auth(_text(members, "auth")),
        nonce=from_b64u(_text(members, "nonce")),
        objects=tuple(_hash(item) for item in objects),
        refs=refs,
        texts=read_set(members["texts"], TEXT_COUNT),
    )


def _object(document: Json) -> LeafObject:
    members = _members(document, {"id", "n", "previous"}, versioned=False)
    n, previous = members["n"], members["previous"]
    if type(n) is not int or n < 1 or (n == 1) != (previous is None):
        raise _Fault("a running number counts from 1, and only the first has no leaf before it")
    return LeafObject(_hash(members["id"]), n, None if previous is None else _hash(previous))


def _signature(document: Json) -> EntrySignature:
    members = _members(document, {"key", "value"}, versioned=False)
    text = _text(members, "value")
    value = b64decode(text, validate=True)
    if len(value) != SIGNATURE_BYTES or b64encode(value).decode() != text:
        raise _Fault("its signature is not 64 bytes in base64")
    return EntrySignature(_hash(members["key"]), value)


def _members(document: Json, names: set[str], *, versioned: bool = True) -> dict[str, Json]:
    if not isinstance(document, dict) or document.keys() != names:
        raise _Fault(f"its members are not exactly {', '.join(sorted(names))}")
    if versioned and (type(document["v"]) is not int or document["v"] != VERSION):
        raise _Fault(f"version {document['v']!r} is not known here (only {VERSION})")
    return document


def _text(members: dict[str, Json], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise _Fault(f"its {name} is not a text")
    return value


def _hash(value: Json) -> Sha256:
    if not isinstance(value, str) or not is_hash(value):
        raise _Fault("a hash is not 64 lower-case hexadecimal digits")
    return Sha256(value)


def _time(text: str) -> datetime:
    moment = from_rfc3339(text)
    if rfc3339(moment) != text:
        raise _Fault(f"the time {text!r} is not RFC 3339 in UTC with six decimals")
    return moment
