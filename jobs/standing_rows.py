"""Rows that stand for what a list or a person brought, held to the ledger: part of `verify`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.gate_book import changed_lists
from cases.ledger_tables import LedgerEntry
from cases.sign_in import row_digest
from cases.sign_in_tables import Passphrase
from cases.watchlists import changed_watchlists
from jobs.verdicts import Fault


def standing_faults(session: Session) -> Iterator[Fault]:
    """Lists whose rows were added to or thinned out, passphrases that no entry set."""
    for row in changed_lists(session):
        says = "Its digests are not those that were imported: pictures may stand uncovered."
        yield Fault("gate-list", row, says)
    for row in changed_watchlists(session):
        says = "Its values are not those that were given: what it watches for was changed."
        yield Fault("watch-list", row, says)
    set_by = _passphrases_on_record(session)
    for held in session.scalars(select(Passphrase)):
        if row_digest(held) != set_by.get(held.person):
            says = "No entry of the ledger set this passphrase: somebody else may sign in."
            yield Fault("planted-passphrase", held.person, says)


def _passphrases_on_record(session: Session) -> dict[str, str]:
    """The newest passphrase's digest of each person, by the entries that they made."""
    newest: dict[str, str] = {}
    rows = session.execute(
        select(LedgerEntry.actor, LedgerEntry.entry)
        .where(LedgerEntry.act == "sign-in.passphrase")
        .order_by(LedgerEntry.seq)
    )
    for actor, raw in rows:
        try:
            newest[actor] = str(json.loads(raw)["refs"]["passphrase_row"])
        except (ValueError, KeyError, TypeError):
            continue  # the audit names the entry that cannot be read
    return newest
