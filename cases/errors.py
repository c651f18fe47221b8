"""What can go wrong, told to the person who can do something about it.

One root, `LanternError`; families by who must act. Each class has a `kind` (stable, for
`--json`) and an exit code; each message says what, where, and what to do next. Rooms derive
their own classes from these families.
"""

from __future__ import annotations

from typing import ClassVar


class LanternError(Exception):
    """A failure with one clear line for a person. `facts` carry the same as fields for `--json`."""

    kind: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, says: str, **facts: str | int | None) -> None:
        super().__init__(says)
        self.says = says
        self.facts = facts


class CallerError(LanternError):
    """The caller asked for something that cannot be: change the command."""

    kind = "caller"


class UsageError(CallerError):
    """The command's words are wrong (exit code 2)."""

    kind = "usage"
    exit_code = 2


class AuthorityError(LanternError):
    """No live authority covers the act: somebody must grant, renew or widen one."""

    kind = "authority"


class RemoteError(LanternError):
    """A remote host failed or refused."""

    kind = "remote"


class EvidenceError(LanternError):
    """Evidence is damaged, missing or not what it should be."""

    kind = "evidence"


class MachineError(LanternError):
    """This machine lacks something: space, a key, a program, a newer version."""

    kind = "machine"
