"""Each authority's row against the ledger entry that entered it: what verification says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.identity import EntryId
from cases.ledger import open_texts
from cases.ledger_tables import LedgerEntry, LedgerLink, LedgerObject
from cases.models import Authority


def authority_differences(session: Session) -> Iterator[tuple[str, str]]:
    """The id of each authority that is not as it was entered, and a sentence that says how.

    A text that was erased is not compared; texts and entries themselves are the audit's to check.
    """
    entered = dict(_entered(session))
    for row in session.scalars(select(Authority).order_by(Authority.id)):
        if row.id not in entered:
            yield row.id, "The ledger holds no entry of this authority."
            continue
        entry, until = entered.pop(row.id)
        texts = open_texts(session, [entry])[entry]
        rows = {
            "until": (row.until, until),
            "purpose": (row.purpose, texts.get("reason", row.purpose)),
            "granted_by": (row.granted_by, texts.get("granted_by", row.granted_by)),
            "scope": (" ".join(row.scope), texts.get("scope", " ".join(row.scope))),
        }
        for name, (held, sealed) in rows.items():
            if held != sealed:
                yield row.id, f"Its {name} is {held!r}; it was entered as {sealed!r}."
    for gone in sorted(entered):
        yield gone, "It is on the ledger, its row is gone."


def _entered(session: Session) -> Iterator[tuple[str, tuple[EntryId, object]]]:
    rows = session.execute(
        select(LedgerObject.ref, LedgerEntry.id, LedgerEntry.entry)
        .join(LedgerLink, LedgerLink.object_seq == LedgerObject.seq)
        .join(LedgerEntry, LedgerEntry.id == LedgerLink.entry_id)
        .where(LedgerObject.kind == "authority", LedgerEntry.act == "authority.add")
    )
    for authority, entry, raw in rows:
        try:
            until = json.loads(raw)["refs"]["until"]
        except (ValueError, KeyError, TypeError):
            continue  # the audit names the entry that cannot be read
        yield authority, (EntryId(entry), until)
