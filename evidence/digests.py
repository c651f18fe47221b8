"""SHA-256 of blocks, payloads and members, computed while the bytes go by. No files here."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cases.identity import Sha256
from evidence.chunked import ChunkedBody

PIECE_BYTES = 262_144  # big enough that hashlib and zlib work without the interpreter's lock


def sha256_of(content: bytes) -> Sha256:
    """The SHA-256 of `content` in hexadecimal."""
    return Sha256(hashlib.sha256(content).hexdigest())


def pieces(source: BinaryIO, size_bytes: int) -> Iterator[bytes]:
    """`size_bytes` bytes of `source` from where it stands, a piece at a time.

    Ends early where the source does: the caller counts.
    """
    left = size_bytes
    while left > 0:
        piece = source.read(min(PIECE_BYTES, left))
        if not piece:
            return
        left -= len(piece)
        yield piece


@dataclass(frozen=True, slots=True)
class BlockDigests:
    """What one pass over a block found; `payload_sha256` None where no whole payload is there."""

    block_bytes: int
    block_sha256: Sha256
    payload_sha256: Sha256 | None


def digest_block(blocks: Iterable[bytes], head_bytes: int | None, chunked: bool) -> BlockDigests:
    """The digests of a block and of the payload that starts at `head_bytes` in it.

    With `chunked` the payload is what the chunk framing carries; framing that is broken or cut
    short leaves the payload's digest None. A `head_bytes` of None says that there is no payload.
    """
    block, payload, seen = hashlib.sha256(), hashlib.sha256(), 0
    framing = ChunkedBody() if chunked else None
    for piece in blocks:
        block.update(piece)
        if head_bytes is not None and seen + len(piece) > head_bytes:
            body = memoryview(piece)[max(0, head_bytes - seen) :]
            for part in [body] if framing is None else framing.feed(bytes(body)):
                payload.update(part)
        seen += len(piece)
    whole = head_bytes is not None and (framing is None or framing.complete)
    return BlockDigests(
        block_bytes=seen,
        block_sha256=Sha256(block.hexdigest()),
        payload_sha256=Sha256(payload.hexdigest()) if whole else None,
    )


def labelled(digest: Sha256) -> str:
    """`sha256:` and the digest, as WARC-Block-Digest has it."""
    return f"sha256:{digest}"


def labelled_digest(text: str) -> tuple[str, bytes] | None:
    """The algorithm and raw digest of a WARC digest field, in base 16, 32 or 64; None if neither.

    WARC names no encoding (ISO 28500, 5.8): the digest's length tells which one was used.
    """
    algorithm, colon, value = text.partition(":")
    algorithm = algorithm.strip().lower().replace("sha-", "sha")
    size = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}.get(algorithm)
    if not colon or size is None:
        return None
    value = value.strip().rstrip("=")
    try:
        if len(value) == size * 2:
            return algorithm, bytes.fromhex(value)
        if len(value) == (size * 8 + 4) // 5:
            return algorithm, base64.b32decode(value.upper() + "=" * (-len(value) % 8))
        if len(value) == (size * 8 + 5) // 6:
            return algorithm, base64.urlsafe_b64decode(
                value.replace("+", "-").replace("/", "_") + "=" * (-len(value) % 4)
            )
    except ValueError:
        return None
    return None
