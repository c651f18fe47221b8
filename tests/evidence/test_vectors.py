"""The published capture, checked by the formats' own words: JSON, SHA-256, base64 and gzip."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evidence import verify_warc

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "vectors"


@pytest.fixture(scope="module")
def vector() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text())
    return document


def members(raw: bytes) -> Iterator[tuple[bytes, dict[str, str], bytes]]:
    """Each member's compressed bytes, its record's fields and its block."""
    while raw:
        inflate = zlib.decompressobj(31)
        record = inflate.decompress(raw)
        head, _, rest = record.partition(b"\r\n\r\n")
        lines = head.decode("utf-8").split("\r\n")
        assert lines[0] == "WARC/1.1"
        fields = dict(line.split(": ", 1) for line in lines[1:])
        length = int(fields["Content-Length"])
        assert rest[length:] == b"\r\n\r\n"
        yield raw[: len(raw) - len(inflate.unused_data)], fields, rest[:length]
        raw = inflate.unused_data


def test_every_record_is_listed_by_the_manifest_with_its_digests(vector: dict[str, Any]) -> None:
    *records, (member, fields, block) = members(base64.b64decode(vector["warc_base64"]))
    assert fields["Content-Type"] == "application/vnd.darklantern.manifest+json"
    assert hashlib.sha256(block).hexdigest() == vector["manifest_sha256"]
    assert hashlib.sha256(member).hexdigest() == vector["manifest_member_sha256"]
    manifest = json.loads(block)
    listed = [manifest["warcinfo"], *manifest["records"]]
    assert len(listed) == len(records) == 6
    for said, (packed, head, content) in zip(listed, records, strict=True):
        assert head["WARC-Record-ID"] == f"<{said['id']}>"
        assert head["WARC-Type"] == said["type"]
        assert head["WARC-Block-Digest"] == f"sha256:{said['block_sha256']}"
        assert hashlib.sha256(content).hexdigest() == said["block_sha256"]
        assert hashlib.sha256(packed).hexdigest() == said["member_sha256"]
        assert (len(content), len(packed)) == (said["block_bytes"], said["member_bytes"])


def test_the_manifest_is_in_its_canonical_form(vector: dict[str, Any]) -> None:
    document = json.loads(vector["manifest"])
    again = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert again == vector["manifest"]
    assert document["http"]["headers"][1] == ["X-Caf\u00e9", "\u00ff"]
    assert document["records"][3]["payload_sha256"] == hashlib.sha256(b"The boat").hexdigest()


def test_each_disclosure_opens_a_commitment_of_the_manifest(vector: dict[str, Any]) -> None:
    digests = json.loads(vector["manifest"])["restricted"]["_sd"]
    assert len(digests) == 16
    opened = {}
    for name, disclosure in vector["disclosures"].items():
        digest = hashlib.sha256(disclosure.encode("ascii")).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() in digests
        salt, said, value = json.loads(base64.urlsafe_b64decode(disclosure + "=="))
        assert (said, len(base64.urlsafe_b64decode(salt + "=="))) == (name, 16)
        opened[name] = value
    assert opened["operator_name"] == "Jo Smith — Café Team"
    assert (opened["signed_in"], opened["authority_type"]) == (False, None)


def test_our_verification_finds_nothing_wrong_with_it(
    vector: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "vector.warc.gz"
    path.write_bytes(base64.b64decode(vector["warc_base64"]))
    assert list(verify_warc(path)) == []


def test_the_vector_is_what_the_generator_writes(vector: dict[str, Any]) -> None:
    """But for the members' digests and lengths, which are zlib's: another version may differ."""
    spec = importlib.util.spec_from_file_location("make_manifest", FOLDER / "make_manifest.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    written = made.vectors()
    assert written["disclosures"] == vector["disclosures"]
    assert without_members(written["manifest"]) == without_members(vector["manifest"])
    ours, theirs = (
        [(fields, block) for _, fields, block in members(base64.b64decode(each["warc_base64"]))]
        for each in (written, vector)
    )
    assert ours[:-1] == theirs[:-1]


def without_members(manifest: str) -> Any:
    document = json.loads(manifest)
    for record in [document["warcinfo"], *document["records"]]:
        del record["member_sha256"], record["member_bytes"]
    return document
