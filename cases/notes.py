"""Signed notes and checkpoints, as C2SP specifies them (`signed-note`, `tlog-checkpoint`). Pure.

A note is text, an empty line and signature lines; a checkpoint's text is origin, tree size and
root. Signatures of unknown keys (witnesses) are kept and ignored; one by the known key that does
not hold condemns the note.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from cases.ledger_errors import EntryRefused, LedgerUnreadable
from cases.signing import SignatureCheck, Signer

ED25519 = b"\x01"  # the signature type byte of C2SP signed-note
KEY_HASH_BYTES = 4
DASH = "— "
MAX_SIGNATURES = 100  # as Go's reference implementation; the specification asks for 16 or more
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SPACE_OR_PLUS = re.compile(r"[\s+]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key under the name that its notes carry."""

    name: str
    public_key: bytes

    @property
    def key_hash(self) -> bytes:
        """The four bytes that a signature line names the key by."""
        return key_hash(self.name, self.public_key)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line."""

    name: str
    key_hash: bytes
    value: bytes

    def line(self) -> str:
        """`— name b64(key hash || signature)` with its newline."""
        return f"{DASH}{self.name} {b64encode(self.key_hash + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note's text, final newline included, and its signatures in order."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def written(self) -> str:
        """The note as it is stored and sent."""
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    def holds(self, key: NoteKey, check: SignatureCheck) -> bool:
        """Whether `key` signed the text, and no signature under its name and hash fails."""
        theirs = [
            signature.value
            for signature in self.signatures
            if (signature.name, signature.key_hash) == (key.name, key.key_hash)
        ]
        message = self.text.encode()
        return bool(theirs) and all(check(key.public_key, message, value) for value in theirs)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its first `size` leaves have this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def origin_of(vault: str) -> str:
    """The origin and key name of a vault's checkpoints."""
    return f"darklantern/{vault}"


def key_hash(name: str, public_key: bytes) -> bytes:
    """First four bytes of SHA-256(name || 0x0A || 0x01 || public key)."""
    return sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:KEY_HASH_BYTES]


def sign_note(text: str, name: str, signer: Signer) -> SignedNote:
    """The note of `text` with one signature. Raises `EntryRefused` for what no note may hold."""
    if fault := _text_fault(text) or _name_fault(name):
        raise EntryRefused(f"This cannot be signed as a note: {fault}.")
    signature = NoteSignature(name, key_hash(name, signer.public_key), signer.sign(text.encode()))
    return SignedNote(text, (signature,))


def read_note(written: str) -> SignedNote:
    """The note that `SignedNote.written` wrote. Raises `LedgerUnreadable`."""
    text, gap, tail = written.rpartition("\n\n")
    if not gap:
        raise _unreadable("it has no empty line before its signatures")
    text += "\n"
    if not tail.endswith("\n"):
        raise _unreadable("it is cut off: its last line has no end")
    if fault := _text_fault(text + tail):
        raise _unreadable(fault)
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _unreadable(f"it has more than {MAX_SIGNATURES} signatures")
    return SignedNote(text, tuple(map(_signature, lines)))


def read_checkpoint(note: SignedNote) -> Checkpoint:
    """What the note's text says of a log; lines after the root are opaque. Raises
    `LedgerUnreadable`.
    """
    lines = note.text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise _unreadable("a checkpoint has three lines or more, none empty: origin, size, root")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size):
        raise _unreadable(f"its size {size[:40]!r} is not a decimal number")
    raw = _from_b64(root)
    if len(raw) != sha256().digest_size:
        raise _unreadable(f"its root is {len(raw)} bytes, not 32")
    return Checkpoint(origin, int(size), raw)


def _signature(line: str) -> NoteSignature:
    name, _, value = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or _name_fault(name):
        raise _unreadable(f"{line[:60]!r} is not a signature line")
    raw = _from_b64(value)
    if len(raw) <= KEY_HASH_BYTES:
        raise _unreadable(f"the signature of {name!r} is too short")
    return NoteSignature(name, raw[:KEY_HASH_BYTES], raw[KEY_HASH_BYTES:])


def _from_b64(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        raise _unreadable(f"{text[:60]!r} is not base64") from None
    if b64encode(raw).decode() != text:
        raise _unreadable(f"{text[:60]!r} is not base64 in its only form")
    return raw


def _text_fault(text: str) -> str | None:
    if not text.endswith("\n"):
        return "its text does not end with a newline"
    if _CONTROL.search(text):
        return "it holds a control character"
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return "it holds a lone surrogate"
    return None


def _name_fault(name: str) -> str | None:
    if not name or _SPACE_OR_PLUS.search(name):
        return f"the key name {name!r} is empty or has a space or a plus"
    return None


def _unreadable(why: str) -> LedgerUnreadable:
    return LedgerUnreadable(
        f"This is not a signed note: {why}. Ask for the checkpoint again, as it was written."
    )
