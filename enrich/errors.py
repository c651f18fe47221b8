"""What can go wrong while reading, in the user's words."""

from __future__ import annotations

from cases.errors import CallerError, MachineError


class UnreadableFile(CallerError):
    """A local file cannot be read: it is missing, no plain file, refused, or too large."""

    kind = "unreadable-file"


class NoModel(MachineError):
    """The name finder asked for is not on this machine, or its files are damaged."""

    kind = "no-model"


class DerivedStoreBroken(MachineError):
    """The disposable store cannot be opened or written where it is meant to lie."""

    kind = "derived-store"


class ReaderUnusable(MachineError):
    """The confined process that reads documents cannot be started."""

    kind = "reader"
