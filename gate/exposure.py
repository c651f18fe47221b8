"""Who saw what: a store of its own, under a key of its own, with a retention of its own.

The ledger's leaf of a reveal says `access`, like an ordinary look; here it stands what was seen, at
what size. Each line is sealed with AES-256-GCM under a key that lies with the other keys, never in
the vault: who copies the vault cannot read who looked at what.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cases.errors import MachineError
from cases.identity import CaptureId, CaseId, PersonId, Sha256
from cases.times import from_rfc3339, rfc3339

RETENTION_DAYS = 365  # our own suggestion: the force's risk assessment sets it
KEY_FILE = "exposure.key"
_NONCE_BYTES = 12
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS exposure (id INTEGER PRIMARY KEY, at TEXT NOT NULL, "
    "sealed BLOB NOT NULL)"
)


class ExposureKeyUnusable(MachineError):
    """The key of the exposure record is not at hand: then nothing is revealed."""

    kind = "exposure-key"


@dataclass(frozen=True, slots=True)
class Exposure:
    """One sight: whose, of what, how, when. `size` is "small-grey", "small", "full", or
    "unexpected" where something stood open that should have been covered.
    """

    person: PersonId
    case: CaseId
    capture: CaptureId
    sha256: Sha256
    size: str
    at: datetime


class ExposureStore:
    """The exposure record of a vault."""

    def __init__(self, path: Path, keys: Path) -> None:
        """Raises `ExposureKeyUnusable`."""
        self._cipher = AESGCM(_key(keys))
        self._db = sqlite3.connect(path, timeout=60, check_same_thread=False)
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.execute(_SCHEMA)
        os.chmod(path, 0o600)  # noqa: PTH101 - SQLite made the file

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def keep(self, exposure: Exposure) -> None:
        """Record a sight, and let go what is older than the retention."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        at = rfc3339(exposure.at)
        plain = json.dumps(
            {
                "person": exposure.person,
                "case": exposure.case,
                "capture": exposure.capture,
                "sha256": exposure.sha256,
                "size": exposure.size,
            }
        ).encode("ascii")
        sealed = nonce + self._cipher.encrypt(nonce, plain, at.encode("ascii"))
        oldest = rfc3339(exposure.at - timedelta(days=RETENTION_DAYS))
        with self._db:
            self._db.execute("INSERT INTO exposure (at, sealed) VALUES (?, ?)", (at, sealed))
            self._db.execute("DELETE FROM exposure WHERE at < ?", (oldest,))

    def of(self, person: PersonId) -> list[Exposure]:
        """A person's own sights, newest first. Lines that another key sealed are passed over."""
        found = []
        for at, sealed in self._db.execute("SELECT at, sealed FROM exposure ORDER BY id DESC"):
            nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            try:
                line = json.loads(self._cipher.decrypt(nonce, body, at.encode("ascii")))
            except InvalidTag:
                continue
            if line["person"] == person:
                found.append(
                    Exposure(
                        PersonId(line["person"]),
                        CaseId(line["case"]),
                        CaptureId(line["capture"]),
                        Sha256(line["sha256"]),
                        line["size"],
                        from_rfc3339(at),
                    )
                )
        return found


def _key(keys: Path) -> bytes:
    path = keys / KEY_FILE
    try:
        keys.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_key(keys, path)
        held = path.read_bytes()
    except OSError as fault:
        raise ExposureKeyUnusable(
            f"The key of the exposure record at {path} cannot be used ({fault.strerror}), so "
            "nothing is revealed. Name the keys' folder: --keys DIR or LANTERN_KEYS."
        ) from fault
    if len(held) != 32:
        raise ExposureKeyUnusable(
            f"{path} is no key of the exposure record, so nothing is revealed. Put it back from "
            "where you keep a copy of the keys."
        )
    return held


def _make_key(keys: Path, path: Path) -> None:
    """Put a new key in its place whole, or leave the one that another put there first."""
    handle, name = tempfile.mkstemp(prefix=".exposure-", dir=keys)  # for its owner alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(AESGCM.generate_key(256))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
