"""The manifest says what was fetched, in one canonical form, with nothing restricted in clear."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.canonical import canonical
from cases.commitments import commit
from evidence import RESTRICTED_NAMES, HttpFacts, TlsFacts, read_block
from evidence.manifest import ListedRecord, canonical_form, manifest_bytes
from evidence.manifest_check import NotAManifest, read_manifest
from evidence.restricted_fields import COUNT, RestrictedFields, opens
from evidence.warc_records import field_text, peer_address, target_uri, tls_protocol

MEMBERS = {
    *("format", "vault", "case", "job", "capture", "case_reference", "urn", "operation"),
    *("requested_url", "final_url", "referrer", "redirects", "http", "server_address", "tls"),
    *("started", "ended", "utc_offset", "clock", "times", "newest_external_time", "collector"),
    *("method_note", "robots", "depth", "full_page_image", "page_file", "dom_text"),
    *("embedded_media", "embedded_metadata", "platform", "result", "records", "warcinfo"),
    "restricted",
}


def manifest_of(vault: Any, draft: Any) -> dict[str, Any]:
    (capture,) = vault.seal(draft)
    block = read_block(vault.evidence, capture.manifest)
    assert hashlib.sha256(block).hexdigest() == capture.manifest_sha256
    document: dict[str, Any] = json.loads(block)
    return document


@pytest.mark.standard("CAP-1")
def test_a_manifest_has_exactly_the_members_of_its_format(vault: Any, make: Any) -> None:
    document = manifest_of(vault, make.draft(make.exchange()))
    assert set(document) == MEMBERS
    assert document["format"] == "darklantern-manifest/1"
    assert document["clock"] == {"source": "system clock", "ntp_offset": "not measured"}
    assert document["times"]["dom"] == document["full_page_image"] == "not measured"
    assert document["urn"] == "not recorded"
    assert document["started"] == "2026-03-01T12:00:00.000000Z"
    assert document["server_address"] == "192.0.2.7:80"
    assert document["tls"] is None


def test_a_manifest_lists_its_records_as_they_were_sealed(vault: Any, make: Any) -> None:
    (capture,) = vault.seal(make.draft(make.exchange()))
    document = json.loads(read_block(vault.evidence, capture.manifest))
    assert document["records"] == [
        {
            "id": record.record,
            "type": record.type,
            "block_sha256": record.block_sha256,
            "block_bytes": record.block_bytes,
            "payload_sha256": record.payload_sha256,
            "member_sha256": record.member_sha256,
            "member_bytes": record.member_bytes,
        }
        for record in capture.records[:-1]
    ]
    first = vault.file().read_bytes()[: document["warcinfo"]["member_bytes"]]
    assert document["warcinfo"]["member_sha256"] == hashlib.sha256(first).hexdigest()
    assert document["warcinfo"]["type"] == "warcinfo"


def test_redirects_that_were_followed_are_listed_and_retries_are_not(vault: Any, make: Any) -> None:
    a, b = "http://www.example.test/a", "https://www.example.test/b"
    moved = make.exchange(b"", f"Location: {b}", url=a, status="302 Found")
    busy = make.exchange(b"", url=b, status="503 Busy")
    document = manifest_of(vault, make.draft(moved, busy, make.exchange(url=b)))
    assert document["redirects"] == [{"from": a, "status": 302, "to": b}]
    assert (document["requested_url"], document["final_url"]) == (a, b)
    assert len(document["times"]["bodies"]) == 3
    assert document["http"]["status"] == 200


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"peer": "[2001:db8::1]:443"}, "[2001:db8::1]:443"),
        ({"peer": None, "resolved_at_exit": True}, "resolved at the exit"),
        ({"peer": None}, "not measured"),
    ],
    ids=["IPv6", "resolved at the exit", "not measured"],
)
def test_the_servers_address_is_what_the_guard_knew(
    vault: Any, make: Any, changes: dict[str, Any], address: str
) -> None:
    document = manifest_of(vault, make.draft(make.exchange(**changes)))
    assert document["server_address"] == address


def test_headers_stand_in_the_servers_order_and_case(vault: Any, make: Any) -> None:
    headers = ["X-b: 2", "x-A: caf\xe9", "Set-Cookie: a=1", "SET-COOKIE: b=2"]
    document = manifest_of(vault, make.draft(make.exchange(b"", *headers)))
    assert document["http"]["headers"] == [
        ["X-b", "2"],
        ["x-A", "caf\u00e9"],
        ["Set-Cookie", "a=1"],
        ["SET-COOKIE", "b=2"],
    ]


@pytest.mark.standard("CAP-2")
def test_restricted_fields_are_one_set_whatever_is_known_of_them(vault: Any, make: Any) -> None:
    bare = replace(make.context, restricted={})
    full = replace(make.context, restricted=dict.fromkeys(RESTRICTED_NAMES, "known"))
    for number, context in enumerate((bare, full)):
        draft = make.draft(make.exchange(), capture=f"c-{number}")
        (capture,) = vault.seal(draft, context=context)
        restricted = json.loads(read_block(vault.evidence, capture.manifest))["restricted"]
        assert set(restricted) == {"set", "_sd", "_sd_alg"}
        assert (restricted["set"], restricted["_sd_alg"]) == (1, "sha-256")
        assert len(restricted["_sd"]) == len(set(restricted["_sd"])) == COUNT
        assert restricted["_sd"] == sorted(restricted["_sd"])


def test_each_captures_commitments_are_salted_anew(vault: Any, make: Any) -> None:
    documents = [
        manifest_of(vault, make.draft(make.exchange(), capture=f"c-{number}"))
        for number in range(2)
    ]
    first, second = (set(document["restricted"]["_sd"]) for document in documents)
    assert first & second == set()


TEXT = st.text(max_size=12)
VALUES = st.one_of(st.none(), st.booleans(), TEXT, st.integers(-(2**53) + 1, 2**53 - 1))


@settings(max_examples=60)
@given(
    values=st.fixed_dictionaries(dict.fromkeys(RESTRICTED_NAMES, VALUES)),
    seed=st.binary(min_size=4, max_size=4),
)
def test_commitments_are_those_of_the_one_scheme(values: dict[str, Any], seed: bytes) -> None:
    def dice(size: int) -> bytes:
        return hashlib.shake_256(seed).digest(size)

    assert RestrictedFields(values).commit(dice) == commit(values, COUNT, dice)


@pytest.mark.parametrize("name", RESTRICTED_NAMES)
def test_a_disclosure_opens_the_field_that_it_names_and_no_other(name: str) -> None:
    values = {each: None if each == "purpose" else each for each in RESTRICTED_NAMES}
    restricted, disclosures = RestrictedFields(values).commit(lambda size: b"\xfb" * size)
    (text,) = (each.text for each in disclosures if each.name == name)
    assert [each for each in RESTRICTED_NAMES if opens(text, each, restricted.digests)] == [name]
    assert not opens(text, name, restricted.digests[:0])
    assert not opens(text[:-1], name, restricted.digests)
    assert not opens("\u00e9", name, restricted.digests)


DOCUMENT = st.dictionaries(
    st.text(st.characters(max_codepoint=126), max_size=6),
    st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3), max_leaves=8),
    max_size=6,
)


@settings(max_examples=100)
@given(DOCUMENT)
def test_the_canonical_form_is_rfc_8785(document: dict[str, Any]) -> None:
    assert canonical_form(document) == rfc8785.dumps(document) == canonical(document)


ANYTHING = st.text(st.characters(), max_size=20)  # lone surrogates and control characters too


@settings(max_examples=80)
@given(url=ANYTHING, reason=ANYTHING, header=ANYTHING, version=ANYTHING)
def test_no_text_from_a_server_keeps_a_manifest_from_its_form(
    make: Any, url: str, reason: str, header: str, version: str
) -> None:
    http = HttpFacts(200, reason, ((header, url), ("x", header)), 0, False)
    exchange = make.exchange(url=url, http=http, tls=TlsFacts(version, header, (b"leaf",)))
    draft = make.draft(exchange, reason=reason, referrer=url)
    listed = ListedRecord("urn:uuid:0", "response", "0" * 64, 1, None, "0" * 64, 2)  # type: ignore[arg-type]
    restricted, _ = RestrictedFields(make.context.restricted_values()).commit(bytes)
    block = manifest_bytes(make.context, draft, [listed], listed, restricted)
    document = read_manifest(block)
    assert set(document) == MEMBERS
    assert canonical(document) == block  # type: ignore[arg-type]


@settings(max_examples=150)
@given(ANYTHING)
def test_any_address_becomes_one_line_of_a_uri(url: str) -> None:
    uri = target_uri(url)
    assert uri
    assert uri.isascii()
    assert uri.isprintable()
    assert " " not in uri
    assert target_uri(uri) == uri


@pytest.mark.promise("P-8")
@settings(max_examples=150)
@given(ANYTHING)
def test_any_text_becomes_one_header_line(text: str) -> None:
    line = field_text(text)
    assert len(line.encode("utf-8").splitlines()) <= 1
    assert len(line.splitlines()) <= 1


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.7:80", "192.0.2.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("www.example.test:80", None),
        ("192.0.2.7", None),
        ("", None),
        (None, None),
    ],
)
def test_only_an_ip_address_is_a_peers_address(peer: str | None, address: str | None) -> None:
    assert peer_address(peer) == address


@pytest.mark.parametrize(
    ("version", "protocol"),
    [("TLSv1.3", "tls/1.3"), ("TLSv1.2", "tls/1.2"), ("TLSv1", "tls/1.0"), ("SSLv3", "ssl/3.0")],
)
def test_tls_versions_are_named_as_protocols(version: str, protocol: str) -> None:
    assert tls_protocol(version) == protocol


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"format":"darklantern-manifest/2"}',
        b'{"format": "darklantern-manifest/1"}',
        b'{"format":"darklantern-manifest/1","format":"darklantern-manifest/1"}',
        b"[" * 100_000,
    ],
    ids=["empty", "not UTF-8", "a list", "no format", "newer", "spaced", "repeated", "deep"],
)
def test_what_is_not_a_manifest_in_its_one_form_is_refused(block: bytes) -> None:
    with pytest.raises(NotAManifest):
        read_manifest(block)
