"""What the enrichers make of files of one's own: nothing is kept but a ledger line (DPA-1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cases.entries import S62, Act
from cases.errors import LanternError
from enrich import enrich, open_model, read_file
from evidence.acting import Acting
from gate import GatedReading, gate_reading


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file: what was read in it, or the fault that kept it from being read."""

    file: str
    reading: GatedReading | None
    fault: LanternError | None


def read_files(acting: Acting, files: list[Path]) -> list[FileRead]:
    """Read each file through the enrichers and the gate; one ledger line with every digest.

    A file that cannot be read is named in its place; the others are read all the same.
    """
    model = open_model(acting.vault.settings.enrich.model)
    read, digests = [], {}
    for number, path in enumerate(files, start=1):
        try:
            document = read_file(path)
        except LanternError as fault:
            read.append(FileRead(str(path), None, fault))
            continue
        digests[f"sha256_{number}"] = hashlib.sha256(document.body).hexdigest()
        read.append(FileRead(str(path), gate_reading(enrich(document, model=model)), None))
    if digests:
        names = " ".join(str(path) for path in files)
        with acting.act(Act("read", S62.CONSULTATION, (), digests, {"files": names})):
            pass
    return read
