"""Encryption with age (age-encryption.org/v1) to recipients, as a stream: nothing lies in clear."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pyrage  # type: ignore[import-untyped]  # no types

from cases.errors import CallerError, MachineError, UsageError

RECIPIENT_FILE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody whose secret key will open what is encrypted; `key` is pyrage's."""

    text: str
    key: object


class RecipientRefused(UsageError):
    """A text or file that names nobody to encrypt to."""

    kind = "recipient"


class RecipientMissing(CallerError):
    """Covered material leaves encrypted or not at all, and no recipient was named."""

    kind = "recipient-missing"


class EncryptionFailed(MachineError):
    """The ciphertext could not be written."""

    kind = "encryption"


def read_recipients(named: Sequence[str]) -> list[Recipient]:
    """The public keys: `age1…`, `ssh-ed25519 …`, `ssh-rsa …`, or files with one a line.

    Raises `RecipientRefused`, which never repeats what could be a secret key.
    """
    found: list[Recipient] = []
    for name in named:
        text = name.strip()
        if text.startswith(("age1", "ssh-")):
            found.append(_recipient(text, "--recipient"))
        elif text.upper().startswith("AGE-SECRET-KEY"):
            raise RecipientRefused(_KEEP_IT)
        else:
            found += _of_file(Path(text))
    return found


_KEEP_IT = (
    "That is a secret key, which must stay with its owner: name the public one (age1…). If it was "
    "typed at a prompt, consider it known and make a new one."
)


def _of_file(path: Path) -> list[Recipient]:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(RECIPIENT_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise RecipientRefused(
            f"{str(path)!r} is neither a public key (age1…, ssh-ed25519 …) nor a file of them that "
            f"can be read: {why}."
        ) from None
    if len(text) > RECIPIENT_FILE_BYTES:
        raise RecipientRefused(f"{path} is too long to be a file of public keys.")
    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        raise RecipientRefused(f"{path} holds no public key.")
    return [_recipient(key, f"{path}, line {lines.index(key) + 1}") for key in keys]


def _recipient(text: str, where: str) -> Recipient:
    if text.upper().startswith("AGE-SECRET-KEY") or "PRIVATE KEY" in text:
        raise RecipientRefused(_KEEP_IT)
    try:
        if text.startswith("ssh-"):
            return Recipient(text, pyrage.ssh.Recipient.from_str(text))
        return Recipient(text, pyrage.x25519.Recipient.from_str(text))
    except pyrage.RecipientError:
        raise RecipientRefused(
            f"{where}: {text[:24]!r}… is not a public key. Write age1… (from age-keygen) or an "
            "ssh-ed25519 or ssh-rsa public key."
        ) from None


@contextmanager
def encrypting(path: Path, recipients: Sequence[Recipient]) -> Iterator[io.BufferedWriter]:
    """A stream whose bytes arrive in `path` encrypted. The file must not be there yet.

    Raises `EncryptionFailed`, and whatever the caller's own work raises; the file is then of no
    use and the caller's to remove.
    """
    reading, writing = os.pipe()
    failures: list[BaseException] = []

    def encrypt() -> None:
        try:
            with os.fdopen(reading, "rb") as clear, path.open("xb") as file:
                pyrage.encrypt_io(clear, file, [recipient.key for recipient in recipients])
                file.flush()
                os.fsync(file.fileno())
        except BaseException as error:
            failures.append(error)

    thread = Thread(target=encrypt, name="age", daemon=True)
    thread.start()
    stream = os.fdopen(writing, "wb")
    try:
        yield stream
    except BrokenPipeError:
        thread.join()
        raise _failed(path, failures) from None
    finally:
        with suppress(BrokenPipeError):
            stream.close()
        thread.join()
    if failures:
        raise _failed(path, failures) from failures[0]


def _failed(path: Path, failures: Sequence[BaseException]) -> EncryptionFailed:
    first = failures[0] if failures else None
    why = getattr(first, "strerror", None) or str(first)
    return EncryptionFailed(
        f"The encrypted bundle could not be written at {path}: {why}. Free space or name another "
        "folder; nothing of it was kept."
    )
