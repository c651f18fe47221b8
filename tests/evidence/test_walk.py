"""A walk over any WARC ends, never raises, and names what is wrong with a broken one."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import Damage, DamageKind, WalkedRecord, verify_warc, walk_warc

K = DamageKind

# What is wrong with each broken file of the corpus, and with those that are no WARC at all.
# Files not named here have no damage.
BROKEN: dict[str, set[DamageKind]] = {
    "chatnoir-resiliparse/block-sized-records.warc.lz4": {K.NOT_A_WARC},
    "chatnoir-resiliparse/clipped.warc.gz": {K.TRUNCATED},
    "ipwb/1memento_noContentType.warc": {K.RECORD_END, K.PAYLOAD_DIGEST},
    "ipwb/5mementosAndFroggie.warc": {K.RECORD_END, K.BLOCK_DIGEST, K.PAYLOAD_DIGEST},
    "ipwb/HTTP204.warc": {K.RECORD_END, K.PAYLOAD_DIGEST},
    "ipwb/HTTP404.warc": {K.RECORD_END, K.PAYLOAD_DIGEST},
    "ipwb/baconIpsum_chunked.warc": {K.BLOCK_DIGEST},
    "ipwb/baconIpsum_chunked_httpTrailors.warc": {K.BLOCK_DIGEST},
    "ipwb/broken.warc": {K.RECORD_END},
    "ipwb/redirectRelative.warc": {K.RECORD_END},
    "ipwb/variableSizedDates.warc": {K.RECORD_END, K.PAYLOAD_DIGEST},
    "jhove/invalid-empty.warc": {K.EMPTY},
    "jhove/invalid-warcheaderfieldpolicy-12.warc": {K.TRUNCATED, K.RECORD_END},
    "jhove/invalid-warcheaderfieldpolicy-3.warc": {K.TRUNCATED, K.RECORD_END},
    "jhove/invalid-warcheaderfieldpolicy-5.warc": {K.TRUNCATED, K.RECORD_END},
    "jhove/invalid-warcheaderversion-1.warc": {K.VERSION, K.MISSING_FIELD, K.TRUNCATED},
    "jhove/invalid-warcheaderversion-18.warc": {K.NOT_A_WARC},
    "jhove/invalid-warcheaderversion-22.warc": {K.MISSING_FIELD, K.TRUNCATED},
    "jwat/invalid-arcfile-record-then-garbage.arc": {K.NOT_A_WARC},
    "jwat/invalid-compression.gz": {K.NOT_A_WARC},
    "jwat/invalid-truncated.gz": {K.TRUNCATED},
    "jwat/invalid-warcfile-digest-fields.warc": {
        K.BLOCK_DIGEST,
        K.PAYLOAD_DIGEST,
        K.FIELD_VALUE,
    },
    "jwat/invalid-warcfile-duplicate-fields.warc": {K.REPEATED_FIELD},
    "jwat/invalid-warcfile-fields-invalidformat.warc": {K.LENGTH, K.FIELD_VALUE},
    "jwat/invalid-warcfile-lonely-monkeys.warc": {K.MISSING_FIELD},
    "jwat/invalid-warcfile-record-then-garbage.warc": {K.STRAY_BYTES},
    "jwat/invalid-warcfile-segment-number-response.warc": {K.FIELD_VALUE},
    "node-warc/books.toscrape.warc": {K.RECORD_END},
    "pywb/example-extra.warc": {K.RECORD_END, K.PAYLOAD_DIGEST},
    "pywb/example-url-agnostic-orig.warc.gz": {K.RECORD_END},
    "pywb/example-url-agnostic-revisit.warc.gz": {K.RECORD_END},
    "warcio.js/example-bad-length.warc": {K.RECORD_END, K.BLOCK_DIGEST, K.PAYLOAD_DIGEST},
    "warcio/example-bad-non-chunked.warc.gz": {K.SHARED_MEMBER},
    "warcio/example-bad.warc.gz.bad": {K.SHARED_MEMBER},
    "warcio/example-digest.warc": {K.FIELD_VALUE},
    "warcio/example-trunc.warc": {K.RECORD_END, K.BLOCK_DIGEST, K.PAYLOAD_DIGEST},
    "warcio/example-wrong-chunks.warc.gz": {K.TRUNCATED, K.RECORD_END, K.STRAY_BYTES},
    "webarchive-commons/double-single-inflate-error.gz": {K.BROKEN_MEMBER},
    "webarchive-commons/link-extraction-test.warc": {K.MISSING_FIELD, K.RECORD_END},
}
NOT_WARCS = (".arc", ".arc.gz", ".wacz")

# Where ours and warcio's count of records differ on a sound file, and why ours is right.
COUNTED_OTHERWISE = {
    "jwat/valid-warcfile-utf8.warc": {"warcinfo": 1},  # warcio leaves the fold's tab on
    "jwat/valid-warcfile-fields-continuation.warc": {"continuation": 1},
}


def corpus(shared: Path) -> list[dict[str, Any]]:
    lines = (shared / "corpora" / "warcs" / "SOURCES.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def damages(path: Path) -> list[Damage]:
    return [step for step in walk_warc(path) if isinstance(step, Damage)]


def test_every_file_of_the_corpus_is_walked_and_its_damage_named(shared: Path) -> None:
    named = {}
    for source in corpus(shared):
        name = source["file"]
        kinds = {damage.kind for damage in damages(shared / "corpora" / "warcs" / name)}
        expected = {K.NOT_A_WARC} if name.endswith(NOT_WARCS) else BROKEN.get(name, set())
        if kinds != expected:
            named[name] = kinds
    assert named == {}


def test_what_calls_itself_broken_is_found_broken_but_where_only_advice_is_broken(
    shared: Path,
) -> None:
    words = ("invalid", "bad", "broken", "trunc", "clipped", "wrong", "error")
    sound = {
        source["file"]
        for source in corpus(shared)
        if any(word in source["file"].rpartition("/")[2] for word in words)
        and not damages(shared / "corpora" / "warcs" / source["file"])
    }
    # its addresses are percent-encoded in another encoding than UTF-8: bad advice, sound WARC
    assert sound == {"jwat/invalid-warcfile-encoding-headers.warc.gz"}


def test_sound_files_have_the_records_that_warcio_sees(shared: Path) -> None:
    differing = {}
    for source in corpus(shared):
        name = source["file"]
        if BROKEN.get(name) or name.endswith(NOT_WARCS):
            continue
        steps = walk_warc(shared / "corpora" / "warcs" / name)
        types = Counter(step.type for step in steps if isinstance(step, WalkedRecord))
        if types != COUNTED_OTHERWISE.get(name, source["warcio_records"]):
            differing[name] = dict(types)
    assert differing == {}


def test_each_file_of_the_corpus_can_be_verified_by_itself(shared: Path) -> None:
    for source in corpus(shared):
        path = shared / "corpora" / "warcs" / source["file"]
        assert [problem.kind for problem in verify_warc(path)] == [
            damage.kind for damage in damages(path)
        ]


def test_a_file_that_is_not_there_is_damage_and_no_error(tmp_path: Path) -> None:
    assert [damage.kind for damage in damages(tmp_path / "none.warc")] == [K.UNREADABLE]
    assert [damage.kind for damage in damages(tmp_path)] == [K.UNREADABLE]


def plain(vault: Any) -> bytes:
    return gzip.decompress(vault.file().read_bytes())


def test_an_uncompressed_warc_is_walked_with_its_offsets(
    vault: Any, make: Any, tmp_path: Path
) -> None:
    (capture,) = vault.seal(make.draft(make.exchange()))
    path = tmp_path / "plain.warc"
    path.write_bytes(plain(vault))
    steps = [step for step in walk_warc(path) if isinstance(step, WalkedRecord)]
    assert [step.record for step in steps][1:] == [record.record for record in capture.records]
    for step in steps:
        assert path.read_bytes()[step.offset :].startswith(b"WARC/1.1\r\n")
        assert step.member_sha256 is None
    assert list(verify_warc(path)) == []


def test_after_a_broken_member_the_next_ones_are_read(vault: Any, make: Any) -> None:
    first, *_ = vault.seal(
        make.draft(make.exchange()), make.draft(make.exchange(), capture="c-two")
    )
    response, raw = first.records[1], bytearray(vault.file().read_bytes())
    raw[response.offset + 12] ^= 0xFF
    vault.file().write_bytes(raw)
    steps = list(walk_warc(vault.file()))
    broken = [step for step in steps if isinstance(step, Damage)]
    records = [step for step in steps if isinstance(step, WalkedRecord)]
    assert [(damage.kind, damage.offset) for damage in broken] == [
        (K.BROKEN_MEMBER, response.offset)
    ]
    assert len({record.record for record in records} | {response.record}) == 7


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 2600), width=st.integers(0, 40), filling=st.binary(max_size=40))
def test_no_damage_makes_the_walk_raise_or_run_on(
    tmp_path_factory: pytest.TempPathFactory, position: int, width: int, filling: bytes
) -> None:
    raw = gzip.decompress(SAMPLE)
    for name, content in (
        ("x.warc", raw[:position] + filling + raw[position + width :]),
        ("x.warc.gz", SAMPLE[:position] + filling + SAMPLE[position + width :]),
    ):
        path = tmp_path_factory.getbasetemp() / name
        path.write_bytes(content)
        assert sum(1 for _ in walk_warc(path)) < 200
        assert sum(1 for _ in verify_warc(path)) < 200


@pytest.mark.parametrize(
    "line",
    [b" a\r\n", b"X-a: b\r\n", b"WARC-Date: 2026\r\n", b"junk\r\n", b"W: \xff\r\n"],
    ids=["folds", "unknown fields", "one field", "no fields", "not UTF-8"],
)
def test_a_head_of_many_thousand_lines_is_read_in_passing(tmp_path: Path, line: bytes) -> None:
    start = b"WARC/1.1\r\nWARC-Segment-Number: " + b"9" * 6000 + b"\r\n"
    for length in (b"3", "\u00b2".encode(), b"9" * 5000, b"-1", b"+3", b" 3 "):
        head = start + line * 40_000 + b"Content-Length: " + length + b"\r\n\r\n"
        path = tmp_path / "many.warc"
        path.write_bytes(head + b"abc\r\n\r\n")
        found = damages(path)
        assert K.MISSING_FIELD in {damage.kind for damage in found}
        assert len(found) < 100


@pytest.mark.parametrize("seed", range(6))
def test_members_that_inflate_in_several_pieces_are_measured_to_the_byte(
    tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    parts = [b"abcd", b"ef", b"0123456789" * 3, dice.randbytes(50)]
    packed = [
        gzip.compress(record(at % 6, b"".join(dice.choices(parts, k=dice.choice([5, 90_000])))))
        for at in range(8)
    ]
    path = tmp_path / "large.warc.gz"
    path.write_bytes(b"".join(packed))
    steps = [step for step in walk_warc(path) if isinstance(step, WalkedRecord)]
    assert [step.member_bytes for step in steps] == [len(each) for each in packed]
    assert [step.member_sha256 for step in steps] == [
        hashlib.sha256(each).hexdigest() for each in packed
    ]


def record(number: int, block: bytes) -> bytes:
    head = (
        "WARC/1.1\r\nWARC-Type: resource\r\n"
        f"WARC-Record-ID: <urn:uuid:0000000{number}-0000-4000-8000-000000000000>\r\n"
        "WARC-Date: 2026-03-01T12:00:00Z\r\nWARC-Target-URI: http://www.example.test/\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


SAMPLE = b"".join(gzip.compress(record(number, b"text " * 40 * number)) for number in range(6))
