"""What can go wrong with the ledger, told to the person who can do something about it."""

from __future__ import annotations

from cases.errors import CallerError, EvidenceError


class EntryRefused(CallerError):
    """An act that cannot be recorded as it was described: too many texts, an impossible name."""

    kind = "ledger-entry"


class LedgerUnreadable(EvidenceError):
    """A ledger document (entry, leaf, note, proof) that is not in its format."""

    kind = "ledger-unreadable"


class LedgerDamaged(EvidenceError):
    """The stored ledger contradicts itself, so it cannot be added to or proved from."""

    kind = "ledger-damaged"


class NotInLedger(CallerError):
    """An entry, object or checkpoint that the ledger does not hold, or does not hold yet."""

    kind = "ledger-absent"
