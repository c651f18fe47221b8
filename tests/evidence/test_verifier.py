"""verify.py by itself: its signatures, its tree, its readers of hostile files."""

from __future__ import annotations

import ast
import contextlib
import os
import subprocess
import sys
import zlib
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from cases.merkle import Growth, Node, inclusion_proof, leaf_hash
from evidence.verifier import check_bundle, verify

SOURCE = Path(verify.__file__)

# RFC 8032, section 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032_hold_and_nothing_near_them(
    secret: str, public: str, message: str, signature: str
) -> None:
    key, text, value = (bytes.fromhex(each) for each in (public, message, signature))
    ours = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert ours.sign(text) == value  # the vectors above are as the RFC has them
    assert verify.signature_holds(key, text, value)
    assert not verify.signature_holds(key, text + b"x", value)
    assert not verify.signature_holds(key, text, bytes([value[0] ^ 1]) + value[1:])
    assert not verify.signature_holds(bytes([key[0] ^ 1]) + key[1:], text, value)
    s = int.from_bytes(value[32:], "little") + verify.L  # the same point, not reduced: malleable
    assert not verify.signature_holds(key, text, value[:32] + s.to_bytes(32, "little"))


@given(st.binary(max_size=40), st.binary(max_size=80))
def test_no_key_or_signature_of_any_length_raises(key: bytes, signature: bytes) -> None:
    assert verify.signature_holds(key, b"text", signature) is False


@given(st.integers(1, 70), st.data())
def test_its_audit_paths_are_those_of_the_ledger(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    nodes: dict[Node, bytes] = {}
    tree = Growth()
    for leaf in leaves:
        nodes |= tree.append(leaf)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(index, size, lambda wanted: [nodes[node] for node in wanted])
    assert verify.included(leaves[index], index, size, path, tree.root)
    assert not verify.included(leaves[index], index, size, [*path, b"x" * 32], tree.root)
    if path:
        assert not verify.included(leaves[index], index, size, path[:-1], tree.root)


@pytest.mark.standard("CAP-6")
def test_it_keeps_to_the_syntax_of_python_3_8_and_the_standard_library() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        (node.module or "").partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert imported <= set(sys.stdlib_module_names)


def oldest_python() -> Path:
    """The oldest Python from 3.8 on that this machine has: the one that runs the tests at worst."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [
        (tuple(int(part) for part in each.name.split(".")), each / "bin" / "python")
        for each in root.glob("3.*.*")
        if each.name.replace(".", "").isdigit()
    ]
    fit = sorted((version, path) for version, path in found if version >= (3, 8) and path.exists())
    return fit[0][1] if fit else Path(sys.executable)


def test_it_runs_under_the_oldest_python_there_is(tmp_path: Path) -> None:
    done = subprocess.run(
        [oldest_python(), SOURCE, tmp_path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "it has no bagit.txt" in done.stdout
    assert "THE BUNDLE DOES NOT HOLD: 1 of 1 checks failed." in done.stdout


@pytest.mark.parametrize(
    "arguments", [["--key"], ["--key", "xyz"], ["a", "b"], ["--help"], ["nowhere"]]
)
def test_wrong_usage_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main(arguments) == 2
    assert capsys.readouterr().out


LINE = "0" * 64 + "  "
HOSTILE_SUMS = {
    "a path upward": LINE + "../../etc/passwd\n",
    "an absolute path": LINE + "/etc/passwd\n",
    "a drive": LINE + "C:/Windows/win.ini\n",
    "a backslash": LINE + "data\\..\\..\\x\n",
    "a dot": LINE + "data/./x\n",
    "no end": LINE + "data/x",
    "a short digest": "00  data/x\n",
    "one space": "0" * 64 + " data/x\n",
    "twice": (LINE + "data/x\n") * 2,
    "not UTF-8": "\udcff\n",
}


@pytest.mark.parametrize("text", HOSTILE_SUMS.values(), ids=HOSTILE_SUMS)
def test_a_list_that_leads_anywhere_but_inside_is_refused(text: str) -> None:
    with pytest.raises(verify.Fault):
        verify.read_sums(text.encode("utf-8", "surrogateescape"))


@given(st.binary(max_size=300))
def test_no_bytes_make_its_readers_raise_anything_but_a_fault(raw: bytes) -> None:
    for read in (verify.read_sums, verify.canonical, verify.read_leaf):
        with contextlib.suppress(verify.Fault):
            read(raw)


HOSTILE_JSON = {
    "a huge number": b"1" * 5000,
    "nested deep": b"[" * 200_000,
    "a fraction": b"1.5",
    "not a number": b"NaN",
    "a member twice": b'{"a":1,"a":2}',
    "a lone surrogate": b'"\\ud800"',
}


@pytest.mark.parametrize("raw", HOSTILE_JSON.values(), ids=HOSTILE_JSON)
def test_a_hostile_document_is_a_fault(raw: bytes) -> None:
    with pytest.raises(verify.Fault):
        verify.canonical(raw)


def member(block: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    return deflate.compress(b"WARC/1.1\r\n\r\n" + block + b"\r\n\r\n") + deflate.flush()


def test_a_bomb_is_not_inflated_beyond_what_was_declared(tmp_path: Path) -> None:
    bomb = member(bytes(200 << 20))
    (tmp_path / "x.warc.gz").write_bytes(bomb)
    with pytest.raises(verify.Fault, match="longer than its manifest says"):
        list(verify.walk_warc(str(tmp_path / "x.warc.gz"), [(len(bomb), 10)], 1 << 20))


def test_a_member_is_told_by_its_digests(tmp_path: Path) -> None:
    raw = member(b"a block")
    (tmp_path / "x.warc.gz").write_bytes(raw)
    (found,) = verify.walk_warc(str(tmp_path / "x.warc.gz"), [(len(raw), 7)], 1 << 20)
    assert found.member_sha256 == sha256(raw).hexdigest()
    assert found.block_sha256 == sha256(b"a block").hexdigest()
    assert found.block == b"a block"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("secret")
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "bagit.txt").symlink_to(outside)
    (check,) = check_bundle(str(bundle))
    assert check.says == "'bagit.txt' is a link: nothing outside is read"


def test_a_pipe_does_not_hold_it_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bagit.txt")
    (check,) = check_bundle(str(tmp_path))
    assert check.says == "'bagit.txt' is neither a file nor a folder"
