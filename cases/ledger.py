"""Writing to the ledger: entries join the caller's own transaction, so an act and its record
stand or fall together (rule 4). The sequencer numbers them afterwards (`cases.sequencer`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from cases.commitments import SALT_BYTES, Disclosure, Random, commit, open_disclosure
from cases.entries import (
    S62,
    TEXT_COUNT,
    Act,
    Auth,
    Entry,
    EntrySignature,
    entry_bytes,
    entry_message,
)
from cases.identity import EntryId, Sha256, new_id
from cases.ledger_errors import EntryRefused, NotInLedger
from cases.ledger_objects import objects_for
from cases.ledger_tables import ENTRIES, LINKS, TEXTS
from cases.signing import Signer
from cases.times import Clock, rfc3339


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry ready to be stored: its bytes, its signature, the openings of its texts."""

    entry: Entry
    raw: bytes
    signature: EntrySignature | None
    disclosures: tuple[Disclosure, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One actor's pen. `signer` is their key where it is at hand; without it, what they do is
    recorded as asserted. `ambient` texts (OS account, host, operator's name) go into every entry.
    """

    vault: str
    actor: str
    signer: Signer | None
    clock: Clock
    ambient: Mapping[str, str] = field(default_factory=dict)
    random: Random = secrets.token_bytes

    def record(self, session: Session, acts: Sequence[Act]) -> list[EntryId]:
        """Adds an entry for each act, in order, to the caller's transaction; never commits.

        Raises `EntryRefused` for an act that cannot be recorded; nothing is added then.
        """
        if not acts:
            return []
        now = self.clock()
        known = objects_for(session, (ref for act in acts for ref in act.objects), self.random)
        sealed, links = [], []
        for act in acts:
            concerned = {known[ref].salted: known[ref].seq for ref in act.objects}
            item = self.seal(act, sorted(concerned), now)
            sealed.append(item)
            links += [{"entry_id": item.entry.id, "object_seq": seq} for seq in concerned.values()]
        store(session, sealed, links)
        return [item.entry.id for item in sealed]

    def seal(self, act: Act, objects: Sequence[Sha256], now: datetime) -> Sealed:
        """The entry of one act, signed where the key is at hand. `objects` are salted, sorted."""
        if clash := self.ambient.keys() & act.texts.keys():
            raise EntryRefused(
                f"The act {act.act!r} has a text named {', '.join(sorted(clash))}, "
                "which every entry carries already. Give it another name.",
            )
        texts = {name: _unicode(text) for name, text in {**self.ambient, **act.texts}.items()}
        commitments, disclosures = commit(texts, TEXT_COUNT, self.random)
        entry = Entry(
            id=EntryId(new_id("e")),
            vault=self.vault,
            time=now,
            act=act.act,
            s62=act.s62,
            actor=self.actor,
            auth=Auth.SIGNED if self.signer else Auth.ASSERTED,
            nonce=self.random(SALT_BYTES),
            objects=tuple(objects),
            refs=act.refs,
            texts=commitments,
        )
        raw = entry_bytes(entry)
        return Sealed(entry, raw, self._signature(raw), disclosures)

    def erase_texts(
        self, session: Session, entry: EntryId, names: Sequence[str] = (), reason: str = ""
    ) -> int:
        """How many texts of an entry were erased (all, where no `names` are given), on record.

        The commitments stay; without salt and value nobody can guess what they were to. Raises
        `NotInLedger` for an entry that is not there.
        """
        if session.scalar(select(ENTRIES.c.seq).where(ENTRIES.c.id == entry)) is None:
            raise NotInLedger(f"There is no ledger entry {entry}. See: lantern ledger list")
        chosen = TEXTS.c.entry_id == entry
        if names:
            chosen &= TEXTS.c.name.in_(names)
        erased = session.scalars(delete(TEXTS).where(chosen).returning(TEXTS.c.name)).all()
        texts = {"reason": reason, "erased": ", ".join(sorted(erased))}
        self.record(session, [Act("ledger.erase", S62.ERASURE, refs={"entry": entry}, texts=texts)])
        return len(erased)

    def _signature(self, raw: bytes) -> EntrySignature | None:
        if self.signer is None:
            return None
        return EntrySignature(self.signer.key, self.signer.sign(entry_message(raw)))


def store(
    session: Session, sealed: Sequence[Sealed], links: Sequence[Mapping[str, object]]
) -> None:
    """Adds sealed entries, the openings of their texts and their links to objects, in bulk."""
    session.execute(insert(ENTRIES), [_entry_row(item) for item in sealed])
    texts = [
        {"entry_id": item.entry.id, "name": disclosure.name, "disclosure": disclosure.text}
        for item in sealed
        for disclosure in item.disclosures
    ]
    if texts:
        session.execute(insert(TEXTS), texts)
    if links:
        session.execute(insert(LINKS), links)


def open_texts(session: Session, entries: Sequence[EntryId]) -> dict[EntryId, dict[str, str]]:
    """The texts of each entry that are not erased, by name. For those who may see them."""
    opened: dict[EntryId, dict[str, str]] = {entry: {} for entry in entries}
    rows = session.execute(
        select(TEXTS.c.entry_id, TEXTS.c.name, TEXTS.c.disclosure)
        .where(TEXTS.c.entry_id.in_(entries))
        .order_by(TEXTS.c.entry_id, TEXTS.c.name)
    )
    for entry, name, disclosure in rows:
        opened[EntryId(entry)][name] = str(open_disclosure(disclosure).value)
    return opened


def _unicode(text: str) -> str:
    """`text`, with odd bytes of a file name or argument (lone surrogates) spelt out as \\udcff."""
    return text.encode("utf-8", "backslashreplace").decode()


def _entry_row(item: Sealed) -> dict[str, object]:
    entry, signature = item.entry, item.signature
    return {
        "id": entry.id,
        "time": rfc3339(entry.time),
        "act": entry.act,
        "s62": entry.s62 and entry.s62.value,
        "actor": entry.actor,
        "entry": item.raw,
        "signature_key": signature and signature.key,
        "signature": signature and signature.value,
    }
