"""`HOW-TO-VERIFY.md`: how to check a bundle with common tools (CAP-6). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from products.pages import page


@dataclass(frozen=True, slots=True)
class CheckedExhibit:
    """An exhibit as the instructions name it. `seal_pem` is None where the seal is unsigned."""

    reference: str
    safe_name: str
    manifest_sha256: str
    manifest_bytes: int
    seal_pem: str | None


def how_to_verify(
    exhibits: Sequence[CheckedExhibit], vault_key: str, vault_pem: str, verifier_sha256: str
) -> str:
    """The instructions, with the commands as they are to be typed for the first exhibit."""
    return page(
        "how_to.md.j2",
        exhibits=exhibits,
        first=exhibits[0],
        vault_key=vault_key,
        vault_pem=vault_pem,
        verifier_sha256=verifier_sha256,
    )
