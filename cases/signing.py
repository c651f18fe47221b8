"""What signs and what checks a signature, seen from the catalogue: keys themselves stay in
`evidence`.
"""

from __future__ import annotations

from typing import Protocol

from cases.identity import Sha256


class Signer(Protocol):
    """A private key at hand. `key` is the SHA-256 of the raw 32-byte public key."""

    @property
    def key(self) -> Sha256:
        """Which key signs."""
        ...

    @property
    def public_key(self) -> bytes:
        """The raw 32-byte Ed25519 public key (RFC 8032)."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message`."""
        ...


class SignatureCheck(Protocol):
    """Checks one Ed25519 signature: `evidence.keys.signature_holds` is the real one."""

    def __call__(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether `signature` over `message` was made by the key. Never raises for bad input."""
        ...
