"""What a crash left behind the last sealed capture of a file: measured, then cut off."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cases.identity import Sha256
from evidence.digests import pieces
from evidence.durable import full_sync, sync_folder
from evidence.errors import EvidenceMissing, SealingFailed


@dataclass(frozen=True, slots=True)
class Swept:
    """An unsealed tail that was cut off: for the ledger, which records it."""

    file: Path
    offset: int  # where it began: 0 where the whole file was unsealed and is gone
    cut_bytes: int
    sha256: Sha256


def sweep(file: Path, sealed_end_offset: int) -> Swept | None:
    """What was cut off `file` after `sealed_end_offset`; None where nothing lay there.

    A file in which nothing was sealed (offset 0) is removed. Only for files that no writer has
    open. Raises `EvidenceMissing` where the file is shorter than what was sealed in it, which
    nothing here may hide, and `SealingFailed` where the disk does not let it be cut.
    """
    try:
        with file.open("r+b") as opened:
            size = opened.seek(0, 2)
            if size < sealed_end_offset:
                raise EvidenceMissing(
                    f"{file} has {size} bytes, and captures were sealed in it up to byte "
                    f"{sealed_end_offset}. Put it back from a copy, then run: lantern verify",
                    file=str(file),
                )
            if size == sealed_end_offset and size:
                return None
            opened.seek(sealed_end_offset)
            digest = hashlib.sha256()
            for piece in pieces(opened, size - sealed_end_offset):
                digest.update(piece)
            opened.truncate(sealed_end_offset)
            full_sync(opened.fileno())
        if not sealed_end_offset:
            file.unlink()
            sync_folder(file.parent)
    except FileNotFoundError:
        if not sealed_end_offset:
            return None
        raise EvidenceMissing(
            f"{file} is not there, and captures were sealed in it. Put it back from a copy, then "
            "run: lantern verify",
            file=str(file),
        ) from None
    except OSError as error:
        raise SealingFailed(
            f"The unsealed end of {file} could not be cut off: {error.strerror or error}. "
            "Make the file writable, then try again.",
            file=str(file),
        ) from error
    size_cut = size - sealed_end_offset
    return Swept(file, sealed_end_offset, size_cut, Sha256(digest.hexdigest()))
