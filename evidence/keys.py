"""Ed25519 keys: one file per person and one for the vault, owner-only, outside the vault.

A copied vault must not be re-signable, so the keys folder may not lie inside it. Files are
PKCS #8 in PEM, `<keys folder>/<vault id>/<person id>.pem` and `vault.pem`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Self

import platformdirs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cases.identity import PersonId, Sha256
from evidence.durable import sync_folder
from evidence.errors import (
    KeyExists,
    KeyFileDamaged,
    KeyFolderUnusable,
    KeyMissing,
    KeyNameRefused,
    KeyOpenToOthers,
    KeysInsideVault,
)

VAULT_KEY = "vault"
KEY_FILE_LIMIT_BYTES = 16_384  # an Ed25519 key in PEM is 119 bytes
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def signature_holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made by the raw Ed25519 `public_key` (RFC 8032).

    Never raises for bad input: a key or signature of the wrong length does not hold.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Key:
    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """A new key from the machine's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key of a 32-byte seed (RFC 8032, section 5.1.5): for test vectors."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public_key(self) -> bytes:
        """The raw 32-byte public key."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key(self) -> Sha256:
        """Which key this is: the SHA-256 of the raw public key."""
        return Sha256(hashlib.sha256(self.public_key).hexdigest())

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message`."""
        return self.private.sign(message)

    def pem(self) -> bytes:
        """The private key as it stands in its file: PKCS #8, PEM, not encrypted."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class PersonKey(_Key):
    """A person's signing key: what they did is theirs. Satisfies `cases.signing.Signer`."""

    __slots__ = ()


class VaultKey(_Key):
    """The vault's signing key, for checkpoints. Satisfies `cases.signing.Signer`."""

    __slots__ = ()


def keys_root(option: Path | None, environ: Mapping[str, str]) -> Path:
    """The folder of all vaults' keys: `option`, else `LANTERN_KEYS`, else the user's own folder."""
    if option is not None:
        return option
    named = environ.get("LANTERN_KEYS")
    if named:
        return Path(named)
    return Path(platformdirs.user_data_dir("darklantern", appauthor=False)) / "keys"


class KeyFolder:
    """One vault's keys on disk. Opening reads nothing; a key that is not there is None."""

    def __init__(self, root: Path, vault_id: str, vault_folder: Path) -> None:
        """Where the keys of `vault_id` lie under `root`.

        Raises `KeysInsideVault` where `root` lies in `vault_folder`, links followed.
        """
        inside, vault = root.resolve(), vault_folder.resolve()
        if inside == vault or vault in inside.parents:
            raise KeysInsideVault(
                f"The keys folder {root} lies inside the vault {vault_folder}, so a copy of the "
                "vault could be signed anew. Name a folder outside it: --keys DIR.",
                keys=str(root),
                vault=str(vault_folder),
            )
        self.folder = inside / _checked_name(vault_id)

    def person(self, person: PersonId) -> PersonKey | None:
        """The person's key, or None where there is no file for it."""
        private = self._read(_checked_name(person))
        return None if private is None else PersonKey(private)

    def vault(self) -> VaultKey | None:
        """The vault's key, or None where there is no file for it."""
        private = self._read(VAULT_KEY)
        return None if private is None else VaultKey(private)

    def needed_person(self, person: PersonId) -> PersonKey:
        """The person's key. Raises `KeyMissing`, which says where it was looked for."""
        return self.person(person) or self._missing(f"The key of {person}", person)

    def needed_vault(self) -> VaultKey:
        """The vault's key. Raises `KeyMissing`, which says where it was looked for."""
        return self.vault() or self._missing("The vault's key", VAULT_KEY)

    def create_person(self, person: PersonId) -> PersonKey:
        """A new key for the person, its file fsynced. Raises `KeyExists`."""
        key = PersonKey.generate()
        self._write(_checked_name(person), key.pem())
        return key

    def create_vault(self) -> VaultKey:
        """A new key for the vault, its file fsynced. Raises `KeyExists`."""
        key = VaultKey.generate()
        self._write(VAULT_KEY, key.pem())
        return key

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def _missing(self, what: str, name: str) -> NoReturn:
        raise KeyMissing(
            f"{what} is not at {self._path(name)}. Name the folder that holds it: --keys DIR "
            "or LANTERN_KEYS.",
            path=str(self._path(name)),
        )

    def _read(self, name: str) -> Ed25519PrivateKey | None:
        path = self._path(name)
        try:
            _refuse_if_open(self.folder, self.folder.stat(), directory=True)
            number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unusable(path, error) from error
        with os.fdopen(number, "rb") as file:
            _refuse_if_open(path, os.fstat(number), directory=False)
            pem = file.read(KEY_FILE_LIMIT_BYTES)
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyFileDamaged(
                f"{path} does not hold an Ed25519 private key (PKCS #8, PEM). "
                "Put the file back from its copy, or move it away and make a new key.",
                path=str(path),
            )
        return private

    def _write(self, name: str, pem: bytes) -> None:
        path = self._path(name)
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            _refuse_if_open(self.folder, self.folder.stat(), directory=True)
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyExists(
                f"There is a key at {path} already, and a key is never written over. "
                "Move it away first if it is to be replaced.",
                path=str(path),
            ) from None
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            with os.fdopen(number, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(number)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise _unusable(path, error) from error
        sync_folder(self.folder)


def _checked_name(name: str) -> str:
    if _NAME.fullmatch(name) is None or name == VAULT_KEY:
        raise KeyNameRefused(
            f"{name!r} cannot name a key file: use lower-case letters, digits and hyphens.",
            name=name,
        )
    return name


def _refuse_if_open(path: Path, status: os.stat_result, *, directory: bool) -> None:
    if os.name != "posix":  # elsewhere the user's own folder is closed by its access list
        return
    fits = stat.S_ISDIR if directory else stat.S_ISREG
    if not fits(status.st_mode) or status.st_uid != os.geteuid():
        raise KeyOpenToOthers(
            f"{path} is not a {'folder' if directory else 'file'} of this user's own, so no key "
            "is read from or written to it.",
            path=str(path),
        )
    if status.st_mode & 0o077:
        mode = "700" if directory else "600"
        raise KeyOpenToOthers(
            f"Others may open {path}, which must be its owner's alone. "
            f"Close it, and consider its keys known: chmod {mode} {path}",
            path=str(path),
        )


def _unusable(path: Path, error: OSError) -> KeyFolderUnusable:
    return KeyFolderUnusable(
        f"{path} cannot be used: {error.strerror or error}. Name another folder: --keys DIR.",
        path=str(path),
    )
