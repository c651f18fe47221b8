"""What is kept of a secret that opens something once: its digest. Pure."""

from __future__ import annotations

import hashlib


def token_digest(token: str) -> str:
    """SHA-256 of a secret of 256 random bits, in hexadecimal: no salt, for nobody can guess it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
