"""The published vectors, checked twice: against our code, and by the formats' own words with
nothing but JSON, SHA-256 and Ed25519, as an independent reader would.
"""

from __future__ import annotations

import importlib.util
import json
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cases.commitments import open_disclosure, read_set
from cases.ledger_reading import read_entry, read_leaf
from cases.merkle import verify_consistency, verify_inclusion
from cases.notes import NoteKey, read_checkpoint, read_note

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "vectors"
NAMES = ["keys", "commitment", "objects", "log", "heads", "checkpoints", "proofs"]
VECTORS = {name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in NAMES}
LINES = VECTORS["log"]["lines"]


def b64u(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def mth(leaf_hashes: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, over leaf hashes."""
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    k = 1
    while k * 2 < len(leaf_hashes):
        k *= 2
    return sha256(b"\x01" + mth(leaf_hashes[:k]) + mth(leaf_hashes[k:])).digest()


def leaf_hashes() -> list[bytes]:
    return [sha256(b"\x00" + line["leaf"].encode()).digest() for line in LINES]


def public(key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(VECTORS["keys"][key]["public"]))


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_gives_the_published_files_byte_for_byte(name: str) -> None:
    spec = importlib.util.spec_from_file_location("vectors_make", FOLDER / "make.py")
    assert spec is not None
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    assert (FOLDER / f"{name}.json").read_bytes() == make.written(make.documents()[name]).encode()


def test_a_commitment_is_read_by_the_formats_words() -> None:
    vector = VECTORS["commitment"]
    opened = {}
    for item in vector["disclosures"]:
        assert item["digest"] == b64u(sha256(item["text"].encode("ascii")).digest())
        assert item["digest"] in vector["set"]["_sd"]
        salt, name, value = json.loads(unpadded(item["text"]))
        assert len(unpadded(salt)) == 16
        opened[name] = value
    assert opened == vector["values"]
    assert vector["set"]["_sd_alg"] == "sha-256"
    assert vector["set"]["_sd"] == sorted(vector["set"]["_sd"])
    dice = bytes(range(96))
    decoys = {b64u(sha256(dice[start : start + 32]).digest()) for start in (32, 64)}
    assert decoys < set(vector["set"]["_sd"])
    assert read_set(vector["set"], 4).document() == vector["set"]


@pytest.mark.parametrize("vector", VECTORS["objects"]["objects"], ids=lambda v: v["kind"])
def test_a_salted_object_id_is_read_by_the_formats_words(vector: dict[str, str]) -> None:
    parts = b"darklantern object v1\x00" + bytes.fromhex(vector["salt"])
    parts += vector["kind"].encode() + b"\x00" + vector["id"].encode()
    assert vector["salted"] == sha256(parts).hexdigest()


@pytest.mark.parametrize("line", LINES, ids=lambda line: json.loads(line["entry"])["act"])
def test_an_entry_its_signature_and_its_leaf_are_read_by_the_formats_words(line) -> None:
    entry, leaf = json.loads(line["entry"]), json.loads(line["leaf"])
    compact = json.dumps(leaf, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert compact == line["leaf"]
    assert leaf["entry"] == entry
    assert line["entry"] in line["leaf"]
    assert [o["id"] for o in leaf["objects"]] == entry["objects"] == sorted(entry["objects"])
    assert (leaf["signature"] is None) == (entry["auth"] == "asserted")
    if leaf["signature"]:
        signer = "vault" if entry["actor"] == entry["vault"] else "person"
        assert leaf["signature"]["key"] == VECTORS["keys"][signer]["sha256"]
        message = b"darklantern entry v1\x00" + line["entry"].encode()
        assert sha256(message).hexdigest() == line["signature"]["message_sha256"]
        public(signer).verify(b64decode(leaf["signature"]["value"]), message)
    for disclosure in line["disclosures"]:
        assert b64u(sha256(disclosure.encode()).digest()) in entry["texts"]["_sd"]
        assert isinstance(open_disclosure(disclosure).value, str)
    assert len(entry["texts"]["_sd"]) == 8
    assert sha256(b"\x00" + line["leaf"].encode()).hexdigest() == line["leaf_hash"]


def test_our_reader_reads_every_line_of_the_vectors() -> None:
    for index, line in enumerate(LINES):
        leaf = read_leaf(line["leaf"].encode())
        assert leaf.index == index
        assert leaf.entry == read_entry(line["entry"].encode())


def test_running_numbers_and_previous_leaves_follow() -> None:
    last: dict[str, tuple[int, str | None]] = {}
    for line in LINES:
        for numbered in json.loads(line["leaf"])["objects"]:
            count, previous = last.get(numbered["id"], (0, None))
            assert (numbered["n"], numbered["previous"]) == (count + 1, previous)
            last[numbered["id"]] = (count + 1, line["leaf_hash"])
    assert sorted(last) == [head["id"] for head in VECTORS["heads"]["at"][-1]["heads"]]


@pytest.mark.parametrize("at", [0, 1])
def test_the_heads_root_is_read_by_the_formats_words(at: int) -> None:
    vector = VECTORS["heads"]["at"][at]
    hashes = []
    for head in vector["heads"]:
        leaf = bytes.fromhex(head["id"]) + head["count"].to_bytes(8, "big")
        hashes.append(sha256(b"\x00" + leaf + bytes.fromhex(head["last"])).digest())
    assert mth(hashes).hex() == vector["root"]
    assert json.loads(LINES[vector["size"]]["entry"])["refs"] == {
        "heads_root": vector["root"],
        "heads_count": str(len(hashes)),
        "heads_size": str(vector["size"]),
    }


@pytest.mark.parametrize("at", [0, 1])
def test_a_checkpoint_is_read_by_the_formats_words(at: int, check) -> None:
    vector = VECTORS["checkpoints"]["checkpoints"][at]
    text, signature = vector["note"].split("\n\n")
    text += "\n"
    origin, size, root = text.splitlines()
    assert origin == vector["origin"] == f"darklantern/{json.loads(LINES[0]['entry'])['vault']}"
    assert int(size) == vector["size"] == VECTORS["heads"]["at"][at]["size"] + 1
    assert b64decode(root) == mth(leaf_hashes()[: vector["size"]])
    dash, name, value = signature.removesuffix("\n").split(" ")
    assert (dash, name) == ("—", origin)
    raw = b64decode(value)
    key = bytes.fromhex(VECTORS["keys"]["vault"]["public"])
    assert raw[:4] == sha256(name.encode() + b"\n\x01" + key).digest()[:4]
    public("vault").verify(raw[4:], text.encode())
    note = read_note(vector["note"])
    assert note.holds(NoteKey(origin, key), check)
    assert read_checkpoint(note).root.hex() == vector["root"]


def test_every_proof_of_the_vectors_verifies() -> None:
    hashes, heads = leaf_hashes(), VECTORS["heads"]["at"][-1]
    proofs = VECTORS["proofs"]
    assert len(proofs["inclusion"]) == len(proofs["consistency"]) == len(hashes)
    for proof in proofs["inclusion"]:
        steps = [bytes.fromhex(step) for step in proof["hashes"]]
        leaf = hashes[proof["index"]]
        assert verify_inclusion(leaf, proof["index"], proof["size"], steps, mth(hashes))
    for proof in proofs["heads"]:
        steps = [bytes.fromhex(step) for step in proof["hashes"]]
        leaf = bytes.fromhex(heads["heads"][proof["position"]]["leaf_hash"])
        root = bytes.fromhex(heads["root"])
        assert verify_inclusion(leaf, proof["position"], proof["count"], steps, root)
    for proof in proofs["consistency"]:
        steps = [bytes.fromhex(step) for step in proof["hashes"]]
        old = mth(hashes[: proof["old"]])
        assert verify_consistency(proof["old"], proof["new"], steps, old, mth(hashes))
