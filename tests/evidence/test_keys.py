"""Keys lie outside the vault, owner-only, and are never written over."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import LanternError
from cases.identity import PersonId
from evidence import KeyFolder, PersonKey, keys_root, signature_holds
from evidence.errors import (
    KeyExists,
    KeyFileDamaged,
    KeyMissing,
    KeyNameRefused,
    KeyOpenToOthers,
    KeysInsideVault,
)

ROWAN = PersonId("p-rowan")

# RFC 8032, section 7.1: seed, public key, message, signature
RFC_8032 = [
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
]


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys", "v-one", tmp_path / "vault")


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032, ids=["1", "2"])
def test_signatures_are_those_of_rfc_8032(
    seed: str, public: str, message: str, signature: str
) -> None:
    key = PersonKey.from_seed(bytes.fromhex(seed))
    assert key.public_key.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert signature_holds(key.public_key, bytes.fromhex(message), bytes.fromhex(signature))


@given(public=st.binary(max_size=40), message=st.binary(max_size=8), signature=st.binary())
def test_a_signature_of_any_bytes_is_refused_without_raising(
    public: bytes, message: bytes, signature: bytes
) -> None:
    assert signature_holds(public, message, signature) is False


@pytest.mark.promise("P-11")
def test_a_key_made_is_the_key_read_back_and_its_file_is_the_owners_alone(keys: KeyFolder) -> None:
    made = keys.create_person(ROWAN)
    read = keys.person(ROWAN)
    assert read is not None
    assert (read.key, read.public_key) == (made.key, made.public_key)
    assert stat.S_IMODE((keys.folder / "p-rowan.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700


def test_the_vaults_key_and_a_persons_are_different_keys(keys: KeyFolder) -> None:
    vault, person = keys.create_vault(), keys.create_person(ROWAN)
    assert vault.key != person.key
    assert keys.needed_vault().key == vault.key
    assert keys.needed_person(ROWAN).key == person.key


def test_openssl_reads_the_key_file(keys: KeyFolder) -> None:
    made = keys.create_person(ROWAN)
    shown = subprocess.run(
        ["openssl", "pkey", "-in", str(keys.folder / "p-rowan.pem"), "-pubout", "-outform", "DER"],
        capture_output=True,
        check=True,
    )
    assert shown.stdout.endswith(made.public_key)


def test_a_missing_key_is_none_or_an_error_that_says_where_it_was_sought(keys: KeyFolder) -> None:
    assert keys.person(ROWAN) is None
    assert keys.vault() is None
    with pytest.raises(KeyMissing, match=r"p-rowan\.pem.*--keys DIR"):
        keys.needed_person(ROWAN)


def test_a_key_is_never_written_over(keys: KeyFolder) -> None:
    made = keys.create_person(ROWAN)
    with pytest.raises(KeyExists, match="never written over"):
        keys.create_person(ROWAN)
    assert keys.needed_person(ROWAN).key == made.key


@pytest.mark.promise("P-11")
@pytest.mark.parametrize("place", ["keys", "a/b/keys", "."])
def test_a_keys_folder_inside_the_vault_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(KeysInsideVault, match="outside it"):
        KeyFolder(tmp_path / "vault" / place, "v-one", tmp_path / "vault")


@pytest.mark.promise("P-11")
def test_a_keys_folder_inside_the_vault_through_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vault" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "vault" / "inner")
    with pytest.raises(KeysInsideVault):
        KeyFolder(tmp_path / "link", "v-one", tmp_path / "vault")


@pytest.mark.promise("P-11")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_key_file_that_others_may_open_is_refused(keys: KeyFolder, mode: int) -> None:
    keys.create_person(ROWAN)
    (keys.folder / "p-rowan.pem").chmod(mode)
    with pytest.raises(KeyOpenToOthers, match="chmod 600"):
        keys.person(ROWAN)


def test_a_keys_folder_that_others_may_open_is_refused(keys: KeyFolder) -> None:
    keys.create_person(ROWAN)
    keys.folder.chmod(0o755)
    with pytest.raises(KeyOpenToOthers, match="chmod 700"):
        keys.person(ROWAN)
    with pytest.raises(KeyOpenToOthers):
        keys.create_vault()


@pytest.mark.parametrize(
    "content",
    [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
    ids=["empty", "text", "broken PEM"],
)
def test_a_damaged_key_file_is_told_and_not_used(keys: KeyFolder, content: bytes) -> None:
    keys.create_person(ROWAN)
    (keys.folder / "p-rowan.pem").write_bytes(content)
    with pytest.raises(KeyFileDamaged, match="Ed25519"):
        keys.person(ROWAN)


def test_a_key_of_another_kind_is_refused(keys: KeyFolder) -> None:
    keys.create_person(ROWAN)
    path = keys.folder / "p-rowan.pem"
    path.unlink()
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "X25519", "-out", str(path)], check=True, umask=0o077
    )
    path.chmod(0o600)
    with pytest.raises(KeyFileDamaged):
        keys.person(ROWAN)


def test_a_link_in_the_place_of_a_key_is_not_followed(keys: KeyFolder, tmp_path: Path) -> None:
    keys.create_person(ROWAN)
    path = keys.folder / "p-rowan.pem"
    path.rename(tmp_path / "elsewhere.pem")
    path.symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(LanternError):
        keys.person(ROWAN)


@pytest.mark.parametrize("name", ["../p-one", "p/one", "", "P-ONE", "vault", "p-one.pem", "p\0"])
def test_an_id_that_could_leave_the_folder_names_no_key(keys: KeyFolder, name: str) -> None:
    with pytest.raises(KeyNameRefused):
        keys.create_person(PersonId(name))


def test_the_keys_root_is_the_option_then_the_environment_then_the_users_folder() -> None:
    assert keys_root(Path("/a"), {"LANTERN_KEYS": "/b"}) == Path("/a")
    assert keys_root(None, {"LANTERN_KEYS": "/b"}) == Path("/b")
    assert keys_root(None, {}).parts[-2:] == ("darklantern", "keys")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of another owner")
def test_a_key_file_of_another_owner_is_refused(keys: KeyFolder) -> None:
    keys.create_person(ROWAN)
    os.chown(keys.folder / "p-rowan.pem", 12345, 12345)
    with pytest.raises(KeyOpenToOthers, match="own"):
        keys.person(ROWAN)
