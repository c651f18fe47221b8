from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.canonical import canonical
from cases.commitments import commit
from cases.entries import (
    S62,
    Auth,
    Entry,
    EntrySignature,
    LeafObject,
    ObjectKind,
    ObjectRef,
    entry_bytes,
    leaf_bytes,
    object_id,
)
from cases.errors import LanternError
from cases.ledger_reading import read_entry, read_leaf

WORDS = st.text("abcdefghij", min_size=1, max_size=8)
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    objects = draw(st.lists(HASHES, unique=True, max_size=4))
    random = Random(draw(st.integers(0, 2**64))).randbytes
    texts, _ = commit({"reason": draw(TEXT)}, 8, random)
    return Entry(
        id="e-" + draw(st.text("abcdefgh234567", min_size=16, max_size=16)),
        vault="v-aaaaaaaaaaaaaaaa",
        time=draw(st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))),
        act=".".join(draw(st.lists(WORDS, min_size=1, max_size=3))),
        s62=draw(st.sampled_from([None, *S62])),
        actor="p-aaaaaaaaaaaaaaaa",
        auth=draw(st.sampled_from(list(Auth))),
        nonce=random(16),
        objects=tuple(sorted(objects)),
        refs=draw(st.dictionaries(WORDS, TEXT, max_size=3)),
        texts=texts,
    )


@st.composite
def leaf_parts(draw: st.DrawFn) -> tuple[Entry, EntrySignature | None, tuple[LeafObject, ...]]:
    entry = draw(entries())
    signature = None
    if entry.auth is Auth.SIGNED:
        signature = EntrySignature(draw(HASHES), draw(st.binary(min_size=64, max_size=64)))
    objects = []
    for id_ in entry.objects:
        n = draw(st.integers(1, 9))
        objects.append(LeafObject(id_, n, None if n == 1 else draw(HASHES)))
    return entry, signature, tuple(objects)


@given(entries())
@settings(max_examples=50)
def test_an_entry_read_back_is_the_entry_written(entry: Entry) -> None:
    raw = entry_bytes(entry)
    assert read_entry(raw) == entry
    assert raw == canonical(json.loads(raw))


@given(leaf_parts(), st.integers(0, 2**40))
@settings(max_examples=50)
def test_a_leaf_is_canonical_holds_its_entry_and_reads_back(
    parts: tuple[Entry, EntrySignature | None, tuple[LeafObject, ...]], index: int
) -> None:
    entry, signature, objects = parts
    raw = leaf_bytes(index, entry_bytes(entry), signature, objects)
    assert raw == canonical(json.loads(raw))
    assert entry_bytes(entry) in raw
    leaf = read_leaf(raw)
    assert (leaf.index, leaf.entry, leaf.signature, leaf.objects) == (
        index,
        entry,
        signature,
        objects,
    )


@given(leaf_parts(), st.data())
@settings(max_examples=80)
def test_no_other_bytes_read_back_as_the_same_leaf(
    parts: tuple[Entry, EntrySignature | None, tuple[LeafObject, ...]], data: st.DataObject
) -> None:
    entry, signature, objects = parts
    raw = leaf_bytes(3, entry_bytes(entry), signature, objects)
    place = data.draw(st.integers(0, len(raw) - 1))
    flipped = bytearray(raw)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        read = read_leaf(bytes(flipped))
    except LanternError:
        return
    assert read != read_leaf(raw)


def test_a_salted_object_id_is_the_hash_that_the_format_names() -> None:
    salt = bytes(range(16))
    made = object_id(ObjectRef(ObjectKind.CASE, "c-x"), salt)
    assert made == sha256(b"darklantern object v1\x00" + salt + b"case\x00c-x").hexdigest()


def test_an_address_is_an_object_within_its_case() -> None:
    assert ObjectRef.address("c-x", "https://example.test/").id == "c-x https://example.test/"


@pytest.mark.parametrize(
    ("id_", "says"), [("a\x00b", "has a NUL"), ("https://example.test/\udcff", "not Unicode text")]
)
def test_an_object_whose_id_cannot_be_hashed_is_refused(id_: str, says: str) -> None:
    with pytest.raises(LanternError, match=says):
        object_id(ObjectRef(ObjectKind.ADDRESS, id_), bytes(16))


def _entry() -> Entry:
    texts, _ = commit({}, 8, lambda count: bytes(range(256))[:count])
    return Entry(
        id="e-aaaaaaaaaaaaaaaa",
        vault="v-aaaaaaaaaaaaaaaa",
        time=datetime(2026, 3, 1, 12, tzinfo=UTC),
        act="case.open",
        s62=None,
        actor="p-aaaaaaaaaaaaaaaa",
        auth=Auth.ASSERTED,
        nonce=bytes(16),
        objects=("a" * 64, "b" * 64),
        refs={"sha256": "c" * 64},
        texts=texts,
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "e-1"}, "not a letter, a hyphen and 16"),
        ({"act": "Case Open"}, "dotted lower-case word"),
        ({"nonce": b""}, "a nonce is 16 bytes, not 0"),
        ({"objects": ("b" * 64, "a" * 64)}, "sorted, each once"),
        ({"objects": ("a" * 64, "a" * 64)}, "sorted, each once"),
        ({"objects": ("A" * 64,)}, "sorted, each once"),
        ({"refs": {"size": 3}}, "refs hold texts only"),
    ],
    ids=["id", "act", "nonce", "order", "twice", "upper case", "refs"],
)
def test_an_entry_that_the_format_does_not_allow_cannot_be_built(
    change: dict[str, object], says: str
) -> None:
    with pytest.raises(LanternError, match=says):
        replace(_entry(), **change)


def test_a_ref_that_is_not_unicode_is_refused_when_written() -> None:
    with pytest.raises(LanternError, match="cannot be recorded: no canonical form"):
        entry_bytes(replace(_entry(), refs={"a": "\udcff"}))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(v=2), "version 2 is not known here"),
        (lambda d: d.update(v=True), "version True"),
        (lambda d: d.update(extra=1), "members are not exactly"),
        (lambda d: d.pop("nonce"), "members are not exactly"),
        (lambda d: d.update(s62="reading"), "reading"),
        (lambda d: d.update(s62=1), "s62 is not a text"),
        (lambda d: d.update(time="2026-03-01T12:00:00Z"), "six decimals"),
        (lambda d: d.update(time="noon"), "noon"),
        (lambda d: d.update(objects=["x"]), "64 lower-case hexadecimal"),
        (lambda d: d.update(objects="x"), "not an array"),
        (lambda d: d.update(refs={"a": 1}), "texts only"),
        (lambda d: d.update(texts={}), "8 different digests"),
    ],
)
def test_a_document_that_is_no_entry_is_refused_with_the_reason(
    change: Callable[[dict[str, object]], object], says: str
) -> None:
    document = json.loads(entry_bytes(_entry()))
    change(document)
    with pytest.raises(LanternError, match=says):
        read_entry(canonical(document))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(index=-1), "number from 0"),
        (lambda d: d.update(objects=d["objects"][:1]), "its entry's objects"),
        (lambda d: d["objects"][0].update(n=0), "counts from 1"),
        (lambda d: d["objects"][0].update(n=2), "only the first has no leaf before it"),
        (lambda d: d.update(signature={"key": "a" * 64, "value": "AA=="}), "64 bytes"),
        (lambda d: d["entry"].update(auth="signed"), "says signed"),
    ],
)
def test_a_document_that_is_no_leaf_is_refused_with_the_reason(
    change: Callable[[dict[str, object]], object], says: str
) -> None:
    entry = _entry()
    numbered = tuple(LeafObject(id_, 1, None) for id_ in entry.objects)
    document = json.loads(leaf_bytes(0, entry_bytes(entry), None, numbered))
    change(document)
    with pytest.raises(LanternError, match=says):
        read_leaf(canonical(document))
