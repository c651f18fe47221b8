"""What can go wrong with keys, sealing and reading, in the words of the person who can act."""

from __future__ import annotations

from cases.errors import CallerError, EvidenceError, MachineError


class KeysInsideVault(CallerError):
    """The keys folder lies inside the vault: whoever copies the vault could re-sign it."""

    kind = "keys-inside-vault"


class KeyNameRefused(CallerError):
    """A vault's or person's id cannot be the name of a key file."""

    kind = "key-name"


class KeyExists(CallerError):
    """A key of that name is there already: a key is never written over."""

    kind = "key-exists"


class KeyOpenToOthers(MachineError):
    """Others than the owner may read or change a key file or its folder."""

    kind = "key-open-to-others"


class KeyFileDamaged(MachineError):
    """A key file does not hold an Ed25519 private key."""

    kind = "key-damaged"


class KeyMissing(MachineError):
    """The key that the act needs is not at hand."""

    kind = "key-missing"


class KeyFolderUnusable(MachineError):
    """The keys folder or a file in it cannot be made or read."""

    kind = "key-folder"


class SealingFailed(MachineError):
    """Evidence could not be written or recorded: nothing half-written was left."""

    kind = "sealing-failed"


class SealingEnded(CallerError):
    """A capture came after its job's writer was closed."""

    kind = "sealing-ended"


class DraftRefused(EvidenceError):
    """One capture's own bytes could not be read, or are not what was said of them."""

    kind = "draft-refused"


class ContextRefused(CallerError):
    """The facts that every capture of a job carries are incomplete or cannot be."""

    kind = "seal-context"


class EvidenceMissing(EvidenceError):
    """A file or record that the catalogue names is not there."""

    kind = "evidence-missing"


class EvidenceDamaged(EvidenceError):
    """A record's bytes are not what was sealed."""

    kind = "evidence-damaged"


class OpeningsUnusable(MachineError):
    """The store of restricted openings cannot be read or written."""

    kind = "openings"
